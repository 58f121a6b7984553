//! What the consumers of a group tell each other.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use windlass_client::assignor::{Assignment, Subscription};

fuzz_target!(|data: &[u8]| {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok(subscription) = Subscription::decode(&bytes) {
        let written = subscription.encode();
        assert_eq!(Subscription::decode(&written).unwrap().encode(), written);
    }
    if let Ok(assignment) = Assignment::decode(&bytes) {
        let written = assignment.encode();
        assert_eq!(Assignment::decode(&written).unwrap().encode(), written);
    }
});
