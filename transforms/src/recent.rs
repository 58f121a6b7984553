//! What was worked out for the last things seen.

use std::sync::Arc;

use windlass_api::{Result, Schema};

/// What was worked out for each of the last schemas seen, such as the schema derived from it.
pub(crate) type SchemaCache<T> = Recent<Schema, T>;

/// What was worked out for each of the last topics seen, such as the topic that takes its place.
pub(crate) type TopicCache<T> = Recent<Arc<str>, T>;

/// What was worked out for each of the last keys seen.
///
/// A key is looked for by pointer first, then by content, for equal ones may be made anew; one found by content is found
/// by pointer from then on. Beyond 16, as in Java, the one not used for longest is forgotten.
#[derive(Debug)]
pub(crate) struct Recent<K, T> {
    /// The last used first.
    entries: Vec<(K, T)>,
}

/// A key that is cheap to clone and to compare by pointer.
pub(crate) trait Shared: Clone + PartialEq {
    /// Whether both are the same object.
    fn same(&self, other: &Self) -> bool;
}

impl Shared for Schema {
    fn same(&self, other: &Self) -> bool {
        Schema::same(self, other)
    }
}

impl Shared for Arc<str> {
    fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(self, other)
    }
}

impl<K: Shared, T> Recent<K, T> {
    /// An empty cache; allocates nothing.
    pub(crate) const fn new() -> Self {
        Recent {
            entries: Vec::new(),
        }
    }

    /// What belongs to the key; `make` works it out when the key is not known.
    ///
    /// # Errors
    /// Those of `make`; nothing is kept then, and the next record tries again.
    pub(crate) fn get_or_make(
        &mut self,
        key: &K,
        make: impl FnOnce(&K) -> Result<T>,
    ) -> Result<&T> {
        if !self.entries.first().is_some_and(|(k, _)| k.same(key)) {
            self.bring_to_front(key, make)?;
        }
        Ok(&self.entries[0].1)
    }

    fn bring_to_front(&mut self, key: &K, make: impl FnOnce(&K) -> Result<T>) -> Result<()> {
        let known = |same: fn(&K, &K) -> bool| {
            let mut keys = self.entries.iter().map(|(k, _)| k);
            keys.position(|k| same(k, key))
        };
        if let Some(at) = known(K::same).or_else(|| known(K::eq)) {
            self.entries[..=at].rotate_right(1);
            self.entries[0].0 = key.clone();
            return Ok(());
        }
        let made = make(key)?;
        self.entries.truncate(CAPACITY - 1);
        self.entries.insert(0, (key.clone(), made));
        Ok(())
    }
}

impl<K: Shared, T> Default for Recent<K, T> {
    fn default() -> Self {
        Self::new()
    }
}

/// As many as Java's transforms keep.
const CAPACITY: usize = 16;

#[cfg(test)]
mod tests {
    use windlass_api::{ConnectError, Type};

    use super::*;

    fn named(name: &str) -> Schema {
        Schema::builder(Type::Int32).name(name).build().unwrap()
    }

    fn made(cache: &mut SchemaCache<String>, schema: &Schema) -> bool {
        let mut made = false;
        let value = cache.get_or_make(schema, |s| {
            made = true;
            Ok(s.to_string())
        });
        assert_eq!(value.unwrap(), &schema.to_string());
        made
    }

    #[test]
    fn an_equal_schema_is_the_same_one() {
        let mut cache = SchemaCache::new();
        assert!(made(&mut cache, &named("a")));
        let again = named("a");
        assert!(!made(&mut cache, &again));
        assert!(cache.entries[0].0.same(&again));
        assert_eq!(cache.entries.len(), 1);
    }

    #[test]
    fn forgets_the_one_not_used_for_longest() {
        let mut cache = SchemaCache::new();
        let schemas: Vec<Schema> = (0..=CAPACITY).map(|i| named(&i.to_string())).collect();
        for schema in &schemas[..CAPACITY] {
            assert!(made(&mut cache, schema));
        }
        assert!(!made(&mut cache, &schemas[0]));
        assert!(made(&mut cache, &schemas[CAPACITY]));
        assert!(!made(&mut cache, &schemas[0]));
        assert!(made(&mut cache, &schemas[1]));
        assert_eq!(cache.entries.len(), CAPACITY);
    }

    #[test]
    fn an_error_is_not_kept() {
        let mut cache = SchemaCache::new();
        let failed = cache.get_or_make(&named("a"), |_| Err(ConnectError::data("no")));
        assert!(failed.is_err());
        assert!(made(&mut cache, &named("a")));
    }
}
