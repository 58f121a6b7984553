//! PEM texts: keys and certificates between their BEGIN and END lines, whatever stands around them.

use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a text cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PemError {
    /// The text says what was expected.
    Format(String),
    /// The key is encrypted and there is no password.
    NoPassword,
    /// The password does not decrypt the key.
    WrongPassword,
}

/// All certificates, in their order; there is at least one.
pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let text = one_line_form(text);
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let found = found.map_err(|error| PemError::Format(format!("damaged PEM: {error}")))?;
    if found.is_empty() {
        let what = "expected \"-----BEGIN CERTIFICATE-----\", found no certificate";
        return Err(PemError::Format(what.to_owned()));
    }
    Ok(found)
}

/// The first private key: PKCS#8, encrypted or not, or one of the older forms without encryption.
pub(crate) fn private_key(
    text: &str,
    password: Option<&str>,
) -> Result<PrivateKeyDer<'static>, PemError> {
    let text = one_line_form(text);
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        let what = "a key encrypted by \"Proc-Type: 4,ENCRYPTED\" is not supported: convert it with openssl pkcs8 -topk8";
        return Err(PemError::Format(what.to_owned()));
    }
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        let (kind, der) =
            section.map_err(|error| PemError::Format(format!("damaged PEM: {error}")))?;
        if let Some(key) = PrivateKeyDer::from_pem(kind, der) {
            return Ok(key);
        }
    }
    let Some(block) = section(&text, "ENCRYPTED PRIVATE KEY") else {
        let what = "expected \"-----BEGIN PRIVATE KEY-----\", found no private key";
        return Err(PemError::Format(what.to_owned()));
    };
    let password = password.ok_or(PemError::NoPassword)?;
    let der = decrypt(block, password)?;
    Ok(PrivateKeyDer::Pkcs8(der.into()))
}

fn decrypt(block: &str, password: &str) -> Result<Vec<u8>, PemError> {
    use pkcs8::der::Decode;
    let (_, der) = pkcs8::der::pem::decode_vec(block.as_bytes())
        .map_err(|error| PemError::Format(format!("damaged PEM: {error}")))?;
    let info = pkcs8::EncryptedPrivateKeyInfoRef::from_der(&der)
        .map_err(|error| PemError::Format(format!("damaged encrypted private key: {error}")))?;
    if let Some(pbkdf2) = info
        .encryption_algorithm
        .pbes2()
        .and_then(|p| p.kdf.pbkdf2())
    {
        if pbkdf2.iteration_count > MAX_ITERATIONS {
            let what = format!(
                "expected at most {MAX_ITERATIONS} iterations of PBKDF2, found {}",
                pbkdf2.iteration_count
            );
            return Err(PemError::Format(what));
        }
    } else {
        let what = "expected a key encrypted by PBES2 with PBKDF2: convert it with openssl pkcs8 -topk8 -v2 aes256";
        return Err(PemError::Format(what.to_owned()));
    }
    let plain = info
        .decrypt(password)
        .map_err(|_| PemError::WrongPassword)?;
    Ok(plain.as_bytes().to_vec())
}

/// The section of this label, its first and last line included.
fn section<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let begin = text.find(&format!("-----BEGIN {label}-----"))?;
    let end = format!("-----END {label}-----");
    let len = text[begin..].find(&end)?;
    Some(&text[begin..begin + len + end.len()])
}

/// Properties files keep a PEM text on one line, with blanks or with `\n` written out where the lines ended: Java's pattern
/// takes any blanks, so the lines are made anew.
fn one_line_form(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(begin) = rest.find("-----BEGIN ") {
        let section = &rest[begin..];
        let Some(label_len) = section[11..].find("-----") else {
            break;
        };
        let label = &section[11..11 + label_len];
        let body = &section[11 + label_len + 5..];
        let end = format!("-----END {label}-----");
        let Some(body_len) = body.find(&end) else {
            break;
        };
        let inner = &body[..body_len];
        out.push_str(&format!("-----BEGIN {label}-----\n"));
        if inner.contains(':') {
            out.push_str(inner.trim());
            out.push('\n');
        } else {
            let digits: String = inner.split_whitespace().collect();
            let mut digits = digits.as_str();
            while !digits.is_empty() {
                let mut at = digits.len().min(64);
                while !digits.is_char_boundary(at) {
                    at -= 1;
                }
                let (line, more) = digits.split_at(at);
                out.push_str(line);
                out.push('\n');
                digits = more;
            }
        }
        out.push_str(&end);
        out.push('\n');
        rest = &body[body_len + end.len()..];
    }
    out
}

/// Far more than OpenSSL and keytool use; a hostile file must not keep a thread busy.
const MAX_ITERATIONS: u32 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_missing_is_named() {
        let error = certificates("nothing").unwrap_err();
        assert!(format!("{error:?}").contains("BEGIN CERTIFICATE"));
        let error = private_key("nothing", None).unwrap_err();
        assert!(format!("{error:?}").contains("BEGIN PRIVATE KEY"));
    }

    #[test]
    fn lines_may_have_become_blanks() {
        let text = "Bag Attributes -----BEGIN CERTIFICATE----- AAEC AwQF -----END CERTIFICATE-----";
        assert_eq!(certificates(text).unwrap()[0].as_ref(), [0, 1, 2, 3, 4, 5]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(body in ".{0,200}", label in "(ENCRYPTED |RSA )?(PRIVATE KEY|CERTIFICATE)") {
            let text = format!("{body}-----BEGIN {label}-----{body}-----END {label}-----");
            certificates(&text).err();
            private_key(&text, Some("a")).err();
        }
    }
}
