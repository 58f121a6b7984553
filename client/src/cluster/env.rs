//! What a client takes from outside: streams, names, chance.

use std::sync::Arc;

use crate::dns::{Hickory, Resolve};
use crate::net::{Dialer, TcpDialer};

/// The world a client lives in. A simulator hands in its own.
#[derive(Debug, Clone)]
pub struct Env {
    /// Opens streams.
    pub dialer: Arc<dyn Dialer>,
    /// Resolves names.
    pub resolver: Arc<dyn Resolve>,
    /// Seed of every random choice: jitter, which broker to ask, sticky partitions.
    pub seed: u64,
}

impl Default for Env {
    /// TCP, the name servers of the system, and a seed of its own.
    fn default() -> Self {
        Self {
            dialer: Arc::new(TcpDialer),
            resolver: Arc::new(Hickory::default()),
            seed: fastrand::u64(..),
        }
    }
}
