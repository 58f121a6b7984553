//! Java's basic auth extension: users in properties files that a JAAS file names (KIP-285).

use std::collections::BTreeMap;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use tracing::warn;
use windlass_engine::properties;
use windlass_secret::{Secret, jaas, mask};

use super::credentials::Credentials;
use super::jvm::system_property;
use crate::{Error, Result};

/// What `PropertyFileLoginModule`s know.
#[derive(Debug)]
pub(crate) struct PasswordFiles(Vec<BTreeMap<String, Secret>>);

impl PasswordFiles {
    /// Reads the entry `KafkaConnect` of the JAAS file that `java.security.auth.login.config` names, and the files in it.
    ///
    /// # Errors
    /// When one of these is missing or wrong, where Java starts and then refuses every request.
    pub(super) fn from_jaas() -> Result<Self> {
        let wrong = |what: String| Error::Config(format!("rest.extension.classes: {what}"));
        let path = system_property(LOGIN_CONFIG).ok_or_else(|| {
            wrong(format!(
                "expected -D{LOGIN_CONFIG}=FILE in KAFKA_OPTS, found none"
            ))
        })?;
        let text = std::fs::read_to_string(&path)
            .map_err(|error| wrong(format!("cannot read the JAAS file {path}: {error}")))?;
        let mut entries = jaas::parse_file(&text, system_property)
            .map_err(|error| wrong(format!("JAAS file {path}: {error}")))?;
        let modules = entries.remove(ENTRY).ok_or_else(|| {
            wrong(format!(
                "JAAS file {path}: expected an entry {ENTRY}, found none"
            ))
        })?;
        let read = |module: &jaas::LoginModule| {
            if module.class != MODULE {
                return Err(wrong(format!(
                    "JAAS file {path}: expected {MODULE} in {ENTRY}, found {}",
                    module.class
                )));
            }
            let file = module.options.get("file").ok_or_else(|| {
                wrong(format!(
                    "JAAS file {path}: expected the option file in {ENTRY}, found none"
                ))
            })?;
            read_passwords(file.reveal()).map_err(wrong)
        };
        modules
            .iter()
            .map(read)
            .collect::<Result<_>>()
            .map(PasswordFiles)
    }

    /// Whether anybody is kept out: as in Java an empty file admits everybody.
    pub(super) fn protect(&self) -> bool {
        self.0.iter().all(|users| !users.is_empty())
    }

    /// Whether one of the files knows the user by this password.
    pub(super) fn admit(&self, credentials: Option<&Credentials>) -> bool {
        self.0.iter().any(|users| {
            users.is_empty()
                || credentials.is_some_and(|credentials| {
                    let expected = users.get(&credentials.user);
                    expected.is_some_and(|expected| same(expected, &credentials.password))
                })
        })
    }
}

fn read_passwords(path: &str) -> std::result::Result<BTreeMap<String, Secret>, String> {
    let what = format!("the credentials file {path}");
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {what}: {error}"))?;
    let props = properties::parse(&bytes).map_err(|error| format!("{what}: {error}"))?;
    if props.is_empty() {
        warn!("{what} is empty: every request is let in");
    }
    let user = |(user, password): (String, Option<String>)| {
        let password = Secret::new(password.unwrap_or_default());
        mask::hide(&password);
        (user, password)
    };
    Ok(props.into_iter().map(user).collect())
}

/// Compares in a time that tells nothing about where two passwords differ.
fn same(expected: &Secret, given: &Secret) -> bool {
    let mac = |secret: &Secret| {
        // Keys of any length are taken.
        let mac = <Hmac<Sha256> as Mac>::new_from_slice(b"compare").ok();
        mac.map(|mac| mac.chain_update(secret.reveal()))
    };
    match (mac(expected), mac(given)) {
        (Some(expected), Some(given)) => expected.verify(&given.finalize().into_bytes()).is_ok(),
        _ => false,
    }
}

const LOGIN_CONFIG: &str = "java.security.auth.login.config";
const ENTRY: &str = "KafkaConnect";
const MODULE: &str = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[&[(&str, &str)]]) -> PasswordFiles {
        let users = |file: &&[(&str, &str)]| {
            file.iter()
                .map(|(user, password)| ((*user).to_owned(), Secret::new(*password)))
                .collect()
        };
        PasswordFiles(files.iter().map(users).collect())
    }

    fn as_user(user: &str, password: &str) -> Credentials {
        Credentials {
            user: user.to_owned(),
            password: Secret::new(password),
        }
    }

    #[test]
    fn passwords_are_those_of_the_file() {
        let files = files(&[&[("ann", "pa:ss"), ("empty", "")]]);
        assert!(files.protect());
        assert!(
            files.admit(Some(&as_user("ann", "pa:ss"))) && files.admit(Some(&as_user("empty", "")))
        );
        for credentials in [
            as_user("ann", "pa"),
            as_user("ann", ""),
            as_user("bob", "pa:ss"),
        ] {
            assert!(!files.admit(Some(&credentials)));
        }
        assert!(!files.admit(None));
    }

    #[test]
    fn an_empty_file_lets_everybody_in() {
        let files = files(&[&[("ann", "a")], &[]]);
        assert!(!files.protect() && files.admit(None));
    }
}
