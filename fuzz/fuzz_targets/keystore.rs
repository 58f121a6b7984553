//! A JKS or PKCS12 store or a PEM text of any bytes: keys and certificates, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(identity) = windlass_tls::parse_identity(data, "changeit") {
        assert!(!identity.chain.is_empty());
    }
    if let Ok(certificates) = windlass_tls::parse_certificates(data, "changeit") {
        assert!(!certificates.is_empty());
    }
});
