//! Sources with transforms: keys and headers show in the records that they write.

use std::path::Path;
use std::time::Duration;

use windlass_testkit::{Kafka, wait_for};

use crate::kafka::{Consumed, consume};
use crate::{JSON, Keys};

/// A file source with a chain.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    keys: &'static [(&'static str, &'static str)],
    /// What the chain adds to the name of the topic.
    routed: &'static str,
    /// How many of the lines arrive.
    count: i64,
}

/// All of them.
pub(crate) fn all() -> &'static [Source] {
    SOURCES
}

/// Writes what they read.
pub(crate) fn write_input(path: &Path) {
    std::fs::write(path, "1\n22\nthree\n-4\n\n\u{e4}\u{1f980} 6\n").expect("the input");
}

impl Source {
    fn topic(&self, side: &str) -> String {
        format!("chains-{}-{}-{side}", std::process::id(), self.name)
    }

    pub(crate) fn properties(&self, side: &str, input: &Path) -> Keys {
        let common = [
            (
                "connector.class",
                "org.apache.kafka.connect.file.FileStreamSourceConnector".to_owned(),
            ),
            ("file", input.to_str().expect("UTF-8").to_owned()),
            ("topic", self.topic(side)),
            ("errors.tolerance", "all".to_owned()),
            ("key.converter", JSON.to_owned()),
            ("value.converter", JSON.to_owned()),
            ("header.converter", JSON.to_owned()),
        ];
        let mut keys: Keys = common.map(|(key, value)| (key.to_owned(), value)).into();
        let own = self.keys.iter();
        keys.extend(own.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        keys
    }

    /// What differs between the two workers; the time at which a line was read may.
    pub(crate) fn compare(&self, kafka: &Kafka) -> Option<String> {
        let read = |side: &str| -> Vec<Consumed> {
            let topic = format!("{}{}", self.topic(side), self.routed);
            wait_for(
                &format!("records in {topic}"),
                Duration::from_secs(60),
                || match kafka.end_offset(&topic) {
                    Ok(end) if end >= self.count => Ok(()),
                    other => Err(other),
                },
            );
            let mut records = consume(kafka.address(), &topic);
            records.iter_mut().for_each(|record| record.timestamp = 0);
            records
        };
        let (ours, theirs) = (read("windlass"), read("java"));
        (ours != theirs).then(|| {
            let name = self.name;
            format!("{name}: records differ\n--- Java\n{theirs:#?}\n--- Windlass\n{ours:#?}")
        })
    }
}

const SOURCES: &[Source] = &[
    Source {
        name: "source-key",
        keys: &[
            ("transforms", "a,b,c,d"),
            (
                "transforms.a.type",
                "org.apache.kafka.connect.transforms.HoistField$Value",
            ),
            ("transforms.a.field", "line"),
            (
                "transforms.b.type",
                "org.apache.kafka.connect.transforms.ValueToKey",
            ),
            ("transforms.b.fields", "line"),
            (
                "transforms.c.type",
                "org.apache.kafka.connect.transforms.SetSchemaMetadata$Key",
            ),
            ("transforms.c.schema.name", "k"),
            ("transforms.c.schema.version", "3"),
            (
                "transforms.d.type",
                "org.apache.kafka.connect.transforms.Flatten$Key",
            ),
        ],
        routed: "",
        count: 6,
    },
    Source {
        name: "source-headers",
        keys: &[
            ("transforms", "a,b,c,d,e"),
            (
                "transforms.a.type",
                "org.apache.kafka.connect.transforms.HoistField$Value",
            ),
            ("transforms.a.field", "line"),
            (
                "transforms.b.type",
                "org.apache.kafka.connect.transforms.HeaderFrom$Value",
            ),
            ("transforms.b.fields", "line"),
            ("transforms.b.headers", "copy"),
            ("transforms.b.operation", "copy"),
            (
                "transforms.c.type",
                "org.apache.kafka.connect.transforms.InsertHeader",
            ),
            ("transforms.c.header", "made"),
            ("transforms.c.value.literal", "[1, 2]"),
            (
                "transforms.d.type",
                "org.apache.kafka.connect.transforms.InsertHeader",
            ),
            ("transforms.d.header", "gone"),
            ("transforms.d.value.literal", "x"),
            (
                "transforms.e.type",
                "org.apache.kafka.connect.transforms.DropHeaders",
            ),
            ("transforms.e.headers", "gone,none"),
        ],
        routed: "",
        count: 6,
    },
    Source {
        name: "source-routed",
        keys: &[
            ("transforms", "a,b"),
            (
                "transforms.a.type",
                "org.apache.kafka.connect.transforms.RegexRouter",
            ),
            ("transforms.a.regex", ".*"),
            ("transforms.a.replacement", "$0-routed"),
            (
                "transforms.b.type",
                "org.apache.kafka.connect.transforms.HoistField$Key",
            ),
            ("transforms.b.field", "nothing"),
        ],
        routed: "-routed",
        count: 6,
    },
    Source {
        name: "source-cast",
        keys: &[
            ("transforms", "a"),
            (
                "transforms.a.type",
                "org.apache.kafka.connect.transforms.Cast$Value",
            ),
            ("transforms.a.spec", "int16"),
        ],
        routed: "",
        // The others are no numbers, and are skipped.
        count: 3,
    },
];
