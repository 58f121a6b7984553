//! The Connect REST API.
//!
//! Paths, answers and error texts are those of Kafka Connect 4.3.1, also where a resource has a mistake made visible by
//! Java's framework: tools have learnt them. Reads are answered from the herder's snapshot and never wait; writes are
//! messages to it.

mod acceptor;
mod advertised;
mod answer;
pub mod auth;
mod body;
mod connections;
mod cors;
mod create_request;
mod error;
mod forward;
mod header_rules;
mod json;
mod listener;
mod loggers;
mod path;
mod problem;
mod request;
mod resources;
mod route;
mod server;
mod service;
mod stall;

pub use auth::hash_password;
pub use create_request::CreateRequest;
pub use error::{Error, Result};
pub use loggers::{Level, Logger, Loggers};
pub use server::RestServer;
