//! Everything that can hold a person is known, told and erased: checked against the schema as it is, and byte for byte.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use domain::{ChannelId, UserId};
use rusqlite::Connection;
use store::{
    Column, History as _, Holds, PersonRecord, Privacy as _, Settings as _, TABLES, Table,
    conformance::sample::{id, said, second, snowflake},
};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

const ANN: UserId = UserId(1_154_000_000_000_000_001);
const BEN: UserId = UserId(1_154_000_000_000_000_002);
/// Words that stand nowhere else, and that no stemmer shortens.
const ANNS: &str = "qqzwvx";
const BENS: &str = "jjkfgh";

async fn empty() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    SqliteStore::open(&path).await.unwrap().close().await.unwrap();
    (directory, path)
}

/// Tables and columns of a file; those behind a virtual table belong to it.
fn schema(path: &Path) -> Vec<(String, Vec<String>)> {
    let file = Connection::open(path).unwrap();
    let mut tables = file
        .prepare(
            "SELECT name FROM pragma_table_list
                WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )
        .unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let columns = |table: &str| {
        let mut columns = file.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
        columns.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    names.into_iter().map(|name| (name.clone(), columns(&name))).collect()
}

#[tokio::test]
async fn every_table_and_column_is_in_the_list() {
    let (_directory, path) = empty().await;
    let schema = schema(&path);
    let known: BTreeSet<&str> = TABLES.iter().map(|table| table.name).collect();
    let there: BTreeSet<&str> = schema.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        there, known,
        "store::TABLES must name each table, what of a person it can hold and for how long"
    );
    for (name, columns) in &schema {
        let listed: Vec<_> = Table::of(name).unwrap().columns.iter().map(|(column, _)| *column).collect();
        assert_eq!(columns, &listed, "the columns of `{name}` in store::TABLES");
    }
    for table in TABLES {
        let can = table.columns.iter().any(|(_, holds)| matches!(holds, Column::Person | Column::Json));
        let nobody = matches!(table.holds, Holds::Nobody(_));
        assert!(!(can && nobody), "`{}` has a column for people, and is said to hold nobody", table.name);
        if let Holds::With(other) = table.holds {
            assert!(Table::of(other).is_some_and(|other| matches!(other.holds, Holds::People(_))));
        }
    }
}

