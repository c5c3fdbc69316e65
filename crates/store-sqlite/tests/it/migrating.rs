//! Files of older versions.

use std::path::PathBuf;

use domain::{ChannelId, UserId, event::Event, scene::Speaker};
use rusqlite::Connection;
use store::{
    Accepted, Alternatives, Counted, History, Journal, Outbox, Outcome, PartState, Retention, Settings,
    StateDoc, States, TurnId,
    conformance::sample::{self, character, id, remark, said, second, shown, snowflake},
};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

const HERE: ChannelId = ChannelId(10);

fn turn(n: u64) -> TurnId {
    TurnId(snowflake(n))
}

/// A file as version 1 wrote it: turn 1 answered in two messages, turn 4 in the middle of its reply, turn 6 a command
/// that nobody has looked at, and a foreign bot's line.
fn version_1() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    let file = Connection::open(&path).unwrap();
    file.execute_batch(include_str!("../../src/migrations/0001_first.sql")).unwrap();
    file.pragma_update(None, "user_version", 1).unwrap();
    let insert = |table: &str, rows: &[String]| {
        for row in rows {
            file.execute(&format!("INSERT INTO {table} VALUES ({row})"), []).unwrap();
        }
    };
    let n = |n: u64| snowflake(n);
    let at = |n: u64| second(n).as_millis();
    let event = |event: &Event| serde_json::to_string(event).unwrap().replace('\'', "''");
    let (waiting, command) = (said(4, 10, 6, "and you?"), sample::command(6, 10, 7));
    insert(
        "inbox",
        &[
            format!("{}, 'message', 10, 5, {}, 1, 0, NULL, '\"answered\"'", n(1), at(1)),
            format!("{}, 'message', 10, 6, {}, 1, 0, '{}', NULL", n(4), at(4), event(&waiting)),
            format!("{}, 'command', 10, 7, {}, 2, 0, '{}', NULL", n(6), at(6), event(&command)),
        ],
    );
    let settled = format!("{}, '{{\"old\": 1}}', 'model-a', 100, 20", at(1));
    insert(
        "turn",
        &[
            format!("{}, 900, 10, 800, 'text', 'mira', {settled}", n(1)),
            format!("{}, 900, 10, 800, 'text', 'nox', NULL, NULL, NULL, NULL, NULL", n(4)),
        ],
    );
    insert(
        "part",
        &[
            format!("{}, 0, 'fi', 'shown', {}, 77, {}", n(1), n(2), at(1)),
            format!("{}, 1, 'ne', 'shown', {}, 77, {}", n(1), n(3), at(1)),
            format!("{}, 0, 'I', 'posted', {}, 77, {}", n(4), n(5), at(4)),
        ],
    );
    insert(
        "receipt",
        &[
            format!("{}, {}, 0, 'mira', 10, 77", n(2), n(1)),
            format!("{}, {}, 1, 'mira', 10, 77", n(3), n(1)),
            format!("{}, {}, 0, 'nox', 10, 77", n(5), n(4)),
        ],
    );
    insert(
        "history",
        &[
            format!("1, 10, {0}, {0}, NULL, 'person', 5, 'Ann', NULL, 'how are you?', {1}", n(1), at(1)),
            format!("2, 10, {0}, {0}, {1}, 'character', 5, NULL, 'mira', 'fine', {2}", n(2), n(1), at(2)),
            format!("3, 10, {0}, {0}, NULL, 'person', 6, 'Bo', NULL, 'and you?', {1}", n(4), at(4)),
            format!("4, 11, {0}, {0}, NULL, 'bot', 9, 'Beep', NULL, 'beep', {1}", n(7), at(7)),
        ],
    );
    insert("cursor", &[format!("10, 900, 800, 'text', {}", n(4)), format!("11, 900, 800, 'text', {}", n(7))]);
    insert("setting", &["'guild/900', 'k', 'v'".to_owned()]);
    insert("counter", &["'answered', 12".to_owned()]);
    file.close().unwrap();
    (directory, path)
}

