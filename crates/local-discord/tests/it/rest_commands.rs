//! Application commands and interactions over REST.

use std::time::Duration;

use local_discord::world::{NewInteraction, Use};
use serde_json::{Value, json};

use crate::rest_rig::{Rig, form_error, rig};

fn ping() -> Value {
    json!({"name": "ping", "description": "Says pong", "options": [
        {"type": 3, "name": "text", "description": "What to say", "required": true},
        {"type": 4, "name": "times", "description": "How often", "choices": [{"name": "once", "value": 1}]}]})
}

/// Registers `/ping` and runs it as alice. Gives the interaction's id and token.
async fn run(rig: &Rig) -> (u64, String) {
    let path = format!("/applications/{}/commands", rig.application());
    let (_, command) = rig.post(&path, ping()).await;
    let command_id = command["id"].as_str().unwrap().parse().unwrap();
    start(
        rig,
        Use::Command {
            command_id,
            options: vec![json!({"type": 3, "name": "text", "value": "hi"})],
            target_id: None,
        },
    )
}

fn start(rig: &Rig, what: Use) -> (u64, String) {
    let new = NewInteraction {
        application_id: rig.application(),
        user_id: rig.user("alice"),
        channel_id: rig.channel("general"),
        what,
    };
    let world = rig.discord.world();
    let id = world.with(|core| core.start_interaction(&new)).unwrap();
    (id, world.read(|state| state.interactions[&id].token.clone()))
}

#[tokio::test]
async fn commands_keep_their_version_until_they_change() {
    let rig = rig().await;
    let path = format!("/applications/{}/commands", rig.application());
    let (status, first) = rig.put(&path, json!([ping(), {"name": "Look", "type": 2}])).await;
    assert_eq!((status, first.as_array().map(Vec::len)), (200, Some(2)), "{first}");
    let (_, again) = rig.put(&path, json!([ping(), {"name": "Look", "type": 2}])).await;
    assert_eq!(first, again);
    let mut changed = ping();
    changed["description"] = json!("Says pong twice");
    let (_, third) = rig.put(&path, json!([changed])).await;
    assert_eq!(third[0]["id"], first[0]["id"]);
    assert_ne!(third[0]["version"], first[0]["version"]);
    let (_, list) = rig.get(&path).await;
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    let one = format!("{path}/{}", third[0]["id"].as_str().unwrap());
    let (_, patched) = rig.patch(&one, json!({"description": "Pong"})).await;
    assert_eq!(
        (patched["description"].as_str(), patched["options"].as_array().map(Vec::len)),
        (Some("Pong"), Some(2))
    );
    assert_eq!(rig.delete(&one).await.0, 204);
    assert_eq!(rig.get(&one).await.1["code"], 10063);
    rig.assert_faithful();
}

#[tokio::test]
async fn guild_commands_stand_beside_global_ones() {
    let rig = rig().await;
    let path = format!("/applications/{}/guilds/{}/commands", rig.application(), rig.guild());
    let (status, made) = rig.post(&path, ping()).await;
    assert_eq!((status, made["guild_id"].as_str()), (201, Some(&*rig.guild().to_string())), "{made}");
    assert_eq!(rig.post(&path, ping()).await.0, 200, "the same name replaces");
    let (_, global) = rig.get(&format!("/applications/{}/commands", rig.application())).await;
    assert_eq!(global, json!([]));
    let (status, error) = rig.get("/applications/1/commands").await;
    assert_eq!((status, error["code"].as_u64()), (403, Some(20012)));
    rig.assert_faithful();
}

