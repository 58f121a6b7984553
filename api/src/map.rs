//! Maps from values to values.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use crate::Value;

/// The entries of a map in insertion order; a key occurs once.
///
/// Small maps are searched one key after the other; larger ones keep an index, so that building a map is linear in
/// its size whatever its keys are.
#[derive(Clone, Debug, Default)]
pub struct MapValue {
    entries: Vec<(Value, Value)>,
    index: Option<Box<Index>>,
}

/// Entry numbers by the hash of their key.
#[derive(Clone, Debug, Default)]
struct Index {
    hasher: RandomState,
    slots: HashMap<u64, Vec<u32>, RandomState>,
}

impl MapValue {
    /// An empty map; allocates nothing.
    pub const fn new() -> Self {
        MapValue {
            entries: Vec::new(),
            index: None,
        }
    }

    /// An empty map with room for this many entries.
    pub fn with_capacity(capacity: usize) -> Self {
        MapValue {
            entries: Vec::with_capacity(capacity),
            index: None,
        }
    }

    /// The entries, in insertion order.
    pub fn entries(&self) -> &[(Value, Value)] {
        &self.entries
    }

    /// The entries, in insertion order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Value, Value)> {
        self.entries.iter()
    }

    /// The values, in insertion order, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.entries.iter_mut().map(|(_, v)| v)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds the entry, or replaces the value of an equal key, keeping its place. Gives back the value replaced.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        if let Some(at) = self.position(&key) {
            return Some(std::mem::replace(&mut self.entries[at].1, value));
        }
        if let Some(index) = &mut self.index {
            let hash = index.hash(&key);
            index
                .slots
                .entry(hash)
                .or_default()
                .push(self.entries.len() as u32);
        }
        self.entries.push((key, value));
        if self.index.is_none() && self.entries.len() > SEARCHED_ENTRIES {
            self.build_index();
        }
        None
    }

    /// The value of a key.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        self.position(key).map(|at| &self.entries[at].1)
    }

    /// The value of a string key.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        if self.index.is_some() {
            return self.get(&Value::from(key));
        }
        self.entries
            .iter()
            .find(|(k, _)| k.as_str() == Some(key))
            .map(|(_, v)| v)
    }

    /// The value of a string key, to change it.
    pub fn get_str_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = match &self.index {
            Some(_) => self.position(&Value::from(key))?,
            None => self
                .entries
                .iter()
                .position(|(k, _)| k.as_str() == Some(key))?,
        };
        Some(&mut self.entries[at].1)
    }

    /// Keeps the entries for which `keep`, which may change their values, says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&Value, &mut Value) -> bool) {
        let before = self.entries.len();
        self.entries.retain_mut(|(key, value)| keep(key, value));
        if self.index.is_some() && self.entries.len() < before {
            self.build_index();
        }
    }

    /// Gives entries another key where `new_key` says one. Where keys come to be equal, the entry of the first stays, with
    /// the value of the last.
    pub fn rename(&mut self, mut new_key: impl FnMut(&Value) -> Option<Value>) {
        let mut renamed = 0u32;
        for (at, (key, _)) in self.entries.iter_mut().enumerate() {
            if let Some(new) = new_key(key) {
                *key = new;
                renamed |= 1 << (at % SEARCHED_ENTRIES);
            }
        }
        let is_twice = |at: usize| {
            let (key, _) = &self.entries[at];
            let others = self.entries.iter().enumerate();
            renamed >> at & 1 == 1 && others.into_iter().any(|(i, (k, _))| i != at && k == key)
        };
        let len = self.entries.len();
        if renamed != 0 && (self.index.is_some() || (0..len).any(is_twice)) {
            *self = std::mem::take(&mut self.entries).into_iter().collect();
        }
    }

    /// Takes out the entry of a key; later entries move up.
    pub fn remove(&mut self, key: &Value) -> Option<Value> {
        let at = self.position(key)?;
        let (_, value) = self.entries.remove(at);
        if self.index.is_some() {
            self.build_index();
        }
        Some(value)
    }

    fn position(&self, key: &Value) -> Option<usize> {
        match &self.index {
            None => self.entries.iter().position(|(k, _)| k == key),
            Some(index) => {
                let candidates = index.slots.get(&index.hash(key))?;
                candidates
                    .iter()
                    .map(|&at| at as usize)
                    .find(|&at| self.entries[at].0 == *key)
            }
        }
    }

    fn build_index(&mut self) {
        let mut index = Box::<Index>::default();
        for (at, (key, _)) in self.entries.iter().enumerate() {
            let hash = index.hash(key);
            index.slots.entry(hash).or_default().push(at as u32);
        }
        self.index = Some(index);
    }
}