#[tokio::test]
async fn a_version_1_file_keeps_everything() {
    let (_directory, path) = version_1();
    let store = SqliteStore::open(&path).await.unwrap();
    let scene = store.scene(HERE, None, 9, Some(id(3))).await.unwrap();
    let texts: Vec<_> = scene.history.iter().map(|line| line.text.raw()).collect();
    assert_eq!(texts, ["how are you?", "fine", "and you?"]);
    assert_eq!(scene.history[0].who, Speaker::Person { id: UserId(5), name: "Ann".into() });
    assert_eq!((scene.reply_target, scene.last_speaker), (Some(character("mira")), Some(character("mira"))));
    assert_eq!(scene.last_answered.map(|answered| answered.user), Some(UserId(5)));
    let by_character = [(character("mira"), 1)].into();
    assert_eq!(scene.messages, Counted { total: 3, by_character }, "what is there is counted");
    let pending = store.unfinished().await.unwrap();
    let events: Vec<_> = pending.iter().map(|one| one.event.clone()).collect();
    assert_eq!(events, [said(4, 10, 6, "and you?"), sample::command(6, 10, 7)]);
    let record = pending[0].turn.clone().unwrap();
    assert_eq!((record.character, record.settled), (character("nox"), false));
    assert_eq!((record.parts[0].state, record.parts[0].message), (PartState::Posted, Some(id(5))));
    let receipt = store.receipt(id(3)).await.unwrap().unwrap();
    assert_eq!((receipt.turn, receipt.part), (turn(1), 1));
    assert_eq!(receipt.settled.unwrap().prompt_receipt, serde_json::json!({ "old": 1 }));
    assert_eq!(store.cursors().await.unwrap().len(), 2);
    assert_eq!(store.setting("guild/900", "k").await.unwrap().as_deref(), Some("v"));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.answered, counts.pending, counts.messages), (12, 2, 4));
    assert_eq!(store.accept(&said(1, 10, 5, "q"), second(9)).await.unwrap(), Accepted::Duplicate);
    store.close().await.unwrap();
    assert!(path.with_file_name("backup").join("pre-3.db").exists());
}

#[tokio::test]
async fn a_version_1_file_can_do_what_is_new() {
    let (_directory, path) = version_1();
    let store = SqliteStore::open(&path).await.unwrap();
    let next = remark(8, 10, "mira");
    store.settle(turn(4), &sample::reply(5, 10, "nox", &["I am."])).await.unwrap();
    store.complete(turn(4), &[shown(0, 5)], &Outcome::Answered, Some(&next)).await.unwrap();
    let question = said(1, 10, 5, "how are you?");
    let record = store.reopen(turn(1), &question, second(9)).await.unwrap().unwrap();
    assert_eq!(record.parts.len(), 2);
    let pending: Vec<_> = store.unfinished().await.unwrap().into_iter().map(|one| one.event).collect();
    assert_eq!(pending, [sample::command(6, 10, 7), Event::Cue(Box::new(next)), question.clone()]);
    let other = sample::reply(9, 10, "mira", &["splendid"]);
    store.settle(turn(1), &other).await.unwrap();
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await.unwrap();
    let told: Vec<_> = store.alternatives(turn(1)).await.unwrap();
    assert_eq!(told.iter().map(|one| &*one.reply_text).collect::<Vec<_>>(), ["fine", "splendid"]);
    let doc = StateDoc { key: "mind/10".to_owned(), version: 1, json: "{}".to_owned() };
    store.keep_states(std::slice::from_ref(&doc)).await.unwrap();
    assert_eq!(store.states(&["mind/10".to_owned()]).await.unwrap(), [Some(doc)]);
    // What refers to a turn still goes with it.
    let none = Retention { finished_for: std::time::Duration::ZERO, ..Retention::default() };
    assert_eq!(store.prune(second(1_000), &none).await.unwrap().turns, 2);
    assert_eq!(store.alternatives(turn(1)).await.unwrap(), []);
    assert_eq!(store.receipt(id(2)).await.unwrap().unwrap().settled, None);
    store.close().await.unwrap();
    let file = Connection::open(&path).unwrap();
    let broken: i64 =
        file.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    let parts: i64 = file.query_row("SELECT count(*) FROM part", [], |row| row.get(0)).unwrap();
    assert_eq!((broken, parts), (0, 0));
}

#[tokio::test]
async fn an_event_of_a_newer_version_is_left_for_it() {
    let (_directory, path) = version_1();
    let file = Connection::open(&path).unwrap();
    file.execute("UPDATE inbox SET event = '{\"Dream\":{}}' WHERE id = ?1", [snowflake(4).cast_signed()])
        .unwrap();
    file.close().unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    let pending: Vec<_> = store.unfinished().await.unwrap().into_iter().map(|one| one.event).collect();
    assert_eq!(pending, [sample::command(6, 10, 7)]);
    assert_eq!(store.counts().await.unwrap().pending, 2);
}
