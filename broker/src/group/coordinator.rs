//! All groups: their locks, their clocks, and the channels on which answers that had to wait come back.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::{
    Answer, Answers, Committed, Group, Join, JoinAnswer, Now, Offsets, Snapshot, State, Sync,
    SyncAnswer, TopicPartition,
};
use crate::error::{Error, Result};
use crate::store::Store;

/// All groups of the broker.
#[derive(Debug)]
pub(crate) struct Coordinator {
    groups: Mutex<BTreeMap<String, Arc<Cell>>>,
    store: Arc<Store>,
    started: Instant,
    initial_delay: Duration,
    /// One task per group with members, which does what time makes due.
    clocks: Mutex<JoinSet<()>>,
}

/// Who commits: what a request says of the member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committer<'a> {
    pub(crate) member_id: &'a str,
    pub(crate) instance_id: Option<&'a str>,
    pub(crate) generation: i32,
}

/// A group and its offsets, under one lock.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) group: Group<Reply>,
    pub(crate) offsets: Offsets,
    /// Whether a task keeps its time.
    has_clock: bool,
    /// The stable group as stored; `None` when none is.
    stored: Option<(i32, Vec<String>)>,
    /// Deleted: who still holds it must look the group up again.
    deleted: bool,
}

type Reply = oneshot::Sender<Answer>;

#[derive(Debug)]
struct Cell {
    held: Mutex<Held>,
    /// Deadlines may have become earlier.
    changed: Notify,
}

impl Coordinator {
    pub(crate) fn new(store: Arc<Store>, initial_delay: Duration) -> Coordinator {
        let (groups, clocks) = (Mutex::default(), Mutex::default());
        Coordinator {
            groups,
            store,
            started: Instant::now(),
            initial_delay,
            clocks,
        }
    }

    /// Puts back what the store remembers.
    pub(crate) fn restore(&self, group: &str, change: impl FnOnce(&mut Offsets)) {
        self.with_or_new(group, |held| change(&mut held.offsets));
    }

    /// Puts the members of a group back.
    pub(crate) fn restore_members(&self, group: &str, snapshot: Snapshot) {
        self.act(group, |held, now, _| {
            held.group.restore(now, snapshot);
            held.stored = held.group.version();
        });
    }

    pub(crate) async fn join(&self, group: &str, join: Join) -> JoinAnswer {
        let (reply, answer) = oneshot::channel();
        let member_id = join.member_id.clone();
        self.act(group, |held, now, answers| {
            held.group.join(now, join, reply, answers);
        });
        match answer.await {
            Ok(Answer::Join(answer)) => answer,
            _ => JoinAnswer::refused(&member_id, ResponseError::CoordinatorNotAvailable),
        }
    }

    pub(crate) async fn sync(&self, group: &str, sync: Sync) -> SyncAnswer {
        let refused = |error| SyncAnswer {
            error: Some(error),
            ..SyncAnswer::default()
        };
        if !self.exists(group) {
            return refused(ResponseError::UnknownMemberId);
        }
        let (reply, answer) = oneshot::channel();
        self.act(group, |held, now, answers| {
            held.group.sync(now, &sync, reply, answers);
        });
        match answer.await {
            Ok(Answer::Sync(answer)) => answer,
            _ => refused(ResponseError::CoordinatorNotAvailable),
        }
    }

    pub(crate) fn heartbeat(&self, group: &str, who: Committer<'_>) -> Result<(), ResponseError> {
        let now = self.now();
        let beat = |held: &mut Held| {
            held.group
                .heartbeat(now, who.member_id, who.instance_id, who.generation)
        };
        self.with(group, beat)
            .unwrap_or(Err(ResponseError::UnknownMemberId))
    }

    /// Removes a member; returns its id.
    pub(crate) fn leave(
        &self,
        group: &str,
        member_id: &str,
        instance_id: Option<&str>,
    ) -> Result<String, ResponseError> {
        if !self.exists(group) {
            return Err(ResponseError::UnknownMemberId);
        }
        self.act(group, |held, now, answers| {
            held.group.leave(now, member_id, instance_id, answers)
        })
    }

    /// Commits offsets, or for an open transaction lays them aside until it is decided.
    pub(crate) fn commit(
        &self,
        group: &str,
        who: Committer<'_>,
        transaction: Option<i64>,
        offsets: Vec<(TopicPartition, Committed)>,
    ) -> Result<(), ResponseError> {
        if who.generation >= 0 && !self.exists(group) {
            return Err(ResponseError::IllegalGeneration);
        }
        let now = self.now();
        self.with_or_new(group, |held| {
            let Committer {
                member_id,
                instance_id,
                generation,
            } = who;
            match transaction {
                None => held
                    .group
                    .may_commit(now, member_id, instance_id, generation)?,
                Some(_) => {
                    held.group.may_commit_in_transaction(
                        now,
                        member_id,
                        instance_id,
                        generation,
                    )?;
                }
            }
            self.store
                .commit_offsets(group, transaction, &offsets)
                .map_err(Error::answer)?;
            for (partition, committed) in offsets {
                match transaction {
                    None => held.offsets.commit(partition, committed),
                    Some(producer_id) => {
                        held.offsets.commit_later(producer_id, partition, committed);
                    }
                }
            }
            Ok(())
        })
    }

