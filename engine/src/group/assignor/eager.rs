//! Everything is dealt out anew (`EagerAssignor`).

use super::{ByMember, Work};

/// Deals connectors, then tasks, round-robin over the members in the order of their ids; the circle goes on from the last
/// connector to the first task (DI-013).
pub fn assign_eagerly(
    members: impl IntoIterator<Item = std::sync::Arc<str>>,
    configured: &Work,
) -> ByMember {
    let mut dealt: ByMember = members
        .into_iter()
        .map(|member| (member, Work::default()))
        .collect();
    if dealt.is_empty() {
        return dealt;
    }
    let mut hands: Vec<&mut Work> = dealt.values_mut().collect();
    let count = hands.len();
    let mut turn = (0..count).cycle();
    for connector in &configured.connectors {
        if let Some(hand) = turn.next().and_then(|turn| hands.get_mut(turn)) {
            hand.connectors.insert(connector.clone());
        }
    }
    for task in &configured.tasks {
        if let Some(hand) = turn.next().and_then(|turn| hands.get_mut(turn)) {
            hand.tasks.insert(task.clone());
        }
    }
    dealt
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::group::assignment::tests::work;

    #[test]
    fn the_circle_goes_on_from_connectors_to_tasks() {
        let configured = work(
            &["a", "b", "c"],
            &[("a", 0), ("a", 1), ("b", 0), ("c", 0), ("c", 1)],
        );
        let members = ["m2", "m1"].map(Arc::from);
        let dealt = assign_eagerly(members, &configured);
        assert_eq!(dealt["m1"], work(&["a", "c"], &[("a", 1), ("c", 0)]));
        assert_eq!(dealt["m2"], work(&["b"], &[("a", 0), ("b", 0), ("c", 1)]));
        assert!(assign_eagerly([], &configured).is_empty());
    }
}
