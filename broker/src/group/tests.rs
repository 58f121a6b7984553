use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use proptest::prelude::*;

use super::{Answer, Answers, Group, Join, JoinAnswer, Now, State, Sync, SyncAnswer};

/// A group, its time, and the answers that came to each number.
struct World {
    group: Group<usize>,
    now: Now,
    answers: Answers<usize>,
    next: usize,
}

const SESSION: Duration = Duration::from_secs(10);
const REBALANCE: Duration = Duration::from_secs(60);

impl World {
    fn new() -> World {
        World {
            group: Group::new(Duration::ZERO),
            now: Duration::ZERO,
            answers: Vec::new(),
            next: 0,
        }
    }

    fn ask(&self, member_id: &str, new_id: &str) -> Join {
        Join {
            member_id: member_id.to_owned(),
            new_member_id: new_id.to_owned(),
            instance_id: None,
            client_id: "client".to_owned(),
            client_host: "/127.0.0.1".to_owned(),
            session_timeout: SESSION,
            rebalance_timeout: REBALANCE,
            protocol_type: "consumer".to_owned(),
            protocols: vec![("range".to_owned(), Bytes::from(new_id.to_owned()))],
            id_required: false,
            may_skip_assignment: true,
        }
    }

    fn join_as(&mut self, join: Join) -> usize {
        self.next += 1;
        self.group
            .join(self.now, join, self.next, &mut self.answers);
        self.next
    }

    fn join(&mut self, member_id: &str, new_id: &str) -> usize {
        self.join_as(self.ask(member_id, new_id))
    }

    fn sync(&mut self, member_id: &str, generation: i32, assignments: &[(&str, &str)]) -> usize {
        let assignments = assignments.iter().map(|(id, assignment)| {
            (
                (*id).to_owned(),
                Bytes::copy_from_slice(assignment.as_bytes()),
            )
        });
        let sync = Sync {
            member_id: member_id.to_owned(),
            instance_id: None,
            generation,
            protocol_type: Some("consumer".to_owned()),
            protocol: Some("range".to_owned()),
            assignments: assignments.collect(),
        };
        self.next += 1;
        self.group
            .sync(self.now, &sync, self.next, &mut self.answers);
        self.next
    }

    fn after(&mut self, wait: Duration) {
        self.now += wait;
        self.group.tick(self.now, &mut self.answers);
    }

    fn answer(&mut self, to: usize) -> Option<Answer> {
        let at = self.answers.iter().position(|(other, _)| *other == to)?;
        Some(self.answers.remove(at).1)
    }

    fn joined(&mut self, to: usize) -> JoinAnswer {
        match self.answer(to) {
            Some(Answer::Join(answer)) => answer,
            other => panic!("expected the answer to a join, found {other:?}"),
        }
    }

    fn synced(&mut self, to: usize) -> SyncAnswer {
        match self.answer(to) {
            Some(Answer::Sync(answer)) => answer,
            other => panic!("expected the answer to a sync, found {other:?}"),
        }
    }

    /// A stable group of `a`, which leads, and `b`; its generation is 2.
    fn stable_pair() -> World {
        let mut world = World::new();
        world.join("", "a");
        let b = world.join("", "b");
        let a = world.join("a", "a");
        assert_eq!(world.joined(a).generation, 2);
        assert_eq!(world.joined(b).leader, "a");
        let b = world.sync("b", 2, &[]);
        assert_eq!(world.answer(b), None);
        let a = world.sync("a", 2, &[("a", "for a"), ("b", "for b")]);
        assert_eq!(world.synced(a).assignment, "for a");
        assert_eq!(world.synced(b).assignment, "for b");
        world.answers.clear();
        assert_eq!(world.group.state(), State::Stable);
        world
    }
}

#[test]
fn the_first_member_leads_alone_at_once() {
    let mut world = World::new();
    let a = world.join("", "a");
    let joined = world.joined(a);
    assert_eq!(
        (
            joined.generation,
            joined.leader.as_str(),
            joined.members.len()
        ),
        (1, "a", 1)
    );
    assert_eq!(world.group.state(), State::CompletingRebalance);
}

