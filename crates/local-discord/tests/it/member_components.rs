//! Buttons, selects and modals: what members may press, what applications may answer, who sees it.

use std::time::Duration;

use local_discord::members::{MemberError, Modal, Post};
use reqwest::Method;
use serde_json::{Value, json};

use crate::members::{NET, answer, asked};
use crate::rest_rig::{Rig, form_error, rig};

fn row<const N: usize>(components: [Value; N]) -> Value {
    json!({"type": 1, "components": Vec::from(components)})
}

fn button(label: &str, id: &str) -> Value {
    json!({"type": 2, "style": 2, "label": label, "custom_id": id})
}

/// A message of the bot with these rows.
async fn shows(rig: &Rig, rows: Value) -> Post {
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let (status, message) = rig.post(&path, json!({"content": "look", "components": rows})).await;
    assert_eq!(status, 200, "{message}");
    Post::from_json(&message)
}

/// The first sentence in the tree of form errors.
fn first(errors: &Value) -> Option<String> {
    if let Some(list) = errors["_errors"].as_array() {
        return Some(list[0]["message"].as_str()?.to_owned());
    }
    errors.as_object()?.values().find_map(first)
}

fn problem<T: std::fmt::Debug>(outcome: Result<T, MemberError>) -> String {
    let MemberError::Refused(error) = outcome.unwrap_err() else { panic!("refused by Discord") };
    assert_eq!((error.status(), error.code()), (400, 50035));
    first(&error.body()["errors"]).unwrap()
}

#[tokio::test]
async fn a_webhook_of_the_application_carries_buttons_and_a_select() {
    let rig = rig().await;
    let (_, hook) =
        rig.post(&format!("/channels/{}/webhooks", rig.channel("general")), json!({"name": "Mira"})).await;
    let url = format!("/webhooks/{}/{}", hook["id"].as_str().unwrap(), hook["token"].as_str().unwrap());
    let select = json!({"type": 3, "custom_id": "pick", "placeholder": "Pick", "options": [
        {"label": "One", "value": "1"}, {"label": "Two", "value": "2", "default": true}]});
    let rows = json!([row([button("Again", "again:1"), button("Why", "why:1")]), row([select])]);
    let say = json!({"content": "hm", "components": rows, "allowed_mentions": {"parse": []}});
    let (status, message) = rig.post(&format!("{url}?wait=true"), say).await;
    assert_eq!(status, 200, "{message}");
    assert_eq!(message["application_id"], rig.application().to_string());
    let post = Post::from_json(&message);
    let labels: Vec<String> = post.buttons().into_iter().map(|b| b.label).collect();
    assert_eq!(labels, ["Again", "Why"]);
    assert_eq!(post.selects()[0].options, [("One".to_owned(), "1".to_owned()), ("Two".into(), "2".into())]);

    let alice = rig.discord.member("alice");
    let pressed = alice.presses_labelled(&post, "Again").await.unwrap();
    let interaction = asked(&rig).await;
    assert_eq!(
        (interaction.data["custom_id"].as_str(), interaction.message_id),
        (Some("again:1"), Some(post.id))
    );
    // Deferred without a word: the message stays, and is later changed through the interaction.
    answer(&rig, &interaction, json!({"type": 6})).await;
    assert_eq!(pressed.answered(NET).await.unwrap().kind, 6);
    let original = format!("/webhooks/{}/{}/messages/@original", rig.application(), interaction.token);
    let (status, _) = rig.patch(&original, json!({"content": "hm!", "components": []})).await;
    assert_eq!(status, 200);
    let now = rig.discord.look(&post).unwrap();
    assert_eq!((now.content.as_str(), now.buttons().len(), now.author.as_str()), ("hm!", 0, "Mira"));
    assert!(matches!(alice.presses_labelled(&post, "Again").await, Err(MemberError::NoButton(_))));
    rig.assert_faithful();
}

#[tokio::test]
async fn a_webhook_of_nobody_may_not_carry_buttons() {
    let rig = rig().await;
    let (olga, general) = (rig.user("olga"), rig.channel("general"));
    let hook =
        rig.discord.world().with(|core| core.create_webhook(olga, general, "Plain".into(), None)).unwrap();
    let url = format!("/webhooks/{}/{}", hook["id"].as_str().unwrap(), hook["token"].as_str().unwrap());
    let say = json!({"content": "x", "components": [row([button("B", "b")])]});
    let (status, message) = rig.post(&format!("{url}?wait=true"), say.clone()).await;
    assert_eq!((status, message["components"].as_array().map(Vec::len)), (200, Some(0)), "ignored");
    let (status, error) = rig.post(&format!("{url}?wait=true&with_components=true"), say).await;
    assert_eq!(status, 400);
    assert_eq!(form_error(&error, "/components/0/components/0"), "COMPONENT_NOT_ALLOWED_FOR_WEBHOOK");
}

