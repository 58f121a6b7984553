//! The `ssl.*` keys.

use std::path::PathBuf;

use windlass_secret::Secret;

use crate::TlsError;

/// All `ssl.*` keys of one client or server, checked against each other as Kafka's `DefaultSslEngineFactory` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// What stands before `ssl.` in the file: for messages.
    pub(crate) prefix: String,
    pub(crate) keys: Option<KeySource>,
    pub(crate) trust: Option<TrustSource>,
    pub(crate) tls12: bool,
    pub(crate) tls13: bool,
    /// `ssl.cipher.suites`; empty for all.
    pub(crate) suites: Vec<String>,
    pub(crate) check_host: bool,
    pub(crate) client_auth: ClientAuth,
}

/// `ssl.client.auth`: whether a server asks its clients for certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// It does not.
    None,
    /// One that is shown must be good.
    Requested,
    /// There must be a good one.
    Required,
}

/// Where a private key and its certificates are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// `ssl.keystore.key` and `ssl.keystore.certificate.chain`
    Inline {
        key: Secret,
        chain: Secret,
        password: Option<Secret>,
    },
    /// A PEM file with both.
    Pem {
        path: PathBuf,
        password: Option<Secret>,
    },
    /// A JKS or PKCS12 file: which of the two shows in its first bytes, as in Java, whatever the type says.
    Store {
        path: PathBuf,
        password: Secret,
        key_password: Option<Secret>,
    },
}

/// Where trusted certificates are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TrustSource {
    /// `ssl.truststore.certificates`
    Inline(Secret),
    /// A PEM file.
    Pem(PathBuf),
    /// A JKS or PKCS12 file; without a password its integrity is not checked.
    Store {
        path: PathBuf,
        password: Option<Secret>,
    },
}

impl TlsSettings {
    /// Reads the keys that begin with `prefix` and `ssl.`; `get` is asked for whole keys. No file is opened.
    ///
    /// # Errors
    /// [`TlsError::Config`] for what Kafka would refuse, or what only a JVM can do.
    pub fn read<'a>(prefix: &str, get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, TlsError> {
        let keys = Keys { prefix, get: &get };
        let (tls12, tls13) = versions(&keys)?;
        if let Some(class) = keys.text("ssl.engine.factory.class")
            && !class.ends_with(".DefaultSslEngineFactory")
        {
            return Err(TlsError::Config(format!(
                "{prefix}ssl.engine.factory.class={class} is not supported: a Java class cannot be loaded"
            )));
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            keys: key_source(&keys)?,
            trust: trust_source(&keys)?,
            tls12,
            tls13,
            suites: list(keys.text("ssl.cipher.suites").unwrap_or("")),
            check_host: host_check(&keys)?,
            client_auth: client_auth(&keys)?,
        })
    }

    /// Whether there is a private key; a server cannot be without.
    pub fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// The key as the user wrote it.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

type Get<'g, 'a> = &'g dyn Fn(&str) -> Option<&'a str>;

struct Keys<'g, 'a> {
    prefix: &'g str,
    get: Get<'g, 'a>,
}

impl<'a> Keys<'_, 'a> {
    /// Without blanks around it; empty is absent.
    fn text(&self, key: &str) -> Option<&'a str> {
        let text = (self.get)(&format!("{}{key}", self.prefix))?.trim();
        Some(text).filter(|text| !text.is_empty())
    }

    /// As it is: blanks belong to a password.
    fn secret(&self, key: &str) -> Option<Secret> {
        (self.get)(&format!("{}{key}", self.prefix)).map(Secret::new)
    }

    fn store_type(&self, key: &str) -> Result<StoreType, TlsError> {
        let text = self.text(key).unwrap_or("JKS");
        match text.to_ascii_uppercase().as_str() {
            "PEM" => Ok(StoreType::Pem),
            "JKS" | "PKCS12" => Ok(StoreType::Binary(text.to_owned())),
            _ => Err(TlsError::Config(format!(
                "{}{key}={text} is not supported: expected JKS, PKCS12 or PEM",
                self.prefix
            ))),
        }
    }
}