#[test]
fn only_the_leader_learns_the_members() {
    let mut world = World::new();
    world.join("", "a");
    let b = world.join("", "b");
    assert_eq!(world.answer(b), None, "b waits for a to join again");
    assert_eq!(
        world.group.heartbeat(world.now, "a", None, 1),
        Err(ResponseError::RebalanceInProgress)
    );
    let a = world.join("a", "a");
    assert_eq!(world.joined(a).members.len(), 2);
    assert!(world.joined(b).members.is_empty());
}

#[test]
fn a_new_member_must_come_back_with_its_id() {
    let mut world = World::new();
    let ask = Join {
        id_required: true,
        ..world.ask("", "a")
    };
    let a = world.join_as(ask.clone());
    let joined = world.joined(a);
    assert_eq!(
        (joined.error, joined.member_id.as_str()),
        (Some(ResponseError::MemberIdRequired), "a")
    );
    let a = world.join_as(Join {
        member_id: "a".to_owned(),
        ..ask.clone()
    });
    assert_eq!(world.joined(a).generation, 1);
    // One that does not come back holds a rebalance up for its session, and no longer.
    let b = world.join_as(Join {
        new_member_id: "b".to_owned(),
        ..ask
    });
    assert_eq!(world.joined(b).error, Some(ResponseError::MemberIdRequired));
    let a = world.join("a", "changed");
    assert_eq!(world.answer(a), None);
    world.after(SESSION);
    assert_eq!(world.joined(a).generation, 2);
    let b = world.join("b", "b");
    assert_eq!(world.joined(b).error, Some(ResponseError::UnknownMemberId));
}

#[test]
fn a_silent_member_is_removed_and_the_rest_rebalance() {
    let mut world = World::stable_pair();
    world.after(SESSION / 2);
    assert_eq!(world.group.heartbeat(world.now, "a", None, 2), Ok(()));
    world.after(SESSION / 2);
    assert_eq!(
        world.group.heartbeat(world.now, "b", None, 2),
        Err(ResponseError::UnknownMemberId)
    );
    assert_eq!(
        world.group.heartbeat(world.now, "a", None, 2),
        Err(ResponseError::RebalanceInProgress)
    );
    let a = world.join("a", "a");
    assert_eq!(
        (world.joined(a).generation, world.group.members().count()),
        (3, 1)
    );
}

#[test]
fn who_does_not_join_again_in_time_is_left_behind() {
    let mut world = World::stable_pair();
    let c = world.join("", "c");
    let a = world.join("a", "a");
    // b sends heartbeats for ever and never joins.
    for _ in 0..REBALANCE.as_secs() {
        world.after(Duration::from_secs(1));
        let _ = world.group.heartbeat(world.now, "b", None, 2);
    }
    assert_eq!(world.joined(a).generation, 3);
    assert_eq!(world.joined(c).generation, 3);
    assert_eq!(
        world.group.heartbeat(world.now, "b", None, 3),
        Err(ResponseError::UnknownMemberId)
    );
}

#[test]
fn who_does_not_sync_in_time_is_removed() {
    let mut world = World::new();
    world.join("", "a");
    let b = world.join("", "b");
    let a = world.join("a", "a");
    assert_eq!(
        (world.joined(a).generation, world.joined(b).generation),
        (2, 2)
    );
    let b = world.sync("b", 2, &[]);
    // The leader lives, but brings no assignment.
    for _ in 0..REBALANCE.as_secs() {
        world.after(Duration::from_secs(1));
        let _ = world.group.heartbeat(world.now, "a", None, 2);
    }
    assert_eq!(
        world.synced(b).error,
        Some(ResponseError::RebalanceInProgress)
    );
    assert_eq!(
        world.group.heartbeat(world.now, "a", None, 2),
        Err(ResponseError::UnknownMemberId)
    );
    let b = world.join("b", "b");
    assert_eq!(world.joined(b).leader, "b");
}

#[test]
fn leaving_needs_no_timeout() {
    let mut world = World::stable_pair();
    let left = world.group.leave(world.now, "a", None, &mut world.answers);
    assert_eq!(left, Ok("a".to_owned()));
    let b = world.join("b", "b");
    assert_eq!(world.joined(b).leader, "b");
    assert_eq!(
        world.group.leave(world.now, "b", None, &mut world.answers),
        Ok("b".to_owned())
    );
    assert_eq!(world.group.state(), State::Empty);
    assert!(world.group.is_deserted());
    assert_eq!(world.group.next_deadline(), None);
}

