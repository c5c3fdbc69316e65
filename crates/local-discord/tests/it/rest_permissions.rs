//! Permissions, roles, channels and members over REST.

use local_discord::dispatch::Scope;
use local_discord::permissions::Permissions;
use reqwest::Method;
use serde_json::json;

use crate::rest_rig::{rig, rig_with};

#[tokio::test]
async fn a_token_is_needed() {
    let rig = rig().await;
    let url = format!("{}/users/@me", rig.discord.api_base());
    let (status, error) = rig.send(rig.http.get(&url)).await;
    assert_eq!((status, error), (401, json!({"message": "401: Unauthorized", "code": 0})));
    let (status, _) = rig.send(rig.http.get(&url).header("authorization", "Bot nonsense")).await;
    assert_eq!(status, 401);
    let (status, me) = rig.get("/users/@me").await;
    assert_eq!((status, me["bot"].as_bool()), (200, Some(true)));
    let (_, gateway) = rig.get("/gateway/bot").await;
    assert_eq!(gateway["url"], rig.discord.gateway_url());
    for path in ["/applications/@me", "/oauth2/applications/@me"] {
        assert_eq!(rig.get(path).await.1["id"], rig.application().to_string());
    }
    rig.assert_faithful();
}

#[tokio::test]
async fn hidden_channels_stay_hidden() {
    let rig = rig_with(Permissions::NONE, |options| options).await;
    let secret = rig.channel("secret");
    for path in [format!("/channels/{secret}"), format!("/channels/{secret}/messages")] {
        let (status, error) = rig.get(&path).await;
        assert_eq!((status, error["code"].as_u64()), (403, Some(50001)), "{path}");
    }
    let (status, error) = rig.get("/channels/1").await;
    assert_eq!((status, error["code"].as_u64()), (404, Some(10003)));
    let (_, channels) = rig.get(&format!("/guilds/{}/channels", rig.guild())).await;
    assert!(channels.as_array().unwrap().iter().all(|c| c["name"] != "secret"));
    assert_eq!(rig.get("/guilds/1").await.1["code"], 10004);
    rig.assert_faithful();
}

#[tokio::test]
async fn without_permission_it_is_50013() {
    let rig = rig_with(Permissions::NONE, |options| options).await;
    let general = rig.channel("general");
    let guild = rig.guild();
    let cases = [
        (Method::POST, format!("/channels/{general}/webhooks"), json!({"name": "x"})),
        (Method::POST, format!("/guilds/{guild}/channels"), json!({"name": "x"})),
        (Method::POST, format!("/guilds/{guild}/roles"), json!({"name": "x"})),
        (Method::PATCH, format!("/channels/{general}"), json!({"topic": "x"})),
        (Method::PUT, format!("/channels/{general}/permissions/{guild}"), json!({"type": 0, "deny": "2048"})),
    ];
    for (method, path, body) in cases {
        let (status, error) = rig.send(rig.request(method, &path).json(&body)).await;
        assert_eq!((status, error["code"].as_u64()), (403, Some(50013)), "{path}");
    }
    rig.assert_faithful();
}

#[tokio::test]
async fn an_overwrite_takes_effect_at_once() {
    let rig = rig_with(Permissions::MANAGE_ROLES | Permissions::MANAGE_MESSAGES, |options| options).await;
    rig.say("still allowed").await;
    let general = rig.channel("general");
    let path = format!("/channels/{general}/permissions/{}", rig.application());
    let deny = Permissions::SEND_MESSAGES.0.to_string();
    assert_eq!(rig.put(&path, json!({"type": 1, "allow": "0", "deny": deny})).await.0, 204);
    let (status, error) = rig.post(&format!("/channels/{general}/messages"), json!({"content": "x"})).await;
    assert_eq!((status, error["code"].as_u64()), (403, Some(50013)));
    assert_eq!(rig.delete(&path).await.0, 204);
    rig.say("again").await;
    rig.assert_faithful();
}

