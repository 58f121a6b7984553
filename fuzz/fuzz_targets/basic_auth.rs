//! The header of basic authentication: any bytes are credentials or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_rest::auth::Credentials;

fuzz_target!(|header: &[u8]| {
    if let Some(credentials) = Credentials::parse(header) {
        assert!(!credentials.user.is_empty() && !credentials.user.contains(':'));
    }
});
