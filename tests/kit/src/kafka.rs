//! The real Kafka that the tests run against; `tests/run` starts it.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The broker shared by all tests, and its command line tools.
#[derive(Clone, Debug)]
pub struct Kafka {
    address: String,
}

impl Kafka {
    /// The broker that `tests/run` started.
    ///
    /// # Panics
    /// When `WINDLASS_TEST_KAFKA` is not set.
    pub fn shared() -> Self {
        let address = std::env::var("WINDLASS_TEST_KAFKA").unwrap_or_else(|_| {
            panic!("WINDLASS_TEST_KAFKA is not set: start the tests with tests/run, which starts a broker")
        });
        Kafka { address }
    }

    /// The broker at another address, for example an embedded one.
    pub fn at(address: impl Into<String>) -> Self {
        Kafka {
            address: address.into(),
        }
    }

    /// `host:port`
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The end offset of partition 0, asked without a client, so that measuring costs next to nothing; -1 for a topic
    /// that does not exist.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn end_offset(&self, topic: &str) -> io::Result<i64> {
        // ListOffsets version 1: api key 2, correlation id 0, no client id, replica -1, one topic, one partition, latest.
        let mut request = vec![
            0, 2, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1,
        ];
        let length = u16::try_from(topic.len()).map_err(io::Error::other)?;
        request.extend(length.to_be_bytes());
        request.extend(topic.as_bytes());
        request.extend([0, 0, 0, 1, 0, 0, 0, 0]);
        request.extend((-1i64).to_be_bytes());
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(
            &u32::try_from(request.len())
                .map_err(io::Error::other)?
                .to_be_bytes(),
        )?;
        stream.write_all(&request)?;
        let mut size = [0; 4];
        stream.read_exact(&mut size)?;
        let mut answer = vec![0; u32::from_be_bytes(size).min(1 << 16) as usize];
        stream.read_exact(&mut answer)?;
        // The answer ends with the error code, a timestamp and the offset.
        let tail = answer
            .last_chunk::<18>()
            .ok_or_else(|| io::Error::other("a short answer"))?;
        let error = i16::from_be_bytes([tail[0], tail[1]]);
        let offset = tail
            .last_chunk::<8>()
            .map_or(-1, |bytes| i64::from_be_bytes(*bytes));
        Ok(if error == 0 { offset } else { -1 })
    }

    /// Creates a topic.
    ///
    /// # Panics
    /// When it cannot be created.
    pub fn create_topic(&self, topic: &str, partitions: u64) {
        let partitions = partitions.to_string();
        let arguments = ["--create", "--topic", topic, "--partitions", &partitions];
        self.tool("org.apache.kafka.tools.TopicCommand", &arguments);
    }

    /// Appends records without keys to a topic, in order.
    ///
    /// # Panics
    /// When it cannot be done, or a value holds a line end.
    pub fn produce(&self, topic: &str, values: &[&str]) {
        assert!(
            values.iter().all(|value| !value.contains('\n')),
            "values are sent as lines"
        );
        let mut producer = java()
            .arg("org.apache.kafka.tools.ConsoleProducer")
            .args(["--bootstrap-server", &self.address, "--topic", topic])
            // It gives up a request after 1.5 s, which a busy machine may need to schedule both ends.
            .args(["--request-timeout-ms", "30000"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("java");
        let mut input = producer.stdin.take().expect("standard input");
        for value in values {
            writeln!(input, "{value}").expect("the producer reads");
        }
        drop(input);
        let status = producer.wait().expect("the producer ends");
        assert!(status.success(), "the console producer: {status}");
    }

    /// Runs one of Kafka's tools and returns its standard output.
    ///
    /// # Panics
    /// When it fails.
    pub fn tool(&self, class: &str, arguments: &[&str]) -> String {
        let output = java()
            .arg(class)
            .args(["--bootstrap-server", &self.address])
            .args(arguments)
            .output()
            .expect("java");
        assert!(
            output.status.success(),
            "{class} {arguments:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// `java` with the class path of Kafka's broker, tools and Connect worker.
///
/// # Panics
/// When `WINDLASS_TEST_KAFKA_LIBS` is not set.
pub(crate) fn java() -> Command {
    let libs = std::env::var("WINDLASS_TEST_KAFKA_LIBS").unwrap_or_else(|_| {
        panic!("WINDLASS_TEST_KAFKA_LIBS is not set: start the tests with tests/run, which fetches Apache Kafka")
    });
    let mut command = Command::new("java");
    command.args(["-Xmx512m", "-cp", &format!("{libs}/*")]);
    command.arg(format!(
        "-Dlog4j2.configurationFile={}",
        set_up("log4j2.properties").display()
    ));
    command
}

/// A broker of this test's own, to be stopped and started again under load.
#[derive(Debug)]
pub struct PrivateBroker {
    directory: PathBuf,
    port: u16,
}

impl PrivateBroker {
    /// Starts a broker with its data in `directory`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(directory: &Path) -> Self {
        Self::start_with(directory, &[])
    }

    /// Starts a broker with these properties, which win over the usual ones.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_with(directory: &Path, properties: &[(&str, &str)]) -> Self {
        // The controller takes the port above: look for a pair that is free.
        let port = (0..100)
            .find_map(|_| {
                let first = TcpListener::bind("127.0.0.1:0").ok()?;
                let port = first.local_addr().ok()?.port();
                TcpListener::bind(("127.0.0.1", port.checked_add(1)?)).ok()?;
                Some(port)
            })
            .expect("two free ports in a row");
        let broker = PrivateBroker {
            directory: directory.to_owned(),
            port,
        };
        if !properties.is_empty() {
            let lines = properties
                .iter()
                .map(|(key, value)| format!("{key}={value}\n"));
            let lines: String = lines.collect();
            std::fs::create_dir_all(directory).expect("the broker's directory");
            std::fs::write(directory.join("extra.properties"), lines).expect("extra properties");
        }
        broker.resume();
        broker
    }

    /// `host:port`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Stops the broker, keeping its data and address.
    pub fn pause(&self) {
        self.script("stop", &[]);
    }

    /// Starts it again.
    pub fn resume(&self) {
        self.script("start", &[&self.port.to_string()]);
    }

    fn script(&self, command: &str, arguments: &[&str]) {
        let libs = std::env::var("WINDLASS_TEST_KAFKA_LIBS").unwrap_or_default();
        let home = Path::new(&libs).parent().unwrap_or(Path::new(""));
        let status = Command::new(set_up("broker"))
            .arg(command)
            .arg(&self.directory)
            .args(arguments)
            .env("WINDLASS_KAFKA_HOME", home)
            .status()
            .expect("the broker script");
        assert!(status.success(), "broker {command}: {status}");
    }
}

impl Drop for PrivateBroker {
    fn drop(&mut self) {
        self.pause();
    }
}

fn set_up(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../kafka")
        .join(file)
}
