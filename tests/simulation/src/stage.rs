//! How far a run has come.

use std::sync::{Mutex, PoisonError};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Stage(Mutex<Phase>);

/// What is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The cluster starts; nothing breaks yet.
    #[default]
    Start,
    /// Things break.
    Faults,
    /// Nothing breaks any more.
    Healed,
}

impl Stage {
    pub(crate) fn enter(&self, phase: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    pub(crate) fn is_in(&self, phase: Phase) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) == phase
    }
}