/// One row for each of the two in every table that can hold somebody; what is Ben's begins with 2.
fn plant(path: &Path) {
    let file = Connection::open(path).unwrap();
    let run = |statement: String| {
        file.execute_batch(&statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    };
    run("INSERT INTO cursor VALUES (10, 900, NULL, 'text', 5), (30, NULL, NULL, 'direct', 5);
        INSERT INTO embedding_model VALUES (1, 'm', 2, 0)"
        .to_owned());
    for (n, user, word) in [(1_u64, ANN, ANNS), (2, BEN, BENS)] {
        let (asked, told) = (snowflake(n), snowflake(n + 50));
        let event = serde_json::to_string(&said(n + 20, 10, user.get(), word)).unwrap();
        run(format!(
            "INSERT INTO inbox (id, kind, channel, author, accepted_at, arrival, event, outcome) VALUES
                ({asked}, 'message', 10, {user}, 1, {n}, NULL, '\"answered\"'),
                ({}, 'message', 10, {user}, 1, {n}, '{event}', NULL);
            INSERT INTO turn (id, guild, channel, kind, character, settled_at, prompt_receipt, model, input_tokens,
                output_tokens) VALUES ({asked}, 900, 10, 'text', 'mira', 1,
                '{{\"mind\":\"{word}\",\"speakers\":[{{\"label\":\"{word}\",\"id\":\"{user}\"}}]}}', 'm', 1, 1);
            INSERT INTO part VALUES ({asked}, 0, 'you said {word}', 'shown', {told}, 77, 1);
            INSERT INTO receipt VALUES ({told}, {asked}, 0, 'mira', 10, 77);
            INSERT INTO alternative VALUES ({asked}, 0, 'mira', 'or {word}', '[\"or {word}\"]', 1, '{{}}', 'm', 1, 1);
            INSERT INTO history (channel, position, message, turn, speaker, user, name, character, text, at) VALUES
                (10, {asked}, {asked}, NULL, 'person', {user}, 'name {word}', NULL, 'I say {word}', 1),
                (10, {told}, {told}, {asked}, 'character', {user}, NULL, 'mira', 'you said {word}', 1);
            INSERT INTO memory (id, kind, reach, guild, room, channel, owner, about, who, text, at, position) VALUES
                ({n}, 'line', 'room', 900, 10, 10, {user}, NULL, '{word}', 'I say {word}', 1, {asked});
            INSERT INTO memory (id, kind, reach, guild, room, channel, owner, about, who, text, at, position, aspect,
                attribute, single, importance, confidence) VALUES
                ({}, 'fact', 'room', 900, 10, 10, NULL, {user}, '', 'likes {word}', 1, 0, 'fact', '{word}', 0, 1, 1);
            INSERT INTO memory (id, kind, reach, guild, room, channel, who, text, at, position, level) VALUES
                ({}, 'episode', 'room', 900, 10, 10, '', 'they spoke of {word}', 1, 0, 0);
            INSERT INTO memory_source VALUES ({n}, {asked}), ({}, {asked}), ({}, {asked});
            INSERT INTO memory_ending VALUES ({}, {told});
            INSERT INTO memory_terms (rowid, scope, terms) VALUES ({n}, 'g900 u{user}', 'say {word}');
            INSERT INTO memory_terms (rowid, scope, terms) VALUES ({}, 'g900', 'likes {word}');
            INSERT INTO memory_vector (item, model, scope, vector) VALUES ({n}, 1, 'g900', x'0102');
            INSERT INTO bond VALUES (900, 'mira', {user}, 1, '{{\"last\":\"{word}\"}}');
            INSERT INTO state VALUES ('mind/{n}', {n}, 1, '{{\"threads\":[{{\"person\":{user},\"topic\":\"{word}\"}}]}}');
            INSERT INTO setting VALUES ('guild/{n}', 'rules', '{{\"ignored_users\":[{user}]}}');
            INSERT INTO library VALUES (90{n}, 'card', 'c', {user}, 'face.png', 1, x'00');
            INSERT INTO document (guild, category, name, origin, added_by, added_at, sha256, bytes)
                VALUES (90{n}, '', 'd', 'command', {user}, 1, '', 1);
            INSERT INTO cleared VALUES (1{n}, 1, {user}, '[{{\"user\":{user},\"text\":\"{word}\"}}]');
            ",
            snowflake(n + 20),
            n + 100,
            n + 200,
            n + 100,
            n + 200,
            n + 100,
            n + 100,
        ));
    }
    // An answer to Ann's line that the history does not have any more; a direct channel of hers, and a receipt of Ben's that names her.
    run(format!(
        "INSERT INTO memory (id, kind, reach, guild, room, channel, who, text, at, position)
            VALUES (302, 'line', 'room', 900, 10, 10, 'Mira', 'oh, {ANNS}', 1, 10);
        INSERT INTO memory_source VALUES (302, -{});
        INSERT INTO memory_terms (rowid, scope, terms) VALUES (302, 'g900', 'oh {ANNS}');
        INSERT INTO memory (id, kind, reach, guild, room, channel, owner, who, text, at, position)
            VALUES (303, 'line', 'room', 900, 10, 10, {ANN}, 'a', 'old {ANNS}', 1, 10);
        INSERT INTO memory_source VALUES (303, {});
        INSERT INTO history (channel, position, message, speaker, user, name, text, at)
            VALUES (30, 9, 9, 'person', {ANN}, 'name {ANNS}', 'between us {ANNS}', 1);
        INSERT INTO state VALUES ('mind/30', 30, 1, '{{\"topics\":[\"{ANNS}\"]}}');
        INSERT INTO memory (id, kind, reach, room, channel, character, who, text, at, position)
            VALUES (301, 'line', 'room', 30, 30, 'mira', 'Mira', 'ah, {ANNS}', 1, 10);
        INSERT INTO memory_terms (rowid, scope, terms) VALUES (301, 'c30', 'ah {ANNS}');
        UPDATE turn SET prompt_receipt = '{{\"speakers\":[{{\"label\":\"{ANNS}\",\"id\":\"{ANN}\"}},
            {{\"label\":\"{BENS}\",\"id\":\"{BEN}\"}}]}}' WHERE id = {}",
        snowflake(70),
        snowflake(70),
        snowflake(2)
    ));
}

async fn planted() -> (TempDir, PathBuf) {
    let (directory, path) = empty().await;
    plant(&path);
    (directory, path)
}

/// Where in the folder's files something stands, as text or as a row's number.
fn traces(folder: &Path, words: &str, user: UserId) -> Vec<String> {
    let needles: [(&str, Vec<u8>); 4] = [
        ("the word", words.as_bytes().to_vec()),
        ("the number as text", user.to_string().into_bytes()),
        ("the number", user.get().to_be_bytes().to_vec()),
        ("the number, little endian", user.get().to_le_bytes().to_vec()),
    ];
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for (what, needle) in &needles {
                if bytes.windows(needle.len()).any(|window| window == needle) {
                    found.push(format!("{what} in {}", path.display()));
                }
            }
        }
    }
    found
}

fn can_hold_somebody() -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(|table| !matches!(table.holds, Holds::Nobody(_)) && table.name != "opted_out")
}

