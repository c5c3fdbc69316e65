//! Commands, components and modals as Discord sends them.

use super::*;

fn raw_command(kind: u8, options: &Value) -> Value {
    json!({
        "id": "1300000000000000000", "type": kind, "token": "secret", "version": 1, "application_id": "22",
        "data": { "id": "50", "type": 1, "name": "chat", "options": options, "resolved": {
            "attachments": { "77": {
                "id": "77", "filename": "mira.png", "size": 9, "url": "https://cdn.example/mira.png",
                "proxy_url": "https://media.example/mira.png", "content_type": "image/png", "ephemeral": true,
            }},
            "users": { "901": { "id": "901", "username": "bob" } }, "members": {}, "roles": {},
            "channels": { "5": { "id": "5", "type": 0, "name": "x", "permissions": "0" } },
        }},
        "guild_id": "1", "channel_id": "6", "channel": { "id": "6", "type": 11, "parent_id": "5", "name": "t" },
        "member": { "permissions": "8224", "nick": "Ally", "user": { "id": "900", "username": "alice", "global_name": null } },
        "app_permissions": "0", "locale": "en-GB", "entitlements": [], "attachment_size_limit": 10,
        "authorizing_integration_owners": { "0": "1" }, "context": 0,
    })
}

#[test]
fn a_command_with_every_kind_of_option() {
    let options = json!([
        { "name": "text", "type": 3, "value": "hello" },
        { "name": "count", "type": 4, "value": 7 },
        { "name": "loud", "type": 5, "value": true },
        { "name": "who", "type": 6, "value": "901" },
        { "name": "where", "type": 7, "value": "5" },
        { "name": "card", "type": 11, "value": "77" },
        { "name": "lost", "type": 11, "value": "78" },
    ]);
    insta::assert_json_snapshot!(event("INTERACTION_CREATE", &raw_command(2, &options)));
}

#[test]
fn a_subcommand_and_an_option_being_typed() {
    let options = json!([{ "name": "lore", "type": 2, "options": [{ "name": "add", "type": 1, "options": [
        { "name": "count", "type": 4, "value": "1", "focused": true },
    ]}]}]);
    let Event::Autocomplete(call) = event("INTERACTION_CREATE", &raw_command(4, &options)) else { panic!() };
    assert_eq!((call.name.as_str(), call.sub.as_deref()), ("chat", Some("lore add")));
    assert_eq!(call.focused.as_deref(), Some("count"));
    assert_eq!(call.text("count").unwrap().raw(), "1");
}

#[test]
fn a_command_in_a_direct_message_has_a_user_and_no_member() {
    let mut command = raw_command(2, &json!([]));
    let fields = command.as_object_mut().unwrap();
    fields.remove("member");
    fields.remove("guild_id");
    fields.insert("channel".into(), json!({ "id": "8", "type": 1 }));
    fields.insert("user".into(), json!({ "id": "900", "username": "alice" }));
    let Event::Command(call) = event("INTERACTION_CREATE", &command) else { panic!() };
    assert_eq!((call.place.kind, call.place.guild), (ChannelKind::Direct, None));
    assert_eq!(call.author.name.raw(), "alice");
}

#[test]
fn a_command_from_a_message_s_menu_brings_the_message() {
    let mut command = raw_command(2, &json!([]));
    command["data"] = json!({
        "id": "51", "type": 3, "name": "Why this?", "target_id": "1299", "resolved": { "messages": { "1299": {
            "id": "1299", "channel_id": "6", "type": 0, "content": "Tea at four.", "timestamp": "2026-01-01T00:00:00Z",
            "author": { "id": "70", "username": "Mira", "bot": true }, "webhook_id": "70", "application_id": "22",
            "embeds": [], "components": [], "attachments": [], "flags": 4,
        }}},
    });
    let Event::Command(call) = event("INTERACTION_CREATE", &command) else { panic!() };
    assert_eq!((call.name.as_str(), call.sub.as_deref()), ("Why this?", None));
    let target = call.target.unwrap();
    assert_eq!((target.id, target.place), (MessageId(1299), call.place));
    assert_eq!(target.author.kind, AuthorKind::Webhook(WebhookId(70), Some(ApplicationId(22))));
    assert_eq!(target.content.raw(), "Tea at four.");
}

#[test]
fn a_caller_s_permissions_and_the_channel_s_age_come_along() {
    let mut command = raw_command(2, &json!([]));
    let called = |command: &Value| match event("INTERACTION_CREATE", command) {
        Event::Command(call) => (call.permissions, call.age_restricted),
        other => panic!("{other:?}"),
    };
    assert_eq!(called(&command), (Permissions::MANAGE_MESSAGES.with(Permissions::MANAGE_GUILD), false));
    command["channel"]["nsfw"] = true.into();
    command["member"]["permissions"] = "everything".into();
    assert_eq!(called(&command), (Permissions::NONE, true));
}

fn raw_component(data: Value) -> Value {
    let mut press = raw_command(3, &json!([]));
    press["data"] = data;
    press["message"] =
        json!({ "id": "800", "type": 0, "channel_id": "6", "author": { "id": "11" }, "components": [] });
    press
}

#[test]
fn a_button_and_a_select() {
    let button = raw_component(json!({ "custom_id": "scene:stop:7", "component_type": 2, "id": 3 }));
    let select = raw_component(
        json!({ "custom_id": "cast", "component_type": 3, "values": ["mira", "otto"], "id": 4 }),
    );
    insta::assert_json_snapshot!([
        event("INTERACTION_CREATE", &button),
        event("INTERACTION_CREATE", &select)
    ]);
}

#[test]
fn a_modal_in_rows_or_in_labels() {
    let fields = json!([
        { "type": 1, "id": 1, "components": [{ "type": 4, "custom_id": "name", "value": "Mira", "id": 2 }] },
        { "type": 18, "id": 3, "component": { "type": 4, "custom_id": "about", "value": "", "id": 4 } },
        { "type": 10, "id": 5 },
    ]);
    let mut sent = raw_component(json!({ "custom_id": "edit:mira", "components": fields }));
    sent["type"] = 5.into();
    insta::assert_json_snapshot!(event("INTERACTION_CREATE", &sent));
    sent.as_object_mut().unwrap().remove("message");
    let Event::Modal(call) = event("INTERACTION_CREATE", &sent) else { panic!() };
    assert_eq!(call.message, None, "opened by a command");
}
