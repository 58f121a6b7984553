//! Work moves only where it must (`IncrementalCooperativeAssignor`, KIP-415).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::balance::{Load, excess, spread};
use super::{ByMember, Work};
use crate::status::TaskId;

/// The leader's memory from one rebalance to the next. A worker that becomes the leader begins with a new one.
#[derive(Clone, Debug)]
pub struct IncrementalAssignor {
    /// `scheduled.rebalance.max.delay.ms`; 0 switches all waiting off (B-027).
    max_delay_ms: i64,
    /// What was running after the last round if everybody obeyed, and what is missing since.
    previous: Work,
    /// What the last round took away.
    taken: Work,
    previous_generation: i32,
    previous_members: BTreeSet<Arc<str>>,
    /// Whether the last round took work away to balance it, and how many such rounds in a row were put off.
    took_before: bool,
    put_off: i32,
    /// When the work of lost members is given to others, in milliseconds; 0 when nothing is scheduled.
    scheduled_at: i64,
    /// Milliseconds that are told to the members as the time until the next rebalance.
    delay: i64,
    /// Work that its member left to another: the number of the round in which it did. It is taken from there first, which
    /// brings it home when its member is back.
    guests: Guests,
    guests_first: bool,
    rounds: u64,
    /// Members that came back empty while work was missing, in the order in which they came: it was probably theirs.
    candidates: Vec<Arc<str>>,
}

#[derive(Clone, Debug, Default)]
struct Guests {
    connectors: BTreeMap<Arc<str>, u64>,
    tasks: BTreeMap<TaskId, u64>,
}

/// What a round is decided by.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// Any clock that goes forward, in milliseconds.
    pub now_ms: i64,
    /// The generation that begins.
    pub generation: i32,
    /// The last generation in which this worker got an assignment.
    pub last_completed_generation: i32,
    /// What there is to run.
    pub configured: &'a Work,
    /// What each member says it runs.
    pub members: &'a ByMember,
}

/// What the leader decided. Every member is in every map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is new for each.
    pub assigned: ByMember,
    /// What each stops before it joins again.
    pub revoked: ByMember,
    /// What each runs when it has obeyed.
    pub running: ByMember,
    /// Milliseconds until the next rebalance is due; 0 for none.
    pub delay_ms: i32,
}

impl IncrementalAssignor {
    /// An assignor that remembers nothing.
    pub fn new(max_delay: Duration) -> Self {
        IncrementalAssignor {
            max_delay_ms: i64::try_from(max_delay.as_millis()).unwrap_or(i64::MAX),
            previous: Work::default(),
            taken: Work::default(),
            previous_generation: -1,
            previous_members: BTreeSet::new(),
            took_before: false,
            put_off: 0,
            scheduled_at: 0,
            delay: 0,
            guests: Guests::default(),
            guests_first: false,
            rounds: 0,
            candidates: Vec::new(),
        }
    }

    /// Takes work that a lost member left from where it went to, before other work, when members come: in a rolling restart
    /// it goes home, and nothing else moves. Java takes whatever comes first, which moves some of it again and again.
    #[must_use]
    pub fn guests_first(self) -> Self {
        IncrementalAssignor {
            guests_first: true,
            ..self
        }
    }

    /// Decides a round.
    pub fn assign(&mut self, round: Round<'_>) -> Plan {
        let Round {
            configured,
            members,
            ..
        } = round;
        let active = self.look_back(&round);
        // A new leader remembers nothing: work that nobody has was probably somebody's.
        let inherited = self.previous.is_empty() && !active.is_empty();
        let deleted = self.previous.without(configured);
        let lost = self.previous.without(&active).without(&deleted);
        let created = configured.without(&self.previous).without(&active);
        let doubled = doubled(members);

        // What a member must stop whatever the balance: what is gone, and what another runs too.
        let mut revoked: ByMember = members
            .iter()
            .map(|(member, has)| {
                let mut stops = has.common(&deleted);
                stops.add(&has.common(&doubled));
                (Arc::clone(member), stops)
            })
            .collect();
        let mut loads = Loads::new(members, &revoked, &self.guests);
        let as_new = self.treat_lost(&lost, round.now_ms, &mut loads);
        self.balance(&round, &mut loads, &mut revoked);
        loads.spread(
            created.clone(),
            if as_new {
                lost.clone()
            } else {
                Work::default()
            },
        );

        let running = loads.into_members();
        let assigned = running.iter().map(|(member, runs)| {
            let had = members.get(member).map(|has| has.without(&deleted));
            let new = runs.without(&had.unwrap_or_default());
            (Arc::clone(member), new)
        });
        let assigned = assigned.collect();
        let homeless = if inherited { &created } else { &lost };
        self.note_guests(&running, homeless);
        self.remember(&round, &running, &revoked, &lost);
        Plan {
            assigned,
            revoked,
            running,
            delay_ms: i32::try_from(self.delay).unwrap_or(i32::MAX),
        }
    }

