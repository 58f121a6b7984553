//! A client of a Confluent schema registry, and what the converters that use one share.
//!
//! [`RegistryClient`] speaks the REST protocol. [`Resolver`] stands between it and a converter: it answers from memory
//! what it can, and asks for the rest in the converter's `prepare`. [`PlanCache`] keeps what a converter compiled for a
//! schema, so that neither is met again on the way of a record.
//!
//! A converter of a format holds a [`Resolver`] and does this:
//! - `to_connect_data`: [`frame::split`] gives the id, [`Resolver::schema`] the schema of it.
//! - `from_connect_data`: [`Resolver::subject`] gives the subject, [`Resolver::written`] the id under which the schema
//!   stands there (registering it, if so configured), [`frame::push`] writes it.
//! - `prepare`: [`Resolver::prepare`].

mod auth;
mod bounded;
mod client;
pub mod config;
mod context;
mod error;
pub mod frame;
mod http;
mod id_cache;
mod model;
pub mod net;
mod plan_cache;
mod resolver;
mod subject;
mod url;

pub use bounded::Bounded;
pub use client::RegistryClient;
pub use config::RegistryConfig;
pub(crate) use context::about;
pub use error::RegistryError;
pub use id_cache::IdCache;
pub use model::{
    NewSchema, SchemaFormat, SchemaReference, StoredReference, StoredSchema, SubjectVersion,
};
pub use plan_cache::PlanCache;
pub use resolver::{Resolver, Written};
pub use subject::SubjectNameStrategy;
pub use url::{RegistryUrl, percent_decode};
