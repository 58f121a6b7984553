//! What was worked out for a schema, found again by the schema.

use windlass_api::{Result, Schema};

/// What was worked out for each of the last schemas seen, such as the schema derived from it.
///
/// A schema is looked for by pointer first, then by content, for a converter may make equal schemas anew; a schema found
/// by content is found by pointer from then on. Beyond 16, as in Java, the one not used for longest is forgotten.
#[derive(Debug)]
pub(crate) struct SchemaCache<T> {
    /// The last used first.
    entries: Vec<(Schema, T)>,
}

impl<T> SchemaCache<T> {
    /// An empty cache; allocates nothing.
    pub(crate) const fn new() -> Self {
        SchemaCache {
            entries: Vec::new(),
        }
    }

    /// What belongs to the schema; `make` works it out when the schema is not known.
    ///
    /// # Errors
    /// Those of `make`; nothing is kept then, and the next record tries again.
    pub(crate) fn get_or_make(
        &mut self,
        schema: &Schema,
        make: impl FnOnce(&Schema) -> Result<T>,
    ) -> Result<&T> {
        if !self.entries.first().is_some_and(|(s, _)| s.same(schema)) {
            self.bring_to_front(schema, make)?;
        }
        Ok(&self.entries[0].1)
    }

    fn bring_to_front(
        &mut self,
        schema: &Schema,
        make: impl FnOnce(&Schema) -> Result<T>,
    ) -> Result<()> {
        let known = |same: fn(&Schema, &Schema) -> bool| {
            self.entries.iter().position(|(s, _)| same(s, schema))
        };
        if let Some(at) = known(Schema::same).or_else(|| known(PartialEq::eq)) {
            self.entries[..=at].rotate_right(1);
            self.entries[0].0 = schema.clone();
            return Ok(());
        }
        let made = make(schema)?;
        self.entries.truncate(CAPACITY - 1);
        self.entries.insert(0, (schema.clone(), made));
        Ok(())
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
