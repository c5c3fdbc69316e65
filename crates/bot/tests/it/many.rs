//! Very many conversations at once, under Discord's own rate limits.

use std::time::Duration;

use local_discord::{RecordedRequest, members::Post, permissions::Permissions};
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

/// Fifty people in fifty channels ask for a chapter at the same moment.
async fn fifty_chapters(permissions: Permissions) {
    let names: Vec<String> = (0..CHANNELS).map(|n| format!("story-{n:02}")).collect();
    let town = Town::build().permissions(permissions).channels(names.clone()).start().await;
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

    let requests = town.discord.requests().split_off(begun);
    for (n, question) in questions.iter().enumerate() {
        let posts = town.said_after(question);
        assert!((2..=3).contains(&posts.len()), "{}", posts.len());
        assert!(edits_of(&requests, &posts[0]) >= 2, "chapter {n} did not grow in sight");
        let said = posts.iter().map(|post| match post.content.split_once("**Sidony**: ") {
            Some(("", said)) => said,
            _ => post.content.as_str(),
        });
        let read: Vec<&str> = said.flat_map(str::split_whitespace).collect();
        assert_eq!(read.join(" "), chapter(n).concat().trim_end(), "chapter {n}");
    }
    let refused = requests.iter().filter(|request| request.status >= 400);
    let refused: Vec<_> = refused.map(|r| (r.method.as_str(), r.path.as_str(), r.status)).collect();
    assert!(refused.is_empty(), "of {} requests: {refused:#?}", requests.len());
    assert_eq!(town.complaints(), [] as [String; 0]);
    // Everything else goes on.
    town.asks("#general", "Imke, are you still there?").await.one();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_channels_stream_at_once_and_discord_never_has_to_say_no() {
    fifty_chapters(bot::playground::permissions()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_webhooks_fifty_channels_share_one_limit_and_keep_to_it() {
    fifty_chapters(bot::playground::permissions().without(Permissions::MANAGE_WEBHOOKS)).await;
}

/// How often a message was edited.
fn edits_of(requests: &[RecordedRequest], post: &Post) -> usize {
    let message = format!("/messages/{}", post.id);
    let edit = |request: &&RecordedRequest| request.method == "PATCH" && request.path.contains(&message);
    requests.iter().filter(edit).count()
}
