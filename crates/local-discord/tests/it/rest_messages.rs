//! Messages over REST.

use local_discord::world::{Actor, Draft};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::rest_rig::{form_error, rig};

#[tokio::test]
async fn create_read_edit_and_delete() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let body = json!({
        "content": "hello", "nonce": "n-1", "flags": 4096,
        "embeds": [{"title": "T", "description": "D", "color": 255, "timestamp": "2026-11-22T10:00:00Z",
            "fields": [{"name": "a", "value": "b"}], "footer": {"text": "f"}}],
        "components": [{"type": 1, "components": [
            {"type": 2, "style": 1, "label": "Go", "custom_id": "go"},
            {"type": 2, "style": 5, "label": "Look", "url": "https://example.com/"}]}],
    });
    let (status, message) = rig.post(&path, body).await;
    assert_eq!(status, 200, "{message}");
    assert_eq!(message["content"], "hello");
    assert_eq!(message["nonce"], "n-1");
    assert_eq!(message["embeds"][0]["timestamp"], "2026-11-22T10:00:00.000000+00:00");
    assert!(message["timestamp"].as_str().is_some_and(|t| t.ends_with("+00:00")));
    assert!(message["components"][0]["components"][0]["id"].is_u64());
    let one = format!("{path}/{}", message["id"].as_str().unwrap());
    let (_, read) = rig.get(&one).await;
    assert_eq!(read["content"], "hello");
    let (status, edited) = rig.patch(&one, json!({"content": "bye", "embeds": [], "components": []})).await;
    assert_eq!(status, 200, "{edited}");
    assert_eq!(
        (edited["content"].as_str(), edited["embeds"].as_array().map(Vec::len)),
        (Some("bye"), Some(0))
    );
    assert!(edited["edited_timestamp"].is_string());
    assert_eq!(rig.delete(&one).await.0, 204);
    let (status, gone) = rig.get(&one).await;
    assert_eq!((status, gone["code"].as_u64()), (404, Some(10008)));
    rig.assert_faithful();
}

#[tokio::test]
async fn limits_give_discords_form_errors() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let (status, error) = rig.post(&path, json!({"content": "x".repeat(2_001)})).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(50035)));
    assert_eq!(form_error(&error, "/content"), "BASE_TYPE_MAX_LENGTH");
    let (_, error) = rig.post(&path, json!({"content": "ä".repeat(2_000)})).await;
    assert!(error["id"].is_string(), "characters count, not bytes: {error}");
    let (status, error) = rig.post(&path, json!({"content": "  "})).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(50006)));
    let (_, error) = rig.post(&path, json!({"embeds": [{"title": "x".repeat(257)}]})).await;
    assert_eq!(form_error(&error, "/embeds/0/title"), "BASE_TYPE_MAX_LENGTH");
    let large: Vec<Value> = (0..2).map(|_| json!({"description": "x".repeat(3_001)})).collect();
    let (_, error) = rig.post(&path, json!({"embeds": large})).await;
    assert_eq!(form_error(&error, "/embeds"), "MAX_EMBED_SIZE_EXCEEDED");
    let twins: Vec<Value> =
        (0..2).map(|_| json!({"type": 2, "style": 1, "label": "x", "custom_id": "same"})).collect();
    let rows = json!({"content": "x", "components": [{"type": 1, "components": twins}]});
    let (_, error) = rig.post(&path, rows).await;
    assert_eq!(form_error(&error, "/components/0/components/1/custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED");
    let (status, error) =
        rig.send(rig.request(Method::POST, &path).header("content-type", "application/json").body("{")).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(50109)));
}

