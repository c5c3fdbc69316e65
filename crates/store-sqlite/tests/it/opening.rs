//! Which files are opened, and what becomes of those that are not.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use store::{History, Journal, Settings, StoreError, conformance::sample};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

async fn with_messages(count: u64) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data/acore.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for n in 0..count {
        store.accept(&sample::said(n, 10, 5, &format!("message {n}")), sample::second(n)).await.unwrap();
    }
    store.close().await.unwrap();
    (directory, path)
}

/// Opening fails and changes nothing.
async fn refused(path: &Path) -> StoreError {
    let before = fs::read(path).unwrap();
    let error = SqliteStore::open(path).await.unwrap_err();
    assert!(fs::read(path).unwrap() == before, "the file was changed");
    error
}

#[tokio::test]
async fn closing_leaves_one_clean_file() {
    let (_directory, path) = with_messages(50).await;
    let mut names: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["LOCK", "acore.db"]);
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.unfinished().await.unwrap().len(), 50);
}

#[tokio::test]
async fn dropping_without_closing_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    for n in 0..5 {
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(store.unfinished().await.unwrap().len(), n);
        let n = n as u64;
        store.accept(&sample::said(n, 10, 5, "m"), sample::second(n)).await.unwrap();
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let (_directory, path) = with_messages(1).await;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::TooNew { found: 99, known: 3 }), "{error:?}");
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let (_directory, path) = with_messages(300).await;
    let whole = fs::read(&path).unwrap();
    let mut torn = whole.clone();
    torn[4096..3 * 4096].fill(0xaa);
    let cut = &whole[..whole.len() / 2];
    for damaged in
        [torn.as_slice(), cut, b"this is not a database at all, just a text of some length".as_slice()]
    {
        fs::write(&path, damaged).unwrap();
        let error = refused(&path).await;
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("acore.db"), "it names the file: {error}");
    }
    fs::write(&path, &whole).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.unfinished().await.unwrap().len(), 300);
}

/// A crash left a log, and the file is damaged: looking at it must not fold the log in.
#[tokio::test]
async fn a_damaged_file_with_a_log_is_left_alone() {
    let (_directory, path) = with_messages(300).await;
    let store = SqliteStore::open(&path).await.unwrap();
    store.accept(&sample::said(999, 10, 5, "only in the log"), sample::second(1)).await.unwrap();
    let crashed = tempfile::tempdir().unwrap();
    let (copy, log) = (crashed.path().join("acore.db"), crashed.path().join("acore.db-wal"));
    let mut bytes = fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xaa);
    fs::write(&copy, bytes).unwrap();
    fs::copy(path.with_file_name("acore.db-wal"), &log).unwrap();
    let logged = fs::read(&log).unwrap();
    let error = refused(&copy).await;
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert!(fs::read(&log).unwrap() == logged, "the log was changed");
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipes (name)").unwrap();
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_directory_cannot_be_a_database() {
    let directory = tempfile::tempdir().unwrap();
    let error = SqliteStore::open(directory.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

/// Deleting is for people who want their words gone: the bytes must not stay in free pages or the log.
#[tokio::test]
async fn deleted_words_are_not_in_the_files() {
    let (_directory, path) = with_messages(0).await;
    let store = SqliteStore::open(&path).await.unwrap();
    let secret = "a-secret-that-must-go";
    let channel = sample::place(10).channel;
    for n in 0..20 {
        store.accept(&sample::said(n, 10, 5, secret), sample::second(n)).await.unwrap();
    }
    let holds_it = || {
        let files = fs::read_dir(path.parent().unwrap()).unwrap();
        files
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(secret.len()).any(|window| window == secret.as_bytes()))
    };
    assert!(holds_it());
    let ids: Vec<_> = (0..20).map(sample::id).collect();
    assert_eq!(store.delete_messages(channel, &ids).await.unwrap().len(), 20);
    store.prune(sample::second(30), &store::Retention::default()).await.unwrap();
    store.check().await.unwrap();
    assert!(!holds_it());
}
