//! Filling up the least loaded, and taking from those that have too much.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What one member has of one kind, connectors or tasks, in the order in which it may be taken away.
#[derive(Clone, Debug)]
pub(super) struct Load<T> {
    pub(super) member: Arc<str>,
    pub(super) items: Vec<T>,
}

/// Gives each item to a member that has the fewest; of several, to the one with the smallest id. The order of the loads
/// changes.
pub(super) fn spread<T>(loads: &mut [Load<T>], items: impl IntoIterator<Item = T>) {
    loads.sort_by(|a, b| {
        a.items
            .len()
            .cmp(&b.items.len())
            .then_with(|| a.member.cmp(&b.member))
    });
    let Some(first) = loads.first() else { return };
    let mut items = items.into_iter().peekable();
    let mut level = first.items.len();
    while items.peek().is_some() {
        let full = loads
            .iter()
            .position(|load| load.items.len() > level)
            .unwrap_or(loads.len());
        for load in &mut loads[..full] {
            load.items.extend(items.next());
        }
        level += 1;
    }
}

/// What members have beyond their share when `total` items are divided evenly; the first members with more than the
/// least share may keep the odd ones.
pub(super) fn excess<T: Clone>(loads: &[Load<T>], total: usize) -> BTreeMap<Arc<str>, Vec<T>> {
    let mut taken = BTreeMap::new();
    if loads.is_empty() {
        return taken;
    }
    let (share, mut odd) = (total / loads.len(), total % loads.len());
    let with = |count| loads.iter().filter(|l| l.items.len() == count).count();
    if with(share + 1) == odd && with(share) + with(share + 1) == loads.len() {
        return taken;
    }
    for load in loads {
        let has = load.items.len();
        if has <= share {
            continue;
        }
        let keeps = if odd > 0 { share + 1 } else { share };
        odd = odd.saturating_sub(1);
        if has > keeps {
            let items = load.items[..has - keeps].to_vec();
            taken.insert(Arc::clone(&load.member), items);
        }
    }
    taken
}
