//! Webhooks over REST.

use reqwest::Method;
use serde_json::{Value, json};

use crate::rest_rig::{Rig, form_error, rig};

async fn webhook(rig: &Rig, channel: &str) -> String {
    let path = format!("/channels/{}/webhooks", rig.channel(channel));
    let (status, hook) = rig.post(&path, json!({"name": "Puppet"})).await;
    assert_eq!(status, 200, "{hook}");
    format!("/webhooks/{}/{}", hook["id"].as_str().unwrap(), hook["token"].as_str().unwrap())
}

/// Without the bot's token: the address is the secret.
async fn bare(rig: &Rig, method: Method, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}{path}", rig.discord.api_base());
    rig.send(rig.http.request(method, url).json(&body)).await
}

#[tokio::test]
async fn execute_edit_read_and_delete() {
    let rig = rig().await;
    let hook = webhook(&rig, "general").await;
    let body = json!({"content": "I am", "username": "Nova", "avatar_url": "http://127.0.0.1:1/a.png",
        "allowed_mentions": {"parse": []}});
    let (status, nothing) = bare(&rig, Method::POST, &hook, body.clone()).await;
    assert_eq!((status, nothing), (204, Value::Null));
    let (status, message) = bare(&rig, Method::POST, &format!("{hook}?wait=true"), body).await;
    assert_eq!((status, message["author"]["username"].as_str()), (200, Some("Nova")), "{message}");
    assert!(message["webhook_id"].is_string());
    assert!(message["author"]["avatar"].is_string());
    let one = format!("{hook}/messages/{}", message["id"].as_str().unwrap());
    let (_, edited) = bare(&rig, Method::PATCH, &one, json!({"content": "I was"})).await;
    assert_eq!(
        (edited["content"].as_str(), edited["author"]["username"].as_str()),
        (Some("I was"), Some("Nova"))
    );
    let (_, read) = rig.get(&one).await;
    assert_eq!(read["content"], "I was");
    assert_eq!(rig.delete(&one).await.0, 204);
    assert_eq!(rig.get(&one).await.1["code"], 10008);
    rig.assert_faithful();
}

#[tokio::test]
async fn names_are_checked() {
    let rig = rig().await;
    let hook = webhook(&rig, "general").await;
    for name in ["Clyde the second", "my Discord", ""] {
        let (status, error) =
            bare(&rig, Method::POST, &hook, json!({"content": "x", "username": name})).await;
        assert_eq!((status, error["code"].as_u64()), (400, Some(50035)), "{name}: {error}");
        assert!(!form_error(&error, "/username").is_empty());
    }
    let path = format!("/channels/{}/webhooks", rig.channel("general"));
    assert_eq!(rig.post(&path, json!({"name": "discord"})).await.0, 400);
}

#[tokio::test]
async fn a_channel_has_fifteen() {
    let rig = rig().await;
    for _ in 0..15 {
        webhook(&rig, "general").await;
    }
    let path = format!("/channels/{}/webhooks", rig.channel("general"));
    let (status, error) = rig.post(&path, json!({"name": "one more"})).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(30007)));
    let (_, list) = rig.get(&path).await;
    assert_eq!(list.as_array().map(Vec::len), Some(15));
    let (_, list) = rig.get(&format!("/guilds/{}/webhooks", rig.guild())).await;
    assert_eq!(list.as_array().map(Vec::len), Some(15));
    rig.assert_faithful();
}

#[tokio::test]
async fn a_deleted_webhook_and_a_wrong_token_differ() {
    let rig = rig().await;
    let hook = webhook(&rig, "general").await;
    let (status, error) = bare(&rig, Method::POST, &format!("{hook}x"), json!({"content": "x"})).await;
    assert_eq!((status, error["code"].as_u64()), (401, Some(50027)));
    assert_eq!(rig.get(&hook).await.0, 200);
    assert_eq!(rig.delete(&hook).await.0, 204);
    let (status, error) = bare(&rig, Method::POST, &hook, json!({"content": "x"})).await;
    assert_eq!((status, error["code"].as_u64()), (404, Some(10015)));
    rig.assert_faithful();
}

#[tokio::test]
async fn threads_and_forums() {
    let rig = rig().await;
    let hook = webhook(&rig, "forum").await;
    let (_, error) = bare(&rig, Method::POST, &hook, json!({"content": "x"})).await;
    assert_eq!(error["code"], 220_001);
    let body = json!({"content": "opening", "thread_name": "a thread"});
    let (status, message) = bare(&rig, Method::POST, &format!("{hook}?wait=true"), body).await;
    assert_eq!(status, 200, "{message}");
    let thread = message["channel_id"].as_str().unwrap();
    let path = format!("{hook}?wait=true&thread_id={thread}");
    let (status, more) = bare(&rig, Method::POST, &path, json!({"content": "more"})).await;
    assert_eq!((status, more["channel_id"].as_str()), (200, Some(thread)));
    let id = more["id"].as_str().unwrap();
    let one = format!("{hook}/messages/{id}?thread_id={thread}");
    assert_eq!(bare(&rig, Method::PATCH, &one, json!({"content": "changed"})).await.0, 200);
    let (_, error) = bare(&rig, Method::POST, &format!("{hook}?thread_id=1"), json!({"content": "x"})).await;
    assert_eq!(error["code"], 10003);
    rig.assert_faithful();
}

#[tokio::test]
async fn avatars_are_kept_and_served() {
    let rig = rig().await;
    let path = format!("/channels/{}/webhooks", rig.channel("general"));
    let png = "data:image/png;base64,iVBORw0KGgo=";
    let (_, hook) = rig.post(&path, json!({"name": "Puppet", "avatar": png})).await;
    let (id, hash) = (hook["id"].as_str().unwrap(), hook["avatar"].as_str().expect("a hash"));
    let url = format!("{}/avatars/{id}/{hash}.png", rig.discord.base());
    let bytes = rig.http.get(url).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(&bytes[..], b"\x89PNG\r\n\x1a\n");
    let (_, error) = rig.post(&path, json!({"name": "Puppet", "avatar": "no image"})).await;
    assert_eq!(form_error(&error, "/avatar"), "BASE64_TYPE_INVALID");
    rig.assert_faithful();
}
