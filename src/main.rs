//! Kafka Connect in one static binary.

#[cfg(feature = "rusty-alloc")]
#[global_allocator]
static ALLOCATOR: rusty_alloc_api::RustyAlloc = rusty_alloc_api::RustyAlloc;

fn main() {}
