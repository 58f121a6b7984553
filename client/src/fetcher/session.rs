//! Fetch sessions (KIP-227): a broker remembers which partitions are read from where, and each Fetch tells only what changed.

use std::collections::BTreeMap;

use crate::TopicPartition;

/// What a Fetch asks of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The offset to read from.
    pub(super) offset: i64,
    /// The leader epoch of our metadata; -1 when unknown.
    pub(super) leader_epoch: i32,
    /// At most so many bytes.
    pub(super) max_bytes: i32,
}

/// A session with one broker.
#[derive(Debug, Default)]
pub(super) struct FetchSession {
    /// 0 for none yet.
    id: i32,
    /// 0 asks for a new session.
    epoch: i32,
    /// What the broker believes is wanted.
    known: BTreeMap<TopicPartition, Wanted>,
}

/// What to put into the next Fetch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SessionRequest {
    pub(super) id: i32,
    pub(super) epoch: i32,
    /// Partitions to tell: all of them in a new session, else those that are new or have changed.
    pub(super) tell: Vec<(TopicPartition, Wanted)>,
    /// Partitions to forget.
    pub(super) forget: Vec<TopicPartition>,
}

impl FetchSession {
    /// Makes the next request, which shall read exactly `wanted`.
    pub(super) fn request(&mut self, wanted: BTreeMap<TopicPartition, Wanted>) -> SessionRequest {
        let (tell, forget) = if self.epoch == NEW_SESSION {
            (
                wanted.iter().map(|(tp, w)| (tp.clone(), *w)).collect(),
                Vec::new(),
            )
        } else {
            let news = wanted
                .iter()
                .filter(|(tp, w)| self.known.get(tp) != Some(w));
            let gone = self.known.keys().filter(|tp| !wanted.contains_key(tp));
            (
                news.map(|(tp, w)| (tp.clone(), *w)).collect(),
                gone.cloned().collect(),
            )
        };
        self.known = wanted;
        SessionRequest {
            id: self.id,
            epoch: self.epoch,
            tell,
            forget,
        }
    }

    /// The broker answered without an error of the session; `id` is what the answer says.
    pub(super) fn answered(&mut self, id: i32) {
        if id == NO_SESSION {
            // It has no room for sessions now, or closed this one.
            *self = Self::default();
            return;
        }
        self.id = id;
        self.epoch = if self.epoch == i32::MAX {
            1
        } else {
            self.epoch + 1
        };
    }

    /// The broker does not know the session.
    pub(super) fn unknown(&mut self) {
        *self = Self::default();
    }

    /// It is not known what the broker believes: replace the session with a new one.
    pub(super) fn failed(&mut self) {
        self.epoch = NEW_SESSION;
        self.known.clear();
    }
}

const NO_SESSION: i32 = 0;
const NEW_SESSION: i32 = 0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wanted(list: &[(i32, i64)]) -> BTreeMap<TopicPartition, Wanted> {
        let entry = |(p, offset): &(i32, i64)| {
            (
                TopicPartition::new("t", *p),
                Wanted {
                    offset: *offset,
                    leader_epoch: 0,
                    max_bytes: 1,
                },
            )
        };
        list.iter().map(entry).collect()
    }

    fn partitions(request: &SessionRequest) -> (Vec<i32>, Vec<i32>) {
        (
            request.tell.iter().map(|(tp, _)| tp.partition).collect(),
            request.forget.iter().map(|tp| tp.partition).collect(),
        )
    }

    #[test]
    fn tells_all_first_and_then_what_changed() {
        let mut session = FetchSession::default();
        let first = session.request(wanted(&[(0, 5), (1, 5)]));
        assert_eq!(
            (first.id, first.epoch, partitions(&first)),
            (0, 0, (vec![0, 1], vec![]))
        );
        session.answered(77);
        let second = session.request(wanted(&[(0, 9), (1, 5), (2, 0)]));
        assert_eq!(
            (second.id, second.epoch, partitions(&second)),
            (77, 1, (vec![0, 2], vec![]))
        );
        session.answered(77);
        let third = session.request(wanted(&[(1, 5)]));
        assert_eq!((third.epoch, partitions(&third)), (2, (vec![], vec![0, 2])));
    }

    #[test]
    fn a_failure_replaces_the_session_and_an_unknown_one_begins_anew() {
        let mut session = FetchSession::default();
        session.request(wanted(&[(0, 5)]));
        session.answered(77);
        session.failed();
        let request = session.request(wanted(&[(0, 5)]));
        assert_eq!(
            (request.id, request.epoch, partitions(&request)),
            (77, 0, (vec![0], vec![]))
        );
        session.answered(78);
        session.unknown();
        let request = session.request(wanted(&[(0, 5)]));
        assert_eq!((request.id, request.epoch), (0, 0));
    }

    proptest! {
        /// A broker that follows the requests believes exactly what is wanted.
        #[test]
        fn the_broker_believes_what_is_wanted(
            rounds in prop::collection::vec((prop::collection::btree_map(0..5i32, 0..3i64, 0..5), 0..4u8), 1..20)
        ) {
            let mut session = FetchSession::default();
            let mut broker: BTreeMap<TopicPartition, Wanted> = BTreeMap::new();
            for (want, outcome) in rounds {
                let want = wanted(&want.into_iter().collect::<Vec<_>>());
                let request = session.request(want.clone());
                if request.epoch == 0 {
                    broker.clear();
                }
                broker.retain(|tp, _| !request.forget.contains(tp));
                broker.extend(request.tell);
                prop_assert_eq!(&broker, &want);
                match outcome {
                    0 => session.failed(),
                    1 => session.unknown(),
                    2 => session.answered(0),
                    _ => session.answered(7),
                }
            }
        }
    }
}
