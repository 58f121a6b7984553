//! Windlass beside the Java worker, in one run, against a real broker: CPU, memory, start and latency, with ratios.
//!
//! ```text
//! cargo bench --bench worker                             everything once with 500,000 lines
//! cargo bench --bench worker -- --scale 10 --rounds 3 source-string latency
//! WINDLASS_BENCH_BINARY=path/to/windlass cargo bench ...
//! ```
//! Run `tests/kafka/fetch` first and set `WINDLASS_TEST_KAFKA_LIBS` to the jars it fetched. The two workers take turns,
//! and the order is turned every round, for the machine is noisy; a cell is the median of the rounds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_testkit::{Kafka, Launch, PrivateBroker, Worker, append_lines, wait_for};

fn main() {
    let options = Options::parse();
    let dir = tempfile::tempdir().expect("a directory");
    let broker = PrivateBroker::start(&dir.path().join("kafka"));
    let mut bench = Bench {
        kafka: Kafka::at(broker.address()),
        directory: dir.path().to_owned(),
        lines: (500_000.0 * options.scale) as u64,
        sequence: 0,
        rows: BTreeMap::new(),
    };
    append_lines(&bench.input(), 0, bench.lines);
    for round in 0..options.rounds {
        for case in &options.cases {
            let mut workers = [Kind::Java, Kind::Windlass];
            if round % 2 == 1 {
                workers.reverse();
            }
            for kind in workers {
                bench.run(*case, kind);
            }
        }
    }
    bench.print();
}

struct Options {
    scale: f64,
    rounds: usize,
    cases: Vec<Case>,
}

