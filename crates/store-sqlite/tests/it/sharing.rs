//! Many callers at once.

use std::sync::Arc;

use store::{Accepted, History, Journal, Outbox, Outcome, Settings, StoreError, TurnId, conformance::sample};
use store_sqlite::SqliteStore;
use tokio::task::JoinSet;

async fn fresh() -> (tempfile::TempDir, Arc<SqliteStore>) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("acore.db")).await.unwrap();
    (directory, Arc::new(store))
}

/// Calls share a transaction; one that fails takes nothing of the others along, and keeps nothing itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_call_spoils_no_other() {
    let (_directory, store) = fresh().await;
    let mut calls = JoinSet::new();
    for n in 0..200 {
        let store = Arc::clone(&store);
        calls.spawn(async move {
            let turn = TurnId(sample::snowflake(n));
            store.accept(&sample::said(n, 10, 5, "q"), sample::second(n)).await.unwrap();
            store.settle(turn, &sample::reply(n, 10, "mira", &["a"])).await.unwrap();
            // Part 1 does not exist: the receipt of part 0 must not stay.
            let shown = [sample::shown(0, 1_000 + n), sample::shown(1, 2_000 + n)];
            let shown = if n % 2 == 0 { &shown[..1] } else { &shown[..] };
            let done = store.complete(turn, shown, &Outcome::Answered, None).await;
            assert_eq!(done.is_ok(), n % 2 == 0);
            assert!(done.is_ok() || matches!(done, Err(StoreError::Conflict(_))), "{done:?}");
            // What was answered is seen at once.
            assert_eq!(store.receipt(sample::id(1_000 + n)).await.unwrap().is_some(), n % 2 == 0);
        });
    }
    calls.join_all().await;
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.answered, counts.pending, counts.messages), (100, 100, 400));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_deliveries_one_is_new() {
    let (_directory, store) = fresh().await;
    let mut calls = JoinSet::new();
    for n in 0..200 {
        let store = Arc::clone(&store);
        calls.spawn(async move { store.accept(&sample::said(n % 20, 10, 5, "q"), sample::second(n)).await });
    }
    let accepted = calls.join_all().await;
    let new = accepted.iter().filter(|one| matches!(one, Ok(Accepted::New))).count();
    let duplicate = accepted.iter().filter(|one| matches!(one, Ok(Accepted::Duplicate))).count();
    assert_eq!((new, duplicate), (20, 180));
}

/// Closing in the middle: what was answered with success is there, everything else hears that it is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_finishes_what_was_taken() {
    let (directory, store) = fresh().await;
    let mut calls = JoinSet::new();
    for n in 0..400 {
        let store = Arc::clone(&store);
        calls.spawn(async move { store.accept(&sample::said(n, 10, 5, "q"), sample::second(n)).await });
    }
    let first = calls.join_next().await;
    assert!(first.is_some());
    store.close().await.unwrap();
    let mut accepted = 1;
    for call in calls.join_all().await {
        match call {
            Ok(_) => accepted += 1,
            Err(error) => assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}"),
        }
    }
    let store = SqliteStore::open(directory.path().join("acore.db")).await.unwrap();
    assert_eq!(store.unfinished().await.unwrap().len(), accepted);
}

/// Pruning more than one batch, while others write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_history_is_pruned_beside_the_work() {
    let (_directory, store) = fresh().await;
    let mut calls = JoinSet::new();
    for n in 0..1_300 {
        let store = Arc::clone(&store);
        calls.spawn(async move { store.observe(&sample::message(n, 10, 5, "m")).await.unwrap() });
    }
    calls.join_all().await;
    let keep = store::Retention { per_channel: 100, ..store::Retention::default() };
    let beside = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.observe(&sample::message(5, 11, 5, "other")).await }
    });
    assert_eq!(store.prune(sample::second(0), &keep).await.unwrap().lines, 1_200);
    beside.await.unwrap().unwrap();
    let scene = store.scene(sample::place(10).channel, None, 1_000, None).await.unwrap();
    assert_eq!(scene.history.len(), 100);
    assert_eq!(scene.history[0].message, Some(sample::id(1_200)));
}