#[tokio::test]
async fn commands_are_validated() {
    let rig = rig().await;
    let path = format!("/applications/{}/commands", rig.application());
    let (_, error) = rig.post(&path, json!({"name": "Not Good", "description": "x"})).await;
    assert_eq!(form_error(&error, "/name"), "APPLICATION_COMMAND_INVALID_NAME");
    let (_, error) = rig.post(&path, json!({"name": "x"})).await;
    assert_eq!(form_error(&error, "/description"), "BASE_TYPE_REQUIRED");
    let backwards = json!({"name": "x", "description": "x", "options": [
        {"type": 3, "name": "a", "description": "a"},
        {"type": 3, "name": "b", "description": "b", "required": true}]});
    let (_, error) = rig.post(&path, backwards).await;
    assert_eq!(form_error(&error, "/options/1"), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID");
    let option = |n: usize| {
        let choices: Vec<Value> =
            (0..4).map(|c| json!({"name": format!("c{c}"), "value": "v".repeat(100)})).collect();
        json!({"type": 3, "name": format!("o{n}"), "description": "d".repeat(100), "choices": choices})
    };
    let large = json!({"name": "x", "description": "x", "options": (0..20).map(option).collect::<Vec<_>>()});
    let (status, error) = rig.post(&path, large).await;
    assert_eq!(
        (status, error["errors"]["_errors"][0]["code"].as_str()),
        (400, Some("APPLICATION_COMMAND_TOO_LARGE"))
    );
    let menus: Vec<Value> = (0..16).map(|n| json!({"name": format!("Menu {n}"), "type": 3})).collect();
    let (_, error) = rig.put(&path, json!(menus)).await;
    assert_eq!(error["code"], 30032);
}

#[tokio::test]
async fn an_interaction_is_answered_once_and_in_time() {
    let rig = rig().await;
    let (id, token) = run(&rig).await;
    let path = format!("/interactions/{id}/{token}/callback");
    let answer = json!({"type": 4, "data": {"content": "pong"}});
    let (status, body) = rig.post(&format!("{path}?with_response=true"), answer.clone()).await;
    assert_eq!((status, body["resource"]["message"]["content"].as_str()), (200, Some("pong")), "{body}");
    let (status, error) = rig.post(&path, answer.clone()).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(40060)));
    let (late, token) = run(&rig).await;
    rig.clock.advance(Duration::from_millis(3_001));
    let (status, error) = rig.post(&format!("/interactions/{late}/{token}/callback"), answer).await;
    assert_eq!((status, error["code"].as_u64()), (404, Some(10062)));
    rig.assert_faithful();
}

#[tokio::test]
async fn deferred_answers_are_edited_and_followed() {
    let rig = rig().await;
    let (id, token) = run(&rig).await;
    let path = format!("/interactions/{id}/{token}/callback");
    let deferral = json!({"type": 5, "data": {"flags": 64}});
    let (status, body) = rig.post(&format!("{path}?with_response=true"), deferral).await;
    assert_eq!(
        (status, body["interaction"]["response_message_loading"].as_bool()),
        (200, Some(true)),
        "{body}"
    );
    assert!(body.get("resource").is_none(), "{body}");
    let hook = format!("/webhooks/{}/{token}", rig.application());
    let (status, edited) = rig.patch(&format!("{hook}/messages/@original"), json!({"content": "done"})).await;
    assert_eq!(
        (status, edited["content"].as_str(), edited["flags"].as_u64()),
        (200, Some("done"), Some(64)),
        "{edited}"
    );
    let (status, more) = rig.post(&hook, json!({"content": "and more"})).await;
    assert_eq!(status, 200, "{more}");
    let one = format!("{hook}/messages/{}", more["id"].as_str().unwrap());
    assert_eq!(rig.get(&one).await.1["content"], "and more");
    assert_eq!(rig.delete(&one).await.0, 204);
    let (_, seen) = rig.get(&format!("/channels/{}/messages", rig.channel("general"))).await;
    assert_eq!(seen, json!([]), "the ephemeral answer is alice's alone");
    rig.clock.advance(Duration::from_mins(15));
    let (status, error) = rig.patch(&format!("{hook}/messages/@original"), json!({"content": "late"})).await;
    assert_eq!((status, error["code"].as_u64()), (401, Some(50027)));
    rig.assert_faithful();
}

#[tokio::test]
async fn buttons_update_and_modals_open() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let button = json!({"type": 2, "style": 1, "label": "x", "custom_id": "x"});
    let body = json!({"content": "press", "components": [{"type": 1, "components": [button]}]});
    let (_, message) = rig.post(&path, body).await;
    let message_id = message["id"].as_str().unwrap().parse().unwrap();
    let press = || Use::Component { message_id, custom_id: "x".to_owned(), values: Vec::new() };
    let (id, token) = start(&rig, press());
    let update = json!({"type": 7, "data": {"content": "pressed", "components": []}});
    let (status, body) =
        rig.post(&format!("/interactions/{id}/{token}/callback?with_response=true"), update).await;
    assert_eq!((status, body["resource"]["message"]["content"].as_str()), (200, Some("pressed")), "{body}");

    let button = json!({"type": 2, "style": 1, "label": "x", "custom_id": "x"});
    rig.patch(&format!("{path}/{message_id}"), json!({"components": [{"type": 1, "components": [button]}]}))
        .await;
    let (id, token) = start(&rig, press());
    let input = json!({"type": 4, "custom_id": "name", "style": 1, "label": "Name"});
    let modal = json!({"type": 9, "data": {"custom_id": "m", "title": "T",
        "components": [{"type": 1, "components": [input]}]}});
    assert_eq!(rig.post(&format!("/interactions/{id}/{token}/callback"), modal).await.0, 204);
    let filled = json!([{"type": 1, "components": [{"type": 4, "custom_id": "name", "value": "Alice"}]}]);
    let components = filled.as_array().cloned().unwrap();
    let (id, token) = start(&rig, Use::ModalSubmit { opened_by: id, components });
    let answer = json!({"type": 4, "data": {"content": "hi Alice"}});
    assert_eq!(rig.post(&format!("/interactions/{id}/{token}/callback"), answer).await.0, 204);
    rig.assert_faithful();
}