#[tokio::test]
async fn what_is_disabled_absent_or_out_of_bounds_is_refused() {
    let rig = rig().await;
    let mut off = button("Off", "off");
    off["disabled"] = json!(true);
    let link = json!({"type": 2, "style": 5, "label": "Docs", "url": "https://example.com"});
    let options: Vec<Value> = ["a", "b", "c"].iter().map(|v| json!({"label": v, "value": v})).collect();
    let select = json!({"type": 3, "custom_id": "s", "options": options, "min_values": 1, "max_values": 2});
    let who = json!({"type": 5, "custom_id": "who"});
    let post = shows(&rig, json!([row([off, button("On", "on"), link]), row([select]), row([who])])).await;
    assert_eq!(post.buttons().len(), 2, "a link is no button to press");
    let alice = rig.discord.member("alice");
    let none: [&str; 0] = [];
    assert_eq!(problem(alice.presses(&post, "off").await), "The component is disabled.");
    assert_eq!(problem(alice.presses(&post, "nope").await), "The message has no such component.");
    assert_eq!(problem(alice.selects(&post, "on", ["x"]).await), "A button has no values.");
    assert_eq!(problem(alice.selects(&post, "s", none).await), "Must be between 1 and 2 in length.");
    assert_eq!(
        problem(alice.selects(&post, "s", ["a", "b", "c"]).await),
        "Must be between 1 and 2 in length."
    );
    assert_eq!(problem(alice.selects(&post, "s", ["a", "a"]).await), "The same value was chosen twice.");
    assert_eq!(problem(alice.selects(&post, "s", ["z"]).await), r#""z" is none of the options."#);
    assert_eq!(problem(alice.selects(&post, "who", ["12"]).await), "A value names nothing that is here.");
    alice.selects(&post, "s", ["a", "c"]).await.unwrap();
    assert_eq!(asked(&rig).await.data["values"], json!(["a", "c"]));
    let theirs = alice.says("#general", "no components here").await.unwrap();
    assert!(matches!(alice.presses(&theirs, "x").await, Err(MemberError::Refused(e)) if e.code() == 10002));
}

#[tokio::test]
async fn answers_come_in_time_or_not_at_all() {
    let rig = rig().await;
    let post = shows(&rig, json!([row([button("Go", "go")])])).await;
    let alice = rig.discord.member("alice");
    // Type 4: a message of its own, for one pair of eyes; its buttons are theirs too.
    let pressed = alice.presses(&post, "go").await.unwrap();
    let own = json!({"content": "psst", "flags": 64, "components": [row([button("More", "more")])]});
    answer(&rig, &asked(&rig).await, json!({"type": 4, "data": own})).await;
    let whisper = pressed.message(NET).await.unwrap();
    assert!(whisper.ephemeral);
    let bob = rig.discord.member("bob");
    assert!(matches!(bob.presses(&whisper, "more").await, Err(MemberError::Refused(e)) if e.code() == 10008));
    // Type 7 on it: replaced in place, still ephemeral.
    alice.presses(&whisper, "more").await.unwrap();
    answer(&rig, &asked(&rig).await, json!({"type": 7, "data": {"content": "more", "components": []}})).await;
    let now = rig.discord.look(&whisper).unwrap();
    assert_eq!((now.content.as_str(), now.ephemeral, now.buttons().len()), ("more", true, 0));
    // Type 5: first a promise, then its message.
    let pressed = alice.presses(&post, "go").await.unwrap();
    let interaction = asked(&rig).await;
    answer(&rig, &interaction, json!({"type": 5, "data": {"flags": 64}})).await;
    let promise = pressed.answered(NET).await.unwrap();
    assert!(promise.message.is_some_and(|m| m.loading && m.ephemeral));
    let hook = format!("/webhooks/{}/{}", rig.application(), interaction.token);
    rig.post(&hook, json!({"content": "done", "allowed_mentions": {"parse": []}})).await;
    assert_eq!(pressed.message(NET).await.unwrap().content, "done", "the first follow-up fills it");
    assert_eq!(rig.discord.look(&post).unwrap().content, "look", "the component's message is untouched");
    // Too late.
    alice.presses(&post, "go").await.unwrap();
    let interaction = asked(&rig).await;
    rig.clock.advance(Duration::from_millis(3_001));
    let path = format!("/interactions/{}/{}/callback", interaction.id, interaction.token);
    let (status, error) = rig.send(rig.request(Method::POST, &path).json(&json!({"type": 6}))).await;
    assert_eq!((status, error["code"].as_u64()), (404, Some(10062)));
    rig.assert_faithful();
}

/// Presses `go` as alice and opens this modal.
async fn opens(rig: &Rig, components: Value) -> Modal {
    let post = shows(rig, json!([row([button("Go", "go")])])).await;
    let pressed = rig.discord.member("alice").presses(&post, "go").await.unwrap();
    let modal = json!({"custom_id": "edit:mira", "title": "Edit", "components": components});
    answer(rig, &asked(rig).await, json!({"type": 9, "data": modal})).await;
    pressed.modal(NET).await.unwrap()
}

#[tokio::test]
async fn a_modal_is_filled_as_it_allows() {
    let rig = rig().await;
    let modal = opens(
        &rig,
        json!([
            {"type": 18, "label": "Name", "component":
                {"type": 4, "custom_id": "name", "style": 1, "min_length": 2, "max_length": 5}},
            {"type": 18, "label": "Note", "component":
                {"type": 4, "custom_id": "note", "style": 2, "required": false, "value": "as it was"}},
            {"type": 18, "label": "Mood", "component": {"type": 3, "custom_id": "mood", "options": [
                {"label": "Calm", "value": "calm"}, {"label": "Wild", "value": "wild"}]}}]),
    )
    .await;
    let (alice, bob) = (rig.discord.member("alice"), rig.discord.member("bob"));
    assert_eq!(problem(alice.submits(&modal, [("mood", "calm")]).await), "This field is required");
    let long = [("name", "Miranda"), ("mood", "calm")];
    assert_eq!(problem(alice.submits(&modal, long).await), "Must be between 2 and 5 in length.");
    let odd = [("name", "Mira"), ("mood", "odd")];
    assert_eq!(problem(alice.submits(&modal, odd).await), r#""odd" is none of the options."#);
    let fine = [("name", "Mira"), ("mood", "wild")];
    assert!(matches!(bob.submits(&modal, fine).await, Err(MemberError::Refused(e)) if e.code() == 10062));
    let submitted = alice.submits(&modal, fine).await.unwrap();
    let interaction = asked(&rig).await;
    assert_eq!(interaction.data["custom_id"], "edit:mira");
    let given: Vec<&Value> =
        interaction.data["components"].as_array().unwrap().iter().map(|c| &c["component"]).collect();
    assert_eq!((&given[0]["value"], &given[1]["value"]), (&json!("Mira"), &json!("as it was")));
    assert_eq!(given[2]["values"], json!(["wild"]));
    // A modal that a message's button opened may change that message.
    answer(&rig, &interaction, json!({"type": 7, "data": {"content": "renamed", "components": []}})).await;
    assert_eq!(submitted.message(NET).await.unwrap().content, "renamed");
    rig.assert_faithful();
}

#[tokio::test]
async fn modals_and_selects_are_checked_when_they_are_shown() {
    let rig = rig().await;
    let post = shows(&rig, json!([row([button("Go", "go")])])).await;
    rig.discord.member("alice").presses(&post, "go").await.unwrap();
    let interaction = asked(&rig).await;
    let path = format!("/interactions/{}/{}/callback", interaction.id, interaction.token);
    let input = json!({"type": 4, "custom_id": "a", "style": 1, "label": "A"});
    let modal = |components: Value| json!({"type": 9, "data": {"custom_id": "m", "title": "M", "components": components}});
    let mut short = input.clone();
    short["value"] = json!("far too long");
    short["max_length"] = json!(3);
    let (_, error) = rig.post(&path, modal(json!([row([short])]))).await;
    assert_eq!(form_error(&error, "/data/components/0/components/0/value"), "BASE_TYPE_MAX_LENGTH");
    let twice = json!([row([input.clone()]), row([input.clone()])]);
    let (_, error) = rig.post(&path, modal(twice)).await;
    assert_eq!(form_error(&error, "/data/components/1/custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED");
    assert_eq!(rig.post(&path, modal(json!([row([input])]))).await.0, 204, "a refusal is no answer");

    let messages = format!("/channels/{}/messages", rig.channel("general"));
    let select =
        json!({"type": 3, "custom_id": "s", "max_values": 3, "options": [{"label": "a", "value": "a"}]});
    let (_, error) = rig.post(&messages, json!({"content": "x", "components": [row([select])]})).await;
    assert_eq!(form_error(&error, "/components/0/components/0/options"), "BASE_TYPE_BAD_LENGTH");
}