enum StoreType {
    Pem,
    Binary(String),
}

fn key_source(keys: &Keys<'_, '_>) -> Result<Option<KeySource>, TlsError> {
    let store_type = keys.store_type("ssl.keystore.type")?;
    let path = keys.text("ssl.keystore.location").map(PathBuf::from);
    let password = keys.secret("ssl.keystore.password");
    let key_password = keys.secret("ssl.key.password");
    let key = keys.secret("ssl.keystore.key");
    let chain = keys.secret("ssl.keystore.certificate.chain");
    let no_password = "SSL key store password cannot be specified with PEM format, only key password may be specified.";
    Ok(Some(match (key, chain, store_type, path, password) {
        (Some(_), _, StoreType::Binary(found), ..) => {
            return refuse(format!(
                "SSL private key can be specified only for PEM, but key store type is {found}."
            ));
        }
        (Some(_), None, ..) => {
            return refuse("SSL private key is specified, but certificate chain is not specified.");
        }
        (Some(_), _, _, Some(_), _) => {
            return refuse("Both SSL key store location and separate private key are specified.");
        }
        (Some(_), _, _, _, Some(_)) => return refuse(no_password),
        (Some(key), Some(chain), ..) => KeySource::Inline {
            key,
            chain,
            password: key_password,
        },
        (None, Some(_), ..) => {
            return refuse("SSL certificate chain is specified, but private key is not specified");
        }
        (None, None, StoreType::Pem, Some(_), Some(_)) => return refuse(no_password),
        (None, None, StoreType::Pem, Some(path), None) => KeySource::Pem {
            path,
            password: key_password,
        },
        (None, None, _, None, Some(_)) => {
            return refuse("SSL key store is not specified, but key store password is specified.");
        }
        (None, None, StoreType::Binary(_), Some(_), None) => {
            return refuse("SSL key store is specified, but key store password is not specified.");
        }
        (None, None, StoreType::Binary(_), Some(path), Some(password)) => KeySource::Store {
            path,
            password,
            key_password,
        },
        (None, None, _, None, None) => return Ok(None),
    }))
}

fn trust_source(keys: &Keys<'_, '_>) -> Result<Option<TrustSource>, TlsError> {
    let store_type = keys.store_type("ssl.truststore.type")?;
    let path = keys.text("ssl.truststore.location").map(PathBuf::from);
    let password = keys.secret("ssl.truststore.password");
    let inline = keys.secret("ssl.truststore.certificates");
    let no_password = "SSL trust store password cannot be specified for PEM format.";
    Ok(Some(match (inline, store_type, path, password) {
        (Some(_), StoreType::Binary(found), ..) => {
            return refuse(format!(
                "SSL trust store certs can be specified only for PEM, but trust store type is {found}."
            ));
        }
        (Some(_), _, Some(_), _) => {
            return refuse(
                "Both SSL trust store location and separate trust certificates are specified.",
            );
        }
        (Some(_), _, _, Some(_)) => return refuse(no_password),
        (Some(certificates), ..) => TrustSource::Inline(certificates),
        (None, StoreType::Pem, Some(_), Some(_)) => return refuse(no_password),
        (None, StoreType::Pem, Some(path), None) => TrustSource::Pem(path),
        (None, _, None, Some(_)) => {
            return refuse(
                "SSL trust store is not specified, but trust store password is specified.",
            );
        }
        (None, StoreType::Binary(_), Some(path), password) => TrustSource::Store { path, password },
        (None, _, None, None) => return Ok(None),
    }))
}

fn refuse<T>(what: impl Into<String>) -> Result<T, TlsError> {
    Err(TlsError::Config(what.into()))
}

