//! Log levels that can be changed while the worker runs (KIP-495, KIP-976).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_api::wall_clock_millis;

/// The levels of Log4j.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Level {
    Off,
    Fatal,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
    All,
}

/// A logger that was given a level, or the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logger {
    /// Its level.
    pub level: Level,
    /// When it was changed, milliseconds since the epoch; `None` for never.
    pub last_modified: Option<i64>,
}

/// Puts levels into effect.
type Apply = dyn Fn(&[(String, Level)]) + Send + Sync;

/// The loggers by name; `root` is the one all others descend from. Names are dotted, as Java's.
#[derive(Clone)]
pub struct Loggers {
    levels: Arc<Mutex<BTreeMap<String, Logger>>>,
    apply: Arc<Apply>,
}

impl Loggers {
    /// Starts with the root at a level; `apply` gets all levels, the root first, after each change.
    pub fn new(root: Level, apply: impl Fn(&[(String, Level)]) + Send + Sync + 'static) -> Self {
        let root = (
            ROOT.to_owned(),
            Logger {
                level: root,
                last_modified: None,
            },
        );
        Loggers {
            levels: Arc::new(Mutex::new(BTreeMap::from([root]))),
            apply: Arc::new(apply),
        }
    }

    /// Gives a logger a level that another worker names; an unknown one changes nothing.
    pub fn set_by_name(&self, logger: &str, level: &str) {
        match Level::parse(level) {
            Some(level) => drop(self.set(logger, level)),
            None => tracing::warn!(logger, level, "another worker sets an unknown log level"),
        }
    }

    /// All loggers, sorted by name.
    pub(crate) fn all(&self) -> BTreeMap<String, Logger> {
        self.levels
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Gives a logger and all below it a level; answers with those whose level changed, sorted.
    pub(crate) fn set(&self, name: &str, level: Level) -> Vec<String> {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let inherited = Logger {
            level: effective(&levels, name),
            last_modified: None,
        };
        levels.entry(name.to_owned()).or_insert(inherited);
        let mut changed = Vec::new();
        for (other, logger) in levels.iter_mut() {
            if logger.level != level && (name == ROOT || is_below(other, name)) {
                *logger = Logger {
                    level,
                    last_modified: Some(wall_clock_millis()),
                };
                changed.push(other.clone());
            }
        }
        let mut all: Vec<_> = levels
            .iter()
            .map(|(name, logger)| (name.clone(), logger.level))
            .collect();
        all.sort_by_key(|(name, _)| name != ROOT);
        (self.apply)(&all);
        changed
    }
}

impl fmt::Debug for Loggers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.all()).finish()
    }
}

impl Level {
    /// Reads a name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        LEVELS
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(name))
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Off => "OFF",
            Level::Fatal => "FATAL",
            Level::Error => "ERROR",
            Level::Warn => "WARN",
            Level::Info => "INFO",
            Level::Debug => "DEBUG",
            Level::Trace => "TRACE",
            Level::All => "ALL",
        }
    }
}

/// The level of the nearest logger above.
fn effective(levels: &BTreeMap<String, Logger>, name: &str) -> Level {
    let mut above = name;
    while let Some((parent, _)) = above.rsplit_once('.') {
        if let Some(logger) = levels.get(parent) {
            return logger.level;
        }
        above = parent;
    }
    levels.get(ROOT).map_or(Level::Info, |root| root.level)
}

fn is_below(name: &str, ancestor: &str) -> bool {
    name.strip_prefix(ancestor)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

const LEVELS: [Level; 8] = [
    Level::Off,
    Level::Fatal,
    Level::Error,
    Level::Warn,
    Level::Info,
    Level::Debug,
    Level::Trace,
    Level::All,
];

/// The name of the root logger.
pub(crate) const ROOT: &str = "root";