    /// Corrects the memory by what the members say; answers what they run together.
    fn look_back(&mut self, round: &Round<'_>) -> Work {
        if self.previous_generation != round.last_completed_generation {
            // The last round never reached the members (DI-022).
            self.previous = Work::default();
        }
        let mut active = Work::default();
        for has in round.members.values() {
            active.add(has);
        }
        if !self.taken.common(&active).is_empty() {
            // What was to be stopped still runs.
            self.previous = active.clone();
        }
        self.taken = Work::default();
        active
    }

    /// Decides about work that nobody has any more: it waits for the member that had it, unless that did not leave at
    /// all, or the time is over. Answers whether it is to be assigned as if it were new.
    fn treat_lost(&mut self, lost: &Work, now: i64, loads: &mut Loads) -> bool {
        if lost.is_empty() && !self.took_before {
            self.reset_delay();
            return false;
        }
        let present = |member: &Arc<str>| loads.has(member);
        let nobody_left = self.scheduled_at <= 0 && self.previous_members.iter().all(present);
        if nobody_left || self.max_delay_ms == 0 {
            return true;
        }
        if self.scheduled_at > 0 && now >= self.scheduled_at {
            let given = loads.give(lost, &self.candidates);
            self.reset_delay();
            self.took_before = false;
            !given
        } else {
            for member in loads.idle() {
                if !self.candidates.contains(&member) {
                    self.candidates.push(member);
                }
            }
            self.delay = if now < self.scheduled_at {
                self.scheduled_at - now
            } else {
                self.max_delay_ms
            };
            self.scheduled_at = now + self.delay;
            false
        }
    }

    /// Takes work from members that have more than their share, but not while work is missing, and after a round that
    /// did so only with a growing delay (KAFKA-12495).
    fn balance(&mut self, round: &Round<'_>, loads: &mut Loads, revoked: &mut ByMember) {
        if self.delay != 0 {
            self.took_before = false;
            return;
        }
        let excess = loads.excess(round.configured);
        if excess.values().all(Work::is_empty) {
            self.took_before = false;
            self.put_off = 0;
            return;
        }
        if self.took_before {
            self.put_off = self.put_off.saturating_add(1);
            self.delay = back_off(self.put_off, self.max_delay_ms);
            if self.delay != 0 {
                self.scheduled_at = round.now_ms + self.delay;
                return;
            }
        }
        self.took_before = true;
        loads.remove(&excess);
        for (member, stops) in excess {
            revoked.entry(member).or_default().add(&stops);
        }
    }

    fn remember(&mut self, round: &Round<'_>, running: &ByMember, revoked: &ByMember, lost: &Work) {
        self.previous = Work::default();
        for runs in running.values() {
            self.previous.add(runs);
        }
        for stops in revoked.values() {
            self.previous.remove(stops);
            self.taken.add(stops);
        }
        self.previous.add(lost);
        self.previous_generation = round.generation;
        self.previous_members = round.members.keys().cloned().collect();
    }

    fn note_guests(&mut self, running: &ByMember, homeless: &Work) {
        if !self.guests_first {
            return;
        }
        self.rounds += 1;
        let mut runs = Work::default();
        for has in running.values() {
            runs.add(has);
        }
        self.guests
            .connectors
            .retain(|name, _| runs.connectors.contains(name));
        self.guests.tasks.retain(|id, _| runs.tasks.contains(id));
        let placed = homeless.common(&runs);
        let round = self.rounds;
        let connectors = placed.connectors.into_iter().map(|name| (name, round));
        self.guests.connectors.extend(connectors);
        let tasks = placed.tasks.into_iter().map(|id| (id, round));
        self.guests.tasks.extend(tasks);
    }

    fn reset_delay(&mut self) {
        self.candidates.clear();
        self.scheduled_at = 0;
        self.delay = 0;
    }
}

/// What every member will have, connectors and tasks apart.
struct Loads {
    connectors: Vec<Load<Arc<str>>>,
    tasks: Vec<Load<TaskId>>,
}

