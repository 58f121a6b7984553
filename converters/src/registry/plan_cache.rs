//! What a converter compiled for the schemas it writes.

use std::sync::Arc;

use tokio::time::Instant;
use windlass_api::{Schema, SchemaDef};

use super::Bounded;

/// Plans by topic and by the identity of a Connect schema.
///
/// The last one is compared first, for records of one batch have one schema; a connector that makes its schema anew for
/// each record is served by comparing with the last one's content.
#[derive(Debug)]
pub struct PlanCache<P> {
    plans: Bounded<(Arc<str>, usize), Entry<P>>,
    last: Option<(Arc<str>, Entry<P>)>,
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
            last: None,
        }
    }

    /// The plan of a schema under a topic, unless it is none yet or too old.
    pub fn get(&mut self, topic: &str, schema: Option<&Schema>) -> Option<&Arc<P>> {
        if !self.last_is(topic, schema, same) {
            let key = (Arc::from(topic), identity(schema));
            match self.plans.get(&key) {
                Some(entry) => self.last = Some((key.0, entry.clone())),
                None if self.last_is(topic, schema, |a, b| a == b) => {}
                None => return None,
            }
        }
        let (_, entry) = self.last.as_ref()?;
        if entry.expires.is_some_and(|at| at <= Instant::now()) {
            let (topic, entry) = self.last.take()?;
            self.plans.remove(&(topic, identity(entry.schema.as_ref())));
            return None;
        }
        self.last.as_ref().map(|(_, entry)| &entry.plan)
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
        self.last = Some((Arc::clone(&topic), entry.clone()));
        self.plans.insert((topic, identity(schema)), entry);
    }

    fn last_is(
        &self,
        topic: &str,
        schema: Option<&Schema>,
        equal: impl Fn(&Schema, &Schema) -> bool,
    ) -> bool {
        let Some((last_topic, last)) = &self.last else {
            return false;
        };
        let schemas_equal = match (&last.schema, schema) {
            (Some(a), Some(b)) => equal(a, b),
            (None, None) => true,
            _ => false,
        };
        schemas_equal && **last_topic == *topic
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

fn same(a: &Schema, b: &Schema) -> bool {
    a.same(b)
}

/// The address of a schema; 0 of none.
fn identity(schema: Option<&Schema>) -> usize {
    schema.map_or(0, |schema| std::ptr::from_ref::<SchemaDef>(schema).addr())
}

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
