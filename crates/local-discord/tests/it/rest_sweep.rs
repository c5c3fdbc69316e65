//! Every route once: what it answers must fit the documentation.

use local_discord::world::Emoji;
use reqwest::Method;
use serde_json::{Value, json};

use crate::rest_rig::{Rig, rig};

async fn ok(rig: &Rig, method: Method, path: String, body: Value) -> Value {
    let request = rig.request(method.clone(), &path);
    let request = if body.is_null() { request } else { request.json(&body) };
    let (status, answer) = rig.send(request).await;
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

#[tokio::test]
async fn reading() {
    let rig = rig().await;
    let (guild, general, talk) = (rig.guild(), rig.channel("general"), rig.channel("talk"));
    let (alice, application) = (rig.user("alice"), rig.application());
    rig.say("something").await;
    for path in [
        "/gateway".to_owned(),
        "/gateway/bot".to_owned(),
        "/users/@me".to_owned(),
        format!("/users/{alice}"),
        "/users/@me/guilds?limit=10".to_owned(),
        "/applications/@me".to_owned(),
        format!("/applications/{application}"),
        format!("/applications/{application}/commands?with_localizations=true"),
        format!("/applications/{application}/guilds/{guild}/commands"),
        format!("/applications/{application}/guilds/{guild}/commands/permissions"),
        format!("/guilds/{guild}?with_counts=true"),
        format!("/guilds/{guild}/channels"),
        format!("/guilds/{guild}/members?limit=5"),
        format!("/guilds/{guild}/members/{alice}"),
        format!("/guilds/{guild}/members/search?query=a&limit=5"),
        format!("/guilds/{guild}/roles"),
        format!("/guilds/{guild}/roles/{guild}"),
        format!("/guilds/{guild}/threads/active"),
        format!("/guilds/{guild}/webhooks"),
        format!("/guilds/{guild}/emojis"),
        format!("/guilds/{guild}/stickers"),
        format!("/guilds/{guild}/invites"),
        format!("/guilds/{guild}/regions"),
        format!("/channels/{general}"),
        format!("/channels/{talk}"),
        format!("/channels/{general}/messages?limit=5"),
        format!("/channels/{general}/pins"),
        format!("/channels/{general}/messages/pins"),
        format!("/channels/{general}/invites"),
        format!("/channels/{general}/webhooks"),
        format!("/channels/{general}/threads/archived/public"),
        format!("/channels/{general}/threads/archived/private"),
        format!("/channels/{general}/users/@me/threads/archived/private"),
        "/voice/regions".to_owned(),
        "/sticker-packs".to_owned(),
    ] {
        ok(&rig, Method::GET, path, Value::Null).await;
    }
    rig.assert_faithful();
}

#[tokio::test]
async fn changing() {
    let rig = rig().await;
    let (guild, general, alice) = (rig.guild(), rig.channel("general"), rig.user("alice"));
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    ok(&rig, Method::PATCH, "/users/@me".into(), json!({"username": "robot"})).await;
    ok(
        &rig,
        Method::PATCH,
        "/applications/@me".into(),
        json!({"description": {"default": "a bot"}, "tags": ["fun"]}),
    )
    .await;
    let role =
        id(&ok(&rig, Method::POST, format!("/guilds/{guild}/roles"), json!({"name": "r", "color": 5})).await);
    ok(&rig, Method::PATCH, format!("/guilds/{guild}/roles/{role}"), json!({"hoist": true})).await;
    let member = format!("/guilds/{guild}/members/{alice}");
    let changes =
        json!({"nick": "Al", "roles": [role], "communication_disabled_until": "2030-01-01T00:00:00+00:00"});
    let changed = ok(&rig, Method::PATCH, member.clone(), changes).await;
    assert_eq!(changed["nick"], "Al");
    ok(&rig, Method::DELETE, format!("{member}/roles/{role}"), Value::Null).await;
    ok(&rig, Method::DELETE, format!("/guilds/{guild}/roles/{role}"), Value::Null).await;
    let hook = ok(&rig, Method::POST, format!("/channels/{general}/webhooks"), json!({"name": "h"})).await;
    let (hook, token) = (id(&hook), hook["token"].as_str().unwrap().to_owned());
    ok(&rig, Method::GET, format!("/webhooks/{hook}"), Value::Null).await;
    ok(&rig, Method::PATCH, format!("/webhooks/{hook}"), json!({"name": "i"})).await;
    ok(&rig, Method::PATCH, format!("/webhooks/{hook}/{token}"), json!({"name": "j", "avatar": null})).await;
    ok(&rig, Method::DELETE, format!("/webhooks/{hook}"), Value::Null).await;
    for (kind, name) in [(0, "text"), (2, "voice"), (4, "category"), (5, "news"), (15, "forum")] {
        let body = json!({"name": name, "type": kind, "permission_overwrites": []});
        let channel = ok(&rig, Method::POST, format!("/guilds/{guild}/channels"), body).await;
        ok(&rig, Method::PATCH, format!("/channels/{}", id(&channel)), json!({"name": "other"})).await;
        ok(&rig, Method::DELETE, format!("/channels/{}", id(&channel)), Value::Null).await;
    }
    let thread = json!({"name": "t", "type": 12, "invitable": false});
    let thread = id(&ok(&rig, Method::POST, format!("/channels/{general}/threads"), thread).await);
    ok(&rig, Method::PUT, format!("/channels/{thread}/thread-members/{alice}"), Value::Null).await;
    ok(&rig, Method::GET, format!("/channels/{thread}/thread-members"), Value::Null).await;
    ok(&rig, Method::GET, format!("/channels/{thread}/thread-members/@me"), Value::Null).await;
    ok(&rig, Method::DELETE, format!("/channels/{thread}/thread-members/@me"), Value::Null).await;
    ok(&rig, Method::DELETE, format!("/channels/{thread}"), Value::Null).await;
    let message = id(&rig.say("react").await);
    let world = rig.discord.world();
    let message_id = message.parse().unwrap();
    let bob = world.with(|core| core.create_user("Bob"));
    world.with(|core| core.join_guild(bob, guild)).unwrap();
    let emoji = Emoji::parse("🎉").unwrap();
    world.with(|core| core.add_reaction(bob, general, message_id, &emoji)).unwrap();
    let reactions = format!("/channels/{general}/messages/{message}/reactions");
    ok(&rig, Method::DELETE, format!("{reactions}/%F0%9F%8E%89/{bob}"), Value::Null).await;
    world.with(|core| core.add_reaction(bob, general, message_id, &emoji)).unwrap();
    ok(&rig, Method::DELETE, format!("{reactions}/%F0%9F%8E%89"), Value::Null).await;
    ok(&rig, Method::DELETE, reactions, Value::Null).await;
    ok(&rig, Method::DELETE, format!("/guilds/{guild}/members/{bob}"), Value::Null).await;
    rig.assert_faithful();
}

#[tokio::test]
async fn forwarding_and_unknown_routes() {
    let rig = rig().await;
    let general = rig.channel("general");
    let first = rig.say("carry me").await;
    let forward = json!({"message_reference": {"type": 1, "message_id": first["id"], "channel_id": general.to_string()}});
    let path = format!("/channels/{}/messages", rig.channel("secret"));
    let forwarded = ok(&rig, Method::POST, path, forward).await;
    assert_eq!(forwarded["message_snapshots"][0]["message"]["content"], "carry me");
    rig.assert_faithful();
    let (status, error) = rig.get("/no/such/route").await;
    assert_eq!((status, error["message"].as_str()), (404, Some("404: Not Found")));
    assert!(!rig.discord.violations().is_empty());
    let requests = rig.discord.requests();
    assert!(requests.iter().any(|r| r.path.ends_with("/no/such/route") && r.status == 404));
}
