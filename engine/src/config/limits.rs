//! How much a connector may take in: keys that Java does not have.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Props, Result, Validator, Width};

/// The limits of a connector, over all its tasks; `None` for those that are not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// `windlass.limits.bytes.in.flight`: of a source, what its producers hold; of a sink, what was read since the last
    /// commit.
    pub bytes_in_flight: Option<u64>,
    /// `windlass.limits.records.per.second`
    pub records_per_second: Option<u64>,
    /// `windlass.limits.bytes.per.second`: keys and values as they are in Kafka.
    pub bytes_per_second: Option<u64>,
}

impl Limits {
    /// Reads them.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) when one is no number, or below 1.
    pub(super) fn new(props: &Props) -> Result<Self> {
        let mut def = ConfigDef::new();
        define_given(&mut def, props);
        let values = def.parse(props)?;
        let limit = |name: &str| -> Result<Option<u64>> {
            if !is_given(props, name) {
                return Ok(None);
            }
            let limit: i64 = values.get(name)?;
            Ok(u64::try_from(limit).ok())
        };
        Ok(Limits {
            bytes_in_flight: limit(BYTES_IN_FLIGHT)?,
            records_per_second: limit(RECORDS_PER_SECOND)?,
            bytes_per_second: limit(BYTES_PER_SECOND)?,
        })
    }
}

/// Adds the keys that a configuration sets. Where it sets none, what is answered about it is what Java answers.
pub(super) fn define_given(def: &mut ConfigDef, props: &Props) {
    for (order, (name, display, documentation)) in (1..).zip(KEYS) {
        if is_given(props, name) {
            def.insert(
                ConfigKey::new(name, Kind::Long)
                    .validator(Validator::at_least(1i64))
                    .importance(Importance::Low)
                    .group(GROUP, order)
                    .width(Width::Short)
                    .display_name(display)
                    .documentation(documentation),
            );
        }
    }
}

fn is_given(props: &Props, name: &str) -> bool {
    props.contains_key(name)
}

const BYTES_IN_FLIGHT: &str = "windlass.limits.bytes.in.flight";
const RECORDS_PER_SECOND: &str = "windlass.limits.records.per.second";
const BYTES_PER_SECOND: &str = "windlass.limits.bytes.per.second";

const GROUP: &str = "Limits";

const KEYS: [(&str, &str, &str); 3] = [
    (
        BYTES_IN_FLIGHT,
        "Bytes in flight",
        "The most bytes that may wait: in the producers of a source, or since the last commit of a sink.",
    ),
    (
        RECORDS_PER_SECOND,
        "Records per second",
        "The most records per second.",
    ),
    (
        BYTES_PER_SECOND,
        "Bytes per second",
        "The most bytes of keys and values per second.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn props(key: &str, value: &str) -> Props {
        [(key.to_owned(), Some(value.to_owned()))]
            .into_iter()
            .collect()
    }

    #[test]
    fn what_is_not_set_is_not_limited_and_not_defined() {
        let limits = Limits::new(&props(RECORDS_PER_SECOND, " 5 ")).unwrap();
        assert_eq!(
            limits,
            Limits {
                records_per_second: Some(5),
                ..Limits::default()
            }
        );
        let none = props("name", "x");
        assert_eq!(Limits::new(&none).unwrap(), Limits::default());
        let mut def = ConfigDef::new();
        define_given(&mut def, &none);
        assert_eq!(def.keys().count(), 0);
    }

    #[test]
    fn a_limit_is_a_number_above_zero() {
        for wrong in ["0", "-1", "many", ""] {
            Limits::new(&props(BYTES_IN_FLIGHT, wrong)).expect_err(wrong);
        }
    }
}
