//! What a producer's configuration comes to.

use std::time::Duration;

use windlass_wire::compression::{Compression, Levels};

use crate::config::{Acks, ProducerConfig};

/// The settings as the producer uses them.
///
/// What the user sets is kept to the letter. Left alone, batches may grow with the backlog, are sent early when waiting
/// gains nothing, and take far less memory than Kafka's default allows.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) acks: Acks,
    pub(super) idempotent: bool,
    pub(super) max_in_flight: usize,
    pub(super) retries: u32,
    pub(super) delivery_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) metadata_max_age: Duration,
    pub(super) max_block: Duration,
    pub(super) linger: Duration,
    /// Whether an open batch may be sent before `linger` when the input is idle.
    pub(super) eager: bool,
    /// Bytes at which a batch is complete.
    pub(super) batch_limit: usize,
    /// Bytes after which records without a key go to another partition.
    pub(super) sticky_bytes: usize,
    pub(super) memory: usize,
    pub(super) max_request: usize,
    pub(super) compression: Compression,
    pub(super) levels: Levels,
    pub(super) ignore_keys: bool,
}

impl Settings {
    pub(super) fn new(config: &ProducerConfig) -> Self {
        let set = |key| config.explicit.contains(key);
        let grown = GROWN_BATCH
            .max(config.batch_size)
            .min(config.max_request_size);
        let small = SMALL_MEMORY
            .max(config.max_request_size.saturating_mul(2))
            .min(config.buffer_memory);
        Self {
            acks: config.acks,
            idempotent: config.idempotence,
            max_in_flight: config.max_in_flight,
            retries: config.retries,
            delivery_timeout: config.delivery_timeout,
            request_timeout: config.client.request_timeout,
            metadata_max_age: config.client.metadata_max_age,
            max_block: config.max_block,
            linger: config.linger,
            eager: !set("linger.ms"),
            batch_limit: if set("batch.size") {
                config.batch_size
            } else {
                grown
            },
            sticky_bytes: config.batch_size,
            memory: if set("buffer.memory") {
                config.buffer_memory
            } else {
                small
            },
            max_request: config.max_request_size,
            compression: config.compression,
            levels: config.levels,
            ignore_keys: config.ignore_keys,
        }
    }
}

/// How large a batch may grow when `batch.size` is not set. The broker's work per byte and ours fall up to here and hardly
/// beyond.
const GROWN_BATCH: usize = 256 * 1024;
/// What is enough for every partition of a busy task when `buffer.memory` is not set: Kafka's 32 MiB would let a slow
/// broker fill the memory of a worker with many tasks.
const SMALL_MEMORY: usize = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Properties;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let mut properties = Properties::from([("bootstrap.servers".to_owned(), "a:1".to_owned())]);
        properties.extend(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        Settings::new(&ProducerConfig::parse(&properties).unwrap().config)
    }

    #[test]
    fn what_the_user_sets_is_kept_even_if_it_is_the_default() {
        let set = settings(&[
            ("batch.size", "16384"),
            ("linger.ms", "5"),
            ("buffer.memory", "33554432"),
        ]);
        assert_eq!(
            (set.batch_limit, set.eager, set.memory),
            (16_384, false, 33_554_432)
        );
        let unset = settings(&[]);
        assert_eq!(
            (unset.batch_limit, unset.eager, unset.memory),
            (GROWN_BATCH, true, SMALL_MEMORY)
        );
    }

    #[test]
    fn a_grown_batch_fits_a_request_and_two_requests_fit_the_memory() {
        let small = settings(&[("max.request.size", "100000")]);
        assert_eq!(small.batch_limit, 100_000);
        let large = settings(&[("max.request.size", "8000000")]);
        assert_eq!(large.memory, 16_000_000);
    }
}
