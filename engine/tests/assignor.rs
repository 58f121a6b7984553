//! The leader's decisions: as Java's leader decided, and by their own rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use windlass_engine::group::Work;
use windlass_engine::group::assignor::{ByMember, IncrementalAssignor, Plan, Round};
use windlass_engine::status::TaskId;

/// Rounds that Java's `IncrementalCooperativeAssignor` decided, one cluster a line: members come, go, lose assignments;
/// connectors and tasks come and go; rounds fail; time passes.
#[test]
fn decisions_are_those_of_java() {
    let recorded = include_str!("fixtures/assignments.jsonl");
    for (line, text) in (1..).zip(recorded.lines()) {
        let cluster: Value = serde_json::from_str(text).unwrap();
        let delay = Duration::from_millis(cluster["max_delay"].as_u64().unwrap());
        let mut assignor = IncrementalAssignor::new(delay);
        for round in cluster["rounds"].as_array().unwrap() {
            let (configured, members) = (work(&round["configured"]), by_member(&round["members"]));
            let number = |key: &str| i32::try_from(round[key].as_i64().unwrap()).unwrap();
            let plan = assignor.assign(Round {
                now_ms: round["now"].as_i64().unwrap(),
                generation: number("generation"),
                last_completed_generation: number("last"),
                configured: &configured,
                members: &members,
            });
            let place = format!("line {line}, generation {}", number("generation"));
            assert_eq!(
                plan.revoked,
                by_member(&round["revoked"]),
                "revoked, {place}"
            );
            assert_eq!(
                plan.assigned,
                by_member(&round["assigned"]),
                "assigned, {place}"
            );
            assert_eq!(plan.delay_ms, number("delay"), "delay, {place}");
        }
    }
}

fn by_member(value: &Value) -> ByMember {
    let members = value.as_object().unwrap().iter();
    members
        .map(|(member, has)| (Arc::from(member.as_str()), work(has)))
        .collect()
}

/// `c` is a connector, `c-0` a task.
fn work(value: &Value) -> Work {
    let mut work = Work::default();
    for item in value.as_array().unwrap() {
        let item = item.as_str().unwrap();
        match item.split_once('-') {
            None => drop(work.connectors.insert(Arc::from(item))),
            Some((connector, task)) => drop(work.tasks.insert(TaskId {
                connector: Arc::from(connector),
                task: task.parse().unwrap(),
            })),
        }
    }
    work
}

#[derive(Clone, Debug)]
enum Step {
    Configure(u8, i32),
    Delete(u8),
    Join,
    Leave(u8),
    Wait(i64),
    /// The members never hear of the decision.
    Fail,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..8, 0..6).prop_map(|(connector, tasks)| Step::Configure(connector, tasks)),
        1 => (0u8..8).prop_map(Step::Delete),
        2 => Just(Step::Join),
        1 => any::<u8>().prop_map(Step::Leave),
        1 => (0i64..5_000).prop_map(Step::Wait),
        1 => Just(Step::Fail),
    ]
}

/// A group of workers that obey.
struct Group {
    assignor: IncrementalAssignor,
    now: i64,
    generation: i32,
    completed: i32,
    configured: BTreeMap<u8, i32>,
    members: ByMember,
    joined: u32,
}

impl Group {
    fn new(delay: Duration) -> Self {
        let mut group = Group {
            assignor: IncrementalAssignor::new(delay),
            now: 1,
            generation: 0,
            completed: -1,
            configured: BTreeMap::new(),
            members: ByMember::new(),
            joined: 0,
        };
        group.join();
        group
    }

    fn join(&mut self) {
        self.joined += 1;
        let id = Arc::from(format!("m{:03}", self.joined));
        self.members.insert(id, Work::default());
    }