#[test]
fn a_follower_that_joins_again_unchanged_is_told_again() {
    let mut world = World::stable_pair();
    let b = world.join("b", "b");
    assert_eq!(world.joined(b).generation, 2);
    assert_eq!(world.group.state(), State::Stable);
    // The leader joining again means that it wants a rebalance.
    let a = world.join("a", "a");
    assert_eq!(world.answer(a), None);
    assert_eq!(world.group.state(), State::PreparingRebalance);
}

#[test]
fn a_restarted_static_member_takes_its_place_without_a_rebalance() {
    let mut world = World::new();
    let former = Join {
        instance_id: Some("one".to_owned()),
        ..world.ask("", "one-1")
    };
    let one = world.join_as(former.clone());
    assert_eq!(world.joined(one).generation, 1);
    let one = world.group_sync_static("one-1", 1);
    assert_eq!(world.synced(one).assignment, "work");
    let one = world.join_as(Join {
        new_member_id: "one-2".to_owned(),
        ..former
    });
    let joined = world.joined(one);
    assert_eq!(
        (
            joined.generation,
            joined.member_id.as_str(),
            joined.skip_assignment
        ),
        (1, "one-2", true)
    );
    assert_eq!(world.group.state(), State::Stable);
    let fenced = world.group.heartbeat(world.now, "one-1", Some("one"), 1);
    assert_eq!(fenced, Err(ResponseError::FencedInstanceId));
    assert_eq!(
        world.group.heartbeat(world.now, "one-2", Some("one"), 1),
        Ok(())
    );
    let one = world.group_sync_static("one-2", 1);
    assert_eq!(world.synced(one).assignment, "work");
    let left = world
        .group
        .leave(world.now, "", Some("one"), &mut world.answers);
    assert_eq!(left, Ok("one-2".to_owned()));
}

impl World {
    fn group_sync_static(&mut self, member_id: &str, generation: i32) -> usize {
        let sync = Sync {
            member_id: member_id.to_owned(),
            instance_id: Some("one".to_owned()),
            generation,
            protocol_type: None,
            protocol: None,
            assignments: BTreeMap::from([(member_id.to_owned(), Bytes::from_static(b"work"))]),
        };
        self.next += 1;
        self.group
            .sync(self.now, &sync, self.next, &mut self.answers);
        self.next
    }
}

#[test]
fn protocols_must_be_common_and_are_voted_on() {
    let mut world = World::new();
    let speaks = |join: Join, names: &[&str]| {
        let protocols = names
            .iter()
            .map(|name| ((*name).to_owned(), Bytes::new()))
            .collect();
        Join { protocols, ..join }
    };
    let a = world.join_as(speaks(world.ask("", "a"), &["compatible", "eager"]));
    assert_eq!(world.joined(a).protocol.as_deref(), Some("compatible"));
    let other = Join {
        protocol_type: "connect".to_owned(),
        ..world.ask("", "b")
    };
    let b = world.join_as(other);
    assert_eq!(
        world.joined(b).error,
        Some(ResponseError::InconsistentGroupProtocol)
    );
    let b = world.join_as(speaks(world.ask("", "b"), &["sticky"]));
    assert_eq!(
        world.joined(b).error,
        Some(ResponseError::InconsistentGroupProtocol)
    );
    let b = world.join_as(speaks(world.ask("", "b"), &["sticky", "eager"]));
    let a = world.join_as(speaks(world.ask("a", "a"), &["compatible", "eager"]));
    assert_eq!(world.joined(a).protocol.as_deref(), Some("eager"));
    assert_eq!(world.joined(b).protocol.as_deref(), Some("eager"));
}

