//! Why a registry does not start.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;
use windlass_client::ClientError;

/// A registry cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The port cannot be had.
    #[error("the schema registry cannot listen on {address}: {source}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },

    /// The address of Kafka is none.
    #[error("the schema registry's connection to Kafka: {0}")]
    Config(String),

    /// The topic cannot be made or read.
    #[error("the schema registry's topic: {0}")]
    Topic(#[from] ClientError),
}
