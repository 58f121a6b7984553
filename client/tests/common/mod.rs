//! What the tests of this crate share.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod consumers;
pub(crate) mod embedded;
pub(crate) mod java;
pub(crate) mod members;
pub(crate) mod plain;
pub(crate) mod topics;

/// The address of the real Kafka these tests need.
pub(crate) fn kafka() -> String {
    std::env::var("WINDLASS_TEST_KAFKA")
        .expect("WINDLASS_TEST_KAFKA must name a running Kafka broker, such as 127.0.0.1:9092; the project's check script starts one")
}
