//! The assignors beside Java's: recorded answers of kafka-clients 4.3.1, and what must hold for any group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;
use windlass_client::TopicPartition;
use windlass_client::assignor::{Assignment, Assignor, Member, PartitionCounts, Subscription};

#[test]
fn assignments_equal_javas() {
    let cases: Vec<Value> = fixture("assignments.jsonl");
    assert!(cases.len() >= 500, "the fixture is complete");
    for (line, case) in cases.iter().enumerate() {
        let assignor = Assignor::from_name(case["assignor"].as_str().unwrap()).unwrap();
        let topics = case["topics"].as_object().unwrap().iter();
        let topics: PartitionCounts = topics
            .map(|(t, n)| (Arc::from(t.as_str()), n.as_i64().unwrap() as i32))
            .collect();
        let members: Vec<Member> = case["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(member)
            .collect();
        let mut found = assignor.assign(&topics, &members);
        found.values_mut().for_each(|list| list.sort());
        let expected: BTreeMap<String, Vec<TopicPartition>> = case["result"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(id, list)| (id.clone(), partitions(list)))
            .collect();
        if members.iter().any(|m| {
            expected[&m.id]
                .iter()
                .any(|p| !m.subscription.wants(&p.topic))
        }) {
            // Java's slip: a member without topics, when it comes first, counts as one that wants what the others want.
            assert!(
                members.iter().any(|m| m.subscription.topics.is_empty()),
                "line {}: {case}",
                line + 1
            );
            continue;
        }
        assert_eq!(found, expected, "line {}: {case}", line + 1);
    }
}

#[test]
fn bytes_equal_javas() {
    let owned = [tp("b", 2), tp("a", 1), tp("b", 0)];
    for case in fixture("consumer_protocol.jsonl") {
        let bytes = unhex(case["hex"].as_str().unwrap());
        let (version, number) = (
            case["version"].as_i64().unwrap(),
            case["case"].as_i64().unwrap(),
        );
        let full = number == 2;
        let owned = if number == 0 {
            Vec::new()
        } else {
            owned.to_vec()
        };
        match case["kind"].as_str().unwrap() {
            "subscription" => {
                let mut sorted = owned.clone();
                sorted.sort();
                let expected = Subscription {
                    topics: vec![Arc::from("a"), Arc::from("b")],
                    user_data: (number > 0).then(|| Bytes::from_static(&[1, 2, 3])),
                    owned: if version >= 1 { sorted } else { Vec::new() },
                    generation: (full && version >= 2).then_some(7),
                    rack: (full && version >= 3).then(|| "rack".to_owned()),
                };
                assert_eq!(Subscription::decode(&bytes).unwrap(), expected, "{case}");
                if version == 3 {
                    let unsorted = Subscription {
                        topics: vec![Arc::from("b"), Arc::from("a")],
                        owned,
                        ..expected
                    };
                    assert_eq!(unsorted.encode(), bytes, "{case}");
                }
            }
            "assignment" => {
                let expected = Assignment {
                    partitions: owned,
                    user_data: full.then(|| Bytes::from_static(&[9])),
                };
                let found = Assignment::decode(&bytes).unwrap();
                let sets = |a: &Assignment| a.partitions.iter().cloned().collect::<BTreeSet<_>>();
                assert_eq!(
                    (sets(&found), &found.user_data),
                    (sets(&expected), &expected.user_data),
                    "{case}"
                );
                if version == 3 {
                    assert_eq!(expected.encode(), bytes, "{case}");
                }
            }
            _ => assert_eq!(
                Assignor::Sticky.user_data(&owned_for_sticky(), 7),
                Some(bytes),
                "{case}"
            ),
        }
    }
}

#[test]
fn names_are_javas() {
    for (class, name) in [
        ("RangeAssignor", "range"),
        ("RoundRobinAssignor", "roundrobin"),
        ("StickyAssignor", "sticky"),
        ("CooperativeStickyAssignor", "cooperative-sticky"),
    ] {
        let by_class =
            Assignor::from_name(&format!("org.apache.kafka.clients.consumer.{class}")).unwrap();
        assert_eq!(
            (by_class.name(), Assignor::from_name(name)),
            (name, Some(by_class))
        );
    }
    assert_eq!(Assignor::from_name("com.example.Mine"), None);
}

proptest! {
    #[test]
    fn each_partition_goes_to_one_member_that_wants_it(group in groups(), assignor in assignors()) {
        let found = assignor.assign(&group.topics, &group.members);
        prop_assert_eq!(found.len(), group.members.len());
        let mut given = BTreeSet::new();
        for member in &group.members {
            for partition in &found[&member.id] {
                prop_assert!(member.subscription.wants(&partition.topic));
                prop_assert!(partition.partition < group.topics[&partition.topic]);
                prop_assert!(given.insert(partition.clone()), "{} given twice", partition);
            }
        }
        prop_assert_eq!(given.len(), group.wanted());
    }

    #[test]
    fn alike_members_get_alike_many(mut group in groups(), assignor in assignors()) {
        let topics: Vec<Arc<str>> = group.topics.keys().cloned().collect();
        group.members.iter_mut().for_each(|m| m.subscription.topics.clone_from(&topics));
        let found = assignor.assign(&group.topics, &group.members);
        let most = found.values().map(Vec::len).max().unwrap();
        let least = found.values().map(Vec::len).min().unwrap();
        let slack = if assignor == Assignor::Range { topics.len() } else { 1 };
        prop_assert!(most - least <= slack, "{most} and {least}");
    }

    #[test]
    fn nothing_moves_when_nothing_changes(mut group in groups(), assignor in sticky_assignors()) {
        let first = group.settle(assignor, 1);
        prop_assert_eq!(group.settle(assignor, 2), first);
    }

    #[test]
    fn who_stays_loses_nothing_when_another_leaves(mut group in groups(), assignor in sticky_assignors(), who: prop::sample::Index) {
        prop_assume!(group.members.len() > 1);
        let topics: Vec<Arc<str>> = group.topics.keys().cloned().collect();
        group.members.iter_mut().for_each(|m| m.subscription.topics.clone_from(&topics));
        let before = group.settle(assignor, 1);
        let gone = who.index(group.members.len());
        group.members.remove(gone);
        let after = group.settle(assignor, 2);
        for member in &group.members {
            let kept: BTreeSet<_> = after[&member.id].iter().collect();
            prop_assert!(before[&member.id].iter().all(|p| kept.contains(p)));
        }
    }

    #[test]
    fn cooperative_rounds_never_give_what_another_still_has(mut group in groups(), joining in 0..3usize) {
        let assignor = Assignor::CooperativeSticky;
        group.settle(assignor, 1);
        let topics: Vec<Arc<str>> = group.topics.keys().cloned().collect();
        for n in 0..joining {
            let subscription = Subscription { topics: topics.clone(), ..Subscription::default() };
            group.members.push(Member { id: format!("new-{n}"), instance_id: None, subscription });
        }
        for generation in 2..12 {
            let given = assignor.assign(&group.topics, &group.members);
            for member in &group.members {
                for other in group.members.iter().filter(|other| other.id != member.id) {
                    prop_assert!(given[&member.id].iter().all(|p| !other.subscription.owned.contains(p)));
                }
            }
            let settled = group.members.iter().all(|m| as_set(&given[&m.id]) == as_set(&m.subscription.owned));
            group.take(&given, generation, assignor);
            if settled {
                prop_assert_eq!(given.values().map(Vec::len).sum::<usize>(), group.wanted());
                return Ok(());
            }
        }
        prop_assert!(false, "no end after ten rebalances");
    }
}

#[derive(Clone, Debug)]
struct Group {
    topics: PartitionCounts,
    members: Vec<Member>,
}

impl Group {
    /// How many partitions somebody wants.
    fn wanted(&self) -> usize {
        let wanted = |t: &str| self.members.iter().any(|m| m.subscription.wants(t));
        self.topics
            .iter()
            .filter(|(t, _)| wanted(t))
            .map(|(_, n)| *n as usize)
            .sum()
    }

    fn take(
        &mut self,
        given: &BTreeMap<String, Vec<TopicPartition>>,
        generation: i32,
        assignor: Assignor,
    ) {
        for member in &mut self.members {
            let owned = given[&member.id].clone();
            member.subscription.user_data = assignor.user_data(&owned, generation);
            member.subscription.generation = Some(generation);
            member.subscription.owned = owned;
        }
    }

    /// Rebalances until a cooperative group, too, has given everything.
    fn settle(
        &mut self,
        assignor: Assignor,
        generation: i32,
    ) -> BTreeMap<String, BTreeSet<TopicPartition>> {
        let mut given = assignor.assign(&self.topics, &self.members);
        for _ in 0..4 {
            self.take(&given, generation, assignor);
            given = assignor.assign(&self.topics, &self.members);
        }
        given
            .iter()
            .map(|(id, list)| (id.clone(), as_set(list)))
            .collect()
    }
}

fn groups() -> impl Strategy<Value = Group> {
    let topics = prop::collection::btree_map("[a-d]", 1..9i32, 1..4);
    let members = prop::collection::vec((prop::option::of("[a-z]{2}"), any::<u8>()), 1..7);
    (topics, members).prop_map(|(topics, members)| {
        let topics: PartitionCounts = topics
            .into_iter()
            .map(|(t, n)| (Arc::from(t.as_str()), n))
            .collect();
        let members = members
            .into_iter()
            .enumerate()
            .map(|(n, (instance, mask))| {
                let wanted = topics
                    .keys()
                    .enumerate()
                    .filter(|(bit, _)| mask >> bit & 1 == 1);
                Member {
                    id: format!("m-{n}"),
                    instance_id: instance.map(|i| format!("{i}-{n}")),
                    subscription: Subscription {
                        topics: wanted.map(|(_, t)| t.clone()).collect(),
                        ..Subscription::default()
                    },
                }
            });
        Group {
            members: members.collect(),
            topics: topics.clone(),
        }
    })
}

fn assignors() -> impl Strategy<Value = Assignor> {
    prop::sample::select(vec![
        Assignor::Range,
        Assignor::RoundRobin,
        Assignor::Sticky,
        Assignor::CooperativeSticky,
    ])
}

fn sticky_assignors() -> impl Strategy<Value = Assignor> {
    prop::sample::select(vec![Assignor::Sticky, Assignor::CooperativeSticky])
}

fn as_set(list: &[TopicPartition]) -> BTreeSet<TopicPartition> {
    list.iter().cloned().collect()
}

fn owned_for_sticky() -> Vec<TopicPartition> {
    vec![tp("a", 1), tp("b", 2), tp("b", 0)]
}

fn member(case: &Value) -> Member {
    let topics = case["topics"].as_array().unwrap().iter();
    Member {
        id: case["id"].as_str().unwrap().to_owned(),
        instance_id: case["instance"].as_str().map(str::to_owned),
        subscription: Subscription {
            topics: topics.map(|t| Arc::from(t.as_str().unwrap())).collect(),
            user_data: case["user_data"].as_str().map(unhex),
            owned: partitions(&case["owned"]),
            generation: Some(case["generation"].as_i64().unwrap() as i32).filter(|g| *g >= 0),
            rack: None,
        },
    }
}

fn partitions(list: &Value) -> Vec<TopicPartition> {
    let texts = list.as_array().unwrap().iter().map(|p| p.as_str().unwrap());
    texts
        .map(|t| t.rsplit_once('-').unwrap())
        .map(|(t, p)| tp(t, p.parse().unwrap()))
        .collect()
}

fn tp(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition::new(topic, partition)
}

fn unhex(text: &str) -> Bytes {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn fixture(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
