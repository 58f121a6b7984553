//! The configuration keys of the worker and of connectors, as Java defines them.

pub mod connector;
pub mod rest;
pub mod sink;
pub mod source;
pub mod standalone;
pub mod tls;
pub mod worker;