    fn configured(&self) -> Work {
        let mut work = Work::default();
        for (connector, tasks) in &self.configured {
            let connector: Arc<str> = Arc::from(format!("c{connector}"));
            work.tasks.extend((0..*tasks).map(|task| TaskId {
                connector: Arc::clone(&connector),
                task,
            }));
            work.connectors.insert(connector);
        }
        work
    }

    fn decide(&mut self) -> Plan {
        self.generation += 1;
        let configured = self.configured();
        let plan = self.assignor.assign(Round {
            now_ms: self.now,
            generation: self.generation,
            last_completed_generation: self.completed,
            configured: &configured,
            members: &self.members,
        });
        self.check(&plan);
        plan
    }

    fn obey(&mut self, plan: &Plan) {
        self.completed = self.generation;
        for (member, has) in &mut self.members {
            has.remove(&plan.revoked[member]);
            has.add(&plan.assigned[member]);
        }
    }

    /// What holds in every round: nothing is given to two, and nothing that another still has, even if that is to stop it.
    fn check(&self, plan: &Plan) {
        let mut given = Work::default();
        for (member, new) in &plan.assigned {
            assert!(given.common(new).is_empty(), "given twice: {plan:?}");
            given.add(new);
            assert!(new.without(&self.configured()).is_empty(), "not configured");
            for (other, has) in &self.members {
                assert!(
                    other == member || has.common(new).is_empty(),
                    "{other} still has what {member} gets: {plan:?}"
                );
            }
        }
        for (member, stops) in &plan.revoked {
            // Java's leader may also take away what it gave in the same breath, to a member that came back.
            assert!(
                stops.common(&plan.assigned[member]).is_empty(),
                "{member} is to stop and to start the same: {plan:?}"
            );
        }
    }

    /// Rounds until nothing moves any more.
    fn settle(&mut self) -> usize {
        for round in 1..100 {
            self.now += 1_000_000;
            let plan = self.decide();
            let moved = plan.assigned.values().chain(plan.revoked.values());
            let still = moved.into_iter().all(Work::is_empty);
            self.obey(&plan);
            if still && plan.delay_ms == 0 {
                return round;
            }
        }
        panic!("the group never settles: {:?}", self.members);
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_group_settles_in_balance(
        delay in prop_oneof![Just(0u64), Just(1_000), Just(300_000)],
        steps in prop::collection::vec(step(), 1..30),
    ) {
        let mut group = Group::new(Duration::from_millis(delay));
        for step in steps {
            let mut heard = true;
            match step {
                Step::Configure(connector, tasks) => drop(group.configured.insert(connector, tasks)),
                Step::Delete(connector) => drop(group.configured.remove(&connector)),
                Step::Join => group.join(),
                Step::Leave(which) if group.members.len() > 1 => {
                    let which = usize::from(which) % group.members.len();
                    let member = group.members.keys().nth(which).cloned().unwrap();
                    group.members.remove(&member);
                }
                Step::Leave(_) => {}
                Step::Wait(time) => group.now += time,
                Step::Fail => heard = false,
            }
            let plan = group.decide();
            if heard {
                group.obey(&plan);
            }
        }
        group.settle();

        let mut all = Work::default();
        for has in group.members.values() {
            prop_assert!(all.common(has).is_empty(), "run twice");
            all.add(has);
        }
        prop_assert_eq!(&all, &group.configured());
        let spread = |sizes: BTreeSet<usize>| {
            sizes.last().copied().unwrap_or(0) - sizes.first().copied().unwrap_or(0)
        };
        let connectors = group.members.values().map(|has| has.connectors.len()).collect();
        let tasks = group.members.values().map(|has| has.tasks.len()).collect();
        prop_assert!(spread(connectors) <= 1 && spread(tasks) <= 1, "{:?}", group.members);

        // What is settled stays where it is, also when the leader forgets everything.
        let before = group.members.clone();
        group.assignor = IncrementalAssignor::new(Duration::from_millis(delay));
        group.settle();
        prop_assert_eq!(&before, &group.members);
    }
}
