//! What is deleted is gone from the files: its words, and the words of the full-text index as they are kept there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::{
    ChannelId, UserId,
    memory::{Detail, Draft, ItemId, Source},
};
use rusqlite::Connection;
use store::{
    Channels, Documents, History, Journal, Lesson, Memories, Origin, Outbox, Outcome, Settings, TurnId,
    Vectors,
    conformance::sample::{self, id, message, second},
};
use store_sqlite::SqliteStore;

const CHANNEL: ChannelId = ChannelId(10);

/// A word that no other text holds: letters that no stemmer takes off, twice a number.
fn canary(kind: &str, n: u64) -> String {
    format!("{kind}zq{n}vx{n}k")
}

/// Words of a stranger, so that the index has pages to split and terms beside those of the canaries.
fn chatter(n: u64) -> String {
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let word = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("w{:x}", *state >> 44)
    };
    (0..12).map(|_| word(&mut state)).collect::<Vec<_>>().join(" ")
}

async fn remember(store: &SqliteStore) -> Vec<ItemId> {
    let mut added = Vec::new();
    loop {
        let read = store.unremembered(200).await.unwrap();
        if read.is_empty() {
            return added;
        }
        let lines: Vec<_> = read.iter().map(|line| (line.row, Some(sample::line(line)))).collect();
        added.extend(store.remember(&lines).await.unwrap());
    }
}

