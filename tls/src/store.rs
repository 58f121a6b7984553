//! From the settings to keys and certificates.

use std::path::Path;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use windlass_secret::Secret;

use crate::jks::{self, JksError};
use crate::pem::{self, PemError};
use crate::pkcs12::{self, Pkcs12Error};
use crate::settings::{KeySource, TrustSource};
use crate::{TlsError, TlsSettings};

/// A private key and its certificates.
#[derive(Debug)]
pub struct Identity {
    /// The key's own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Never shown by `Debug`.
    pub key: PrivateKeyDer<'static>,
}

/// The private key that the settings name, if they name one.
pub(crate) fn identity(settings: &TlsSettings) -> Result<Option<Identity>, TlsError> {
    let Some(source) = &settings.keys else {
        return Ok(None);
    };
    let key_password = settings.key("ssl.key.password");
    let identity = match source {
        KeySource::Inline {
            key,
            chain,
            password,
        } => {
            let place = settings.key("ssl.keystore.certificate.chain");
            let chain = pem::certificates(chain.reveal())
                .map_err(|error| pem_error(error, place, &key_password))?;
            let place = settings.key("ssl.keystore.key");
            let key = pem::private_key(key.reveal(), password.as_ref().map(Secret::reveal))
                .map_err(|error| pem_error(error, place, &key_password))?;
            Identity { chain, key }
        }
        KeySource::Pem { path, password } => {
            let place = Place::new(settings, "ssl.keystore.location", path);
            let text = place.text()?;
            let wrong = |error| pem_error(error, place.to_string(), &key_password);
            Identity {
                chain: pem::certificates(&text).map_err(wrong)?,
                key: pem::private_key(&text, password.as_ref().map(Secret::reveal))
                    .map_err(wrong)?,
            }
        }
        KeySource::Store {
            path,
            password,
            key_password: own,
        } => {
            let place = Place::new(settings, "ssl.keystore.location", path);
            let opening = Opening {
                place: &place.to_string(),
                password: Some(password.reveal()),
                password_key: settings.key("ssl.keystore.password"),
                key_password: own.as_ref().map(Secret::reveal),
                key_password_key: key_password,
            };
            opening.identity(&place.bytes()?)?
        }
    };
    Ok(Some(identity))
}

/// The certificates that the settings trust; `None` if they name no truststore.
pub(crate) fn trusted(
    settings: &TlsSettings,
) -> Result<Option<Vec<CertificateDer<'static>>>, TlsError> {
    let Some(source) = &settings.trust else {
        return Ok(None);
    };
    let certificates = match source {
        TrustSource::Inline(text) => {
            let place = settings.key("ssl.truststore.certificates");
            pem::certificates(text.reveal()).map_err(|error| pem_error(error, place, ""))?
        }
        TrustSource::Pem(path) => {
            let place = Place::new(settings, "ssl.truststore.location", path);
            pem::certificates(&place.text()?)
                .map_err(|error| pem_error(error, place.to_string(), ""))?
        }
        TrustSource::Store { path, password } => {
            let place = Place::new(settings, "ssl.truststore.location", path);
            let opening = Opening {
                place: &place.to_string(),
                password: password.as_ref().map(Secret::reveal),
                password_key: settings.key("ssl.truststore.password"),
                key_password: None,
                key_password_key: String::new(),
            };
            opening.trusted(&place.bytes()?)?
        }
    };
    Ok(Some(certificates))
}

/// Reads the private key out of the bytes of a JKS or PKCS12 store or of a PEM text.
///
/// # Errors
/// When they are damaged, the password is wrong, or there is no private key.
pub fn parse_identity(bytes: &[u8], password: &str) -> Result<Identity, TlsError> {
    if let Some(text) = pem_text(bytes) {
        let wrong = |error| pem_error(error, "keystore".to_owned(), "ssl.key.password");
        return Ok(Identity {
            chain: pem::certificates(text).map_err(wrong)?,
            key: pem::private_key(text, Some(password)).map_err(wrong)?,
        });
    }
    Opening::bare(password).identity(bytes)
}

/// Reads the trusted certificates out of the bytes of a JKS or PKCS12 store or of a PEM text.
///
/// # Errors
/// When they are damaged, the password is wrong, or there is no certificate.
pub fn parse_certificates(
    bytes: &[u8],
    password: &str,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    if let Some(text) = pem_text(bytes) {
        return pem::certificates(text)
            .map_err(|error| pem_error(error, "truststore".to_owned(), ""));
    }
    Opening::bare(password).trusted(bytes)
}

fn pem_text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.contains("-----BEGIN "))
}

