//! A map that forgets what was not used lately.

use std::{collections::HashMap, hash::Hash};

/// A map of bounded size with two generations: when the young one is full it becomes the old one, and what is found
/// in the old one moves to the young one. So the least recently used half goes at once, and an access costs O(1).
#[derive(Debug)]
pub(crate) struct Bounded<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Eq + Hash, V> Bounded<K, V> {
    /// A map of at most `most` entries.
    pub(crate) fn new(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: (most / 2).max(1) }
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.old.remove(&key);
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<&mut V> {
        if !self.young.contains_key(key)
            && let Some((key, value)) = self.old.remove_entry(key)
        {
            self.insert(key, value);
        }
        self.young.get_mut(key)
    }

    /// Keeps only the entries with such keys.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.old.retain(|key, _| keep(key));
        self.young.retain(|key, _| keep(key));
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let old = self.old.remove(key);
        self.young.remove(key).or(old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_size_is_bounded() {
        let mut map = Bounded::new(8);
        map.insert(0, "kept");
        for key in 1..1_000 {
            map.insert(key, "filler");
            assert_eq!(map.get(&0).copied(), Some("kept"));
            assert!(map.young.len() + map.old.len() <= 8);
        }
        assert_eq!(map.get(&1), None);
        assert_eq!(map.remove(&0), Some("kept"));
        assert_eq!(map.get(&0), None);
        map.retain(|key| key % 2 == 0);
        assert_eq!((map.get(&998).copied(), map.get(&999)), (Some("filler"), None));
    }
}
