//! Logs on standard error, with levels that REST can change.

use std::io;

use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, reload};
use windlass_rest::{Level, Loggers};
use windlass_secret::mask::masked;

use crate::failure::Failure;

/// Starts to log. What is logged: `option`, else RUST_LOG, else `default_level`.
pub(crate) fn start(option: Option<&str>, default_level: &str) -> Result<Loggers, Failure> {
    let from_env = std::env::var("RUST_LOG")
        .ok()
        .filter(|filter| !filter.is_empty());
    let filter = option
        .map(str::to_owned)
        .or(from_env)
        .unwrap_or_else(|| default_level.to_owned());
    let parsed = EnvFilter::builder()
        .parse(&filter)
        .map_err(|e| Failure::usage(format!("--log {filter}: {e}")))?;
    let root = parsed.max_level_hint().map_or(Level::Info, level_of);
    let (layer, handle) = reload::Layer::new(parsed);
    let lines = fmt::layer()
        .with_writer(|| Masked)
        .with_ansi(false)
        .with_span_events(FmtSpan::NONE);
    // Tests of this module may have set one already; whoever came first stays.
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with(lines)
        .try_init();
    Ok(Loggers::new(root, move |levels| {
        if let Ok(filter) = EnvFilter::builder().parse(directives(levels)) {
            // Fails only when nothing logs any more.
            let _ = handle.reload(filter);
        }
    }))
}

/// Standard error, without secrets; the formatter writes a whole line at a time.
struct Masked;

impl io::Write for Masked {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        io::stderr().write_all(masked(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The levels as a filter. Java's names stand for the crates that do the same work.
fn directives(levels: &[(String, Level)]) -> String {
    let directive = |(name, level): &(String, Level)| {
        let level = filter_of(*level);
        if name == "root" {
            return level.to_string();
        }
        let targets = TARGETS
            .iter()
            .find(|(java, _)| name == java || name.starts_with(&format!("{java}.")));
        match targets {
            Some((_, targets)) => targets
                .iter()
                .map(|t| format!("{t}={level}"))
                .collect::<Vec<_>>()
                .join(","),
            None => format!("{}={level}", name.replace('.', "::")),
        }
    };
    levels.iter().map(directive).collect::<Vec<_>>().join(",")
}

fn filter_of(level: Level) -> LevelFilter {
    match level {
        Level::Off => LevelFilter::OFF,
        Level::Fatal | Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace | Level::All => LevelFilter::TRACE,
    }
}

fn level_of(filter: LevelFilter) -> Level {
    match filter {
        LevelFilter::OFF => Level::Off,
        LevelFilter::ERROR => Level::Error,
        LevelFilter::WARN => Level::Warn,
        LevelFilter::INFO => Level::Info,
        LevelFilter::DEBUG => Level::Debug,
        LevelFilter::TRACE => Level::Trace,
    }
}

/// Java's packages, the more special first.
const TARGETS: [(&str, &[&str]); 6] = [
    ("org.apache.kafka.connect.runtime.rest", &["windlass_rest"]),
    ("org.apache.kafka.connect.file", &["windlass_connectors"]),
    (
        "org.apache.kafka.connect.transforms",
        &["windlass_transforms"],
    ),
    (
        "org.apache.kafka.connect",
        &[
            "windlass",
            "windlass_engine",
            "windlass_rest",
            "windlass_connectors",
            "windlass_converters",
        ],
    ),
    (
        "org.apache.kafka.clients",
        &["windlass_client", "windlass_wire"],
    ),
    (
        "org.apache.kafka",
        &[
            "windlass",
            "windlass_engine",
            "windlass_rest",
            "windlass_connectors",
            "windlass_client",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javas_packages_stand_for_crates() {
        let levels = [
            ("root".to_owned(), Level::Warn),
            ("com.example.A".to_owned(), Level::All),
            (
                "org.apache.kafka.clients.NetworkClient".to_owned(),
                Level::Debug,
            ),
        ];
        assert_eq!(
            directives(&levels),
            "warn,com::example::A=trace,windlass_client=debug,windlass_wire=debug"
        );
        EnvFilter::builder()
            .parse(directives(&levels))
            .expect("a filter");
    }
}