#[tokio::test]
async fn components_v2_replace_content() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let container = json!({"type": 17, "accent_color": 255, "components": [
        {"type": 10, "content": "# Title"}, {"type": 14, "divider": true, "spacing": 1},
        {"type": 9, "components": [{"type": 10, "content": "side"}],
            "accessory": {"type": 2, "style": 2, "label": "x", "custom_id": "x"}}]});
    let (status, message) = rig.post(&path, json!({"flags": 1 << 15, "components": [container]})).await;
    assert_eq!(status, 200, "{message}");
    let both = json!({"flags": 1 << 15, "content": "no", "components": [{"type": 10, "content": "x"}]});
    let (_, error) = rig.post(&path, both).await;
    assert_eq!(form_error(&error, "/content"), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2");
    let (status, _) =
        rig.post(&path, json!({"content": "x", "components": [{"type": 10, "content": "x"}]})).await;
    assert_eq!(status, 400, "text displays need the flag");
    let many: Vec<Value> = (0..41).map(|_| json!({"type": 10, "content": "x"})).collect();
    let (status, _) = rig.post(&path, json!({"flags": 1 << 15, "components": many})).await;
    assert_eq!(status, 400);
    rig.assert_faithful();
}

#[tokio::test]
async fn a_nonce_is_enforced() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let body = json!({"content": "once", "nonce": "abc", "enforce_nonce": true});
    let (_, first) = rig.post(&path, body.clone()).await;
    let (status, second) = rig.post(&path, body).await;
    assert_eq!((status, &second["id"]), (200, &first["id"]));
    let (_, all) = rig.get(&path).await;
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    rig.assert_faithful();
}

#[tokio::test]
async fn mentions_land_only_if_allowed() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let alice = rig.user("alice");
    let text = format!("hi <@{alice}> @everyone");
    let (_, all) = rig.post(&path, json!({"content": text})).await;
    assert_eq!(
        (all["mentions"][0]["id"].as_str(), all["mention_everyone"].as_bool()),
        (Some(&*alice.to_string()), Some(true))
    );
    let (_, none) = rig.post(&path, json!({"content": text, "allowed_mentions": {"parse": []}})).await;
    assert_eq!(
        (none["mentions"].as_array().map(Vec::len), none["mention_everyone"].as_bool()),
        (Some(0), Some(false))
    );
    let some = json!({"content": text, "allowed_mentions": {"users": [alice.to_string()]}});
    let (_, some) = rig.post(&path, some).await;
    assert_eq!(some["mentions"].as_array().map(Vec::len), Some(1));
    rig.assert_faithful();
}

#[tokio::test]
async fn replies_point_back_and_may_miss() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let first = rig.say("first").await;
    let (_, reply) =
        rig.post(&path, json!({"content": "re", "message_reference": {"message_id": first["id"]}})).await;
    assert_eq!((reply["type"].as_u64(), &reply["referenced_message"]["id"]), (Some(19), &first["id"]));
    let missing = json!({"content": "re", "message_reference": {"message_id": "1"}});
    let (_, error) = rig.post(&path, missing).await;
    assert_eq!(form_error(&error, "/message_reference"), "REPLIES_UNKNOWN_MESSAGE");
    let lenient =
        json!({"content": "re", "message_reference": {"message_id": "1", "fail_if_not_exists": false}});
    let (status, posted) = rig.post(&path, lenient).await;
    assert_eq!((status, posted["type"].as_u64()), (200, Some(0)));
    rig.assert_faithful();
}

#[tokio::test]
async fn history_comes_in_pages() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let mut ids = Vec::new();
    for n in 0..10 {
        ids.push(rig.say(&n.to_string()).await["id"].as_str().unwrap().to_owned());
    }
    let texts = |page: &Value| -> String {
        page.as_array().unwrap().iter().map(|m| m["content"].as_str().unwrap()).collect()
    };
    let (_, page) = rig.get(&format!("{path}?limit=3")).await;
    assert_eq!(texts(&page), "987");
    let (_, page) = rig.get(&format!("{path}?limit=3&before={}", ids[5])).await;
    assert_eq!(texts(&page), "432");
    let (_, page) = rig.get(&format!("{path}?limit=3&after={}", ids[5])).await;
    assert_eq!(texts(&page), "876");
    let (_, page) = rig.get(&format!("{path}?limit=3&around={}", ids[5])).await;
    assert_eq!(texts(&page), "654");
    let (status, _) = rig.get(&format!("{path}?limit=101")).await;
    assert_eq!(status, 400);
    rig.assert_faithful();
}

