//! Which URLs tokens may come from.
//!
//! A connector may override its clients' settings, and a token endpoint makes the worker read a file or ask a server. As in
//! Java (CVE-2025-27817) the operator therefore lists the URLs outside of any configuration: by the system property in
//! `KAFKA_OPTS`, which an existing deployment has, or by an environment variable of our own.

use std::sync::{Mutex, PoisonError};

use crate::config::ConfigError;

/// Allows more URLs: for programs that have this crate inside, whose operator says so elsewhere.
pub fn allow_urls(urls: impl IntoIterator<Item = String>) {
    let mut allowed = ALLOWED.lock().unwrap_or_else(PoisonError::into_inner);
    allowed.extend(urls);
}

/// Refuses a URL that the operator did not list.
pub(super) fn check(key: &str, url: &str) -> Result<(), ConfigError> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let listed = variable(OWN_VARIABLE);
    let options = variable("KAFKA_OPTS");
    let allowed = ALLOWED.lock().unwrap_or_else(PoisonError::into_inner);
    if allowed.iter().any(|allowed| allowed == url)
        || is_listed(url, &listed)
        || is_listed(url, of_options(&options))
    {
        return Ok(());
    }
    Err(ConfigError::Conflict(format!(
        "{key}={url} is not allowed. Update system property '{PROPERTY}' (in KAFKA_OPTS, as -D{PROPERTY}=url1,url2) or the environment variable {OWN_VARIABLE} to allow {url}"
    )))
}

fn is_listed(url: &str, list: &str) -> bool {
    list.split(',').any(|allowed| allowed.trim() == url)
}

fn of_options(options: &str) -> &str {
    let prefix = format!("-D{PROPERTY}=");
    let words = options.split_whitespace();
    words
        .filter_map(|word| word.trim_matches(['"', '\'']).strip_prefix(&prefix))
        .next_back()
        .unwrap_or_default()
}

static ALLOWED: Mutex<Vec<String>> = Mutex::new(Vec::new());

const PROPERTY: &str = "org.apache.kafka.sasl.oauthbearer.allowed.urls";
const OWN_VARIABLE: &str = "WINDLASS_OAUTHBEARER_ALLOWED_URLS";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_property_counts() {
        let options = format!("-Xmx1g -D{PROPERTY}=a -D{PROPERTY}=https://b/c,file:///d");
        assert!(is_listed("file:///d", of_options(&options)));
        assert!(is_listed("https://b/c", of_options(&options)));
        assert!(!is_listed("a", of_options(&options)));
        assert!(!is_listed("https://b", of_options(&options)));
    }
}
