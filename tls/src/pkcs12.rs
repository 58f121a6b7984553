//! PKCS#12 files, of keytool and of OpenSSL.

use p12_keystore::error::Error;
use p12_keystore::{CertificateBag, Pkcs12Archive, PrivateKeyBag};

/// What a PKCS#12 file holds.
pub(crate) struct Pkcs12Store {
    archive: Pkcs12Archive,
}

/// Why a file cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pkcs12Error {
    /// The text says what was found.
    Format(String),
    /// The checksum does not fit the password, or what it opened makes no sense.
    Password,
}

/// Reads a store.
pub(crate) fn read(bytes: &[u8], password: &str) -> Result<Pkcs12Store, Pkcs12Error> {
    match Pkcs12Archive::from_pkcs12(bytes, password) {
        Ok(archive) => Ok(Pkcs12Store { archive }),
        Err(Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_)) => {
            Err(Pkcs12Error::Password)
        }
        Err(error) => Err(Pkcs12Error::Format(format!(
            "damaged PKCS12 store: {error}"
        ))),
    }
}

impl Pkcs12Store {
    /// The first private key as PKCS#8, DER, with its chain, its own certificate first.
    pub(crate) fn key(&self) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        let key = self.archive.keys.first()?;
        Some((key.key.as_der().to_vec(), self.chain(key)))
    }

    /// Trusted certificates, DER: those that keytool marked as such, or all of a store that OpenSSL made of certificates.
    pub(crate) fn trusted(&self) -> Vec<Vec<u8>> {
        let certs = &self.archive.certs;
        let marked = certs.iter().any(|bag| bag.trusted);
        let plain = self.archive.keys.is_empty();
        let trusted = certs
            .iter()
            .filter(|bag| if marked { bag.trusted } else { plain });
        trusted.map(|bag| bag.cert.as_der().to_vec()).collect()
    }

    /// By the ids that tie key and certificate together, then from issuer to issuer.
    fn chain(&self, key: &PrivateKeyBag) -> Vec<Vec<u8>> {
        let id = key.local_key_id.as_ref().map(AsRef::as_ref);
        let certs = &self.archive.certs;
        let own = certs
            .iter()
            .find(|bag| id.is_some() && bag.local_key_id.as_deref() == id)
            .or_else(|| certs.first());
        let mut chain: Vec<&CertificateBag> = own.into_iter().collect();
        while let Some(last) = chain.last() {
            let issuer = certs.iter().find(|bag| {
                bag.cert.subject() == last.cert.issuer()
                    && !chain.iter().any(|seen| seen.cert == bag.cert)
            });
            match issuer {
                Some(issuer) => chain.push(issuer),
                None => break,
            }
        }
        chain.iter().map(|bag| bag.cert.as_der().to_vec()).collect()
    }
}