#[tokio::test]
async fn bulk_delete_has_its_rules() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages/bulk-delete", rig.channel("general"));
    let (one, two) = (rig.say("1").await, rig.say("2").await);
    let (_, error) = rig.post(&path, json!({"messages": [one["id"]]})).await;
    assert_eq!(error["code"], 50016);
    let (status, _) = rig.post(&path, json!({"messages": [one["id"], two["id"]]})).await;
    assert_eq!(status, 204);
    rig.assert_faithful();
}

#[tokio::test]
async fn reactions_and_pins() {
    let rig = rig().await;
    let message = rig.say("react").await;
    let base = format!("/channels/{}/messages/{}", rig.channel("general"), message["id"].as_str().unwrap());
    assert_eq!(rig.put_empty(&format!("{base}/reactions/%F0%9F%91%8D/@me")).await.0, 204);
    let (_, users) = rig.get(&format!("{base}/reactions/%F0%9F%91%8D")).await;
    assert_eq!(users[0]["username"], "bot");
    let (_, read) = rig.get(&base).await;
    assert_eq!(
        (read["reactions"][0]["count"].as_u64(), read["reactions"][0]["me"].as_bool()),
        (Some(1), Some(true))
    );
    assert_eq!(rig.delete(&format!("{base}/reactions/%F0%9F%91%8D/@me")).await.0, 204);
    assert_eq!(rig.put_empty(&format!("{base}/reactions/nonsense/@me")).await.1["code"], 10014);
    let channel = rig.channel("general");
    let id = message["id"].as_str().unwrap();
    assert_eq!(rig.put_empty(&format!("/channels/{channel}/messages/pins/{id}")).await.0, 204);
    let (_, pins) = rig.get(&format!("/channels/{channel}/messages/pins")).await;
    assert_eq!(pins["items"][0]["message"]["id"], id);
    let (_, old) = rig.get(&format!("/channels/{channel}/pins")).await;
    assert_eq!(old[0]["id"], id);
    assert_eq!(rig.delete(&format!("/channels/{channel}/pins/{id}")).await.0, 204);
    rig.assert_faithful();
}

#[tokio::test]
async fn files_go_in_and_come_out() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let payload = json!({"content": "see", "attachments": [{"id": 0, "description": "a note"}]});
    let form = Form::new()
        .text("payload_json", payload.to_string())
        .part("files[0]", Part::bytes(b"some text".to_vec()).file_name("no te.txt"));
    let (status, message) = rig.send(rig.request(Method::POST, &path).multipart(form)).await;
    assert_eq!(status, 200, "{message}");
    let file = &message["attachments"][0];
    assert_eq!(
        (file["filename"].as_str(), file["description"].as_str()),
        (Some("no_te.txt"), Some("a note"))
    );
    let bytes = rig.http.get(file["url"].as_str().unwrap()).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(&bytes[..], b"some text");
    let large = Form::new().part("files[0]", Part::bytes(vec![0; (10 << 20) + 1]).file_name("big.bin"));
    let (status, error) = rig.send(rig.request(Method::POST, &path).multipart(large)).await;
    assert_eq!((status, error["code"].as_u64()), (413, Some(40005)));
    rig.assert_faithful();
}

