//! What a converter compiled for the schemas it reads.

use std::sync::Arc;

use super::Bounded;

/// Plans by topic and by the id in the message.
#[derive(Debug)]
pub struct IdCache<P> {
    plans: Bounded<(Arc<str>, i32), Arc<P>>,
    /// The last ones found, the latest first: records of a topic have few schemas.
    recent: Vec<(Arc<str>, i32, Arc<P>)>,
}

impl<P> IdCache<P> {
    /// A cache of at most so many plans.
    pub fn new(capacity: usize) -> Self {
        IdCache {
            plans: Bounded::new(capacity),
            recent: Vec::new(),
        }
    }

    /// The plan of an id under a topic.
    pub fn get(&mut self, topic: &str, id: i32) -> Option<&Arc<P>> {
        let at = self
            .recent
            .iter()
            .position(|(t, i, _)| *i == id && **t == *topic);
        match at {
            Some(at) => self.recent.swap(0, at),
            None => {
                let key = (Arc::from(topic), id);
                let plan = Arc::clone(self.plans.get(&key)?);
                self.remember(key.0, id, plan);
            }
        }
        self.recent.first().map(|(_, _, plan)| plan)
    }

    /// Keeps a plan.
    pub fn insert(&mut self, topic: &str, id: i32, plan: Arc<P>) {
        let topic: Arc<str> = Arc::from(topic);
        self.plans
            .insert((Arc::clone(&topic), id), Arc::clone(&plan));
        self.remember(topic, id, plan);
    }

    fn remember(&mut self, topic: Arc<str>, id: i32, plan: Arc<P>) {
        self.recent.truncate(RECENT - 1);
        self.recent.insert(0, (topic, id, plan));
    }
}

/// So many plans are compared before one is looked up.
const RECENT: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_kept_by_topic_and_id() {
        let mut cache = IdCache::new(10);
        for id in 0..8 {
            cache.insert("t", id, Arc::new(id));
        }
        cache.insert("u", 1, Arc::new(100));
        for id in 0..8 {
            assert_eq!(**cache.get("t", id).unwrap(), id);
        }
        assert_eq!(**cache.get("u", 1).unwrap(), 100);
        assert!(cache.get("u", 2).is_none() && cache.get("t", 9).is_none());
    }
}
