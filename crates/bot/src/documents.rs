//! Documents of state that change with every message: cached, changed in one step, and kept with a rising version.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;
use serde::{Serialize, de::DeserializeOwned};
use store::{StateDoc, Store};

/// Documents of one kind.
///
/// A change is made in memory, under a lock that is held for just that, and gives the document as it is to be kept; the
/// store takes an older version for what it is, so two changes that are kept in the wrong order do no harm. What is
/// forgotten here for lack of room is read again.
pub(crate) struct Documents<T> {
    kind: &'static str,
    cache: Mutex<LruCache<String, Entry<T>>>,
}

struct Entry<T> {
    version: u64,
    value: Arc<T>,
}

impl<T: Default + Clone + Debug + Serialize + DeserializeOwned + Send + Sync> Documents<T> {
    /// Documents under `kind/…`, of which so many stay in memory.
    pub(crate) fn new(kind: &'static str, most: NonZeroUsize) -> Self {
        Self { kind, cache: Mutex::new(LruCache::new(most)) }
    }

    /// A document as it is now; one that nobody wrote yet is the default.
    pub(crate) async fn get(&self, store: &dyn Store, name: &str) -> store::Result<Arc<T>> {
        if let Some(entry) = self.lock().get(name) {
            return Ok(entry.value.clone());
        }
        let read = self.read(store, name).await?;
        let mut cache = self.lock();
        // Somebody who was quicker may have changed it since.
        let entry = cache.get_or_insert(name.to_owned(), || read);
        Ok(entry.value.clone())
    }

    /// Changes a document; what is to be kept of that, unless `change` says that nothing did.
    pub(crate) async fn change(
        &self,
        store: &dyn Store,
        name: &str,
        change: impl FnOnce(&mut T) -> bool + Send,
    ) -> store::Result<Option<StateDoc>> {
        self.get(store, name).await?;
        let mut cache = self.lock();
        let entry = cache.get_or_insert_mut(name.to_owned(), || Entry { version: 0, value: Arc::default() });
        let mut value = T::clone(&entry.value);
        if !change(&mut value) {
            return Ok(None);
        }
        let json = serde_json::to_string(&value)
            .map_err(|_| store::StoreError::Invalid("a document of state cannot be written as JSON"))?;
        entry.version += 1;
        entry.value = Arc::new(value);
        Ok(Some(StateDoc { key: self.key(name), version: entry.version, json }))
    }

    /// Changes every document that is in memory, and those of the given keys; what is to be kept of that. Keys of other
    /// kinds are left alone.
    pub(crate) async fn change_all(
        &self,
        store: &dyn Store,
        keys: &[String],
        change: impl Fn(&mut T) -> bool + Send + Sync,
    ) -> store::Result<Vec<StateDoc>> {
        let mut names: BTreeSet<String> = self.lock().iter().map(|(name, _)| name.clone()).collect();
        let own = |key: &String| key.strip_prefix(self.kind)?.strip_prefix('/').map(str::to_owned);
        names.extend(keys.iter().filter_map(own));
        let mut docs = Vec::new();
        for name in names {
            docs.extend(self.change(store, &name, &change).await?);
        }
        Ok(docs)
    }

    /// Forgets the documents of a place that are in memory: they were removed from the store.
    pub(crate) fn forget_place(&self, place: &str) {
        let mut cache = self.lock();
        let of = |name: &str| {
            name.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let gone: Vec<String> = cache.iter().map(|(name, _)| name).filter(|name| of(name)).cloned().collect();
        for name in gone {
            cache.pop(&name);
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.kind)
    }

    async fn read(&self, store: &dyn Store, name: &str) -> store::Result<Entry<T>> {
        let found = store.states(&[self.key(name)]).await?.into_iter().next().flatten();
        let Some(doc) = found else { return Ok(Entry { version: 0, value: Arc::default() }) };
        let value = serde_json::from_str(&doc.json).unwrap_or_else(|error| {
            // A damaged document costs a mood, not the bot.
            tracing::error!(key = doc.key, %error, "a document cannot be read; it begins anew");
            T::default()
        });
        Ok(Entry { version: doc.version, value: Arc::new(value) })
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<String, Entry<T>>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use store::memory::MemoryStore;

    use super::*;

    fn numbers(most: usize) -> Documents<Vec<u32>> {
        Documents::new("numbers", NonZeroUsize::new(most).unwrap())
    }

    async fn push(documents: &Documents<Vec<u32>>, store: &dyn Store, name: &str, number: u32) -> StateDoc {
        let change = |numbers: &mut Vec<u32>| {
            numbers.push(number);
            true
        };
        documents.change(store, name, change).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn what_was_kept_is_there_after_a_restart_and_versions_rise() {
        let store = MemoryStore::default();
        let documents = numbers(4);
        let first = push(&documents, &store, "a", 1).await;
        let second = push(&documents, &store, "a", 2).await;
        // In the wrong order: the newer one stays.
        store::States::keep_states(&store, std::slice::from_ref(&second)).await.unwrap();
        store::States::keep_states(&store, std::slice::from_ref(&first)).await.unwrap();
        let again = numbers(4);
        assert_eq!(*again.get(&store, "a").await.unwrap(), [1, 2]);
        assert!(
            push(&again, &store, "a", 3).await.version > second.version && second.version > first.version
        );
    }

    #[tokio::test]
    async fn nothing_changed_is_nothing_to_keep() {
        let documents = numbers(4);
        let change = |numbers: &mut Vec<u32>| {
            numbers.push(1);
            false
        };
        assert_eq!(documents.change(&MemoryStore::default(), "a", change).await.unwrap(), None);
        assert!(documents.get(&MemoryStore::default(), "a").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_damaged_document_begins_anew() {
        let store = MemoryStore::default();
        let damaged = StateDoc { key: "numbers/a".into(), version: 7, json: "{".into() };
        store::States::keep_states(&store, &[damaged]).await.unwrap();
        let documents = numbers(4);
        assert_eq!(push(&documents, &store, "a", 1).await.json, "[1]");
        assert_eq!(push(&documents, &store, "a", 2).await.version, 9, "newer than the damaged one");
    }
}
