//! How many connections there may be, and which one goes when there are too many.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The connections of a server. Those that wait for a request, or are slow to send one, give way to new ones, the oldest
/// first: whoever opens many and sends nothing takes places from himself.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: usize,
    /// Without a whole request, by how long they have been so.
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// The place of one connection.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    wanted: Arc<Notify>,
    /// Its number while it waits.
    turn: Mutex<Option<u64>>,
}

/// While it lives a request is answered, and the connection gives way to nobody.
#[derive(Debug)]
pub(crate) struct Answering<'p>(&'p Place);

impl Connections {
    /// A place for a new connection; `None` when requests of others are being answered in all of them.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.state();
        if state.open >= MAX_CONNECTIONS {
            let (_, oldest) = state.waiting.pop_first()?;
            oldest.notify_one();
        }
        state.open += 1;
        let wanted = Arc::new(Notify::new());
        let turn = Some(state.wait(&wanted));
        Some(Place {
            connections: Arc::clone(self),
            wanted,
            turn: Mutex::new(turn),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&mut self, wanted: &Arc<Notify>) -> u64 {
        self.next += 1;
        self.waiting.insert(self.next, Arc::clone(wanted));
        self.next
    }
}

impl Place {
    /// A whole request has come.
    pub(crate) fn answering(&self) -> Answering<'_> {
        if let Some(turn) = self.turn().take() {
            self.connections.state().waiting.remove(&turn);
        }
        Answering(self)
    }

    /// Whether a request is being answered.
    pub(crate) fn is_answering(&self) -> bool {
        self.turn().is_none()
    }

    /// Returns when another connection needs the place.
    pub(crate) async fn is_wanted(&self) {
        self.wanted.notified().await;
    }

    fn turn(&self) -> MutexGuard<'_, Option<u64>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        let mut state = self.0.connections.state();
        *self.0.turn() = Some(state.wait(&self.0.wanted));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let turn = self.turn().take();
        let mut state = self.connections.state();
        state.open -= 1;
        if let Some(turn) = turn {
            state.waiting.remove(&turn);
        }
    }
}

/// Half of the descriptors that a process usually may have.
pub(crate) const MAX_CONNECTIONS: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_has_waited_longest_gives_way() {
        let connections = Arc::new(Connections::default());
        let places: Vec<_> = (0..MAX_CONNECTIONS)
            .map(|_| connections.enter().unwrap())
            .collect();
        let answering = places[0].answering();
        let new = connections.enter().unwrap();
        places[1].is_wanted().await;
        drop(answering);
        let newer = connections.enter().unwrap();
        places[2].is_wanted().await;
        drop((new, newer));
        drop(places);
        let state = connections.state();
        assert_eq!((state.open, state.waiting.len()), (0, 0));
    }

    #[tokio::test]
    async fn nobody_gives_way_in_the_middle_of_an_answer() {
        let connections = Arc::new(Connections::default());
        let places: Vec<_> = (0..MAX_CONNECTIONS)
            .map(|_| connections.enter().unwrap())
            .collect();
        let answering: Vec<_> = places.iter().map(Place::answering).collect();
        assert!(connections.enter().is_none());
        drop(answering);
        assert!(connections.enter().is_some());
    }
}