impl Loads {
    /// Latest guests first, in the order in which they may be taken away.
    fn new(members: &ByMember, revoked: &ByMember, guests: &Guests) -> Self {
        let keeps = |member: &Arc<str>, has: &Work| match revoked.get(member) {
            Some(stops) => has.without(stops),
            None => has.clone(),
        };
        let kept: Vec<_> = members
            .iter()
            .map(|(member, has)| (member, keeps(member, has)))
            .collect();
        Loads {
            connectors: kept
                .iter()
                .map(|(member, has)| Load {
                    member: Arc::clone(member),
                    items: latest_first(&has.connectors, &guests.connectors),
                })
                .collect(),
            tasks: kept
                .iter()
                .map(|(member, has)| Load {
                    member: Arc::clone(member),
                    items: latest_first(&has.tasks, &guests.tasks),
                })
                .collect(),
        }
    }

    fn has(&self, member: &Arc<str>) -> bool {
        self.connectors.iter().any(|load| load.member == *member)
    }

    /// The members without any work, in the order of their ids.
    fn idle(&self) -> Vec<Arc<str>> {
        let busy = self.tasks.iter().filter(|load| !load.items.is_empty());
        let busy: BTreeSet<_> = busy.map(|load| Arc::clone(&load.member)).collect();
        let idle = self.connectors.iter().filter(|load| load.items.is_empty());
        let idle = idle.map(|load| Arc::clone(&load.member));
        idle.filter(|member| !busy.contains(member))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// Gives the work in turn to those of these members who are there; false when none is.
    fn give(&mut self, work: &Work, to: &[Arc<str>]) -> bool {
        let there: Vec<_> = to.iter().filter(|m| self.has(m)).cloned().collect();
        if there.is_empty() {
            return false;
        }
        deal(&mut self.connectors, &there, work.connectors.iter());
        deal(&mut self.tasks, &there, work.tasks.iter());
        true
    }

    fn excess(&self, configured: &Work) -> ByMember {
        let idle = |loads: usize| loads == 0;
        let all_idle = self.connectors.iter().all(|load| idle(load.items.len()))
            && self.tasks.iter().all(|load| idle(load.items.len()));
        let mut taken = ByMember::new();
        if all_idle || configured.is_empty() {
            return taken;
        }
        for (member, connectors) in excess(&self.connectors, configured.connectors.len()) {
            taken
                .entry(member)
                .or_default()
                .connectors
                .extend(connectors);
        }
        for (member, tasks) in excess(&self.tasks, configured.tasks.len()) {
            taken.entry(member).or_default().tasks.extend(tasks);
        }
        taken
    }

    fn remove(&mut self, taken: &ByMember) {
        for load in &mut self.connectors {
            if let Some(taken) = taken.get(&load.member) {
                load.items.retain(|item| !taken.connectors.contains(item));
            }
        }
        for load in &mut self.tasks {
            if let Some(taken) = taken.get(&load.member) {
                load.items.retain(|item| !taken.tasks.contains(item));
            }
        }
    }

    fn spread(&mut self, first: Work, then: Work) {
        spread(
            &mut self.connectors,
            first.connectors.into_iter().chain(then.connectors),
        );
        spread(&mut self.tasks, first.tasks.into_iter().chain(then.tasks));
    }

    fn into_members(self) -> ByMember {
        let mut members = ByMember::new();
        for load in self.connectors {
            let has = members.entry(load.member).or_default();
            has.connectors.extend(load.items);
        }
        for load in self.tasks {
            let has = members.entry(load.member).or_default();
            has.tasks.extend(load.items);
        }
        members
    }
}

fn latest_first<T: Clone + Ord>(items: &BTreeSet<T>, guests: &BTreeMap<T, u64>) -> Vec<T> {
    let mut items: Vec<T> = items.iter().cloned().collect();
    items.sort_by_key(|item| Reverse(guests.get(item).copied()));
    items
}

fn deal<'a, T: Clone + 'a>(
    loads: &mut [Load<T>],
    to: &[Arc<str>],
    items: impl Iterator<Item = &'a T>,
) {
    for (item, member) in items.zip(to.iter().cycle()) {
        if let Some(load) = loads.iter_mut().find(|load| load.member == *member) {
            load.items.push(item.clone());
        }
    }
}

/// What several members run.
fn doubled(members: &ByMember) -> Work {
    let (mut seen, mut doubled) = (Work::default(), Work::default());
    for has in members.values() {
        doubled.add(&has.common(&seen));
        seen.add(has);
    }
    doubled
}

/// Forty times longer each time, from 40 ms on, up to the longest. In floating point as Java does it, which makes the
/// longest one a millisecond shorter than configured.
fn back_off(attempt: i32, max_ms: i64) -> i64 {
    if max_ms <= 1 {
        return max_ms;
    }
    let max = max_ms as f64;
    let exponent = f64::from(attempt).min(max.ln() / GROWTH.ln());
    (GROWTH.powf(exponent) as i64).min(max_ms)
}

const GROWTH: f64 = 40.0;