/// Every file of the store, and a backup made now.
fn bytes(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let backup = path.with_file_name("backup-now.db");
    let _ = fs::remove_file(&backup);
    let name = backup.to_str().unwrap();
    Connection::open(path).unwrap().execute("VACUUM INTO ?1", [name]).unwrap();
    let files = fs::read_dir(path.parent().unwrap()).unwrap();
    files.map(|entry| entry.unwrap().path()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn holds(files: &[(PathBuf, Vec<u8>)], words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, bytes) in files {
        for word in words {
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push(format!("{word} in {}", path.display()));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_and_edited_words_are_in_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let messages = 24_u64;
    for n in 0..messages {
        store
            .observe(&message(3 * n, 10, 5, &format!("{} and {}", canary("line", n), chatter(n))))
            .await
            .unwrap();
        store.observe(&message(3 * n + 1, 10, 6, &chatter(1_000 + n))).await.unwrap();
    }
    let lines = remember(&store).await;
    let mut words: Vec<_> = (0..messages).map(|n| canary("line", n)).collect();
    let source = |n: u64| Source::Message(id(3 * n));
    for n in 0..messages {
        let fact = sample::fact(5, &format!("it is {}", canary("fact", n)), &[source(n)]);
        let of: Vec<_> = store.made_of(source(n)).await.unwrap().iter().map(|item| item.id).collect();
        let lesson = Lesson { of: of.clone(), add: vec![fact], ..Lesson::default() };
        store.learn(&lesson).await.unwrap();
        let episode = sample::episode(0, &format!("about {}", canary("episode", n)));
        store.tell(&of, &episode).await.unwrap().unwrap();
        words.extend([canary("fact", n), canary("episode", n)]);
    }
    let passage = |text: String| Draft {
        detail: Detail::Passage { document: 0, heading: canary("heading", 1) },
        ..sample::fact(5, &text, &[])
    };
    let document = store::Document {
        guild: None,
        character: None,
        category: String::new(),
        name: canary("document", 1),
        origin: Origin::Folder,
        added_by: None,
        added_at: second(1),
        sha256: String::new(),
        bytes: 1,
        trouble: None,
    };
    let document = store.put_document(&document, &[passage(canary("passage", 1))]).await.unwrap();
    words.extend(["heading", "document", "passage"].map(|kind| canary(kind, 1)));
    let items: Vec<_> = store.without_vector("m", 1_000).await.unwrap();
    assert_eq!(items.len(), lines.len() + 2 * messages as usize + 1);
    let vectors: Vec<_> = items.iter().map(|item| (item.id, vec![0.5, 1.0])).collect();
    store.keep_vectors("m", &vectors).await.unwrap();
    // A reply that quotes, settled and taken back.
    store.accept(&sample::said(200, 10, 7, "a question"), second(200)).await.unwrap();
    let turn = TurnId(sample::snowflake(200));
    store.settle(turn, &sample::reply(200, 10, "mira", &[&canary("reply", 1)])).await.unwrap();
    store.posted(turn, sample::shown(0, 201)).await.unwrap();
    remember(&store).await;
    words.push(canary("reply", 1));
    assert_eq!(
        holds(&bytes(&path), &words).iter().filter(|hit| hit.ends_with("now.db")).count(),
        words.len()
    );

    // The first half is deleted, the rest edited.
    let gone: Vec<_> = (0..messages / 2).map(|n| id(3 * n)).collect();
    store.delete_messages(CHANNEL, &gone).await.unwrap();
    for n in messages / 2..messages {
        store.edit_message(CHANNEL, id(3 * n), &chatter(2_000 + n).as_str().into()).await.unwrap();
    }
    assert!(store.remove_document(document).await.unwrap());
    store.delete_messages(CHANNEL, &[id(201)]).await.unwrap();
    store.abandon(turn, &Outcome::Cancelled, None).await.unwrap();
    // Answered after the log was folded.
    store.check().await.unwrap();
    assert_eq!(holds(&bytes(&path), &words), Vec::<String>::new());
    for n in 0..messages {
        assert_eq!(store.made_of(source(n)).await.unwrap(), []);
    }
    assert_eq!(remember(&store).await.len() as u64, messages / 2, "what was edited");
    store.close().await.unwrap();
    assert_eq!(holds(&bytes(&path), &words), Vec::<String>::new());
}

/// The index keeps the first words of its pages a second time, to find the pages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_begin_a_page_of_the_index_go_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    let store = SqliteStore::open(&path).await.unwrap();
    // So many different words that every tenth of them or so begins a page.
    let long = |n: u64| -> String {
        (0..40_u64)
            .map(|k| format!("{}{}", canary("page", 100 * n + k), "p".repeat(28)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let messages = 60_u64;
    for n in 0..messages {
        store.observe(&message(n, 10, 5, &long(n))).await.unwrap();
    }
    remember(&store).await;
    let words = |n: u64| (0..40).map(move |k| canary("page", 100 * n + k));
    let gone: Vec<_> = (0..messages).filter(|n| n % 2 == 0).collect();
    let theirs: Vec<_> = gone.iter().flat_map(|n| words(*n)).collect();
    assert!(!holds(&bytes(&path), &theirs[..40]).is_empty());
    let ids: Vec<_> = gone.iter().map(|n| id(*n)).collect();
    store.delete_messages(CHANNEL, &ids).await.unwrap();
    store.check().await.unwrap();
    assert_eq!(holds(&bytes(&path), &theirs), Vec::<String>::new());
    assert!(!holds(&bytes(&path), &words(1).collect::<Vec<_>>()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cleared_and_dropped_is_in_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let (question, answer, other) = (canary("question", 1), canary("answer", 1), canary("other", 1));
    store.accept(&sample::said(1, 10, 5, &question), second(1)).await.unwrap();
    let turn = TurnId(sample::snowflake(1));
    let reply = store::Settled {
        prompt_receipt: serde_json::json!({ "speaker": canary("name", 1) }),
        ..sample::reply(1, 10, "mira", &[&answer])
    };
    store.settle(turn, &reply).await.unwrap();
    store.complete(turn, &[sample::shown(0, 2)], &Outcome::Answered, None).await.unwrap();
    store.observe(&message(3, 10, 6, &other)).await.unwrap();
    let lines = remember(&store).await;
    let episode = sample::episode(0, &canary("episode", 1));
    store.tell(&lines, &episode).await.unwrap().unwrap();
    let words = [question, answer, other.clone(), canary("name", 1), canary("episode", 1)];
    assert_eq!(holds(&bytes(&path), &words).iter().filter(|hit| hit.ends_with("now.db")).count(), 5);

    store.clear(CHANNEL, second(10), UserId(7)).await.unwrap();
    // A deletion reaches what is set aside, at once.
    store.delete_messages(CHANNEL, &[id(3)]).await.unwrap();
    store.check().await.unwrap();
    assert_eq!(holds(&bytes(&path), &[other]), Vec::<String>::new());
    assert_eq!(holds(&bytes(&path), &words[3..]), Vec::<String>::new(), "what was made of it is not kept");
    assert!(!holds(&bytes(&path), &words[..2]).is_empty());
    assert_eq!(store.drop_cleared(second(10)).await.unwrap(), 1);
    store.check().await.unwrap();
    assert_eq!(holds(&bytes(&path), &words), Vec::<String>::new());
    store.close().await.unwrap();
    assert_eq!(holds(&bytes(&path), &words), Vec::<String>::new());
}