#[tokio::test]
async fn roles_are_ranked() {
    let rig = rig_with(Permissions::MANAGE_ROLES, |options| options).await;
    let roles = format!("/guilds/{}/roles", rig.guild());
    let (status, role) = rig.post(&roles, json!({"name": "friends", "mentionable": true})).await;
    assert_eq!(status, 200, "{role}");
    let path = format!(
        "/guilds/{}/members/{}/roles/{}",
        rig.guild(),
        rig.user("alice"),
        role["id"].as_str().unwrap()
    );
    assert_eq!(rig.put_empty(&path).await.0, 204);
    let (_, alice) = rig.get(&format!("/guilds/{}/members/{}", rig.guild(), rig.user("alice"))).await;
    assert_eq!(alice["roles"], json!([role["id"]]));
    let (status, _) = rig.post(&roles, json!({"name": "admins", "permissions": "8"})).await;
    assert_eq!(status, 403, "nobody can give what they do not have");
    let (_, found) = rig.get(&format!("/guilds/{}/members/search?query=ali", rig.guild())).await;
    assert_eq!(found[0]["user"]["username"], "alice");
    let (status, nick) =
        rig.patch(&format!("/guilds/{}/members/@me", rig.guild()), json!({"nick": "B"})).await;
    assert_eq!((status, nick["nick"].as_str()), (200, Some("B")));
    rig.assert_faithful();
}

#[tokio::test]
async fn channels_are_made_changed_and_deleted() {
    let rig = rig().await;
    let (status, made) =
        rig.post(&format!("/guilds/{}/channels", rig.guild()), json!({"name": "New Place"})).await;
    assert_eq!((status, made["name"].as_str()), (201, Some("new-place")), "{made}");
    let path = format!("/channels/{}", made["id"].as_str().unwrap());
    let (_, changed) = rig.patch(&path, json!({"topic": "what", "rate_limit_per_user": 5})).await;
    assert_eq!(changed["topic"], "what");
    assert_eq!(rig.delete(&path).await.0, 200);
    assert_eq!(rig.get(&path).await.1["code"], 10003);
    let (status, guild) = rig.get(&format!("/guilds/{}?with_counts=true", rig.guild())).await;
    assert_eq!((status, guild["approximate_member_count"].as_u64()), (200, Some(3)), "{guild}");
    assert_eq!(rig.get("/users/@me/guilds").await.0, 200);
    assert_eq!(
        rig.get(&format!("/guilds/{}/members?limit=10", rig.guild())).await.1.as_array().map(Vec::len),
        Some(3)
    );
    assert_eq!(rig.post(&format!("/channels/{}/typing", rig.channel("general")), json!({})).await.0, 204);
    let talk = rig.channel("talk");
    assert_eq!(rig.put(&format!("/channels/{talk}/voice-status"), json!({"status": "singing"})).await.0, 204);
    rig.assert_faithful();
}

#[tokio::test]
async fn a_bot_that_loses_sight_of_a_channel_gets_it_obfuscated() {
    let rig = rig_with(Permissions::MANAGE_ROLES, |options| options).await;
    let world = rig.discord.world();
    let mut all = world.subscribe(Scope::Everything, 100);
    let mut mine = world.subscribe(Scope::Application(rig.application()), 100);
    let path = format!("/channels/{}/permissions/{}", rig.channel("general"), rig.application());
    let deny = Permissions::VIEW_CHANNEL.0.to_string();
    assert_eq!(rig.put(&path, json!({"type": 1, "deny": deny})).await.0, 204);
    let seen = mine.try_recv().expect("an update");
    assert_eq!((seen.name, seen.data["name"].as_str()), ("CHANNEL_UPDATE", Some("___hidden___")));
    assert!(mine.try_recv().is_none());
    assert_eq!(all.try_recv().expect("an update").data["name"], "general");
    assert!(all.try_recv().is_none());
}
