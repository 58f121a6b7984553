//! Keys of admin clients.

use windlass_api::{Importance, Kind};

use super::{Default, Row};

/// Keys of admin clients beyond the common ones.
pub(super) const ADMIN: &[Row] = &[
    (
        "bootstrap.servers",
        Kind::List,
        Default::Is(""),
        Importance::High,
    ),
    (
        "bootstrap.controllers",
        Kind::List,
        Default::Is(""),
        Importance::High,
    ),
    (
        "client.id",
        Kind::String,
        Default::Is(""),
        Importance::Medium,
    ),
    (
        "receive.buffer.bytes",
        Kind::Int,
        Default::Is("65536"),
        Importance::Medium,
    ),
    (
        "enable.metrics.push",
        Kind::Boolean,
        Default::Is("false"),
        Importance::Low,
    ),
    (
        "connections.max.idle.ms",
        Kind::Long,
        Default::Is("300000"),
        Importance::Medium,
    ),
    (
        "retries",
        Kind::Int,
        Default::Is("2147483647"),
        Importance::Low,
    ),
    (
        "default.api.timeout.ms",
        Kind::Int,
        Default::Is("60000"),
        Importance::Medium,
    ),
];
