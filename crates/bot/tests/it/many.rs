//! Very many conversations at once, under Discord's own rate limits.

use std::time::Duration;

use local_discord::RecordedRequest;
use testkit::{Asked, Reply};

use crate::town::Town;

const CHANNELS: usize = 50;

/// Pieces of a long answer, and the pause before each: five seconds of writing.
const PIECES: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// The number that a prompt's question asks for.
fn number(asked: &Asked) -> Option<usize> {
    let prompt = asked.json().to_string();
    let (_, after) = prompt.rsplit_once("chapter ")?;
    after.get(..2)?.parse().ok()
}

/// A chapter, longer than a message of Discord may be, in pieces.
fn chapter(number: usize) -> Vec<String> {
    let word = |n: usize| format!("c{number:02}w{n:03} ");
    (0..PIECES).map(|piece| (0..6).map(|n| word(piece * 6 + n)).collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_channels_stream_at_once_and_discord_never_has_to_say_no() {
    let names: Vec<String> = (0..CHANNELS).map(|n| format!("story-{n:02}")).collect();
    let town = Town::build().channels(names.clone()).start().await;
    town.model.reply_with(|asked| match number(asked) {
        Some(number) => Reply::paced(chapter(number).iter().map(String::as_str), PAUSE),
        None => Reply::text("Sit down by the fire."),
    });
    let readers: Vec<_> = (0..CHANNELS).map(|n| town.discord.member(&format!("reader {n:02}"))).collect();

    // Everybody has said good evening, so that Sidony has her webhook everywhere.
    let mut endings = town.endings();
    let mut turns = Vec::new();
    for (reader, name) in readers.iter().zip(&names) {
        turns.push(reader.says(name, "Sidony, good evening").await.unwrap().id);
    }
    endings.of_all(turns).await;

    let begun = town.discord.requests().len();
    let mut endings = town.endings();
    let mut questions = Vec::new();
    for (n, (reader, name)) in readers.iter().zip(&names).enumerate() {
        questions.push(reader.says(name, &format!("Sidony, read chapter {n:02}")).await.unwrap());
    }
    endings.of_all(questions.iter().map(|question| question.id)).await;

    let requests = town.discord.requests();
    for (n, question) in questions.iter().enumerate() {
        let posts = town.said_after(question);
        assert!(posts.iter().all(|post| post.author == "Sidony"), "{posts:#?}");
        assert!((2..=3).contains(&posts.len()), "{}", posts.len());
        let read: Vec<&str> = posts.iter().flat_map(|post| post.content.split_whitespace()).collect();
        assert_eq!(read.join(" "), chapter(n).concat().trim_end(), "chapter {n}");
        let hooks = posts.iter().map(|post| post.json["webhook_id"].as_str().unwrap_or_default());
        let edits = hooks.map(|hook| edits_of(&requests[begun..], hook)).max();
        assert!(edits >= Some(2), "chapter {n} did not grow in sight");
    }
    let refused = |request: &&RecordedRequest| request.status >= 400;
    let told = |request: &RecordedRequest| (request.method.clone(), request.path.clone(), request.status);
    let refused: Vec<_> = requests[begun..].iter().filter(refused).map(told).collect();
    assert!(refused.is_empty(), "of {} requests: {refused:#?}", requests.len() - begun);
    assert_eq!(town.complaints(), [] as [String; 0]);
    // Everything else goes on at its pace.
    let mut endings = town.endings();
    let after = town.alice().says("#general", "Imke, are you still there?").await.unwrap();
    endings.of(after.id).await;
    town.comes_to("#general", &["Imke: Sit down by the fire."]).await;
}

fn edits_of(requests: &[RecordedRequest], hook: &str) -> usize {
    let edit = |request: &&RecordedRequest| request.method == "PATCH" && request.path.contains(hook);
    requests.iter().filter(edit).count()
}
