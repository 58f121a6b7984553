//! TLS by Kafka's `ssl.*` keys: keystores, truststores, client and server configurations.
//!
//! [`TlsSettings`] are the keys, checked against each other but with no file opened. [`ClientTls`] and [`ServerTls`] load
//! the stores when the first connection is made, and again when a file has changed: nothing of TLS exists in a process
//! that does not use it. The crypto provider is always passed explicitly, and never one that is made of C.

mod client;
mod error;
mod explain;
mod files;
mod host_name;
mod jks;
mod pem;
mod pkcs12;
mod provider;
mod server;
mod settings;
mod store;
mod trust;

pub use client::ClientTls;
pub use error::TlsError;
pub use explain::explain;
pub use provider::check_cpu;
pub use server::ServerTls;
pub use settings::{ClientAuth, TlsSettings};
pub use store::{Identity, parse_certificates, parse_identity};

/// A TLS stream of a client.
pub type ClientStream<S> = tokio_rustls::client::TlsStream<S>;
/// A TLS stream of a server.
pub type ServerStream<S> = tokio_rustls::server::TlsStream<S>;
