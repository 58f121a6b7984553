//! Connectors of which a stage fails, with a dead letter queue.

use crate::{JSON, Keys, PLAIN};

/// Name and properties.
pub(crate) fn all() -> Vec<(&'static str, Keys)> {
    FAILURES
        .iter()
        .map(|(name, keys)| {
            let queue = [
                ("errors.deadletterqueue.topic.replication.factor", "1"),
                ("errors.deadletterqueue.context.headers.enable", "true"),
                ("value.converter.schemas.enable", "false"),
            ];
            let keys = queue.iter().chain(*keys);
            let keys = keys.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            (*name, keys.collect())
        })
        .collect()
}

const LONG: &str = "org.apache.kafka.connect.converters.LongConverter";
const BYTES: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";

const FAILURES: &[(&str, &[(&str, &str)])] = &[
    (
        "bad-key",
        &[("key.converter", LONG), ("value.converter", PLAIN)],
    ),
    (
        "bad-value",
        &[("key.converter", BYTES), ("value.converter", JSON)],
    ),
    (
        "no-envelope",
        &[
            ("key.converter", BYTES),
            ("value.converter", JSON),
            ("value.converter.schemas.enable", "true"),
        ],
    ),
    (
        "bad-header",
        &[
            ("key.converter", BYTES),
            ("value.converter", PLAIN),
            ("header.converter", JSON),
            ("header.converter.schemas.enable", "false"),
        ],
    ),
    (
        "bad-cast",
        &[
            ("key.converter", BYTES),
            ("value.converter", JSON),
            ("transforms", "a,b"),
            (
                "transforms.a.type",
                "org.apache.kafka.connect.transforms.InsertHeader",
            ),
            ("transforms.a.header", "x"),
            ("transforms.a.value.literal", "1"),
            (
                "transforms.b.type",
                "org.apache.kafka.connect.transforms.Cast$Value",
            ),
            ("transforms.b.spec", "text:int32"),
        ],
    ),
    (
        "no-schema",
        &[
            ("key.converter", BYTES),
            ("value.converter", PLAIN),
            ("transforms", "a"),
            (
                "transforms.a.type",
                "org.apache.kafka.connect.transforms.ExtractField$Value",
            ),
            ("transforms.a.field", "id"),
        ],
    ),
    (
        "without-context",
        &[
            ("key.converter", BYTES),
            ("value.converter", JSON),
            ("errors.deadletterqueue.context.headers.enable", "false"),
        ],
    ),
];
