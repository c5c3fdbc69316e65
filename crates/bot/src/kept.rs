//! What was read from the store, kept in memory until it changes: bounded, and never older than the last change.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Values by key; those that were not asked for longest go first when there are too many or they weigh too much.
pub(crate) struct Kept<K, V> {
    state: Mutex<State<K, V>>,
    most: usize,
    heaviest: usize,
}

struct State<K, V> {
    values: HashMap<K, Entry<V>>,
    weight: usize,
    clock: u64,
    /// Counts changes: what was read before one may be what it was before.
    changes: u64,
}

struct Entry<V> {
    value: V,
    weight: usize,
    used: u64,
}

impl<K: Eq + Hash + Clone, V: Clone> Kept<K, V> {
    /// At most so many values, and of so much weight together; the one that came last stays in any case, or it would
    /// be read with every question.
    pub(crate) fn new(most: usize, heaviest: usize) -> Self {
        let state = State { values: HashMap::new(), weight: 0, clock: 0, changes: 0 };
        Self { state: Mutex::new(state), most, heaviest }
    }

    /// The value, read now if it is not kept. `read` gives it with its weight.
    pub(crate) async fn get<E>(
        &self,
        key: &K,
        read: impl Future<Output = Result<(V, usize), E>>,
    ) -> Result<V, E> {
        let changes = {
            let mut state = self.lock();
            if let Some(value) = state.used(key) {
                return Ok(value);
            }
            state.changes
        };
        let (value, weight) = read.await?;
        let mut state = self.lock();
        // Somebody changed something while it was read: the next one reads again.
        if state.changes == changes {
            state.put(key.clone(), value.clone(), weight);
            state.shrink(self.most, self.heaviest);
        }
        Ok(value)
    }

    /// What is kept under the key is no longer true, and neither is what is being read at this moment.
    pub(crate) fn changed(&self, key: &K) {
        let mut state = self.lock();
        state.changes += 1;
        state.remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone, V: Clone> State<K, V> {
    fn used(&mut self, key: &K) -> Option<V> {
        self.clock += 1;
        let entry = self.values.get_mut(key)?;
        entry.used = self.clock;
        Some(entry.value.clone())
    }

    fn put(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        self.weight += weight;
        self.values.insert(key, Entry { value, weight, used: self.clock });
    }

    fn remove(&mut self, key: &K) {
        if let Some(entry) = self.values.remove(key) {
            self.weight -= entry.weight;
        }
    }

    fn shrink(&mut self, most: usize, heaviest: usize) {
        while self.values.len() > most || (self.weight > heaviest && self.values.len() > 1) {
            let oldest = self.values.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            self.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    async fn read(kept: &Kept<u8, u8>, key: u8, now: u8, weight: usize) -> u8 {
        let Ok(value) = kept.get(&key, async { Ok::<_, Infallible>((now, weight)) }).await;
        value
    }

    #[tokio::test]
    async fn a_value_is_read_once_and_again_when_it_changed() {
        let kept = Kept::new(8, 100);
        assert_eq!(read(&kept, 1, 10, 1).await, 10);
        assert_eq!(read(&kept, 1, 11, 1).await, 10, "it was kept");
        kept.changed(&1);
        assert_eq!(read(&kept, 1, 12, 1).await, 12);
    }

    #[tokio::test]
    async fn what_changes_while_it_is_read_is_not_kept() {
        let kept = Kept::new(8, 100);
        let during = async {
            kept.changed(&1);
            Ok::<_, Infallible>((10, 1))
        };
        let Ok(value) = kept.get(&1, during).await;
        assert_eq!(value, 10);
        assert_eq!(read(&kept, 1, 11, 1).await, 11);
    }

    #[tokio::test]
    async fn who_was_not_asked_for_longest_goes_first() {
        let kept = Kept::new(2, 100);
        for key in [1, 2] {
            read(&kept, key, 10, 1).await;
        }
        read(&kept, 1, 0, 1).await;
        read(&kept, 3, 10, 1).await;
        assert_eq!(read(&kept, 1, 20, 1).await, 10);
        assert_eq!(read(&kept, 2, 20, 1).await, 20, "two were the most");
        let heavy = Kept::new(8, 100);
        read(&heavy, 1, 10, 60).await;
        read(&heavy, 2, 10, 60).await;
        assert_eq!(read(&heavy, 1, 20, 60).await, 20, "both together weighed too much");
        read(&heavy, 3, 10, 200).await;
        assert_eq!(read(&heavy, 3, 20, 200).await, 10, "alone it is kept, whatever it weighs");
    }
}
