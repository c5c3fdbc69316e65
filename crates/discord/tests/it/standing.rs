//! What still stands in a channel, and what is not to be concluded from silence.

use discord::SpeakError;
use domain::{ChannelId, MessageId, Untrusted};
use serde_json::{Value, json};

use crate::fake::{Fake, Scripted};

const HERE: ChannelId = ChannelId(5);
const PAGE: &str = "GET /channels/5/messages?before=900&limit=100";
const ONE: &str = "GET /channels/5/messages/7";

fn message(id: u64, content: &str) -> Value {
    json!({ "id": id.to_string(), "channel_id": "5", "author": { "id": "1", "username": "a" }, "content": content,
        "edited_timestamp": null, "attachments": [] })
}

fn edited(id: u64, content: &str) -> Value {
    let mut message = message(id, content);
    message["edited_timestamp"] = json!("2026-01-01T00:00:00+00:00");
    message
}

fn id(id: u64) -> MessageId {
    MessageId(id)
}

#[tokio::test]
async fn a_page_tells_what_stands_and_what_was_edited() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let mut answer = message(30, "> dinner?");
    answer["interaction_metadata"] = json!({ "id": "29", "type": 2, "user": { "id": "1", "username": "a" } });
    let mut picture = edited(33, "");
    picture["attachments"] = json!([{ "id": "1" }]);
    let page = [picture, edited(32, ""), edited(31, "other words"), answer, message(20, "hello")];
    fake.on(PAGE, Scripted::ok(json!(page)));
    let standing = speaker.standing(HERE, id(900), id(7)).await.unwrap().unwrap();
    assert_eq!(standing.since, id(0), "there is nothing before it");
    assert_eq!([20, 29, 30, 31, 21].map(|n| standing.has(id(n))), [true, true, true, true, false]);
    assert_eq!(standing.edited(id(31)), Some(&Untrusted::from("other words")));
    assert_eq!(standing.edited(id(33)), Some(&Untrusted::from("")), "only its file is left");
    assert_eq!(standing.edited(id(32)), None, "its words may not be read");
    assert_eq!(standing.edited(id(20)), None);
}

#[tokio::test]
async fn a_full_page_tells_nothing_of_what_is_before_it() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let page: Vec<_> = (101..201).rev().map(|n| message(n, "x")).collect();
    fake.on(PAGE, Scripted::ok(json!(page)));
    assert_eq!(speaker.standing(HERE, id(900), id(7)).await.unwrap().unwrap().since, id(101));
}

#[tokio::test]
async fn an_empty_channel_is_told_from_one_that_may_not_be_read() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PAGE, Scripted::ok(json!([])));
    fake.on(ONE, Scripted::error(404, 10_008));
    let standing = speaker.standing(HERE, id(900), id(7)).await.unwrap().unwrap();
    assert!(!standing.has(id(7)) && standing.since == id(0));
    fake.off(ONE);
    fake.on(ONE, Scripted::error(403, 50_013));
    let error = speaker.standing(HERE, id(900), id(7)).await.unwrap_err();
    assert!(matches!(error, SpeakError::Forbidden { code: 50_013, .. }), "{error:?}");
}

#[tokio::test]
async fn a_channel_is_gone_only_if_discord_does_not_know_it() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PAGE, Scripted::error(404, 0));
    let error = speaker.standing(HERE, id(900), id(7)).await.unwrap_err();
    assert!(matches!(error, SpeakError::Gone { .. }), "{error:?}");
    fake.off(PAGE);
    fake.on(PAGE, Scripted::error(404, 10_003));
    assert_eq!(speaker.standing(HERE, id(900), id(7)).await.unwrap(), None);
}
