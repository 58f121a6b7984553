//! Any records in the topics of a cluster.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_engine::fuzz::{ConfigTopic, offset_record, status_record};

fuzz_target!(|records: Vec<(u8, &[u8], Option<&[u8]>)>| {
    let mut configs = ConfigTopic::default();
    for (kind, key, value) in records {
        // Half of the keys begin as real ones do.
        let prefix = PREFIXES.get(usize::from(kind)).copied().unwrap_or_default();
        let key = [prefix.as_bytes(), key].concat();
        configs.take(&key, value);
        status_record(&key, value.unwrap_or_default());
        offset_record(&key, value.unwrap_or_default());
    }
});

const PREFIXES: [&str; 11] = [
    "target-state-",
    "connector-",
    "task-",
    "commit-",
    "restart-connector-",
    "session-key",
    "logger-cluster-",
    "status-connector-",
    "status-task-",
    "status-topic-",
    "[\"c\",",
];
