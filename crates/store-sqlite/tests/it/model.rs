//! The same meaning as every store has.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use proptest::prelude::*;
use store::{
    Settings, Store,
    conformance::{Step, play},
    memory::MemoryStore,
};
use store_sqlite::SqliteStore;

#[tokio::test]
async fn it_conforms() {
    let directory = tempfile::tempdir().unwrap();
    let made = AtomicUsize::new(0);
    let path = || -> PathBuf { format!("{}/acore.db", made.fetch_add(1, Ordering::Relaxed)).into() };
    store::conformance(async || {
        let store = SqliteStore::open(directory.path().join(path())).await.unwrap();
        Arc::new(store) as Arc<dyn Store>
    })
    .await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is done in whatever order, it looks like the model; and so it does after closing and opening again.
    #[test]
    fn it_is_the_model(steps in proptest::collection::vec(any::<Step>(), 1..90), cut in 0_usize..90) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (first, second) = steps.split_at(cut.min(steps.len()));
        let (model, file) = runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("acore.db");
            let model = MemoryStore::new();
            let mut expected = play(&model, first).await;
            expected.extend(play(&model, second).await);
            let store = SqliteStore::open(&path).await.unwrap();
            let mut seen = play(&store, first).await;
            store.close().await.unwrap();
            let store = SqliteStore::open(&path).await.unwrap();
            seen.extend(play(&store, second).await);
            store.close().await.unwrap();
            (expected, seen)
        });
        for (expected, seen) in model.iter().zip(&file) {
            prop_assert_eq!(expected, seen);
        }
        prop_assert_eq!(model.len(), file.len());
    }
}