/// How a binary store is opened, and how its parts are called in messages.
struct Opening<'a> {
    place: &'a str,
    password: Option<&'a str>,
    password_key: String,
    key_password: Option<&'a str>,
    key_password_key: String,
}

impl<'a> Opening<'a> {
    fn bare(password: &'a str) -> Self {
        Self {
            place: "store",
            password: Some(password),
            password_key: "ssl.keystore.password".to_owned(),
            key_password: None,
            key_password_key: "ssl.key.password".to_owned(),
        }
    }

    fn identity(&self, bytes: &[u8]) -> Result<Identity, TlsError> {
        let (key, chain) = if jks::is_jks(bytes) {
            let store = jks::read(bytes, self.password).map_err(|error| self.jks(error))?;
            let entry = store.keys.first().ok_or_else(|| self.no("private key"))?;
            let password = self.key_password.or(self.password).unwrap_or_default();
            let key = entry
                .decrypt(password)
                .ok_or_else(|| TlsError::KeyPassword {
                    place: self.place.to_owned(),
                    key: self.key_password_key.clone(),
                    fault: if self.key_password.is_some() {
                        "wrong"
                    } else {
                        "missing, and the password of the store is not that of the key"
                    },
                })?;
            (key, entry.chain.clone())
        } else {
            let store = self.pkcs12(bytes)?;
            store.key().ok_or_else(|| self.no("private key"))?
        };
        if chain.is_empty() {
            return Err(self.no("certificate for the private key"));
        }
        Ok(Identity {
            chain: chain.into_iter().map(CertificateDer::from).collect(),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key)),
        })
    }

    fn trusted(&self, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let certificates = if jks::is_jks(bytes) {
            let store = jks::read(bytes, self.password).map_err(|error| self.jks(error))?;
            store.trusted
        } else {
            self.pkcs12(bytes)?.trusted()
        };
        if certificates.is_empty() {
            return Err(self.no("trusted certificate"));
        }
        Ok(certificates.into_iter().map(CertificateDer::from).collect())
    }

    fn pkcs12(&self, bytes: &[u8]) -> Result<pkcs12::Pkcs12Store, TlsError> {
        if bytes.starts_with(&JCEKS_MAGIC) {
            return Err(self.store(
                "a JCEKS store is not supported: convert it to PKCS12 with keytool -importkeystore",
            ));
        }
        if pem_text(bytes).is_some() {
            return Err(self.store(
                "expected a JKS or PKCS12 store, found PEM: set the type of the store to PEM",
            ));
        }
        pkcs12::read(bytes, self.password.unwrap_or_default()).map_err(|error| match error {
            Pkcs12Error::Format(what) => self.store(&what),
            Pkcs12Error::Password => self.wrong_password(),
        })
    }

    fn jks(&self, error: JksError) -> TlsError {
        match error {
            JksError::Format(what) => self.store(&what),
            JksError::Password => self.wrong_password(),
        }
    }

    fn wrong_password(&self) -> TlsError {
        TlsError::StorePassword {
            place: self.place.to_owned(),
            key: self.password_key.clone(),
        }
    }

    fn no(&self, what: &str) -> TlsError {
        self.store(&format!("expected a {what}, found none"))
    }

    fn store(&self, what: &str) -> TlsError {
        TlsError::Store {
            place: self.place.to_owned(),
            what: what.to_owned(),
        }
    }
}

/// A file and the key that names it.
struct Place<'a> {
    key: String,
    path: &'a Path,
}

impl<'a> Place<'a> {
    fn new(settings: &TlsSettings, key: &str, path: &'a Path) -> Self {
        Self {
            key: settings.key(key),
            path,
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, TlsError> {
        std::fs::read(self.path).map_err(|cause| TlsError::File {
            key: self.key.clone(),
            path: self.path.display().to_string(),
            cause: cause.to_string(),
        })
    }

    fn text(&self) -> Result<String, TlsError> {
        Ok(String::from_utf8_lossy(&self.bytes()?).into_owned())
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.key, self.path.display())
    }
}

fn pem_error(error: PemError, place: String, password_key: &str) -> TlsError {
    let wrong = |fault| TlsError::KeyPassword {
        place: place.clone(),
        key: password_key.to_owned(),
        fault,
    };
    match error {
        PemError::NoPassword => wrong("missing"),
        PemError::WrongPassword => wrong("wrong"),
        PemError::Format(what) => TlsError::Store { place, what },
    }
}

const JCEKS_MAGIC: [u8; 4] = [0xce, 0xce, 0xce, 0xce];
