//! A map that does not grow without end.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map of at most so many entries; the oldest goes first.
#[derive(Debug)]
pub struct Bounded<K, V> {
    capacity: usize,
    entries: HashMap<K, V>,
    ages: VecDeque<K>,
}

impl<K: Hash + Eq + Clone, V> Bounded<K, V> {
    /// An empty map of at most `capacity` entries, but at least one.
    pub fn new(capacity: usize) -> Self {
        Bounded {
            capacity: capacity.max(1),
            entries: HashMap::new(),
            ages: VecDeque::new(),
        }
    }

    /// The value of a key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    /// Keeps a value, in place of the one that the key had.
    pub fn insert(&mut self, key: K, value: V) {
        if self.entries.insert(key.clone(), value).is_some() {
            return;
        }
        self.ages.push_back(key);
        if self.ages.len() > self.capacity
            && let Some(oldest) = self.ages.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }

    /// Takes out the value of a key.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let value = self.entries.remove(key)?;
        self.ages.retain(|k| k.borrow() != key);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut map = Bounded::new(2);
        for i in 0..3 {
            map.insert(i, i);
            map.insert(i, i * 10);
        }
        assert_eq!(
            (map.get(&0), map.get(&1), map.get(&2)),
            (None, Some(&10), Some(&20))
        );
        assert_eq!(map.remove(&1), Some(10));
        map.insert(4, 4);
        assert_eq!((map.get(&2), map.get(&4)), (Some(&20), Some(&4)));
    }
}
