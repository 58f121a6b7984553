//! A group that workers of both kinds join.

use std::path::PathBuf;

use crate::{Kafka, Launch};

/// A group on the shared Kafka and a directory for its files; workers are launched by whoever tests.
#[derive(Debug)]
pub struct MixedGroup {
    directory: tempfile::TempDir,
    binary: &'static str,
    name: String,
}

impl MixedGroup {
    /// The group of this name, which must be new; `binary` is ours.
    ///
    /// # Panics
    /// When no directory can be made.
    pub fn new(binary: &'static str, name: String) -> Self {
        MixedGroup {
            directory: tempfile::tempdir().expect("a directory"),
            binary,
            name,
        }
    }

    /// The name of the group.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A file that all workers see.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// One of our workers.
    ///
    /// # Panics
    /// When its directory cannot be made.
    pub fn windlass(&self, number: usize) -> Launch {
        let (home, kafka) = (self.home(number), Kafka::shared());
        prompt(Launch::windlass_distributed(
            self.binary,
            &home,
            kafka.address(),
            &self.name,
        ))
    }

    /// One of Java's.
    ///
    /// # Panics
    /// When its directory cannot be made.
    pub fn java(&self, number: usize) -> Launch {
        let (home, kafka) = (self.home(number), Kafka::shared());
        prompt(Launch::java_distributed(&home, kafka.address(), &self.name))
            .with("plugin.discovery", "service_load")
    }

    fn home(&self, number: usize) -> PathBuf {
        let home = self.directory.path().join(format!("worker-{number}"));
        std::fs::create_dir_all(&home).expect("a directory");
        home
    }
}

/// Small topics, and rebalances that nobody has to wait for.
fn prompt(launch: Launch) -> Launch {
    launch
        .with("offset.storage.partitions", "2")
        .with("status.storage.partitions", "1")
        .with("scheduled.rebalance.max.delay.ms", "0")
        .with("session.timeout.ms", "6000")
        .with("heartbeat.interval.ms", "1000")
}
