//! What characters say: webhooks found, made, lost and done without; answers to commands.

use discord::{Nonce, Sent, SpeakError, Speaker};
use domain::{
    ChannelId, GuildId, InteractionId, MessageId, WebhookId,
    command::Interaction,
    event::{ChannelKind, Place},
    outbound::{Answer, File, Panel},
};
use serde_json::{Value, json};

use crate::fake::{APP, Fake, ME, Scripted, mira, text, text_channel};

const NONCE: Nonce = Nonce { turn: 1_000, part: 1 };
const LIST: &str = "GET /channels/5/webhooks";
const CREATE: &str = "POST /channels/5/webhooks";
const EXECUTE: &str = "POST /webhooks/70/sesame?wait=true";
const PLAIN: &str = "POST /channels/5/messages";

fn hook(id: u64, name: &str, token: &str) -> Value {
    json!({ "id": id.to_string(), "type": 1, "name": name, "token": token, "application_id": APP.to_string() })
}

fn id(id: u64) -> Scripted {
    Scripted::ok(json!({ "id": id.to_string() }))
}

fn sent(message: u64, webhook: u64) -> Sent {
    Sent { message: MessageId(message), webhook: Some(WebhookId(webhook)) }
}

async fn say(speaker: &Speaker, place: &Place) -> Result<Sent, SpeakError> {
    speaker.say(place, &mira(), &text("hello"), NONCE).await
}

#[tokio::test]
async fn the_first_words_make_a_webhook_with_name_and_face_and_the_next_reuse_it() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    // Somebody else's webhook of the same name is not ours to use.
    fake.on(LIST, Scripted::ok(json!([{ "id": "1", "name": "Mira", "token": "x", "application_id": "99" }])));
    fake.on(CREATE, Scripted::ok(hook(70, "Mira", "sesame")));
    fake.on(EXECUTE, id(800));
    assert_eq!(say(&speaker, &text_channel(5)).await, Ok(sent(800, 70)));
    assert_eq!(say(&speaker, &text_channel(5)).await, Ok(sent(800, 70)));
    assert_eq!((fake.count(LIST), fake.count(CREATE), fake.count(EXECUTE)), (1, 1, 2));
    assert_eq!(
        fake.seen(CREATE)[0].json(),
        json!({ "name": "Mira", "avatar": "data:image/png;base64,AQID" })
    );
    let execute = fake.seen(EXECUTE).remove(0);
    assert_eq!(
        execute.json(),
        json!({ "content": "hello", "allowed_mentions": { "parse": [] }, "flags": 4 })
    );
    assert!(!execute.headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_webhook_of_an_earlier_run_is_found_again() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::ok(json!([hook(69, "Other", "x"), hook(70, "Mira", "sesame")])));
    fake.on(EXECUTE, id(800));
    assert_eq!(say(&speaker, &text_channel(5)).await, Ok(sent(800, 70)));
    assert_eq!(fake.count(CREATE), 0);
}

#[tokio::test]
async fn many_messages_at_once_make_one_webhook() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::ok(json!([])));
    fake.on(CREATE, Scripted::ok(hook(70, "Mira", "sesame")));
    fake.on(EXECUTE, id(800));
    let place = text_channel(5);
    let all = futures_util::future::join_all((0..20).map(|_| say(&speaker, &place))).await;
    assert!(all.into_iter().all(|one| one == Ok(sent(800, 70))));
    assert_eq!((fake.count(LIST), fake.count(CREATE)), (1, 1));
}

#[tokio::test]
async fn a_webhook_that_was_deleted_is_made_anew_once() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::ok(json!([hook(69, "Mira", "old")])));
    fake.on(LIST, Scripted::ok(json!([])));
    fake.on(CREATE, Scripted::ok(hook(70, "Mira", "sesame")));
    fake.on("POST /webhooks/69/old?wait=true", Scripted::error(404, 10_015));
    fake.on(EXECUTE, id(800));
    assert_eq!(say(&speaker, &text_channel(5)).await, Ok(sent(800, 70)));
    assert_eq!(fake.count("POST /webhooks/69/old?wait=true"), 1, "a 404 is never tried again");

    fake.off(EXECUTE);
    fake.on(EXECUTE, Scripted::error(404, 10_015));
    let error = say(&speaker, &text_channel(5)).await.unwrap_err();
    assert!(matches!(error, SpeakError::Gone { code: 10_015, .. }), "{error:?}");
}

