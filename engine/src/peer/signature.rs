//! Signatures of requests between workers (KIP-507): a MAC of the body, by a key that only readers of the config topic
//! know.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::config::InterWorkerConfig;
use crate::storage::config_record::SessionKey;

/// Why a request is not taken for one of a worker. The texts are Java's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// 400
    BadRequest(String),
    /// 403
    Forbidden(&'static str),
    /// 503
    NotYet(&'static str),
}

/// Signs a body: the value of [`AUTHORIZATION`]. `None` for an algorithm that is not known.
pub(crate) fn sign(key: &SessionKey, algorithm: &str, body: &[u8]) -> Option<String> {
    mac(algorithm, &key.bytes, body).map(|mac| BASE64.encode(mac))
}

/// Whether a body with these headers comes from a worker.
pub(crate) fn check(
    config: &InterWorkerConfig,
    key: Option<&SessionKey>,
    (authorization, algorithm): (Option<&str>, Option<&str>),
    body: &[u8],
) -> Result<(), Refused> {
    let (Some(authorization), Some(algorithm)) = (authorization, algorithm) else {
        let text = "Internal request missing required signature";
        return Err(Refused::BadRequest(text.to_owned()));
    };
    if !config
        .verification_algorithms
        .iter()
        .any(|a| a == algorithm)
    {
        let own = config.verification_algorithms.join(", ");
        return Err(Refused::BadRequest(format!(
            "This worker does not support the '{algorithm}' key signing algorithm used by other workers. This worker is \
             currently configured to use: [{own}]. Check that all workers' configuration files permit the same set of \
             signature algorithms, and correct any misconfigured worker and restart it."
        )));
    }
    let Some(key) = key else {
        return Err(Refused::NotYet(
            "This worker is still starting up and has not been able to read a session key from the config topic yet",
        ));
    };
    let given = BASE64.decode(authorization).unwrap_or_default();
    let right = match algorithm {
        SHA1 => verify::<Hmac<Sha1>>(&key.bytes, body, &given),
        SHA384 => verify::<Hmac<Sha384>>(&key.bytes, body, &given),
        SHA512 => verify::<Hmac<Sha512>>(&key.bytes, body, &given),
        _ => verify::<Hmac<Sha256>>(&key.bytes, body, &given),
    };
    if right {
        Ok(())
    } else {
        Err(Refused::Forbidden(
            "Internal request contained invalid signature.",
        ))
    }
}

/// A key of the configured size from the operating system's generator.
pub(crate) fn new_key(config: &InterWorkerConfig, now_ms: i64) -> std::io::Result<SessionKey> {
    let natural = match config.key_algorithm.as_str() {
        SHA384 => 48,
        // Java's generator makes keys of a whole block for SHA-1.
        SHA1 | SHA512 => 64,
        _ => 32,
    };
    let length = config
        .key_bits
        .map_or(natural, |bits| bits.div_ceil(8) as usize);
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes)
        .map_err(|error| std::io::Error::other(format!("no random numbers: {error}")))?;
    Ok(SessionKey {
        bytes,
        algorithm: config.key_algorithm.clone(),
        created_at: now_ms,
    })
}

fn mac(algorithm: &str, key: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        SHA1 => code::<Hmac<Sha1>>(key, body),
        SHA256 => code::<Hmac<Sha256>>(key, body),
        SHA384 => code::<Hmac<Sha384>>(key, body),
        SHA512 => code::<Hmac<Sha512>>(key, body),
        _ => None,
    }
}

fn code<M: Mac + hmac::digest::KeyInit>(key: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let mac = <M as Mac>::new_from_slice(key).ok()?;
    Some(mac.chain_update(body).finalize().into_bytes().to_vec())
}

/// In a time that does not tell how much of the code is right.
fn verify<M: Mac + hmac::digest::KeyInit>(key: &[u8], body: &[u8], given: &[u8]) -> bool {
    <M as Mac>::new_from_slice(key)
        .is_ok_and(|mac| mac.chain_update(body).verify_slice(given).is_ok())
}

/// The header that holds the MAC in base64.
pub const AUTHORIZATION: &str = "X-Connect-Authorization";
/// The header that names the algorithm of the MAC.
pub const SIGNATURE_ALGORITHM: &str = "X-Connect-Request-Signature-Algorithm";

const SHA1: &str = "HmacSHA1";
const SHA256: &str = "HmacSHA256";
const SHA384: &str = "HmacSHA384";
const SHA512: &str = "HmacSHA512";

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> InterWorkerConfig {
        InterWorkerConfig {
            key_ttl: None,
            key_algorithm: SHA256.to_owned(),
            key_bits: None,
            signature_algorithm: SHA256.to_owned(),
            verification_algorithms: vec![SHA256.to_owned()],
        }
    }

    fn key() -> SessionKey {
        SessionKey {
            bytes: (0..32).collect(),
            algorithm: SHA256.to_owned(),
            created_at: 0,
        }
    }

    #[test]
    fn signatures_are_those_of_java() {
        for (body, want) in [
            (
                r#"[{"task.class":"T"}]"#,
                "FFL9KqpwZ62htyFSzz4DHB1kjZbTch9ZWIiDIYhWMXw=",
            ),
            ("", "04tCCW2A9F+Ca0Sp1WB95ySWpBXT9KGoyI47udqNwcs="),
        ] {
            let signed = sign(&key(), SHA256, body.as_bytes());
            assert_eq!(signed.as_deref(), Some(want));
            let given = (Some(want), Some(SHA256));
            assert_eq!(
                check(&config(), Some(&key()), given, body.as_bytes()),
                Ok(())
            );
        }
    }

    #[test]
    fn what_is_not_signed_rightly_is_refused() {
        let check = |key: Option<&SessionKey>, given| check(&config(), key, given, b"body");
        assert!(matches!(
            check(Some(&key()), (None, None)),
            Err(Refused::BadRequest(_))
        ));
        let other = (Some("AAAA"), Some("HmacMD5"));
        assert!(matches!(
            check(Some(&key()), other),
            Err(Refused::BadRequest(_))
        ));
        let wrong = (Some("AAAA"), Some(SHA256));
        assert!(matches!(check(None, wrong), Err(Refused::NotYet(_))));
        assert!(matches!(
            check(Some(&key()), wrong),
            Err(Refused::Forbidden(_))
        ));
        let garbage = (Some("?"), Some(SHA256));
        assert!(matches!(
            check(Some(&key()), garbage),
            Err(Refused::Forbidden(_))
        ));
    }

    #[test]
    fn keys_have_the_configured_size() {
        let sized = InterWorkerConfig {
            key_bits: Some(512),
            ..config()
        };
        assert_eq!(new_key(&config(), 0).unwrap().bytes.len(), 32);
        assert_eq!(new_key(&sized, 0).unwrap().bytes.len(), 64);
    }
}