    /// Looks at a group, or changes its offsets; `None` when there is none of this id.
    pub(crate) fn with<R>(&self, group: &str, act: impl FnOnce(&mut Held) -> R) -> Option<R> {
        let cell = self.groups().get(group)?.clone();
        Some(act(&mut cell.lock()))
    }

    /// The ids of all groups, ascending.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.groups().keys().cloned().collect()
    }

    /// Forgets a group nobody is in.
    pub(crate) fn delete(&self, group: &str) -> Result<(), ResponseError> {
        let mut groups = self.groups();
        let Some(cell) = groups.get(group).cloned() else {
            return Err(ResponseError::GroupIdNotFound);
        };
        let mut held = cell.lock();
        if !held.group.is_deserted() {
            return Err(ResponseError::NonEmptyGroup);
        }
        let partitions: Vec<TopicPartition> = held
            .offsets
            .all()
            .map(|(partition, _)| partition.clone())
            .collect();
        self.store
            .delete_offsets(group, &partitions)
            .map_err(Error::answer)?;
        held.deleted = true;
        groups.remove(group);
        Ok(())
    }

    /// Forgets what all groups have committed for a topic that is deleted.
    pub(crate) fn forget_topic(&self, topic: &str) -> Result<()> {
        let cells: Vec<(String, Arc<Cell>)> = self
            .groups()
            .iter()
            .map(|(id, cell)| (id.clone(), cell.clone()))
            .collect();
        for (id, cell) in cells {
            let mut held = cell.lock();
            let partitions = held.offsets.of_topic(topic);
            self.store.delete_offsets(&id, &partitions)?;
            for partition in &partitions {
                held.offsets.delete(partition);
            }
        }
        Ok(())
    }

    fn now(&self) -> Now {
        self.started.elapsed()
    }

    fn groups(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Cell>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exists(&self, group: &str) -> bool {
        self.groups().contains_key(group)
    }

    fn with_or_new<R>(&self, group: &str, act: impl FnOnce(&mut Held) -> R) -> R {
        self.with_cell(group, |_, held| act(held))
    }

    /// Changes a group in a way that may answer members and move deadlines.
    fn act<R>(&self, group: &str, act: impl FnOnce(&mut Held, Now, &mut Answers<Reply>) -> R) -> R {
        let now = self.now();
        let mut answers = Vec::new();
        let result = self.with_cell(group, |cell, held| {
            let result = act(held, now, &mut answers);
            held.remember(group, &self.store);
            if held.has_clock {
                cell.changed.notify_one();
            } else if held.group.next_deadline().is_some() {
                held.has_clock = true;
                let mut clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
                while clocks.try_join_next().is_some() {}
                let keeping = keep_time(
                    cell.clone(),
                    group.to_owned(),
                    self.store.clone(),
                    self.started,
                );
                clocks.spawn(keeping);
            }
            result
        });
        send(answers);
        result
    }

    /// Calls `act` with the group of this id, made when there is none.
    fn with_cell<R>(&self, group: &str, act: impl FnOnce(&Arc<Cell>, &mut Held) -> R) -> R {
        loop {
            let cell = match self.groups().entry(group.to_owned()) {
                Entry::Occupied(entry) => entry.get().clone(),
                Entry::Vacant(entry) => entry
                    .insert(Arc::new(Cell::new(self.initial_delay)))
                    .clone(),
            };
            let mut held = cell.lock();
            // Deleted between the two locks: there is a new one, or will be.
            if !held.deleted {
                return act(&cell, &mut held);
            }
        }
    }
}

impl Held {
    /// Stores the group if it has become stable in a new way, and forgets it when all have gone. In between, what was
    /// stable last is what a restart goes back to, as Kafka does.
    fn remember(&mut self, id: &str, store: &Store) {
        let version = self.group.version();
        let gone = self.group.state() == State::Empty;
        if (version.is_none() && !gone) || version == self.stored {
            return;
        }
        match store.put_group(id, self.group.snapshot()) {
            Ok(()) => self.stored = version,
            Err(error) => tracing::error!(group = id, %error, "cannot store a group"),
        }
    }
}

impl Cell {
    fn new(initial_delay: Duration) -> Cell {
        let (group, offsets) = (Group::new(initial_delay), Offsets::default());
        let held = Held {
            group,
            offsets,
            has_clock: false,
            stored: None,
            deleted: false,
        };
        Cell {
            held: Mutex::new(held),
            changed: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what time makes due in one group, until nothing can become due any more.
async fn keep_time(cell: Arc<Cell>, group: String, store: Arc<Store>, started: Instant) {
    loop {
        let mut answers = Vec::new();
        let deadline = {
            let mut held = cell.lock();
            held.group.tick(started.elapsed(), &mut answers);
            held.remember(&group, &store);
            let deadline = held.group.next_deadline();
            held.has_clock = deadline.is_some();
            deadline
        };
        send(answers);
        let Some(deadline) = deadline else { return };
        tokio::select! {
            () = sleep_until(started + deadline) => {}
            () = cell.changed.notified() => {}
        }
    }
}

/// Nobody listens where the connection is gone; the member is found dead in time.
fn send(answers: Answers<Reply>) {
    for (to, answer) in answers {
        let _ = to.send(answer);
    }
}
