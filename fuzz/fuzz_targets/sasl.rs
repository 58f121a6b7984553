//! What a hostile broker may say in a SCRAM or OAUTHBEARER exchange: an answer or an error, and never success without
//! the broker's own proof.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_client::sasl::{Hash, OauthBearer, Scram, Step};

fuzz_target!(|data: &[u8]| {
    let (first, second) = data.split_at(data.iter().position(|b| *b == b'\n').unwrap_or(data.len()));
    for hash in [Hash::Sha256, Hash::Sha512] {
        let (mut scram, _) = Scram::begin(hash, "alice", "secret", false, b"nonce");
        if scram.step(first).is_ok() {
            assert_ne!(scram.step(second.get(1..).unwrap_or_default()), Ok(Step::Done));
        }
    }
    let mut oauth = OauthBearer::default();
    let begun = oauth.step(first);
    assert_eq!(begun == Ok(Step::Done), first.is_empty());
    if !first.is_empty() {
        assert!(oauth.step(second).is_err());
    }
});
