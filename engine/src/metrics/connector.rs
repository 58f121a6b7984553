//! The figures of one run of a connector object.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::herder::ConnectorType;
use crate::status::State;

/// What is known of a connector object while it is on this worker.
#[derive(Debug)]
pub(crate) struct ConnectorMetrics {
    pub(crate) name: Arc<str>,
    /// Known once the object could be made.
    pub(crate) details: OnceLock<ConnectorDetails>,
    state: Mutex<State>,
}

/// What a connector is.
#[derive(Debug)]
pub(crate) struct ConnectorDetails {
    pub(crate) kind: ConnectorType,
    pub(crate) class: &'static str,
    pub(crate) version: Arc<str>,
}

impl ConnectorMetrics {
    pub(crate) fn new(name: Arc<str>) -> Self {
        ConnectorMetrics {
            name,
            details: OnceLock::new(),
            state: Mutex::new(State::Unassigned),
        }
    }

    pub(crate) fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn enter(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}
