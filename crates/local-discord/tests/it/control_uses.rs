//! The control API's newer verbs: files as options, message menus, threads, coming and going, activities.

use local_discord::permissions::Permissions;
use serde_json::{Value, json};

use crate::members::{NET, answer, asked, registers};
use crate::rest_rig::{Rig, rig, rig_with};

/// Runs a request of a page while the bot answers with this callback; gives the page's answer and what the bot saw.
async fn used(rig: &Rig, path: &str, body: Value, callback: Value) -> (Value, Value) {
    let bot = async {
        let interaction = asked(rig).await;
        answer(rig, &interaction, callback).await;
        interaction.data
    };
    let ((status, answer), data) = tokio::join!(rig.local_post(path, body), bot);
    assert_eq!(status, 200, "{answer}");
    (answer, data)
}

#[tokio::test]
async fn a_page_uploads_a_card_presses_chooses_and_submits() {
    let rig = rig().await;
    registers(
        &rig,
        &json!([{"name": "card", "description": "d", "options": [
            {"type": 1, "name": "import", "description": "d", "options": [
                {"type": 11, "name": "file", "description": "d", "required": true}]}]}]),
    )
    .await;
    let file = json!({"filename": "mira.json", "content_type": "application/json", "data": "e30="});
    let options = json!([{"name": "import", "type": 1, "options": [{"name": "file", "value": file}]}]);
    let buttons =
        json!([{"type": 1, "components": [{"type": 2, "style": 3, "label": "Take", "custom_id": "take"}]}]);
    let shown = json!({"type": 4, "data": {"content": "this one?", "flags": 64, "components": buttons}});
    let run = json!({"as": "alice", "channel": "#general", "command": "card", "options": options});
    let (answered, data) = used(&rig, "command", run, shown).await;
    let id = data["options"][0]["options"][0]["value"].as_str().unwrap();
    assert_eq!(data["resolved"]["attachments"][id]["filename"], "mira.json");

    let message = &answered["message"]["id"];
    let press = json!({"as": "alice", "channel": "#general", "message": message, "custom_id": "take"});
    let field =
        json!({"type": 18, "label": "Name", "component": {"type": 4, "custom_id": "name", "style": 1}});
    let modal = json!({"type": 9, "data": {"custom_id": "m", "title": "Name it", "components": [field]}});
    let (opened, _) = used(&rig, "press", press.clone(), modal).await;
    assert_eq!((&opened["type"], &opened["modal"]["title"]), (&json!(9), &json!("Name it")));
    let empty = json!({"as": "alice", "interaction": opened["interaction"], "fields": {"name": ""}});
    let (status, refused) = rig.local_post("modal", empty).await;
    assert_eq!((status, &refused["message"]), (400, &json!("This field is required")));
    let filled = json!({"as": "alice", "interaction": opened["interaction"], "fields": {"name": "Mira"}});
    let (_, data) =
        used(&rig, "modal", filled, json!({"type": 7, "data": {"content": "taken", "components": []}})).await;
    assert_eq!(data["components"][0]["component"]["value"], "Mira");
    let (status, refused) = rig.local_post("press", press).await;
    assert_eq!((status, &refused["message"]), (400, &json!("The message has no such component.")));
}

#[tokio::test]
async fn a_page_uses_a_message_s_menu() {
    let rig = rig_with(Permissions::ADMINISTRATOR, |options| options).await;
    registers(
        &rig,
        &json!([{"name": "Why this?", "type": 3}, {"name": "Tidy", "type": 3, "default_member_permissions": "0"}]),
    )
    .await;
    let listed = rig.local_get("commands?as=alice&channel=general").await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "what she may not use is not offered: {listed}");
    let (_, said) = rig.local_post("say", json!({"channel": "#general", "content": "hm"})).await;
    let use_it = |who: &str, command: &Value| json!({"as": who, "channel": "#general", "command": command, "target": said["id"]});
    let because = json!({"type": 4, "data": {"content": "because", "flags": 64}});
    let (answered, data) = used(&rig, "command", use_it("alice", &listed[0]["id"]), because).await;
    assert_eq!(data["resolved"]["messages"][said["id"].as_str().unwrap()]["content"], "hm");
    assert_eq!(answered["message"]["content"], "because");
    let (status, refused) = rig.local_post("command", use_it("alice", &json!("Tidy"))).await;
    assert_eq!((status, refused["discord"]["code"].as_u64()), (403, Some(50013)));
}

#[tokio::test]
async fn a_page_opens_threads_and_shows_what_its_member_does() {
    let rig = rig().await;
    let (_, said) =
        rig.local_post("say", json!({"as": "alice", "channel": "#general", "content": "a topic"})).await;
    let on = json!({"channel": "#general", "message": said["id"], "name": "about it"});
    let (status, thread) = rig.local_post("thread", on.clone()).await;
    assert_eq!((status, &thread["id"], &thread["type"]), (200, &said["id"], &json!(11)));
    let (status, again) = rig.local_post("thread", on).await;
    assert_eq!((status, again["discord"]["code"].as_u64()), (400, Some(160_004)));
    let private = json!({"channel": "#general", "name": "us", "private": true});
    assert_eq!(rig.local_post("thread", private).await.1["type"], 12);
    let post = json!({"channel": "#forum", "name": "Lost", "content": "where is it?"});
    let (_, post) = rig.local_post("thread", post).await;
    assert_eq!(
        (&post["name"], &post["parent_id"]),
        (&json!("Lost"), &json!(rig.channel("forum").to_string()))
    );
    let (status, _) = rig.local_post("thread", json!({"channel": "#general", "name": " "})).await;
    assert_eq!(status, 400);

    let mut watch = rig.discord.watch();
    let doing = json!([{"game": "Chess"}, {"song": "The Sea", "artist": "Ode"}, {"custom": "away"}]);
    assert_eq!(rig.local_post("presence", json!({"as": "alice", "activities": doing})).await.0, 200);
    let told = watch.event(NET, |e| e.name == "PRESENCE_UPDATE").await.unwrap();
    let kinds: Vec<_> =
        told.data["activities"].as_array().unwrap().iter().map(|a| a["type"].clone()).collect();
    assert_eq!(kinds, [json!(0), json!(2), json!(4)]);
    assert_eq!(rig.local_post("guild", json!({"as": "alice", "leave": true})).await.0, 200);
    watch.event(NET, |e| e.name == "GUILD_MEMBER_REMOVE").await.unwrap();
    assert_eq!(rig.local_post("guild", json!({"as": "alice"})).await.0, 200);
    watch.event(NET, |e| e.name == "GUILD_MEMBER_ADD").await.unwrap();
}