#[tokio::test]
async fn a_full_channel_borrows_a_webhook_of_ours_with_name_and_neutral_face() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::ok(json!([hook(70, "Other", "sesame")])));
    fake.on(CREATE, Scripted::error(400, 30_007));
    fake.on(EXECUTE, id(800));
    assert_eq!(say(&speaker, &text_channel(5)).await, Ok(sent(800, 70)));
    assert_eq!(say(&speaker, &text_channel(5)).await, Ok(sent(800, 70)));
    assert_eq!((fake.count(LIST), fake.count(CREATE)), (1, 1), "it is remembered that the channel is full");
    let body = fake.seen(EXECUTE).remove(0).json();
    assert_eq!(body["username"], "Mira");
    assert_eq!(body["avatar_url"], "https://cdn.discordapp.com/embed/avatars/0.png");
}

#[tokio::test]
async fn a_full_channel_shows_the_face_that_the_character_s_webhook_elsewhere_carries() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let mut elsewhere = hook(71, "Mira", "t71");
    elsewhere["avatar"] = "abc".into();
    fake.on("GET /channels/6/webhooks", Scripted::ok(json!([elsewhere])));
    fake.on("POST /webhooks/71/t71?wait=true", id(700));
    say(&speaker, &text_channel(6)).await.unwrap();
    fake.on(LIST, Scripted::ok(json!([hook(70, "Other", "sesame")])));
    fake.on(CREATE, Scripted::error(400, 30_007));
    fake.on(EXECUTE, id(800));
    assert_eq!(say(&speaker, &text_channel(5)).await, Ok(sent(800, 70)));
    let other_face = domain::outbound::Persona { avatar: Some(vec![9].into()), ..mira() };
    speaker.say(&text_channel(5), &other_face, &text("hm"), NONCE).await.unwrap();
    let faces: Vec<Value> = fake.seen(EXECUTE).iter().map(|seen| seen.json()["avatar_url"].clone()).collect();
    let mine = format!("http://{}/avatars/71/abc.png", fake.address);
    assert_eq!(faces, [mine.as_str(), "https://cdn.discordapp.com/embed/avatars/0.png"]);
}

#[tokio::test]
async fn a_channel_full_of_others_webhooks_hears_the_bot_itself() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::ok(json!([])));
    fake.on(CREATE, Scripted::error(400, 30_007));
    fake.on(PLAIN, id(800));
    let sent = say(&speaker, &text_channel(5)).await.unwrap();
    assert_eq!(sent, Sent { message: MessageId(800), webhook: None });
}

#[tokio::test]
async fn a_character_whose_picture_discord_refuses_speaks_nevertheless() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::ok(json!([])));
    fake.on(CREATE, Scripted::error(400, 50_035));
    fake.on(CREATE, Scripted::ok(hook(70, "Otto", "sesame")));
    fake.on(PLAIN, id(800));
    fake.on(EXECUTE, id(801));
    for _ in 0..2 {
        assert_eq!(say(&speaker, &text_channel(5)).await.unwrap().webhook, None);
    }
    assert_eq!(fake.count(CREATE), 1);
    let otto = domain::outbound::Persona { name: "Otto".into(), avatar: None, ..mira() };
    let otto = speaker.say(&text_channel(5), &otto, &text("hm"), NONCE).await;
    assert_eq!(otto, Ok(sent(801, 70)), "others are not held back");
}

#[tokio::test]
async fn without_the_permission_the_bot_speaks_itself_and_asks_no_more() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::error(403, 50_013));
    fake.on(PLAIN, id(800));
    for _ in 0..3 {
        say(&speaker, &text_channel(5)).await.unwrap();
    }
    assert_eq!((fake.count(LIST), fake.count(PLAIN)), (1, 3));
    assert_eq!(speaker.refused_requests(), 1);
    assert_eq!(
        fake.seen(PLAIN)[0].json(),
        json!({
            "content": "**Mira**: hello", "allowed_mentions": { "parse": [] }, "flags": 4,
            "nonce": "3e8-1", "enforce_nonce": true,
        })
    );
}

