//! Other processes: one that is killed, one that comes second.
//!
//! The child is this test binary again, running `the_child` below with its environment set; alone, that test does nothing.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use domain::{
    ChannelId, Timestamp,
    event::{Event, Place},
    memory::Source,
    scene::Speaker,
};
use store::{
    Alternatives, History, Journal, Memories, Outbox, Outcome, Settings, TurnId, conformance::sample,
};
use store_sqlite::SqliteStore;
use tokio::task::JoinSet;

const PATH: &str = "ACORE_TEST_STORE";
const ROUND: &str = "ACORE_TEST_ROUND";

/// Tasks of a child, each with a channel of its own.
const TASKS: u64 = 8;

/// Tasks of these whose turns hand on to the next turn, a cue, when they end; the others begin each with a message.
const CHAINS: u64 = 4;

fn child(path: &Path, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_child", "--nocapture"])
        .env(PATH, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn place(event: &Event) -> Place {
    match event {
        Event::Message(message) => message.place,
        Event::Cue(cue) => cue.place,
        other => panic!("{other:?}"),
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_child() {
    let (Some(path), Some(round)) = (std::env::var_os(PATH), std::env::var_os(ROUND)) else { return };
    let round: u64 = round.to_str().unwrap().parse().unwrap();
    let store = match SqliteStore::open(path).await {
        Ok(store) => Arc::new(store),
        Err(error) => return say(&format!("refused: {error}")),
    };
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let channel = 100 * round + task;
            for n in 0.. {
                // Seconds of the sample clock are ids: different for every round and task.
                let n = (round * 100_000 + n) * TASKS + task;
                let turn = TurnId(sample::snowflake(n));
                if task >= CHAINS || n < (round * 100_000 + 1) * TASKS {
                    store.accept(&sample::said(n, channel, 5, "q"), sample::second(n)).await.unwrap();
                    say(&format!("done {task}"));
                }
                store.settle(turn, &sample::reply(n, channel, "mira", &["a"])).await.unwrap();
                say(&format!("done {task}"));
                let mut shown = sample::shown(0, n);
                shown.message.0 += 1;
                let next = sample::remark(n + TASKS, channel, "mira");
                let next = (task < CHAINS).then_some(&next);
                store.complete(turn, &[shown], &Outcome::Answered, next).await.unwrap();
                say(&format!("done {task}"));
                if task % 2 == 1 {
                    // In other words, by another event; a kill leaves the one reply or the other, and a turn to take up.
                    let event = Event::Cue(Box::new(sample::remark(n, channel, "mira")));
                    store.reopen(turn, &event, sample::second(n)).await.unwrap().unwrap();
                    store.settle(turn, &sample::reply(n, channel, "mira", &["b"])).await.unwrap();
                    store.complete(turn, &[shown], &Outcome::Answered, None).await.unwrap();
                }
            }
        });
    }
    // Beside them all, as in the bot.
    tasks.spawn(async move {
        loop {
            remember(&store).await;
            tokio::task::yield_now().await;
        }
    });
    tasks.join_all().await;
}

/// Remembers some lines; answers how many were read.
async fn remember(store: &SqliteStore) -> usize {
    let read = store.unremembered(20).await.unwrap();
    let lines: Vec<_> = read.iter().map(|line| (line.row, Some(sample::line(line)))).collect();
    store.remember(&lines).await.unwrap();
    lines.len()
}

/// However often the process was killed: what was said and shown is remembered once, in the words that stand there.
async fn everything_is_remembered_once(store: &SqliteStore, channels: impl Iterator<Item = ChannelId>) {
    while remember(store).await > 0 {}
    for channel in channels {
        for line in store.scene(channel, None, 1_000_000, None).await.unwrap().history {
            let Some(message) = line.message else { continue };
            let receipt = store.receipt(message).await.unwrap();
            let source = receipt.map_or(Source::Message(message), |receipt| Source::Reply(receipt.turn.0));
            let made = store.made_of(source).await.unwrap();
            let words: Vec<_> = made.iter().map(|item| &item.draft.text).collect();
            assert_eq!(words, [&line.text]);
        }
    }
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_was_told_is_done() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    for round in 1..=6 {
        let mut child = child(&path, round);
        let mut done = vec![0_u64; TASKS as usize];
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told = 0;
        // After the kill the rest of the pipe is read too: it was told before.
        while let Some(Ok(line)) = lines.next() {
            if let Some(task) = line.strip_prefix("done ") {
                done[task.parse::<usize>().unwrap()] += 1;
                told += 1;
                if told == 100 * round + 7 * round * round {
                    child.kill().unwrap();
                }
            }
        }
        assert!(told > 100, "the child did not work");
        child.wait().unwrap();

        let store = SqliteStore::open(&path).await.unwrap();
        for task in 0..TASKS {
            let channel = ChannelId(100 * round + task);
            let scene = store.scene(channel, None, 1_000_000, None).await.unwrap();
            let (replies, questions): (Vec<_>, Vec<_>) =
                scene.history.iter().partition(|line| matches!(line.who, Speaker::Character(_)));
            let shown = replies.iter().filter(|line| line.message.is_some()).count();
            let (asked, settled, shown) = (questions.len() as u64, replies.len() as u64, shown as u64);
            let told = done[task as usize];
            let mut open = store.unfinished().await.unwrap();
            open.retain(|one| place(&one.event).channel == channel);
            // Only a reopened turn is open with a message: the first reply is posted and completed in one call.
            let (open, reopened): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| {
                one.turn.iter().flat_map(|turn| &turn.parts).all(|part| part.message.is_none())
            });
            assert!(open.len() <= 1 && reopened.len() as u64 <= task % 2, "{open:?} {reopened:?}");
            for record in reopened.into_iter().filter_map(|one| one.turn) {
                let line = replies.iter().find(|line| line.message == record.parts[0].message).unwrap();
                assert_eq!(line.text.raw(), if record.settled { "b" } else { "a" });
                let kept = store.alternatives(record.turn).await.unwrap();
                assert_eq!(kept[0].reply_text, "a");
            }
            if task < CHAINS {
                // From the first question on there is always a next turn.
                assert!(asked <= 1 && settled - shown <= 1);
                assert_eq!((open.len() as u64, scene.messages.total), (asked, asked + settled));
            } else {
                // A prefix of what the task does: question, reply, receipt, question …
                assert!(asked - settled <= 1 && settled - shown <= 1 && asked - shown <= 1);
            }
            let stored = asked + settled + shown;
            assert!(stored == told || stored == told + 1, "told {told}, stored {stored}");
        }
        let open: Vec<_> = store.unfinished().await.unwrap();
        // Every second chain may have a reopened turn beside the next one.
        assert!(open.len() as u64 <= (TASKS + CHAINS / 2) * round);
        assert!(open.iter().all(|one| one.accepted_at > Timestamp(0)));
        everything_is_remembered_once(&store, (0..TASKS).map(|task| ChannelId(100 * round + task))).await;
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("acore.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut second = child(&path, 1);
    let said = BufReader::new(second.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said: Vec<_> = said.take_while(|line| !line.starts_with("done ")).collect();
    // Taken in, it would write for ever.
    second.kill().unwrap();
    second.wait().unwrap();
    let refused = said.iter().find(|line| line.starts_with("refused: "));
    assert!(refused.is_some_and(|line| line.contains("in use by another process")), "{said:?}");
    store.check().await.unwrap();
}
