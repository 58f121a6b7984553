//! Whether what failed is started again by itself.

use std::time::Duration;

use windlass_api::{ConfigDef, ConfigKey, Kind, Props, Result, Validator};

/// `errors.restart.*` of a connector: keys of our own, which Java's worker does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// `errors.restart.max.attempts`: how often in a row.
    pub max_attempts: u32,
    /// `errors.restart.backoff.ms`: how long to wait before the first start; twice as long before each further one.
    pub backoff: Duration,
    /// `errors.restart.backoff.max.ms`
    pub max_backoff: Duration,
    /// `errors.restart.healthy.ms`: what ran for so long before it failed begins to count anew.
    pub healthy: Duration,
}

impl RestartPolicy {
    /// Reads a connector's keys; `None` where it does not want any restarts, as by default.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config), naming key and value, when one is wrong.
    pub fn new(props: &Props) -> Result<Option<Self>> {
        let values = keys().parse(props)?;
        let number = |key: &str| {
            Ok::<_, windlass_api::ConnectError>(u64::try_from(values.get::<i64>(key)?).unwrap_or(0))
        };
        let millis = |key: &str| number(key).map(Duration::from_millis);
        let attempts: i32 = values.get(ATTEMPTS)?;
        let max_attempts = u32::try_from(attempts).unwrap_or(0);
        Ok((max_attempts > 0).then_some(RestartPolicy {
            max_attempts,
            backoff: millis(BACKOFF)?,
            max_backoff: millis(MAX_BACKOFF)?,
            healthy: millis(HEALTHY)?,
        }))
    }
}

fn keys() -> ConfigDef {
    let millis = |name, default: i64, documentation: &str| {
        ConfigKey::new(name, Kind::Long)
            .default_value(default)
            .validator(Validator::between(0i64, A_YEAR))
            .documentation(documentation)
    };
    ConfigDef::new()
        .define(
            ConfigKey::new(ATTEMPTS, Kind::Int)
                .default_value(0)
                .validator(Validator::between(0i32, i32::MAX))
                .documentation("How often in a row what failed is started again; 0 for never."),
        )
        .define(millis(
            BACKOFF,
            1_000,
            "The wait before the first automatic restart; it doubles.",
        ))
        .define(millis(
            MAX_BACKOFF,
            60_000,
            "The longest wait before an automatic restart.",
        ))
        .define(millis(
            HEALTHY,
            300_000,
            "After running for so long, attempts count anew.",
        ))
}

const ATTEMPTS: &str = "errors.restart.max.attempts";
const BACKOFF: &str = "errors.restart.backoff.ms";
const MAX_BACKOFF: &str = "errors.restart.backoff.max.ms";
const HEALTHY: &str = "errors.restart.healthy.ms";
const A_YEAR: i64 = 365 * 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(entries: &[(&str, &str)]) -> Result<Option<RestartPolicy>> {
        let props = entries.iter();
        RestartPolicy::new(
            &props
                .map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned())))
                .collect(),
        )
    }

    #[test]
    fn is_off_unless_wanted_and_refuses_what_is_wrong() {
        assert_eq!(policy(&[]).unwrap(), None);
        assert_eq!(policy(&[(ATTEMPTS, "0"), (BACKOFF, "5")]).unwrap(), None);
        let wanted = policy(&[(ATTEMPTS, "5"), (BACKOFF, "20")])
            .unwrap()
            .unwrap();
        assert_eq!(
            (wanted.max_attempts, wanted.backoff),
            (5, Duration::from_millis(20))
        );
        policy(&[(ATTEMPTS, "often")]).expect_err("not a number");
        policy(&[(ATTEMPTS, "-1")]).expect_err("less than none");
    }
}
