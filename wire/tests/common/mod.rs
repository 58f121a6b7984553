//! The records that `java/BatchFixtures.java` writes and expects.

/// A record to be built.
pub(crate) struct Expected {
    /// Milliseconds.
    pub(crate) timestamp: i64,
    /// Key.
    pub(crate) key: Option<Vec<u8>>,
    /// Value.
    pub(crate) value: Option<Vec<u8>>,
    /// Headers in order.
    pub(crate) headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// "small": 60 records with every mixture of nulls and headers. "large": 4 of 50,000 bytes, more than any codec's block.
pub(crate) fn records(kind: &str) -> Vec<Expected> {
    match kind {
        "large" => (0..4)
            .map(|i| Expected {
                timestamp: 1_700_000_000_000 + 3 * i64::from(i),
                key: None,
                value: Some((0..50_000u32).map(|k| ((k / 50) * 7 + i) as u8).collect()),
                headers: Vec::new(),
            })
            .collect(),
        _ => (0..60).map(small).collect(),
    }
}

fn small(i: usize) -> Expected {
    Expected {
        timestamp: 1_700_000_000_000 + 3 * i as i64,
        key: (!i.is_multiple_of(3)).then(|| format!("key-{i}").into_bytes()),
        value: (i % 7 != 5)
            .then(|| format!("value-{i}-{}", "abcdefghij".repeat(i * i % 40)).into_bytes()),
        headers: (0..i % 4)
            .map(|j| {
                (
                    format!("h{}", j / 2).into_bytes(),
                    (j != 2).then(|| format!("v-{i}-{j}").into_bytes()),
                )
            })
            .collect(),
    }
}