#[tokio::test]
async fn every_table_is_told_and_nothing_of_others() {
    let (_directory, path) = planted().await;
    let store = SqliteStore::open(&path).await.unwrap();
    let ann = store.person(ANN).await.unwrap();
    for table in can_hold_somebody() {
        assert!(ann.of(table.name) > 0, "`{}` is not found: {ann:?}", table.name);
        let held = store.held(ANN, table.name, 0, 99).await.unwrap();
        assert_eq!(held.len() as u64, ann.of(table.name), "{}", table.name);
        let told = serde_json::to_string(&held).unwrap();
        let others = [BENS.to_owned(), BEN.to_string()];
        assert!(others.iter().all(|other| !told.contains(other)), "`{}` tells of others: {told}", table.name);
        let names = table.columns.iter().any(|(_, holds)| holds.can_hold_a_person());
        let own = told.contains(ANNS) || told.contains(&ANN.to_string());
        assert!(own || !names, "`{}` tells nothing: {told}", table.name);
    }
    assert_eq!(ann.direct, [ChannelId(30)]);
    store.close().await.unwrap();
}

#[tokio::test]
async fn nothing_is_left_of_who_was_erased_not_even_a_byte() {
    let (directory, path) = planted().await;
    assert!(!traces(directory.path(), ANNS, ANN).is_empty());
    let store = SqliteStore::open(&path).await.unwrap();
    let before = store.person(BEN).await.unwrap();
    let erased = store.erase(ANN).await.unwrap();
    for table in
        ["history", "memory", "inbox", "turn", "state", "setting", "library", "document", "bond", "cleared"]
    {
        assert!(erased.rows.iter().any(|(name, _)| *name == table), "{table}: {erased:?}");
    }
    assert_eq!(store.person(ANN).await.unwrap(), PersonRecord::default());
    assert_eq!(traces(directory.path(), ANNS, ANN), [""; 0], "while it is open: the file and its log");
    let after = store.person(BEN).await.unwrap();
    assert_eq!(after, before, "nothing of Ben's is touched");
    let scene = store.scene(ChannelId(10), None, 9, None).await.unwrap();
    assert_eq!(scene.history.len(), 2);
    store.close().await.unwrap();
    let copy = directory.path().join("copy.db");
    Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    assert_eq!(traces(directory.path(), ANNS, ANN), [""; 0]);
    assert!(!traces(directory.path(), BENS, BEN).is_empty());
    let file = Connection::open(&path).unwrap();
    let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    file.execute("INSERT INTO memory_terms (memory_terms) VALUES ('integrity-check')", []).unwrap();
}

#[tokio::test]
async fn an_erasure_that_broke_off_is_begun_again() {
    let (directory, path) = planted().await;
    // As if it had ended in the middle: what is left is found without what is gone.
    let file = Connection::open(&path).unwrap();
    file.pragma_update(None, "secure_delete", true).unwrap();
    let lines = "DELETE FROM history WHERE user = ?1 AND turn IS NULL AND channel = 10";
    assert_eq!(file.execute(lines, [ANN.get().cast_signed()]).unwrap(), 1);
    drop(file);
    let store = SqliteStore::open(&path).await.unwrap();
    assert!(store.erase(ANN).await.unwrap().total() > 0);
    assert_eq!(store.person(ANN).await.unwrap(), PersonRecord::default());
    assert_eq!(store.erase(ANN).await.unwrap().total(), 0);
    store.close().await.unwrap();
    assert_eq!(traces(directory.path(), ANNS, ANN), [""; 0]);
}

#[tokio::test]
async fn who_opted_out_leaves_one_row() {
    let (directory, path) = planted().await;
    let store = SqliteStore::open(&path).await.unwrap();
    store.opt_out(ANN, second(1)).await.unwrap();
    store.erase(ANN).await.unwrap();
    assert_eq!(store.person(ANN).await.unwrap().rows, [("opted_out", 1)]);
    store::Journal::accept(&store, &said(99, 10, ANN.get(), ANNS), second(99)).await.unwrap();
    assert_eq!(store.person(ANN).await.unwrap().unfinished, [(ChannelId(10), id(99))]);
    let turn = store::TurnId(snowflake(99));
    let ignored = store::Outcome::Ignored { reason: "nobody was named".to_owned() };
    store::Journal::finish(&store, turn, &ignored, None).await.unwrap();
    store.close().await.unwrap();
    let left = traces(directory.path(), ANNS, ANN);
    // The table's row and nothing else: opting in again removes it.
    assert!(
        left.iter().all(|trace| trace.starts_with("the number in") && trace.ends_with("acore.db")),
        "{left:?}"
    );
    let store = SqliteStore::open(&path).await.unwrap();
    assert!(store.opt_in(ANN).await.unwrap());
    store.close().await.unwrap();
    assert_eq!(traces(directory.path(), ANNS, ANN), [""; 0]);
}