#[tokio::test]
async fn in_a_direct_message_the_bot_speaks_itself() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PLAIN, id(800));
    fake.on("PATCH /channels/5/messages/800", id(800));
    fake.on("DELETE /channels/5/messages/800", Scripted::raw(204, ""));
    let place = Place { guild: None, kind: ChannelKind::Direct, ..text_channel(5) };
    let sent = say(&speaker, &place).await.unwrap();
    assert_eq!(sent.webhook, None);
    speaker.rewrite(&place, &mira(), &sent, &text("bye")).await.unwrap();
    assert_eq!(
        fake.seen("PATCH /channels/5/messages/800")[0].json(),
        json!({ "content": "**Mira**: bye", "allowed_mentions": { "parse": [] } })
    );
    speaker.delete(&place, &sent).await.unwrap();
    assert_eq!(fake.count(LIST), 0);
}

#[tokio::test]
async fn a_thread_uses_its_parent_s_webhook_for_all() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let place = Place {
        guild: Some(GuildId(1)),
        channel: ChannelId(6),
        parent: Some(ChannelId(5)),
        kind: ChannelKind::Thread,
    };
    fake.on(LIST, Scripted::ok(json!([hook(70, "Mira", "sesame")])));
    fake.on("POST /webhooks/70/sesame?wait=true&thread_id=6", id(800));
    fake.on("PATCH /webhooks/70/sesame/messages/800?thread_id=6", id(800));
    fake.on("DELETE /webhooks/70/sesame/messages/800?thread_id=6", Scripted::error(404, 10_008));
    let sent = say(&speaker, &place).await.unwrap();
    speaker.rewrite(&place, &mira(), &sent, &text("bye")).await.unwrap();
    speaker.delete(&place, &sent).await.unwrap();
}

#[tokio::test]
async fn after_a_restart_the_webhook_of_a_sent_message_is_looked_up() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::ok(json!([hook(70, "Mira", "sesame")])));
    fake.on("PATCH /webhooks/70/sesame/messages/800", id(800));
    let (place, sent) = (text_channel(5), sent(800, 70));
    speaker.rewrite(&place, &mira(), &sent, &text("bye")).await.unwrap();
    let lost = Sent { webhook: Some(WebhookId(71)), ..sent };
    let error = speaker.rewrite(&place, &mira(), &lost, &text("bye")).await.unwrap_err();
    assert!(matches!(error, SpeakError::Gone { code: 10_015, .. }), "{error:?}");
}

fn page(messages: std::ops::Range<u64>) -> Scripted {
    let message = |id: u64| {
        json!({
            "id": id.to_string(), "channel_id": "5", "type": 0, "content": format!("text {id}"),
            "author": { "id": "70", "username": "Mira", "bot": true },
            "webhook_id": "70", "application_id": APP.to_string(),
        })
    };
    // Newest first, as Discord does it.
    Scripted::ok(messages.rev().map(message).collect())
}

#[tokio::test]
async fn history_is_read_in_pages_oldest_first() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on("GET /channels/5/messages?after=0&limit=100", page(1..101));
    fake.on("GET /channels/5/messages?after=100&limit=50", page(101..121));
    let messages = speaker.recent(&text_channel(5), MessageId(0), 150).await.unwrap();
    let ids: Vec<u64> = messages.iter().map(|message| message.id.0).collect();
    assert_eq!(ids, (1..121).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_said_is_found_by_who_said_it_and_the_text() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let mine = json!({
        "id": "30", "channel_id": "5", "type": 0, "content": "**Mira**: plain",
        "author": { "id": ME.to_string(), "username": "acore", "bot": true },
    });
    fake.on("GET /channels/5/messages?after=9&limit=100", page(10..13));
    fake.on("GET /channels/5/messages?after=20&limit=100", Scripted::ok(json!([mine])));
    let (place, mira) = (text_channel(5), mira());
    let find = |after, what: &'static str| {
        let (speaker, mira) = (speaker.clone(), mira.clone());
        async move { speaker.find_said(&place, &mira, MessageId(after), &text(what)).await.unwrap() }
    };
    assert_eq!(find(9, " text 11\n").await, [sent(11, 70)]);
    assert_eq!(find(9, "text 99").await, []);
    assert_eq!(find(20, "plain").await, [Sent { message: MessageId(30), webhook: None }]);
    let other = domain::outbound::Persona { name: "Otto".into(), ..mira.clone() };
    assert_eq!(speaker.find_said(&place, &other, MessageId(9), &text("text 11")).await, Ok(Vec::new()));
}

