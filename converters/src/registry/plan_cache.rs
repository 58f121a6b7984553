//! What a converter compiled for the schemas it writes.

use std::sync::Arc;

use tokio::time::Instant;
use windlass_api::{Schema, SchemaDef};

use super::Bounded;

/// Plans by topic and by the identity of a Connect schema.
///
/// The last ones are compared first, for records of one batch have few schemas; a connector that makes its schema anew
/// for each record is served by comparing with the last one's content.
#[derive(Debug)]
pub struct PlanCache<P> {
    plans: Bounded<(Arc<str>, usize), Entry<P>>,
    /// The last ones found, the latest first.
    recent: Vec<(Arc<str>, Entry<P>)>,
}

#[derive(Debug)]
struct Entry<P> {
    /// Keeps the address taken. `None` stands for schemaless values.
    schema: Option<Schema>,
    plan: Arc<P>,
    expires: Option<Instant>,
}

impl<P> PlanCache<P> {
    /// A cache of at most so many plans.
    pub fn new(capacity: usize) -> Self {
        PlanCache {
            plans: Bounded::new(capacity),
            recent: Vec::new(),
        }
    }

    /// The plan of a schema under a topic, unless it is none yet or too old.
    pub fn get(&mut self, topic: &str, schema: Option<&Schema>) -> Option<&Arc<P>> {
        let is_same = |(t, entry): &(Arc<str>, Entry<P>)| {
            identity(entry.schema.as_ref()) == identity(schema) && **t == *topic
        };
        match self.recent.iter().position(is_same) {
            Some(at) => self.recent.swap(0, at),
            None => self.look_up(topic, schema)?,
        }
        let (_, entry) = self.recent.first()?;
        if entry.expires.is_some_and(|at| at <= Instant::now()) {
            let (topic, entry) = self.recent.swap_remove(0);
            self.plans.remove(&(topic, identity(entry.schema.as_ref())));
            return None;
        }
        self.recent.first().map(|(_, entry)| &entry.plan)
    }

    /// Keeps a plan until it expires, if ever.
    pub fn insert(
        &mut self,
        topic: &str,
        schema: Option<&Schema>,
        plan: Arc<P>,
        expires: Option<Instant>,
    ) {
        let topic: Arc<str> = Arc::from(topic);
        let entry = Entry {
            schema: schema.cloned(),
            plan,
            expires,
        };
        let key = (Arc::clone(&topic), identity(schema));
        self.plans.insert(key, entry.clone());
        self.remember(topic, entry);
    }

    /// Puts the plan first among the recent ones: that of the schema, or the first when its schema is equal.
    fn look_up(&mut self, topic: &str, schema: Option<&Schema>) -> Option<()> {
        let key = (Arc::from(topic), identity(schema));
        if let Some(entry) = self.plans.get(&key) {
            let entry = entry.clone();
            self.remember(key.0, entry);
            return Some(());
        }
        let (last_topic, last) = self.recent.first()?;
        (**last_topic == *topic && last.schema.as_ref() == schema).then_some(())
    }

    fn remember(&mut self, topic: Arc<str>, entry: Entry<P>) {
        self.recent.truncate(RECENT - 1);
        self.recent.insert(0, (topic, entry));
    }
}

impl<P> Clone for Entry<P> {
    fn clone(&self) -> Self {
        Entry {
            schema: self.schema.clone(),
            plan: Arc::clone(&self.plan),
            expires: self.expires,
        }
    }
}

/// The address of a schema; 0 of none.
fn identity(schema: Option<&Schema>) -> usize {
    schema.map_or(0, |schema| std::ptr::from_ref::<SchemaDef>(schema).addr())
}

/// So many plans are compared before one is looked up.
const RECENT: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_found_by_identity_and_by_content_of_the_last() {
        let schema = || {
            Schema::structure()
                .field("a", Schema::INT8)
                .build()
                .unwrap()
        };
        let (first, second, copy) = (schema(), Schema::STRING, schema());
        let mut cache = PlanCache::new(10);
        assert!(cache.get("t", Some(&first)).is_none());
        cache.insert("t", Some(&first), Arc::new(1), None);
        assert!(cache.get("u", Some(&first)).is_none());
        assert!(cache.get("t", None).is_none());
        assert_eq!(**cache.get("t", Some(&copy)).unwrap(), 1);
        cache.insert("t", Some(&second), Arc::new(2), None);
        assert_eq!(**cache.get("t", Some(&first)).unwrap(), 1);
        assert_eq!(**cache.get("t", Some(&second)).unwrap(), 2);
        cache.insert("t", Some(&second), Arc::new(3), Some(Instant::now()));
        assert!(cache.get("t", Some(&second)).is_none());
    }
}
