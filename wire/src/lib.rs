//! Kafka's bytes: record batches, compression, frames and API versions, without I/O.
