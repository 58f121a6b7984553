//! Which cryptography is used, and whether this processor can do it.

use std::sync::Arc;

use rustls::SupportedCipherSuite;
use rustls::crypto::CryptoProvider;

use crate::TlsError;

/// Checks that the processor has the instructions that the cryptography is written in, which would otherwise panic when
/// it is first used.
///
/// # Errors
/// [`TlsError::Cpu`] naming what is missing.
pub fn check_cpu() -> Result<(), TlsError> {
    let features = cpu_features();
    let list = |only_missing: bool| {
        let names = features
            .iter()
            .filter(|(_, there)| !only_missing || !there)
            .map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    };
    if features.iter().all(|(_, there)| *there) {
        return Ok(());
    }
    Err(TlsError::Cpu {
        needed: list(false),
        missing: list(true),
    })
}

/// The provider with the cipher suites named in `ssl.cipher.suites`; all of them if none is named.
///
/// # Errors
/// When the processor cannot, or none of the names is known.
pub(crate) fn provider(suites: &[String]) -> Result<Arc<CryptoProvider>, TlsError> {
    check_cpu()?;
    let mut provider = rustls_graviola::default_provider();
    if !suites.is_empty() {
        let known = std::mem::take(&mut provider.cipher_suites);
        let named = suites
            .iter()
            .filter_map(|name| known.iter().find(|suite| iana_name(suite) == *name));
        provider.cipher_suites = named.copied().collect();
        if provider.cipher_suites.is_empty() {
            let known: Vec<_> = known.iter().map(iana_name).collect();
            return Err(TlsError::Config(format!(
                "ssl.cipher.suites={}: expected at least one of {}",
                suites.join(","),
                known.join(", ")
            )));
        }
    }
    Ok(Arc::new(provider))
}

fn iana_name(suite: &SupportedCipherSuite) -> String {
    let name = format!("{:?}", suite.suite());
    name.strip_prefix("TLS13_")
        .map_or(name.clone(), |rest| format!("TLS_{rest}"))
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<(&'static str, bool)> {
    vec![
        ("aes", is_x86_feature_detected!("aes")),
        ("ssse3", is_x86_feature_detected!("ssse3")),
        ("pclmulqdq", is_x86_feature_detected!("pclmulqdq")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("bmi1", is_x86_feature_detected!("bmi1")),
        ("bmi2", is_x86_feature_detected!("bmi2")),
        ("adx", is_x86_feature_detected!("adx")),
    ]
}

#[cfg(target_arch = "aarch64")]
fn cpu_features() -> Vec<(&'static str, bool)> {
    use std::arch::is_aarch64_feature_detected;
    vec![
        ("neon", is_aarch64_feature_detected!("neon")),
        ("aes", is_aarch64_feature_detected!("aes")),
        ("pmull", is_aarch64_feature_detected!("pmull")),
        ("sha2", is_aarch64_feature_detected!("sha2")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cipher_suites_go_by_their_registered_names() {
        let wanted = [
            "TLS_AES_256_GCM_SHA384".to_owned(),
            "TLS_RSA_WITH_NULL_MD5".to_owned(),
        ];
        let provider = provider(&wanted).unwrap();
        assert_eq!(provider.cipher_suites.len(), 1);
        let error = super::provider(&["TLS_RSA_WITH_NULL_MD5".to_owned()]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
            "{error}"
        );
    }
}