#[test]
fn commits_are_of_members_of_this_generation_or_of_nobody() {
    let mut world = World::new();
    let nobody = (String::new(), -1);
    assert_eq!(
        world.group.may_commit(world.now, &nobody.0, None, nobody.1),
        Ok(())
    );
    let mut world = World::stable_pair();
    assert_eq!(world.group.may_commit(world.now, "a", None, 2), Ok(()));
    assert_eq!(
        world.group.may_commit(world.now, "a", None, 1),
        Err(ResponseError::IllegalGeneration)
    );
    assert_eq!(
        world.group.may_commit(world.now, "z", None, 2),
        Err(ResponseError::UnknownMemberId)
    );
    assert_eq!(
        world.group.may_commit(world.now, "", None, -1),
        Err(ResponseError::UnknownMemberId)
    );
    assert_eq!(
        world
            .group
            .may_commit_in_transaction(world.now, "", None, -1),
        Ok(())
    );
    // While others join again, what was read may still be committed; not once the next generation is there.
    world.join("", "c");
    assert_eq!(world.group.may_commit(world.now, "b", None, 2), Ok(()));
    world.join("a", "a");
    world.join("b", "b");
    assert_eq!(
        world.group.may_commit(world.now, "b", None, 3),
        Err(ResponseError::RebalanceInProgress)
    );
}

#[test]
fn the_first_rebalance_waits_for_more_members_if_told_to() {
    let mut world = World::new();
    world.group = Group::new(Duration::from_secs(3));
    let a = world.join("", "a");
    assert_eq!(world.answer(a), None);
    world.after(Duration::from_secs(1));
    let b = world.join("", "b");
    assert_eq!(world.group.next_deadline(), Some(Duration::from_secs(3)));
    world.after(Duration::from_secs(2));
    assert_eq!(
        (world.joined(a).generation, world.joined(b).generation),
        (1, 1)
    );
}

/// What a member of the random test does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Join(usize),
    Sync(usize),
    Heartbeat(usize),
    Leave(usize),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let member = 0..4_usize;
    let step = prop_oneof![
        4 => member.clone().prop_map(Step::Join),
        4 => member.clone().prop_map(Step::Sync),
        2 => member.clone().prop_map(Step::Heartbeat),
        1 => member.prop_map(Step::Leave),
        2 => (0..15_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    /// Whatever members do: every question is answered exactly once when time has passed, all who joined a generation
    /// were told the same of it, and a group everybody has left for long is empty.
    #[test]
    fn every_question_has_one_answer(steps in steps()) {
        let mut world = World::new();
        let mut generations = [0; 4];
        let mut asked: BTreeMap<usize, usize> = BTreeMap::new();
        let mut open = BTreeSet::new();
        let mut told: BTreeMap<i32, (String, Option<String>)> = BTreeMap::new();
        let ids = ["a", "b", "c", "d"];
        for step in steps.into_iter().chain([Step::Wait(200), Step::Wait(200)]) {
            let busy = |member: usize| open.iter().any(|to| asked.get(to) == Some(&member));
            match step {
                Step::Join(member) if !busy(member) => {
                    let known = world.group.members().any(|(id, _)| id == ids[member]);
                    let to = world.join(if known { ids[member] } else { "" }, ids[member]);
                    asked.insert(to, member);
                    open.insert(to);
                }
                Step::Sync(member) if !busy(member) => {
                    let assignments: Vec<_> = ids.iter().map(|id| (*id, *id)).collect();
                    let to = world.sync(ids[member], generations[member], &assignments);
                    asked.insert(to, member);
                    open.insert(to);
                }
                Step::Heartbeat(member) => {
                    let _ = world.group.heartbeat(world.now, ids[member], None, generations[member]);
                }
                Step::Leave(member) if !busy(member) => {
                    let _ = world.group.leave(world.now, ids[member], None, &mut world.answers);
                }
                Step::Wait(seconds) => world.after(Duration::from_secs(seconds)),
                _ => {}
            }
            for (to, answer) in std::mem::take(&mut world.answers) {
                prop_assert!(open.remove(&to), "answered twice");
                match answer {
                    Answer::Join(joined) if joined.error.is_none() => {
                        generations[asked[&to]] = joined.generation;
                        let first = told.entry(joined.generation).or_insert((joined.leader.clone(), joined.protocol.clone()));
                        prop_assert_eq!(&*first, &(joined.leader, joined.protocol));
                    }
                    Answer::Sync(synced) if synced.error.is_none() => {
                        prop_assert_eq!(&synced.assignment, ids[asked[&to]]);
                    }
                    _ => {}
                }
            }
        }
        prop_assert!(open.is_empty(), "never answered: {open:?}");
        prop_assert_eq!(world.group.state(), State::Empty);
        prop_assert_eq!(world.group.next_deadline(), None);
    }
}
