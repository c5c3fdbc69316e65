//! Components, forms, panels, reactions and files.

use discord::{FileError, Sent, SpeakError};
use domain::{
    InteractionId, MessageId, WebhookId,
    command::Interaction,
    outbound::{Answer, Button, File, Modal, ModalField, Panel, Row},
};
use serde_json::{Value, json};

use crate::fake::{APP, Fake, Scripted, text_channel};

const CALLBACK: &str = "POST /interactions/40/itoken/callback";

fn interaction() -> Interaction {
    Interaction { id: InteractionId(40), token: "itoken".into() }
}

fn stop() -> Vec<Row> {
    vec![Row::Buttons(vec![Button::new("scene:stop", "Stop")])]
}

fn has_nobody_to_ping(message: &Value) {
    assert_eq!(message["allowed_mentions"], json!({ "parse": [] }));
}

#[tokio::test]
async fn a_component_is_answered_at_once_in_its_place_or_later() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(CALLBACK, Scripted::raw(204, ""));
    let answer = Answer { text: "on it".into(), rows: stop(), private: true, ..Answer::default() };
    speaker.respond(&interaction(), &answer).await.unwrap();
    speaker.update(&interaction(), &Answer { text: "stopped".into(), ..Answer::default() }).await.unwrap();
    speaker.defer_update(&interaction()).await.unwrap();
    let sent: Vec<Value> = fake.seen(CALLBACK).iter().map(crate::fake::Seen::json).collect();
    insta::assert_json_snapshot!(sent);
    has_nobody_to_ping(&sent[0]["data"]);
    has_nobody_to_ping(&sent[1]["data"]);
}

#[tokio::test]
async fn a_form_is_opened_or_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(CALLBACK, Scripted::raw(204, ""));
    let field = ModalField { id: "name".into(), label: "Name".into(), ..ModalField::default() };
    let form = Modal { id: "edit:mira".into(), title: "Mira".into(), fields: vec![field] };
    speaker.open_modal(&interaction(), &form).await.unwrap();
    let sent = fake.seen(CALLBACK)[0].json();
    assert_eq!((&sent["type"], &sent["data"]["custom_id"]), (&json!(9), &json!("edit:mira")));
    let refused = speaker.open_modal(&interaction(), &Modal { id: "x".repeat(101), ..form }).await;
    assert!(matches!(refused, Err(SpeakError::Limit { found: 101, most: 100, .. })), "{refused:?}");
    assert_eq!(fake.count(CALLBACK), 1);
}

#[tokio::test]
async fn an_answer_at_once_can_carry_files() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(CALLBACK, Scripted::raw(204, ""));
    let panel = Panel { image: Some("mira.png".into()), ..Panel::default() };
    let file = File { name: "mira.png".into(), bytes: b"PNG!".to_vec().into() };
    let answer = Answer { panels: vec![panel], files: vec![file], ..Answer::default() };
    speaker.respond(&interaction(), &answer).await.unwrap();
    let form = fake.seen(CALLBACK).remove(0).body;
    for part in [
        r#"filename="mira.png""#,
        "PNG!",
        r#""image":{"url":"attachment://mira.png"}"#,
        r#""type":4"#,
        r#""allowed_mentions":{"parse":[]}"#,
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
}

#[tokio::test]
async fn an_answer_is_followed_up_and_never_twice() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let line = format!("POST /webhooks/{APP}/itoken?wait=true");
    fake.on(&line, Scripted::ok(json!({ "id": "900" })));
    fake.on(&line, Scripted::error(502, 0));
    let answer = Answer { rows: stop(), ..Answer::private("and this") };
    assert_eq!(speaker.follow_up(&interaction(), &answer).await, Ok(MessageId(900)));
    let sent = fake.seen(&line)[0].json();
    assert_eq!((&sent["flags"], &sent["content"]), (&json!(64), &json!("and this")));
    has_nobody_to_ping(&sent);
    let lost = speaker.follow_up(&interaction(), &answer).await;
    assert!(matches!(lost, Err(SpeakError::Uncertain { .. })), "{lost:?}");
    assert_eq!(fake.count(&line), 2);
}

