//! A small schema registry: Confluent's REST protocol over a compacted topic in Confluent's format.
//!
//! It serves `windlass quickstart` and tests, on loopback, without authentication. What is written to the topic is what
//! Confluent's registry writes, so that either can start on the other's topic. Schemas of Avro are checked for
//! compatibility; those of other languages are taken as they are.

mod answer;
mod api;
mod compatibility;
mod error;
mod problem;
mod record;
mod serialized;
mod server;
mod state;
mod store;

pub use error::Error;
pub use server::Registry;

/// The topic that holds the schemas.
pub const TOPIC: &str = "_schemas";
