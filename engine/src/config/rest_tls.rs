//! The TLS keys of the REST server and of requests between workers.

use std::collections::BTreeMap;

use windlass_api::{Password, Props};
use windlass_tls::{TlsError, TlsSettings};

/// The keys as written: they are read only where an `https` URL is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestTls {
    keys: BTreeMap<String, Password>,
}

impl RestTls {
    /// Takes the `ssl.*` keys out of a worker's, with and without the prefixes of listeners.
    pub(super) fn new(props: &Props) -> Self {
        let keys = props.iter().filter(|(key, _)| {
            key.starts_with("ssl.") || key.starts_with(LISTENERS) || key.starts_with(ADMIN)
        });
        Self {
            keys: keys
                .filter_map(|(key, value)| Some((key.clone(), Password::new(value.clone()?))))
                .collect(),
        }
    }

    /// For `listeners`, and for requests to other workers: where any key begins with `listeners.https.` none without is
    /// read, as in Java.
    ///
    /// # Errors
    /// Keys that contradict each other.
    pub fn listeners(&self) -> Result<TlsSettings, TlsError> {
        self.read(LISTENERS)
    }

    /// For `admin.listeners`, whose own prefix is `admin.listeners.https.`.
    ///
    /// # Errors
    /// Keys that contradict each other.
    pub fn admin_listeners(&self) -> Result<TlsSettings, TlsError> {
        self.read(ADMIN)
    }

    fn read(&self, prefix: &str) -> Result<TlsSettings, TlsError> {
        let own = self.keys.keys().any(|key| key.starts_with(prefix));
        TlsSettings::read(if own { prefix } else { "" }, |key| {
            self.keys.get(key).map(Password::reveal)
        })
    }
}

const LISTENERS: &str = "listeners.https.";
const ADMIN: &str = "admin.listeners.https.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_with_the_prefix_hides_all_without() {
        let tls = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            let props = pairs.map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())));
            RestTls::new(&props.collect())
        };
        let bare = ("ssl.keystore.location", "a.jks");
        let password = ("ssl.keystore.password", "swordfish");
        let own = ("listeners.https.ssl.client.auth", "required");
        let settings = tls(&[bare, password]);
        assert!(settings.listeners().unwrap().has_keys());
        assert!(!format!("{settings:?}").contains("swordfish"));
        let settings = tls(&[bare, password, own]);
        assert!(!settings.listeners().unwrap().has_keys());
        assert!(settings.admin_listeners().unwrap().has_keys());
    }
}
