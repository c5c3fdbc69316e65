//! Commands with sub-commands, files and channels, and those of a message's menu: declared, found, run and refused.

use local_discord::members::{MemberError, NO_OPTIONS};
use local_discord::permissions::Permissions;
use local_discord::world::NewFile;
use serde_json::{Value, json};

use crate::members::{NET, answer, asked, registers};
use crate::rest_rig::{Rig, form_error, rig, rig_with};

/// `/card import file:`, `/card show where:`, `/lore entry add key:` and the menus “Why this?” and “Look”.
fn commands() -> Value {
    let text = |name: &str| json!({"type": 3, "name": name, "description": "d", "required": true});
    json!([
        {"name": "card", "description": "d", "options": [
            {"type": 1, "name": "import", "description": "d", "options": [
                {"type": 11, "name": "file", "description": "d", "required": true},
                {"type": 3, "name": "note", "description": "d"}]},
            {"type": 1, "name": "show", "description": "d", "options": [
                {"type": 7, "name": "where", "description": "d", "channel_types": [0]}]}]},
        {"name": "lore", "description": "d", "options": [
            {"type": 2, "name": "entry", "description": "d", "options": [
                {"type": 1, "name": "add", "description": "d", "options": [text("key")]}]}]},
        {"name": "Why this?", "type": 3},
        {"name": "Look", "type": 2}])
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, MemberError>) -> (u16, u32) {
    match outcome.unwrap_err() {
        MemberError::Refused(error) => (error.status(), error.code()),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_card_is_uploaded_as_an_option_and_served() {
    let rig = rig().await;
    registers(&rig, &commands()).await;
    let alice = rig.discord.member("alice");
    let card = NewFile::new("Mira's card.json", br#"{"name":"Mira"}"#.to_vec());
    let running = alice.runs_with_files("/card import", [("note", "mine")], [("file", card)]).await.unwrap();
    let data = asked(&rig).await.data;
    let options = &data["options"][0]["options"];
    assert_eq!(data["options"][0]["name"], "import");
    assert_eq!(options[0], json!({"name": "note", "type": 3, "value": "mine"}));
    let id = options[1]["value"].as_str().unwrap();
    assert_eq!(options[1], json!({"name": "file", "type": 11, "value": id}));
    let file = &data["resolved"]["attachments"][id];
    assert_eq!((&file["filename"], &file["size"]), (&json!("Mira_s_card.json"), &json!(15)));
    assert_eq!(file["ephemeral"], true);
    let served = rig.http.get(file["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(served.text().await.unwrap(), r#"{"name":"Mira"}"#);
    answer(&rig, &asked(&rig).await, json!({"type": 4, "data": {"content": "thanks", "flags": 64}})).await;
    assert_eq!(running.message(NET).await.unwrap().content, "thanks");

    let absent = alice.runs("/card import", [("file", "12345")]).await;
    assert_eq!(absent.unwrap_err().to_string(), r#"option file: "12345" does not fit"#);
    let large = NewFile::new("huge.png", vec![0; (10 << 20) + 1]);
    assert_eq!(
        refusal(alice.runs_with_files("/card import", NO_OPTIONS, [("file", large)]).await),
        (413, 40005)
    );
    rig.assert_faithful();
}

#[tokio::test]
async fn sub_commands_nest_and_channels_keep_to_their_types() {
    let rig = rig().await;
    registers(&rig, &commands()).await;
    let alice = rig.discord.member("alice");
    alice.runs("/lore entry add", [("key", "sea")]).await.unwrap();
    let data = asked(&rig).await.data;
    let add = json!({"name": "add", "type": 1, "options": [{"name": "key", "type": 3, "value": "sea"}]});
    assert_eq!(data["options"], json!([{"name": "entry", "type": 2, "options": [add]}]));

    alice.runs("/card show", [("where", "#general")]).await.unwrap();
    let data = asked(&rig).await.data;
    let general = rig.channel("general").to_string();
    assert_eq!(data["resolved"]["channels"][&general]["name"], "general");
    let problem = |r: Result<_, MemberError>| r.map(|_| ()).unwrap_err().to_string();
    let talk = alice.runs("/card show", [("where", "talk")]).await;
    assert_eq!(problem(talk), "option where: a channel of that type does not fit");
    assert_eq!(problem(alice.runs("/card", NO_OPTIONS).await), "option import: a sub-command must be chosen");
    assert_eq!(
        problem(alice.runs("/card burn", NO_OPTIONS).await),
        "option burn: the command has no such option"
    );
}

#[tokio::test]
async fn a_message_s_menu_sends_the_message_along() {
    let rig = rig().await;
    registers(&rig, &commands()).await;
    let (alice, bob) = (rig.discord.member("alice"), rig.discord.member("bob"));
    let post = bob.says("#general", "a strange sentence").await.unwrap();
    // A thread has the id of its message: only the message is meant.
    bob.opens_thread_on(&post, "about it").await.unwrap();
    let running = alice.runs_on_message("Why this?", &post).await.unwrap();
    let interaction = asked(&rig).await;
    let id = post.id.to_string();
    assert_eq!((&interaction.data["type"], &interaction.data["target_id"]), (&json!(3), &json!(id)));
    assert_eq!(interaction.data["resolved"]["messages"][&id]["content"], "a strange sentence");
    assert!(interaction.data["resolved"].get("channels").is_none());
    answer(&rig, &interaction, json!({"type": 4, "data": {"content": "because", "flags": 64}})).await;
    let reply = running.message(NET).await.unwrap();
    assert!(reply.ephemeral);
    assert_eq!(reply.json["type"], 23, "a context menu command's response");
    let origin = &reply.json["interaction_metadata"];
    assert_eq!((&origin["command_type"], &origin["target_message_id"]), (&json!(3), &json!(id)));
    assert!(matches!(alice.runs("/Why", NO_OPTIONS).await, Err(MemberError::UnknownCommand(_))));
    assert!(matches!(alice.runs_on_message("Look", &post).await, Err(MemberError::UnknownCommand(_))));
    assert_eq!(refusal(bob.runs_on_message("Why this?", &reply).await), (404, 10008), "alice's own answer");

    alice.runs_on_user("Look", "bob").await.unwrap();
    let data = asked(&rig).await.data;
    assert_eq!(data["resolved"]["users"][bob.id().to_string()]["username"], "bob");
    bob.deletes(&post).await.unwrap();
    assert_eq!(refusal(alice.runs_on_message("Why this?", &post).await), (404, 10008));
    rig.assert_faithful();
}

#[tokio::test]
async fn commands_are_hidden_from_whom_they_are_not_for() {
    let rig = rig_with(Permissions::NONE, |options| options).await;
    let d = "d";
    registers(
        &rig,
        &json!([
            {"name": "mute", "description": d, "default_member_permissions": "32"},
            {"name": "reset", "description": d, "default_member_permissions": "0"},
            {"name": "here", "description": d, "contexts": [0]},
            {"name": "den", "description": d, "nsfw": true},
            {"name": "both", "description": d, "contexts": [0, 1]}]),
    )
    .await;
    let (olga, alice) = (rig.discord.member("olga"), rig.discord.member("alice"));
    for forbidden in ["/mute", "/reset"] {
        assert_eq!(refusal(alice.runs(forbidden, NO_OPTIONS).await), (403, 50013), "{forbidden}");
        olga.runs(forbidden, NO_OPTIONS).await.unwrap();
    }
    let names = |user: u64, channel: u64| -> Vec<String> {
        let all = rig.discord.world().with(|core| core.usable_commands(user, channel));
        all.iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    let general = rig.channel("general");
    assert_eq!(names(alice.id(), general), ["here", "both"]);
    assert_eq!(refusal(olga.runs("/den", NO_OPTIONS).await), (404, 10063));
    rig.discord.world().set_age_restricted("#general", true).unwrap();
    assert_eq!(names(olga.id(), general), ["mute", "reset", "here", "den", "both"]);
    let thread = alice.opens_thread("#general", "inside").await.unwrap();
    alice.clone().at(thread).runs("/den", NO_OPTIONS).await.unwrap();

    let dm = alice.dm_channel("bot").unwrap();
    assert_eq!(names(alice.id(), dm), ["mute", "reset", "den", "both"]);
    let there = alice.at(dm);
    there.runs("/both", NO_OPTIONS).await.unwrap();
    assert_eq!(refusal(there.runs("/here", NO_OPTIONS).await), (404, 10063));
}

async fn declared(rig: &Rig, command: Value, path: &str) -> String {
    let url = format!("/applications/{}/commands", rig.application());
    let (status, error) = rig.post(&url, command).await;
    assert_eq!(status, 400, "{error}");
    form_error(&error, path).to_owned()
}

#[tokio::test]
async fn options_must_fit_their_types() {
    let rig = rig().await;
    let with = |option: Value| json!({"name": "x", "description": "x", "options": [option]});
    let option = |extra: Value| {
        let mut option = json!({"type": 3, "name": "o", "description": "d"});
        option.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        with(option)
    };
    let type_invalid = "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID";
    for (key, value) in [("channel_types", json!([0])), ("min_value", json!(1))] {
        assert_eq!(
            declared(&rig, option(json!({ key: value })), &format!("/options/0/{key}")).await,
            type_invalid
        );
    }
    let file = option(json!({"type": 11, "choices": [{"name": "a", "value": "a"}]}));
    assert_eq!(declared(&rig, file, "/options/0/choices").await, type_invalid);
    let number = option(json!({"type": 4, "choices": [{"name": "a", "value": "a"}]}));
    assert_eq!(
        declared(&rig, number, "/options/0/choices/0/value").await,
        "APPLICATION_COMMAND_OPTIONS_CHOICE_TYPE_INVALID"
    );
    let range = option(json!({"type": 4, "min_value": 5, "max_value": 2}));
    assert_eq!(
        declared(&rig, range, "/options/0/max_value").await,
        "APPLICATION_COMMAND_OPTIONS_RANGE_INVALID"
    );
    let group = with(json!({"type": 2, "name": "g", "description": "d", "options": [
        {"type": 3, "name": "o", "description": "d"}]}));
    assert_eq!(declared(&rig, group, "/options/0/options").await, type_invalid);
    let bits = json!({"name": "x", "description": "x", "default_member_permissions": "many"});
    assert_eq!(declared(&rig, bits, "/default_member_permissions").await, "BIT_SET_TYPE_COERCE");
    let menu = json!({"name": "Why this?", "type": 3, "description": "words"});
    assert_eq!(declared(&rig, menu, "/description").await, "APPLICATION_COMMAND_CONTEXT_MENU_INVALID");
}