impl Options {
    fn parse() -> Self {
        let mut options = Options {
            scale: 1.0,
            rounds: 1,
            cases: Vec::new(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().and_then(|n| n.parse::<f64>().ok());
            match argument.as_str() {
                "--scale" => options.scale = number().expect("--scale takes a number"),
                "--rounds" => options.rounds = number().expect("--rounds takes a number") as usize,
                // Cargo's own.
                "--bench" => {}
                name => options.cases.push(
                    Case::ALL
                        .into_iter()
                        .find(|case| case.name() == name)
                        .unwrap_or_else(|| panic!("unknown case {name}: {:?}", Case::ALL)),
                ),
            }
        }
        if options.cases.is_empty() {
            options.cases = Case::ALL.to_vec();
        }
        options
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    SourceString,
    SourceJson,
    SourceStringTuned,
    SinkString,
    SinkJson,
    Start,
    Latency,
}

impl Case {
    const ALL: [Case; 7] = [
        Case::SourceString,
        Case::SourceJson,
        Case::SourceStringTuned,
        Case::SinkString,
        Case::SinkJson,
        Case::Start,
        Case::Latency,
    ];

    fn name(self) -> &'static str {
        match self {
            Case::SourceString => "source-string",
            Case::SourceJson => "source-json",
            Case::SourceStringTuned => "source-string-tuned",
            Case::SinkString => "sink-string",
            Case::SinkJson => "sink-json",
            Case::Start => "start",
            Case::Latency => "latency",
        }
    }

    fn converter(self) -> &'static str {
        match self {
            Case::SourceJson | Case::SinkJson => "org.apache.kafka.connect.json.JsonConverter",
            _ => "org.apache.kafka.connect.storage.StringConverter",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Java,
    Windlass,
}

struct Bench {
    kafka: Kafka,
    directory: PathBuf,
    lines: u64,
    sequence: usize,
    /// (case, metric) -> figures of Java and of Windlass.
    rows: BTreeMap<(&'static str, &'static str), [Vec<f64>; 2]>,
}

impl Bench {
    fn run(&mut self, case: Case, kind: Kind) {
        self.sequence += 1;
        let dir = self
            .directory
            .join(format!("{}-{}", self.sequence, case.name()));
        fs::create_dir(&dir).expect("a directory");
        match case {
            Case::SourceString | Case::SourceJson | Case::SourceStringTuned => {
                self.source(case, kind, &dir);
            }
            Case::SinkString | Case::SinkJson => self.sink(case, kind, &dir),
            Case::Start => self.start(kind, &dir),
            Case::Latency => self.latency(kind, &dir),
        }
    }

    fn source(&mut self, case: Case, kind: Kind, dir: &Path) {
        let topic = format!("bench-{}", self.sequence);
        let worker = self
            .launch(kind, dir)
            .with("value.converter", case.converter())
            .ready();
        let mut config = file_source(&self.input(), &topic);
        if case == Case::SourceStringTuned {
            config["producer.override.batch.size"] = json!("524288");
            config["producer.override.linger.ms"] = json!("50");
            config["producer.override.max.in.flight.requests.per.connection"] = json!("5");
        }
        let (kafka, lines) = (self.kafka.clone(), self.lines);
        self.measure(case, kind, &worker, &config, || {
            kafka
                .end_offset(&topic)
                .is_ok_and(|end| end >= lines as i64)
        });
    }

    fn sink(&mut self, case: Case, kind: Kind, dir: &Path) {
        let topic = format!("bench-input-{}", case.name());
        self.fill(&topic, case.converter());
        let output = dir.join("out");
        let worker = self
            .launch(kind, dir)
            .with("value.converter", case.converter())
            .ready();
        let config = json!({
            "connector.class": "FileStreamSink", "tasks.max": "1", "topics": topic, "file": output,
        });
        let size = fs::metadata(self.input()).expect("input").len();
        self.measure(case, kind, &worker, &config, || {
            fs::metadata(&output).is_ok_and(|file| file.len() >= size)
        });
        let same = fs::read(&output).expect("output") == fs::read(self.input()).expect("input");
        assert!(
            same,
            "{kind:?} {}: the output differs from the input",
            case.name()
        );
        fs::remove_file(&output).expect("output");
    }

    /// The input of the sink cases, made once by the Java worker: with Connect's own batches.
    fn fill(&mut self, topic: &str, converter: &str) {
        if self
            .kafka
            .end_offset(topic)
            .is_ok_and(|end| end >= self.lines as i64)
        {
            return;
        }
        let dir = self.directory.join(topic);
        fs::create_dir(&dir).expect("a directory");
        let worker = self
            .launch(Kind::Java, &dir)
            .with("value.converter", converter)
            .ready();
        worker.create("fill", &file_source(&self.input(), topic));
        wait_for("the input topic", Duration::from_secs(600), || {
            let end = self.kafka.end_offset(topic).unwrap_or(-1);
            if end >= self.lines as i64 {
                Ok(())
            } else {
                Err(end)
            }
        });
    }

    fn measure(
        &mut self,
        case: Case,
        kind: Kind,
        worker: &Worker,
        config: &Value,
        done: impl Fn() -> bool,
    ) {
        let before = worker.process.usage().expect("a running worker");
        let start = Instant::now();
        let body = json!({"name": "bench", "config": config});
        let answer = worker
            .rest
            .send("POST", "/connectors", &body)
            .expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
        wait_for("the last record", Duration::from_secs(600), || {
            if done() {
                Ok(())
            } else {
                Err(worker.status("bench"))
            }
        });
        let wall = start.elapsed().as_secs_f64();
        let after = worker.process.usage().expect("a running worker");
        let millions = self.lines as f64 / 1e6;
        let cpu = (after.cpu_seconds - before.cpu_seconds) / millions;
        self.note(case, "CPU s per million", kind, cpu);
        self.note(case, "records per second", kind, self.lines as f64 / wall);
        self.note(
            case,
            "peak RSS, MB",
            kind,
            after.peak_rss_bytes as f64 / 1e6,
        );
    }

    fn start(&mut self, kind: Kind, dir: &Path) {
        let launch = self.launch(kind, dir);
        let start = Instant::now();
        let worker = launch.start();
        // Asked more often than `ready` does: our worker answers within a few milliseconds.
        while !worker
            .rest
            .get("/")
            .is_ok_and(|answer| answer.status == 200)
        {
            std::thread::sleep(Duration::from_micros(500));
        }
        self.note(
            Case::Start,
            "exec to HTTP 200, ms",
            kind,
            start.elapsed().as_secs_f64() * 1e3,
        );
        std::thread::sleep(Duration::from_secs(5));
        let usage = worker.process.usage().expect("a running worker");
        self.note(
            Case::Start,
            "idle RSS, MB",
            kind,
            usage.rss_bytes as f64 / 1e6,
        );
        std::thread::sleep(Duration::from_secs(5));
        let later = worker.process.usage().expect("a running worker");
        let idle = (later.cpu_seconds - usage.cpu_seconds) / 5.0 * 100.0;
        self.note(Case::Start, "idle CPU, % of a core", kind, idle);
    }

    /// A line every 10 ms for 20 s; the time from the append until it stands in the sink's file.
    fn latency(&mut self, kind: Kind, dir: &Path) {
        let (input, output) = (dir.join("in"), dir.join("out"));
        fs::write(&input, "").expect("input");
        let topic = format!("bench-latency-{}", self.sequence);
        let worker = self.launch(kind, dir).ready();
        worker.create("source", &file_source(&input, &topic));
        let sink = json!({"connector.class": "FileStreamSink", "topics": topic, "file": output});
        worker.create("sink", &sink);
        append_lines(&input, 0, 1);
        let lines_out = || fs::metadata(&output).map_or(0, |file| file.len() / LINE_BYTES);
        wait_for("the first line", Duration::from_secs(60), || {
            if lines_out() == 1 { Ok(()) } else { Err(()) }
        });
        let mut appended = Vec::new();
        let mut latencies = Vec::new();
        let start = Instant::now();
        while latencies.len() < 2000 && start.elapsed() < Duration::from_secs(60) {
            let due = appended.len() as u32 * Duration::from_millis(10);
            if appended.len() < 2000 && start.elapsed() >= due {
                let number = appended.len() as u64 + 1;
                append_lines(&input, number, number + 1);
                appended.push(Instant::now());
            }
            let arrived = lines_out().saturating_sub(1) as usize;
            for at in &appended[latencies.len()..arrived.max(latencies.len())] {
                latencies.push(at.elapsed().as_secs_f64() * 1e3);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        latencies.sort_by(f64::total_cmp);
        let quantile = |q: f64| latencies[((latencies.len() - 1) as f64 * q) as usize];
        self.note(Case::Latency, "p50, ms", kind, quantile(0.5));
        self.note(Case::Latency, "p99, ms", kind, quantile(0.99));
        self.note(Case::Latency, "max, ms", kind, quantile(1.0));
    }

    fn note(&mut self, case: Case, metric: &'static str, kind: Kind, figure: f64) {
        eprintln!("{:<20} {metric:<22} {kind:?}: {figure:.3}", case.name());
        self.rows.entry((case.name(), metric)).or_default()[kind as usize].push(figure);
    }

    fn print(&mut self) {
        println!("| case | metric | Java | Windlass | Java / Windlass |");
        println!("|---|---|---|---|---|");
        for ((case, metric), figures) in &mut self.rows {
            let [java, windlass] = figures;
            let (java, windlass) = (median(java), median(windlass));
            let ratio = java / windlass;
            println!("| {case} | {metric} | {java:.3} | {windlass:.3} | {ratio:.2} |");
        }
    }

    fn launch(&self, kind: Kind, dir: &Path) -> Launch {
        match kind {
            Kind::Java => {
                Launch::java(dir, self.kafka.address()).with("plugin.discovery", "service_load")
            }
            Kind::Windlass => {
                let binary = std::env::var("WINDLASS_BENCH_BINARY")
                    .unwrap_or_else(|_| env!("CARGO_BIN_EXE_windlass").to_owned());
                Launch::windlass(binary, dir, self.kafka.address())
            }
        }
    }

    fn input(&self) -> PathBuf {
        self.directory.join("lines")
    }
}

fn file_source(input: &Path, topic: &str) -> Value {
    json!({"connector.class": "FileStreamSource", "tasks.max": "1", "file": input, "topic": topic})
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What `append_lines` writes per line.
const LINE_BYTES: u64 = 101;
