//! Java's own keystore format, JKS.
//!
//! Entries behind a magic number and a count; private keys under a stream of SHA-1 hashes of the password; at the end a
//! SHA-1 of it all, with the password before it. The format protects little: it is read because it is what there is.

use sha1::{Digest, Sha1};

/// What a JKS file holds, in its order.
#[derive(Default)]
pub(crate) struct JksStore {
    pub(crate) keys: Vec<JksKey>,
    /// Trusted certificates, DER.
    pub(crate) trusted: Vec<Vec<u8>>,
}

/// A private key that is still encrypted, and its certificates.
pub(crate) struct JksKey {
    encrypted: Vec<u8>,
    /// The key's own certificate first, DER.
    pub(crate) chain: Vec<Vec<u8>>,
}

/// Why a file cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JksError {
    /// The text says what was expected.
    Format(String),
    /// The checksum does not fit the password.
    Password,
}

/// Whether a file begins as a JKS store does.
pub(crate) fn is_jks(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Reads a store. Without a password its integrity is not checked, as in Java.
pub(crate) fn read(bytes: &[u8], password: Option<&str>) -> Result<JksStore, JksError> {
    let Some(body_len) = bytes.len().checked_sub(DIGEST_LEN) else {
        return Err(format("at least a checksum"));
    };
    let (body, digest) = bytes.split_at(body_len);
    if let Some(password) = password {
        let found = Sha1::new()
            .chain_update(utf16(password))
            .chain_update(WHITENER)
            .chain_update(body)
            .finalize();
        if found[..] != *digest {
            return Err(JksError::Password);
        }
    }
    let mut reader = Reader { rest: body };
    if reader.take(4)? != MAGIC {
        return Err(format("the magic number feedfeed"));
    }
    let version = reader.u32()?;
    if version != 1 && version != 2 {
        return Err(format("version 1 or 2"));
    }
    let mut store = JksStore::default();
    for _ in 0..reader.u32()? {
        let kind = reader.u32()?;
        reader.text()?;
        reader.take(8)?;
        match kind {
            1 => {
                let encrypted = reader.block()?.to_vec();
                let mut chain = Vec::new();
                for _ in 0..reader.u32()? {
                    chain.push(reader.certificate(version)?);
                }
                store.keys.push(JksKey { encrypted, chain });
            }
            2 => store.trusted.push(reader.certificate(version)?),
            _ => return Err(format("an entry of kind 1 or 2")),
        }
    }
    Ok(store)
}

impl JksKey {
    /// The private key as PKCS#8, DER; `None` if the password is wrong or the entry is damaged.
    pub(crate) fn decrypt(&self, password: &str) -> Option<Vec<u8>> {
        let protected = protected_key(&self.encrypted)?;
        let (salt, rest) = protected.split_at_checked(DIGEST_LEN)?;
        let (cipher, digest) = rest.split_at_checked(rest.len().checked_sub(DIGEST_LEN)?)?;
        let password = utf16(password);
        let mut plain = Vec::with_capacity(cipher.len());
        let mut link = salt.to_vec();
        for chunk in cipher.chunks(DIGEST_LEN) {
            link = Sha1::new()
                .chain_update(&password)
                .chain_update(&link)
                .finalize()
                .to_vec();
            plain.extend(chunk.iter().zip(&link).map(|(byte, mask)| byte ^ mask));
        }
        let found = Sha1::new()
            .chain_update(&password)
            .chain_update(&plain)
            .finalize();
        (found[..] == *digest).then_some(plain)
    }
}

/// The octets inside an `EncryptedPrivateKeyInfo` of Sun's algorithm.
fn protected_key(der: &[u8]) -> Option<&[u8]> {
    let (outer, _) = der_value(der, SEQUENCE)?;
    let (algorithm, rest) = der_value(outer, SEQUENCE)?;
    let (oid, _) = der_value(algorithm, OBJECT_IDENTIFIER)?;
    if oid != KEY_PROTECTOR {
        return None;
    }
    der_value(rest, OCTET_STRING).map(|(value, _)| value)
}

/// The value of a DER element of this tag, and what follows it.
fn der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let len = bytes
                .iter()
                .fold(0, |len, byte| len << 8 | usize::from(*byte));
            (len, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(len)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], JksError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or_else(|| format("more bytes"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, JksError> {
        let bytes = self.take(4)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// Behind a length of four bytes.
    fn block(&mut self) -> Result<&'a [u8], JksError> {
        let len = self.u32()?;
        self.take(usize::try_from(len).map_err(|_| format("a smaller entry"))?)
    }

    /// Behind a length of two bytes.
    fn text(&mut self) -> Result<&'a [u8], JksError> {
        let len = self.take(2)?;
        self.take(usize::from(len[0]) << 8 | usize::from(len[1]))
    }

    fn certificate(&mut self, version: u32) -> Result<Vec<u8>, JksError> {
        if version == 2 && self.text()? != b"X.509" {
            return Err(format("X.509 certificates"));
        }
        Ok(self.block()?.to_vec())
    }
}

fn format(expected: &str) -> JksError {
    JksError::Format(format!("damaged JKS store: expected {expected}"))
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

const MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const WHITENER: &[u8] = b"Mighty Aphrodite";
const DIGEST_LEN: usize = 20;
const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
/// 1.3.6.1.4.1.42.2.17.1.1
const KEY_PROTECTOR: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x2a, 0x02, 0x11, 0x01, 0x01];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, prefix: bool) {
            let bytes = if prefix { [&MAGIC[..], &[0, 0, 0, 2, 0, 0, 0, 1], &bytes].concat() } else { bytes };
            if let Ok(store) = read(&bytes, None) {
                for key in store.keys {
                    key.decrypt("changeit");
                }
            }
            read(&bytes, Some("changeit")).err();
            der_value(&bytes, SEQUENCE);
        }
    }
}
