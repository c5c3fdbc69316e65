//! Members that act, in process: what they do reaches the application, what it answers reaches them.

use std::time::Duration;

use local_discord::members::{MemberError, NO_OPTIONS, Post};
use local_discord::permissions::Permissions;
use local_discord::world::Interaction;
use reqwest::Method;
use serde_json::{Value, json};

use crate::rest_rig::{Rig, rig, rig_with};

/// A safety net, not a measure: nothing here waits for time to pass.
pub(crate) const NET: Duration = Duration::from_secs(20);

/// The newest interaction that nobody answered yet.
pub(crate) async fn asked(rig: &Rig) -> Interaction {
    let open = |s: &local_discord::world::State| {
        s.interactions.values().rev().find(|i| i.callback.is_none()).cloned()
    };
    rig.discord.until(NET, open).await.expect("an interaction")
}

pub(crate) async fn answer(rig: &Rig, to: &Interaction, body: Value) {
    let path = format!("/interactions/{}/{}/callback", to.id, to.token);
    let (status, answer) = rig.send(rig.request(Method::POST, &path).json(&body)).await;
    assert_eq!(status, 204, "{answer}");
}

pub(crate) async fn registers(rig: &Rig, commands: &Value) {
    let path = format!("/applications/{}/commands", rig.application());
    let (status, body) = rig.send(rig.request(Method::PUT, &path).json(commands)).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn a_member_writes_edits_replies_reacts_and_deletes() {
    let rig = rig().await;
    let local = &rig.discord;
    let (alice, bob) = (local.member("alice"), local.member("bob"));
    assert_eq!(local.member("alice").id(), alice.id(), "the same name is the same person");

    let hello = alice.says("#general", "hello").await.unwrap();
    let edited = alice.edits(&hello, "hello all").await.unwrap();
    let reply = bob.replies(&hello, "hi alice").await.unwrap();
    bob.reacts(&hello, "👍").await.unwrap();

    assert!(edited.edited && !hello.edited);
    assert_eq!(reply.reply_to, Some(hello.id));
    let seen = local.channel("#general").unwrap().messages();
    let lines: Vec<_> = seen.iter().map(|m| (m.author.as_str(), m.content.as_str())).collect();
    assert_eq!(lines, [("alice", "hello all"), ("bob", "hi alice")]);
    assert_eq!(seen[0].json["reactions"][0]["emoji"]["name"], "👍");

    assert!(matches!(bob.edits(&hello, "x").await, Err(MemberError::Refused(_))), "another's message");
    alice.deletes(&hello).await.unwrap();
    assert_eq!(local.channel("#general").unwrap().messages().len(), 1);
    assert!(matches!(alice.says("#nowhere", "x").await, Err(MemberError::UnknownChannel(_))));
}

#[tokio::test]
async fn waiting_begins_when_it_is_asked_for() {
    let rig = rig().await;
    let general = rig.channel("general");
    // Made before the message: it must be seen although nobody polls yet.
    let reply = rig.discord.next_message(NET, |m| m.from_app);
    rig.discord.member("alice").says("#general", "anybody?").await.unwrap();
    let request =
        rig.request(Method::POST, &format!("/channels/{general}/messages")).json(&json!({"content": "me"}));
    rig.send(request).await;
    assert_eq!(reply.await.unwrap().content, "me");
    assert_eq!(rig.discord.sent().iter().map(|m| m.content.as_str()).collect::<Vec<_>>(), ["me"]);
    let never = rig.discord.next_message(Duration::from_millis(1), |_| true).await;
    assert!(matches!(never, Err(MemberError::TimedOut(_))));
}

#[tokio::test]
async fn a_command_is_deferred_filled_and_followed_up() {
    let rig = rig().await;
    let options = json!([
        {"type": 3, "name": "message", "description": "d", "required": true},
        {"type": 6, "name": "who", "description": "d"},
        {"type": 4, "name": "times", "description": "d", "min_value": 1}]);
    registers(&rig, &json!([{"name": "chat", "description": "d", "options": options}])).await;
    let alice = rig.discord.member("alice");

    let running = alice.runs("/chat", [("message", "hi"), ("who", "olga"), ("times", "3")]).await.unwrap();
    let interaction = asked(&rig).await;
    let olga = rig.user("olga").to_string();
    assert_eq!(
        interaction.data["options"],
        json!([
        {"name": "message", "type": 3, "value": "hi"},
        {"name": "who", "type": 6, "value": olga},
        {"name": "times", "type": 4, "value": 3}])
    );
    assert_eq!(interaction.data["resolved"]["users"][&olga]["username"], "olga");
    answer(&rig, &interaction, json!({"type": 5})).await;
    let first = running.answered(NET).await.unwrap();
    assert_eq!((first.kind, first.message.unwrap().loading), (5, true));

    let hook = format!("/webhooks/{}/{}", rig.application(), interaction.token);
    rig.send(
        rig.request(Method::PATCH, &format!("{hook}/messages/@original")).json(&json!({"content": "done"})),
    )
    .await;
    rig.send(rig.request(Method::POST, &hook).json(&json!({"content": "psst", "flags": 64}))).await;
    assert_eq!(running.message(NET).await.unwrap().content, "done");
    let more = running.follow_ups(1, NET).await.unwrap();
    assert!(more[0].ephemeral);
    assert_eq!(running.messages().len(), 2);
    assert!(rig.discord.member("olga").reads("#general").unwrap().iter().all(|m| m.content != "psst"));
}

#[tokio::test]
async fn what_does_not_fit_a_command_is_named() {
    let rig = rig().await;
    let sub = json!([{"type": 1, "name": "set", "description": "d", "options": [
        {"type": 3, "name": "mood", "description": "d", "required": true,
         "choices": [{"name": "Calm", "value": "calm"}]}]}]);
    registers(&rig, &json!([{"name": "mood", "description": "d", "options": sub}])).await;
    let alice = rig.discord.member("alice");
    let problem = |r: Result<_, MemberError>| r.map(|_| ()).unwrap_err().to_string();
    assert_eq!(problem(alice.runs("/nope", NO_OPTIONS).await), "no application has a command /nope");
    assert_eq!(problem(alice.runs("/mood set", NO_OPTIONS).await), "option mood: it is required");
    let odd = alice.runs("/mood set", [("mood", "odd")]).await;
    assert_eq!(problem(odd), r#"option mood: "odd" is none of its choices"#);
    alice.runs("/mood set", [("mood", "Calm")]).await.unwrap();
    let data = asked(&rig).await.data;
    assert_eq!(data["options"][0]["options"], json!([{"name": "mood", "type": 3, "value": "calm"}]));
}

#[tokio::test]
async fn autocomplete_offers_choices() {
    let rig = rig().await;
    let options = json!([{"type": 3, "name": "who", "description": "d", "autocomplete": true}]);
    registers(&rig, &json!([{"name": "ask", "description": "d", "options": options}])).await;
    let alice = rig.discord.member("alice");
    let bot = async {
        let interaction = asked(&rig).await;
        assert_eq!(
            interaction.data["options"][0],
            json!({"name": "who", "type": 3, "value": "Mi", "focused": true})
        );
        answer(
            &rig,
            &interaction,
            json!({"type": 8, "data": {"choices": [{"name": "Mira", "value": "mira"}]}}),
        )
        .await;
    };
    let (choices, ()) = tokio::join!(alice.autocompletes("/ask", "who", "Mi"), bot);
    assert_eq!(choices.unwrap()[0].value, "mira");
}

#[tokio::test]
async fn a_button_opens_a_modal_that_is_submitted() {
    let rig = rig().await;
    let general = rig.channel("general");
    let row = json!([{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]);
    let request = rig.request(Method::POST, &format!("/channels/{general}/messages"));
    let (_, message) = rig.send(request.json(&json!({"content": "press", "components": row}))).await;
    let alice = rig.discord.member("alice");
    let pressed = alice.presses(&Post::from_json(&message), "go").await.unwrap();
    let field = json!({"type": 4, "custom_id": "name", "style": 1, "label": "Name"});
    let modal = json!({"custom_id": "m", "title": "Who", "components": [{"type": 1, "components": [field]}]});
    answer(&rig, &asked(&rig).await, json!({"type": 9, "data": modal})).await;

    let modal = pressed.modal(NET).await.unwrap();
    assert_eq!((modal.title.as_str(), modal.custom_id.as_str()), ("Who", "m"));
    let submitted = alice.submits(&modal, [("name", "Alice")]).await.unwrap();
    let interaction = asked(&rig).await;
    assert_eq!(interaction.data["components"][0]["components"][0]["value"], "Alice");
    answer(&rig, &interaction, json!({"type": 4, "data": {"content": "Hello Alice"}})).await;
    assert_eq!(submitted.message(NET).await.unwrap().content, "Hello Alice");
    assert!(alice.presses(&Post::from_json(&message), "absent").await.is_err());
}

#[tokio::test]
async fn voice_presence_typing_and_direct_messages() {
    let rig = rig_with(Permissions::NONE, |options| options).await;
    let local = &rig.discord;
    let alice = local.member("alice");
    let mut watch = local.watch();
    alice.types_in("#general").await.unwrap();
    watch.event(NET, |e| e.name == "TYPING_START").await.unwrap();
    alice.joins_voice("talk").await.unwrap();
    let state = watch.event(NET, |e| e.name == "VOICE_STATE_UPDATE").await.unwrap();
    assert_eq!(state.data["channel_id"], rig.channel("talk").to_string());
    alice.leaves_voice().await.unwrap();
    let state = watch.event(NET, |e| e.name == "VOICE_STATE_UPDATE").await.unwrap();
    assert!(state.data["channel_id"].is_null());
    alice.sets_presence("idle").await.unwrap();
    watch.event(NET, |e| e.name == "PRESENCE_UPDATE" && e.data["status"] == "idle").await.unwrap();
    assert!(alice.sets_presence("sleepy").await.is_err());
    let dm = alice.dm("bot", "between us").await.unwrap();
    assert!(local.member("bob").reads(dm.channel_id).is_err(), "nobody else reads it");
    assert!(local.member("bob").says("#secret", "x").await.is_err(), "a hidden channel");
}
