//! A Kafka client: connections, metadata, producer, consumer, group member, admin, compacted topics.