#[tokio::test]
async fn only_selects_of_entities_resolve_their_values() {
    let rig = rig().await;
    let alice = rig.user("alice").to_string();
    let options = json!([{"label": "Two", "value": "2"}, {"label": "Alice", "value": alice}]);
    let words = json!({"type": 3, "custom_id": "words", "options": options});
    let users = json!({"type": 5, "custom_id": "users"});
    let rows = json!([{"type": 1, "components": [words]}, {"type": 1, "components": [users]}]);
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let (_, message) = rig.post(&path, json!({"content": "choose", "components": rows})).await;
    let message_id = message["id"].as_str().unwrap().parse().unwrap();
    let choose = |custom_id: &str| {
        let values = vec![alice.clone()];
        let (id, _) = start(&rig, Use::Component { message_id, custom_id: custom_id.to_owned(), values });
        rig.discord.world().read(|state| state.interactions[&id].data.clone())
    };
    let words = choose("words");
    assert_eq!((&words["values"], words.get("resolved")), (&json!([alice]), None), "{words}");
    assert_eq!(choose("users")["resolved"]["users"][&alice]["username"], "alice");
    rig.assert_faithful();
}

#[tokio::test]
async fn autocomplete_takes_choices_only() {
    let rig = rig().await;
    let path = format!("/applications/{}/commands", rig.application());
    let option = json!({"type": 3, "name": "q", "description": "q", "autocomplete": true});
    let (_, command) =
        rig.post(&path, json!({"name": "find", "description": "x", "options": [option]})).await;
    let command_id = command["id"].as_str().unwrap().parse().unwrap();
    let options = vec![json!({"type": 3, "name": "q", "value": "a", "focused": true})];
    let (id, token) = start(&rig, Use::Autocomplete { command_id, options });
    let callback = format!("/interactions/{id}/{token}/callback");
    let (_, error) = rig.post(&callback, json!({"type": 4, "data": {"content": "no"}})).await;
    assert_eq!(form_error(&error, "/type"), "INTERACTION_CALLBACK_TYPE_INVALID");
    let choices = json!({"type": 8, "data": {"choices": [{"name": "Apple", "value": "apple"}]}});
    assert_eq!(rig.post(&callback, choices).await.0, 204);
    rig.assert_faithful();
}

#[tokio::test]
async fn a_button_of_a_webhook_message_can_be_answered() {
    let rig = rig().await;
    let path = format!("/channels/{}/webhooks", rig.channel("general"));
    let (_, hook) = rig.post(&path, json!({"name": "Puppet"})).await;
    let url = format!("/webhooks/{}/{}", hook["id"].as_str().unwrap(), hook["token"].as_str().unwrap());
    let button = json!({"type": 2, "style": 1, "label": "again", "custom_id": "again"});
    let body = json!({"content": "hm", "components": [{"type": 1, "components": [button]}]});
    let (status, message) = rig.post(&format!("{url}?wait=true&with_components=true"), body).await;
    assert_eq!((status, message["components"].as_array().map(Vec::len)), (200, Some(1)), "{message}");
    let message_id = message["id"].as_str().unwrap().parse().unwrap();
    let press = Use::Component { message_id, custom_id: "again".to_owned(), values: Vec::new() };
    let (id, token) = start(&rig, press);
    let update = json!({"type": 7, "data": {"content": "better"}});
    assert_eq!(rig.post(&format!("/interactions/{id}/{token}/callback"), update).await.0, 204);
    let (_, read) = rig.get(&format!("/channels/{}/messages/{message_id}", rig.channel("general"))).await;
    assert_eq!(read["content"], "better");
    rig.assert_faithful();
}