#[tokio::test]
async fn threads_and_forum_posts() {
    let rig = rig().await;
    let message = rig.say("topic").await;
    let general = rig.channel("general");
    let path = format!("/channels/{general}/messages/{}/threads", message["id"].as_str().unwrap());
    let (status, thread) = rig.post(&path, json!({"name": "talk", "auto_archive_duration": 60})).await;
    assert_eq!((status, &thread["id"]), (201, &message["id"]), "{thread}");
    assert_eq!(rig.post(&path, json!({"name": "again"})).await.1["code"], 160_004);
    let id = thread["id"].as_str().unwrap();
    let (status, _) = rig.post(&format!("/channels/{id}/messages"), json!({"content": "in it"})).await;
    assert_eq!(status, 200);
    let (_, active) = rig.get(&format!("/guilds/{}/threads/active", rig.guild())).await;
    assert_eq!(active["threads"].as_array().map(Vec::len), Some(1));
    let (status, patched) = rig.patch(&format!("/channels/{id}"), json!({"archived": true})).await;
    assert_eq!((status, patched["thread_metadata"]["archived"].as_bool()), (200, Some(true)));
    let (_, archived) = rig.get(&format!("/channels/{general}/threads/archived/public")).await;
    assert_eq!(archived["threads"].as_array().map(Vec::len), Some(1));
    let post = json!({"name": "a post", "message": {"content": "first"}});
    let (status, post) = rig.post(&format!("/channels/{}/threads", rig.channel("forum")), post).await;
    assert_eq!((status, &post["message"]["id"]), (201, &post["id"]), "{post}");
    rig.assert_faithful();
}

#[tokio::test]
async fn unknown_keys_are_reported_but_not_refused() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let (status, _) = rig.post(&path, json!({"contnet": "typo", "content": "x"})).await;
    assert_eq!(status, 200);
    let violations = rig.discord.violations();
    assert!(violations.iter().any(|v| v.what.contains("contnet")), "{violations:?}");
}

#[tokio::test]
async fn direct_messages_have_their_own_channel() {
    let rig = rig().await;
    let alice = rig.user("alice");
    let (status, dm) = rig.post("/users/@me/channels", json!({"recipient_id": alice.to_string()})).await;
    assert_eq!((status, dm["type"].as_u64()), (200, Some(1)), "{dm}");
    let id: u64 = dm["id"].as_str().unwrap().parse().unwrap();
    let draft = Draft { content: "psst".to_owned(), ..Draft::default() };
    rig.discord.world().with(|core| core.create_message(&Actor::User(alice), id, draft)).unwrap();
    let (_, page) = rig.get(&format!("/channels/{id}/messages")).await;
    assert_eq!(page[0]["content"], "psst");
    rig.assert_faithful();
}

#[tokio::test]
async fn attachments_show_in_embeds_and_components() {
    let rig = rig().await;
    let path = format!("/channels/{}/messages", rig.channel("general"));
    let file = || Part::bytes(b"\x89PNG\r\n\x1a\n".to_vec()).file_name("a.png");
    let payload = json!({"embeds": [{"image": {"url": "attachment://a.png"}}]});
    let form = Form::new().text("payload_json", payload.to_string()).part("files[0]", file());
    let (status, message) = rig.send(rig.request(Method::POST, &path).multipart(form)).await;
    assert_eq!((status, message["attachments"].as_array().map(Vec::len)), (200, Some(0)), "{message}");
    let url = message["embeds"][0]["image"]["url"].as_str().unwrap();
    assert_eq!(rig.http.get(url).send().await.unwrap().status(), 200);
    let gallery = json!({"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]});
    let payload = json!({"flags": 1 << 15, "components": [gallery,
        {"type": 13, "file": {"url": "attachment://a.png"}},
        {"type": 1, "components": [{"type": 5, "custom_id": "who"}]}]});
    let form = Form::new().text("payload_json", payload.to_string()).part("files[0]", file());
    let (status, message) = rig.send(rig.request(Method::POST, &path).multipart(form)).await;
    assert_eq!((status, message["components"][1]["size"].as_u64()), (200, Some(8)), "{message}");
    rig.assert_faithful();
}
