//! The embedded single-node broker, for the first five minutes and for tests.