/// What is older than TLS 1.2 is passed over, as Java's own defaults do.
fn versions(keys: &Keys<'_, '_>) -> Result<(bool, bool), TlsError> {
    let given = list(
        keys.text("ssl.enabled.protocols")
            .unwrap_or("TLSv1.2,TLSv1.3"),
    );
    let has = |name: &str| given.iter().any(|given| given.eq_ignore_ascii_case(name));
    let (tls12, tls13) = (has("TLSv1.2"), has("TLSv1.3"));
    if !tls12 && !tls13 {
        return refuse(format!(
            "{}ssl.enabled.protocols={} is not supported: expected TLSv1.2 or TLSv1.3",
            keys.prefix,
            given.join(",")
        ));
    }
    Ok((tls12, tls13))
}

fn host_check(keys: &Keys<'_, '_>) -> Result<bool, TlsError> {
    let key = format!("{}ssl.endpoint.identification.algorithm", keys.prefix);
    match (keys.get)(&key).map(str::trim) {
        None => Ok(true),
        Some("") => Ok(false),
        Some(name) if name.eq_ignore_ascii_case("https") => Ok(true),
        Some(name) => refuse(format!(
            "{key}={name} is not supported: expected https, or nothing for no check of host names"
        )),
    }
}

fn client_auth(keys: &Keys<'_, '_>) -> Result<ClientAuth, TlsError> {
    match keys.text("ssl.client.auth").unwrap_or("none") {
        "none" => Ok(ClientAuth::None),
        "requested" => Ok(ClientAuth::Requested),
        "required" => Ok(ClientAuth::Required),
        other => refuse(format!(
            "{}ssl.client.auth={other}: expected required, requested or none",
            keys.prefix
        )),
    }
}

fn list(text: &str) -> Vec<String> {
    let items = text.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &'static str)]) -> Result<TlsSettings, TlsError> {
        TlsSettings::read("", |key| {
            pairs
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| *value)
        })
    }

    #[test]
    fn defaults_are_those_of_kafka() {
        let settings = read(&[]).unwrap();
        assert!(settings.tls12 && settings.tls13 && settings.check_host);
        assert_eq!((settings.keys, settings.trust), (None, None));
        assert_eq!(settings.client_auth, ClientAuth::None);
        let off = read(&[("ssl.endpoint.identification.algorithm", "")]).unwrap();
        assert!(!off.check_host);
    }

    #[test]
    fn what_contradicts_is_refused_in_kafkas_words() {
        let cases: &[(&[(&str, &'static str)], &str)] = &[
            (
                &[("ssl.keystore.location", "a.jks")],
                "SSL key store is specified, but key store password is not specified.",
            ),
            (
                &[("ssl.keystore.password", "a")],
                "SSL key store is not specified, but key store password is specified.",
            ),
            (
                &[("ssl.keystore.key", "a")],
                "SSL private key can be specified only for PEM, but key store type is JKS.",
            ),
            (
                &[("ssl.keystore.key", "a"), ("ssl.keystore.type", "PEM")],
                "SSL private key is specified, but certificate chain is not specified.",
            ),
            (
                &[
                    ("ssl.keystore.type", "PEM"),
                    ("ssl.keystore.location", "a"),
                    ("ssl.keystore.password", "b"),
                ],
                "SSL key store password cannot be specified with PEM format, only key password may be specified.",
            ),
            (
                &[
                    ("ssl.truststore.certificates", "a"),
                    ("ssl.truststore.type", "PKCS12"),
                ],
                "SSL trust store certs can be specified only for PEM, but trust store type is PKCS12.",
            ),
            (
                &[("ssl.enabled.protocols", "TLSv1.1")],
                "ssl.enabled.protocols=TLSv1.1 is not supported: expected TLSv1.2 or TLSv1.3",
            ),
        ];
        for (pairs, expected) in cases {
            assert_eq!(read(pairs).unwrap_err().to_string(), *expected);
        }
    }

    #[test]
    fn passwords_do_not_show() {
        let settings = read(&[
            ("ssl.keystore.location", "a.jks"),
            ("ssl.keystore.password", "swordfish"),
            ("ssl.key.password", "swordfish"),
            ("ssl.truststore.location", "b.jks"),
            ("ssl.truststore.password", "swordfish"),
        ]);
        assert!(!format!("{:?}", settings.unwrap()).contains("swordfish"));
    }
}
