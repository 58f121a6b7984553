//! What the members of a group of workers tell each other, and what the leader makes of members that say anything.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use windlass_engine::group::assignor::{ByMember, IncrementalAssignor, Round, assign_eagerly};
use windlass_engine::group::{Assignment, Protocol, Work, WorkerState};

fuzz_target!(|data: Vec<&[u8]>| {
    let protocols = [Protocol::Eager, Protocol::Compatible, Protocol::Sessioned];
    let mut members = ByMember::new();
    let mut configured = Work::default();
    for (number, bytes) in data.iter().take(8).enumerate() {
        if let Ok(assignment) = Assignment::decode(bytes) {
            // The eager protocol has no place for what is revoked.
            for protocol in &protocols[1..] {
                let written = assignment.encode(*protocol);
                let again = Assignment::decode(&written).unwrap();
                assert_eq!(again.encode(*protocol), written);
            }
        }
        let Ok(state) = WorkerState::decode(bytes) else {
            continue;
        };
        for protocol in protocols {
            let written = state.encode(protocol);
            assert_eq!(WorkerState::decode(&written).unwrap().encode(protocol), written);
        }
        let held = state.assignment.map(|held| held.assigned).unwrap_or_default();
        if number % 2 == 0 {
            configured.add(&held);
        }
        members.insert(Arc::from(format!("member-{number}")), held);
    }
    if members.is_empty() {
        return;
    }
    let mut assignor = IncrementalAssignor::new(Duration::from_secs(5));
    for round in 0..4 {
        let plan = assignor.assign(Round {
            now_ms: round * 3000,
            generation: i32::try_from(round).unwrap(),
            last_completed_generation: i32::try_from(round).unwrap() - 1,
            configured: &configured,
            members: &members,
        });
        once(&plan.running, &configured);
        members = plan.running;
    }
    let dealt = assign_eagerly(members.keys().cloned(), &configured);
    once(&dealt, &configured);
});

/// Nothing runs twice, and nothing that is not configured.
fn once(running: &BTreeMap<Arc<str>, Work>, configured: &Work) {
    let mut all = Work::default();
    for work in running.values() {
        assert!(all.common(work).is_empty());
        assert!(work.without(configured).is_empty());
        all.add(work);
    }
}