#[tokio::test]
async fn a_panel_is_posted_and_changed_whoever_said_it() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let (post, edit) = ("POST /channels/5/messages", "PATCH /channels/5/messages/700");
    fake.on(post, Scripted::ok(json!({ "id": "700" })));
    fake.on(edit, Scripted::ok(json!({ "id": "700" })));
    let place = text_channel(5);
    let panel = Panel { title: "A scene".into(), ..Panel::default() };
    let answer = Answer { panels: vec![panel], rows: stop(), private: true, ..Answer::default() };
    let sent = speaker.post(&place, &answer).await.unwrap();
    assert_eq!(sent, Sent { message: MessageId(700), webhook: None });
    let posted = fake.seen(post)[0].json();
    has_nobody_to_ping(&posted);
    assert_eq!(posted["components"][0]["components"][0]["custom_id"], "scene:stop");
    assert_eq!(posted.get("flags"), None, "a message of a channel cannot be for one member");
    speaker
        .edit_post(&place, &sent, &Answer { text: "It ended.".into(), ..Answer::default() })
        .await
        .unwrap();
    let edited = fake.seen(edit)[0].json();
    has_nobody_to_ping(&edited);
    assert_eq!((&edited["components"], &edited["embeds"]), (&json!([]), &json!([])), "the buttons are gone");

    let hook = json!([{ "id": "70", "name": "Mira", "token": "htoken", "application_id": APP.to_string() }]);
    fake.on("GET /channels/5/webhooks", Scripted::ok(hook));
    let by_hook = "PATCH /webhooks/70/htoken/messages/701";
    fake.on(by_hook, Scripted::ok(json!({ "id": "701" })));
    let said = Sent { message: MessageId(701), webhook: Some(WebhookId(70)) };
    speaker.edit_post(&place, &said, &answer).await.unwrap();
    has_nobody_to_ping(&fake.seen(by_hook)[0].json());
}

#[tokio::test]
async fn reactions_have_a_bucket_of_their_own_and_nobody_waits_long_for_them() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let line = "PUT /channels/5/messages/700/reactions/%F0%9F%91%8D/@me";
    let place = text_channel(5);
    fake.on(line, Scripted::raw(204, ""));
    let slow = Scripted::json(429, json!({ "message": "slow", "retry_after": 30.0, "global": false }));
    fake.on(line, slow.with("retry-after", 30).with("x-ratelimit-scope", "user"));
    speaker.react(&place, MessageId(700), "👍").await.unwrap();
    for _ in 0..2 {
        let refused = speaker.react(&place, MessageId(700), "👍").await;
        assert!(matches!(refused, Err(SpeakError::RateLimited { .. })), "{refused:?}");
    }
    assert_eq!(fake.count(line), 2, "while Discord wants a pause nothing is sent");
    fake.on("POST /channels/5/messages", Scripted::ok(json!({ "id": "700" })));
    let said = Answer { text: "still talking".into(), ..Answer::default() };
    assert!(speaker.post(&place, &said).await.is_ok(), "messages have another bucket");
}

#[tokio::test]
async fn a_missing_permission_to_react_is_asked_once() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let line = "PUT /channels/5/messages/700/reactions/blob%3A9/@me";
    fake.on(line, Scripted::error(403, 50_013));
    for _ in 0..3 {
        let refused = speaker.react(&text_channel(5), MessageId(700), "<:blob:9>").await;
        assert!(matches!(refused, Err(SpeakError::Forbidden { code: 50_013, .. })), "{refused:?}");
    }
    assert_eq!(fake.count(line), 1);
}

#[tokio::test]
async fn a_file_is_fetched_within_its_cap_and_without_the_token() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let url = |path: &str| format!("http://{}{path}", fake.address);
    fake.on("GET /attachments/1/2/cat.png?ex=a", Scripted::raw(200, "0123456789"));
    let line = url("/attachments/1/2/cat.png?ex=a");
    assert_eq!(speaker.fetch_file(&line, 10).await.unwrap().as_ref(), b"0123456789");
    assert_eq!(speaker.fetch_file(&line, 9).await, Err(FileError::TooLarge { most: 9 }));
    let seen = fake.seen("GET /attachments/1/2/cat.png?ex=a").remove(0);
    assert_eq!(seen.headers.get("authorization"), None);

    fake.on("GET /endless", Scripted::endless(&"x".repeat(1_000)));
    assert_eq!(
        speaker.fetch_file(&url("/endless"), 100_000).await,
        Err(FileError::TooLarge { most: 100_000 })
    );
    let elsewhere = Scripted::raw(302, "").with("location", url("/attachments/1/2/cat.png?ex=a"));
    fake.on("GET /elsewhere", elsewhere);
    assert_eq!(speaker.fetch_file(&url("/elsewhere"), 10).await, Err(FileError::Redirected));
    assert_eq!(speaker.fetch_file(&url("/nothing"), 10).await, Err(FileError::Gone));
    fake.on("GET /broken", Scripted::raw(500, ""));
    assert_eq!(speaker.fetch_file(&url("/broken"), 10).await, Err(FileError::Refused { status: 500 }));
    let foreign = speaker.fetch_file("https://example.org/cat.png", 10).await;
    assert_eq!(foreign, Err(FileError::Foreign { host: "example.org".into() }));
}

#[tokio::test]
async fn a_file_is_not_waited_for_when_the_program_ends() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.stop.cancel();
    let url = format!("http://{}/cat.png", fake.address);
    assert_eq!(speaker.fetch_file(&url, 10).await, Err(FileError::ShuttingDown));
}
