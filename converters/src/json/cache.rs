//! Schemas already read and written.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use windlass_api::{Schema, SchemaDef};

use windlass_api::short::strip_prefix;

/// Schemas by the text that they had in an envelope.
///
/// Bounded by the number of texts and their length, for messages say how long a schema is; the oldest goes first.
#[derive(Debug, Default)]
pub(super) struct ReadCache {
    capacity: usize,
    schemas: HashMap<Bytes, Option<Schema>>,
    ages: VecDeque<Bytes>,
    /// The length of all texts.
    length: usize,
    /// The last ones found, the latest first: records of one topic have few schemas.
    recent: Vec<(Bytes, Option<Schema>)>,
}

impl ReadCache {
    pub(super) fn new(capacity: usize) -> Self {
        ReadCache {
            capacity,
            ..ReadCache::default()
        }
    }

    /// A schema found lately with whose text the bytes begin, and the length of that. A schema is an object, or null,
    /// neither of which can be the beginning of a longer one.
    pub(super) fn at_start_of(&mut self, bytes: &[u8]) -> Option<(usize, &Option<Schema>)> {
        let at = self
            .recent
            .iter()
            .position(|(text, _)| strip_prefix(bytes, text).is_some())?;
        if at > 0 {
            self.recent.swap(0, at);
        }
        let (text, schema) = &self.recent[0];
        Some((text.len(), schema))
    }

    pub(super) fn get(&mut self, text: &[u8]) -> Option<Option<Schema>> {
        let (text, schema) = self.schemas.get_key_value(text)?;
        let (text, schema) = (text.clone(), schema.clone());
        self.remember(text, schema.clone());
        Some(schema)
    }

    /// Keeps a copy of the text: a slice would keep the whole message alive.
    pub(super) fn insert(&mut self, text: &[u8], schema: &Option<Schema>) {
        if self.capacity == 0 || text.len() > MAX_LENGTH {
            return;
        }
        while self.schemas.len() >= self.capacity || self.length + text.len() > MAX_LENGTH {
            let Some(oldest) = self.ages.pop_front() else {
                break;
            };
            self.length -= oldest.len();
            self.schemas.remove(&oldest);
        }
        self.length += text.len();
        let text = Bytes::copy_from_slice(text);
        self.schemas.insert(text.clone(), schema.clone());
        self.ages.push_back(text.clone());
        self.remember(text, schema.clone());
    }

    fn remember(&mut self, text: Bytes, schema: Option<Schema>) {
        self.recent.truncate(RECENT - 1);
        self.recent.insert(0, (text, schema));
    }
}

/// The texts of schemas, by identity.
///
/// A connector that makes its schema anew for each record is served by comparing with the last one.
#[derive(Debug, Default)]
pub(super) struct WriteCache {
    capacity: usize,
    texts: HashMap<usize, (Schema, Bytes)>,
    ages: VecDeque<usize>,
    last: Option<(Schema, Bytes)>,
}

impl WriteCache {
    pub(super) fn new(capacity: usize) -> Self {
        WriteCache {
            capacity,
            ..WriteCache::default()
        }
    }

    pub(super) fn get(&mut self, schema: &Schema) -> Option<&[u8]> {
        let is_last = self
            .last
            .as_ref()
            .is_some_and(|(last, _)| last.same(schema));
        if !is_last {
            match self.texts.get(&identity(schema)) {
                Some(found) => self.last = Some(found.clone()),
                None if self.last.as_ref().is_some_and(|(last, _)| last == schema) => {}
                None => return None,
            }
        }
        self.last.as_ref().map(|(_, text)| &text[..])
    }

    pub(super) fn insert(&mut self, schema: &Schema, text: &[u8]) {
        if self.capacity == 0 {
            return;
        }
        if self.texts.len() >= self.capacity
            && let Some(oldest) = self.ages.pop_front()
        {
            self.texts.remove(&oldest);
        }
        // The entry keeps the schema alive, so that no other can have its address.
        let entry = (schema.clone(), Bytes::copy_from_slice(text));
        self.last = Some(entry.clone());
        self.texts.insert(identity(schema), entry);
        self.ages.push_back(identity(schema));
    }
}

fn identity(schema: &Schema) -> usize {
    std::ptr::from_ref::<SchemaDef>(schema).addr()
}

/// So many texts are compared before one is looked up.
const RECENT: usize = 4;
/// In bytes.
const MAX_LENGTH: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_schemas_do_not_pile_up() {
        let mut cache = ReadCache::new(1000);
        let text = |i: usize| format!("{{\"doc\":\"{}\",\"i\":{i}}}", "x".repeat(MAX_LENGTH / 4));
        for i in 0..20 {
            cache.insert(text(i).as_bytes(), &Some(Schema::STRING));
            assert!(cache.length <= MAX_LENGTH && cache.schemas.len() == cache.ages.len());
        }
        assert_eq!(cache.schemas.len(), 3);
        assert!(cache.get(text(19).as_bytes()).is_some());
        assert!(cache.get(text(0).as_bytes()).is_none());
    }
}