impl Index {
    fn hash(&self, key: &Value) -> u64 {
        self.hasher.hash_one(key)
    }
}

/// As `java.util.Map.equals`: the same pairs, in whatever order.
impl PartialEq for MapValue {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.entries.iter().all(|(k, v)| other.get(k) == Some(v))
    }
}

impl Eq for MapValue {}

/// Independent of order, as equality is.
impl Hash for MapValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let sum = self.entries.iter().fold(0u64, |sum, (key, _)| {
            let mut one = std::hash::DefaultHasher::new();
            key.hash(&mut one);
            sum.wrapping_add(one.finish())
        });
        state.write_u64(sum);
    }
}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for MapValue {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = MapValue::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl IntoIterator for MapValue {
    type Item = (Value, Value);
    type IntoIter = std::vec::IntoIter<(Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a MapValue {
    type Item = &'a (Value, Value);
    type IntoIter = std::slice::Iter<'a, (Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

/// Up to this many entries, comparing one key after the other beats hashing.
const SEARCHED_ENTRIES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_replaces_in_place() {
        for size in [3, 200] {
            let mut map: MapValue = (0..size).map(|i| (format!("k{i}"), i)).collect();
            assert_eq!(map.insert("k1", 99), Some(Value::Int32(1)));
            assert_eq!(map.len(), size as usize);
            assert_eq!(map.entries()[1], (Value::from("k1"), Value::Int32(99)));
            assert_eq!(map.remove(&Value::from("k0")), Some(Value::Int32(0)));
            assert_eq!(map.get_str("k1"), Some(&Value::Int32(99)));
            assert_eq!(map.get_str("k0"), None);
            *map.get_str_mut("k2").unwrap() = Value::Int32(7);
            assert_eq!(map.get_str_mut("k0"), None);
            assert_eq!(
                map.get_str(&format!("k{}", size - 1)),
                map.entries().last().map(|(_, v)| v)
            );
            map.retain(|key, value| key.as_str() != Some("k2") && *value != Value::Int32(1));
            assert_eq!(map.len(), size as usize - 2);
            assert_eq!(map.get_str("k2"), None);
            assert_eq!(map.get_str("k5").is_some(), size > 5);
        }
    }

    #[test]
    fn renamed_keys_may_meet() {
        for size in [4, 200] {
            let map: MapValue = (0..size).map(|i| (format!("k{i}"), i)).collect();
            let renamed = |names: &[(&str, &str)]| {
                let mut map = map.clone();
                map.rename(|key| {
                    let pair = names.iter().find(|(old, _)| key.as_str() == Some(old));
                    pair.map(|(_, new)| Value::from(*new))
                });
                map
            };
            let turned = renamed(&[("k0", "k1"), ("k1", "k0")]);
            assert_eq!(turned.entries()[0], ("k1".into(), 0.into()));
            assert_eq!(turned.get_str("k0"), Some(&1.into()));
            let met = renamed(&[("k0", "x"), ("k3", "x")]);
            assert_eq!(met.len(), size as usize - 1);
            assert_eq!(met.entries()[0], ("x".into(), 3.into()));
            let met = renamed(&[("k1", "k2")]);
            assert_eq!(met.entries()[1], ("k2".into(), 2.into()));
            assert_eq!(met.get_str("k3"), Some(&3.into()));
        }
    }

    #[test]
    fn equality_ignores_order() {
        let a: MapValue = [("x", 1), ("y", 2)].into_iter().collect();
        let b: MapValue = [("y", 2), ("x", 1)].into_iter().collect();
        assert_eq!(a, b);
        let nested = |m: &MapValue| MapValue::from_iter([(Value::Map(m.clone()), 1)]);
        assert_eq!(nested(&a), nested(&b));
    }
}