fn interaction() -> Interaction {
    Interaction { id: InteractionId(40), token: "itoken".into() }
}

#[tokio::test]
async fn a_command_is_deferred_then_answered_with_panels_and_files() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let callback = "POST /interactions/40/itoken/callback";
    let original = format!("PATCH /webhooks/{APP}/itoken/messages/@original");
    fake.on(callback, Scripted::raw(204, ""));
    fake.on(callback, Scripted::error(400, 40_060));
    fake.on(&original, id(800));
    speaker.defer(&interaction(), true).await.unwrap();
    // An attempt whose answer was lost had its effect.
    speaker.defer(&interaction(), false).await.unwrap();
    assert_eq!(fake.seen(callback)[0].json(), json!({ "type": 5, "data": { "flags": 64 } }));

    let panel = Panel {
        title: "Mira".into(),
        body: "A librarian.".into(),
        color: Some(0x0011_2233),
        fields: vec![("Voice".into(), "dry".into(), true)],
        thumbnail: Some("mira.png".into()),
        image: None,
        footer: String::new(),
    };
    let answer = Answer { text: "Here:".into(), panels: vec![panel], ..Answer::default() };
    speaker.answer(&interaction(), &answer).await.unwrap();
    insta::assert_json_snapshot!("answer", fake.seen(&original)[0].json());

    let file = File { name: "mira.png".into(), bytes: b"PNG!".to_vec().into() };
    speaker.answer(&interaction(), &Answer { files: vec![file], ..answer }).await.unwrap();
    let form = fake.seen(&original).remove(1);
    assert!(form.headers["content-type"].to_str().unwrap().starts_with("multipart/form-data"));
    for part in [
        r#"name="payload_json""#,
        r#"name="files[0]"; filename="mira.png""#,
        "PNG!",
        r#""attachments":[{"id":"0","filename":"mira.png"}]"#,
        r#""allowed_mentions":{"parse":[]}"#,
    ] {
        assert!(form.body.contains(part), "{part} in {}", form.body);
    }
}

#[tokio::test]
async fn at_most_25_values_are_proposed() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let callback = "POST /interactions/40/itoken/callback";
    fake.on(callback, Scripted::raw(204, ""));
    let proposals = (0..40).map(|n| (format!("name {n}"), n.to_string())).collect();
    speaker.propose(&interaction(), proposals).await.unwrap();
    let sent = fake.seen(callback)[0].json();
    assert_eq!(sent["type"], 8);
    assert_eq!(sent["data"]["choices"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn no_error_shows_a_secret() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(LIST, Scripted::ok(json!([hook(70, "Mira", "sesame")])));
    fake.on(EXECUTE, Scripted::error(400, 50_035));
    let error = say(&speaker, &text_channel(5)).await.unwrap_err();
    assert!(matches!(error, SpeakError::Rejected { status: 400, code: 50_035, .. }), "{error:?}");
    assert!(!format!("{error} {error:?} {speaker:?}").contains("sesame"));
    let callback = "POST /interactions/40/itoken/callback";
    fake.on(callback, Scripted::json(400, json!({ "message": "odd", "code": 1, "errors": { "x": 1 } })));
    let error = speaker.defer(&interaction(), false).await.unwrap_err();
    assert!(error.to_string().contains(r#"odd {"x":1}"#), "{error}");
    assert!(!format!("{error} {error:?}").contains("itoken"), "{error:?}");
}
