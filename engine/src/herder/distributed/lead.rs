//! What the leader decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use windlass_client::group::{Generation, MemberMetadata};

use super::DistributedHerder;
use crate::group::assignor::{ByMember, Round, assign_eagerly};
use crate::group::{Assignment, Protocol, Work, WorkerState};
use crate::status::TaskId;

/// What only the leader knows: who runs what, and where to reach it.
#[derive(Debug)]
pub(super) struct Leading {
    urls: BTreeMap<Arc<str>, Arc<str>>,
    running: ByMember,
}

impl Leading {
    /// The URL of the worker that runs a connector.
    pub(super) fn connector_url(&self, name: &str) -> Option<&Arc<str>> {
        self.url(|work| work.connectors.contains(name))
    }

    /// The URL of the worker that runs a task.
    pub(super) fn task_url(&self, id: &TaskId) -> Option<&Arc<str>> {
        self.url(|work| work.tasks.contains(id))
    }

    fn url(&self, runs: impl Fn(&Work) -> bool) -> Option<&Arc<str>> {
        let (member, _) = self.running.iter().find(|(_, work)| runs(work))?;
        self.urls.get(member)
    }
}

/// Assignments by member id, as the group wants them.
type Decided = Vec<(String, Bytes)>;

impl DistributedHerder {
    /// Divides what is configured among the members.
    pub(super) async fn decide(
        &mut self,
        generation: &Generation,
        protocol: &str,
        members: Vec<MemberMetadata>,
        keep: bool,
    ) -> Decided {
        let protocol = Protocol::from_name(protocol).unwrap_or(Protocol::Eager);
        let states = read(members);
        let told = states.values().map(|state| state.config_offset);
        let newest = told.max().unwrap_or(-1);
        let known = |topic: &crate::storage::config_topic::ConfigTopic| topic.state(|s| s.offset());
        if known(&self.parts.topic) < newest {
            let read = self.parts.topic.read_to_end(self.parts.config.sync_timeout);
            if let Err(error) = read.await {
                tracing::warn!(%error, "the leader cannot catch up with the config topic");
            }
        }
        let (offset, configured) = self.configured();
        let frame = Assignment {
            config_mismatch: offset < newest,
            leader: Arc::from(generation.leader_id.as_str()),
            leader_url: Arc::clone(&self.parts.url),
            config_offset: offset.max(newest),
            assigned: Work::default(),
            revoked: Work::default(),
            delay: 0,
        };
        if keep {
            return Vec::new();
        }
        if frame.config_mismatch {
            let refused = states.keys().map(|member| (member, frame.clone()));
            return encoded(refused, protocol);
        }
        self.divide(generation, protocol, &states, &configured, &frame)
    }

    fn divide(
        &mut self,
        generation: &Generation,
        protocol: Protocol,
        states: &BTreeMap<Arc<str>, WorkerState>,
        configured: &Work,
        frame: &Assignment,
    ) -> Decided {
        let urls = states
            .iter()
            .map(|(member, state)| (Arc::clone(member), Arc::clone(&state.url)))
            .collect();
        if !protocol.is_incremental() {
            let running = assign_eagerly(states.keys().cloned(), configured);
            let decided = running.iter().map(|(member, work)| {
                let assigned = work.clone();
                (
                    member,
                    Assignment {
                        assigned,
                        ..frame.clone()
                    },
                )
            });
            let decided = encoded(decided, protocol);
            self.leading = Some(Leading { urls, running });
            return decided;
        }
        let holds = |state: &WorkerState| {
            let assignment = state.assignment.as_ref();
            assignment.map(|a| a.assigned.clone()).unwrap_or_default()
        };
        let members = states
            .iter()
            .map(|(member, state)| (Arc::clone(member), holds(state)))
            .collect();
        let plan = self.assignor.assign(Round {
            now_ms: i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX) + 1,
            generation: generation.id,
            last_completed_generation: self.membership.generation,
            configured,
            members: &members,
        });
        let decided = states.keys().map(|member| {
            let of = |all: &ByMember| all.get(member).cloned().unwrap_or_default();
            let assignment = Assignment {
                assigned: of(&plan.assigned),
                revoked: of(&plan.revoked),
                delay: plan.delay_ms,
                ..frame.clone()
            };
            (member, assignment)
        });
        let decided = encoded(decided, protocol);
        self.leading = Some(Leading {
            urls,
            running: plan.running,
        });
        decided
    }

    /// What there is to run, and the offset at which that is so.
    fn configured(&self) -> (i64, Work) {
        self.parts.topic.state(|state| {
            let mut work = Work::default();
            for name in state.connectors() {
                work.connectors.insert(Arc::clone(name));
                let tasks = (0..).zip(state.tasks(name));
                work.tasks.extend(tasks.map(|(task, _)| TaskId {
                    connector: Arc::clone(name),
                    task,
                }));
            }
            (state.offset(), work)
        })
    }
}

/// What the members say; one that cannot be read gets nothing, and its work goes to others.
fn read(members: Vec<MemberMetadata>) -> BTreeMap<Arc<str>, WorkerState> {
    let state = |member: MemberMetadata| match WorkerState::decode(&member.metadata) {
        Ok(state) => Some((Arc::from(member.id), state)),
        Err(error) => {
            tracing::error!(member = member.id, %error, "a member's metadata cannot be read");
            None
        }
    };
    members.into_iter().filter_map(state).collect()
}

fn encoded<'a>(
    assignments: impl Iterator<Item = (&'a Arc<str>, Assignment)>,
    protocol: Protocol,
) -> Decided {
    assignments
        .map(|(member, assignment)| {
            let bytes = Bytes::from(assignment.encode(protocol));
            (member.to_string(), bytes)
        })
        .collect()
}
