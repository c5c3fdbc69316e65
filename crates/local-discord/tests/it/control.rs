//! The control API: members over HTTP, the event stream, the page, and who may use it.

use std::time::Duration;

use futures_util::StreamExt as _;
use local_discord::control::{CastMember, PlaygroundInfo};
use local_discord::permissions::Permissions;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::rest_rig::{Rig, rig, rig_with};

impl Rig {
    pub(crate) async fn local_get(&self, path: &str) -> Value {
        let url = format!("{}/_local/v1/{path}", self.discord.base());
        let answer = self.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    pub(crate) async fn local_post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/_local/v1/{path}", self.discord.base());
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

/// Reads server-sent events; each gives its id and its JSON.
struct Stream {
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

impl Stream {
    async fn open(rig: &Rig, query: &str, last: Option<&str>) -> Self {
        let url = format!("{}/_local/v1/events{query}", rig.discord.base());
        let mut request = rig.http.get(url);
        if let Some(id) = last {
            request = request.header("last-event-id", id);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { body: Box::pin(answer.bytes_stream()), text: String::new() }
    }

    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let line = |key: &str| block.lines().find_map(|l| l.strip_prefix(key)).map(str::to_owned);
                if let Some((id, data)) = line("id: ").zip(line("data: ")) {
                    return (id, serde_json::from_str(&data).unwrap());
                }
                continue;
            }
            let more = tokio::time::timeout(Duration::from_secs(20), self.body.next())
                .await
                .expect("an event in time");
            self.text.push_str(std::str::from_utf8(&more.unwrap().unwrap()).unwrap());
        }
    }

    async fn named(&mut self, name: &str) -> (String, Value) {
        loop {
            let (id, event) = self.next().await;
            if event["t"] == name {
                return (id, event["d"].clone());
            }
        }
    }
}

#[tokio::test]
async fn a_member_s_name_is_one_short_line() {
    let rig = rig().await;
    let long = format!("two\nlines{}", "x".repeat(5_000));
    let say = || rig.local_post("say", json!({"as": long, "channel": "#general", "content": "hello"}));
    let ((_, first), (_, second)) = (say().await, say().await);
    let shown = first["author"]["global_name"].as_str().unwrap();
    assert_eq!((shown.chars().count(), shown.contains('\n')), (32, false), "{shown}");
    assert_eq!(first["author"]["id"], second["author"]["id"], "the same person");
}

#[tokio::test]
async fn members_act_over_http() {
    let rig = rig().await;
    let (status, hello) =
        rig.local_post("say", json!({"as": "alice", "channel": "#general", "content": "hello"})).await;
    assert_eq!((status, &hello["content"]), (200, &json!("hello")));
    let message = hello["id"].clone();
    let on = |extra: Value| {
        let mut body = json!({"channel": "#general", "message": message});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let (_, reply) = rig.local_post("reply", on(json!({"content": "hi alice"}))).await;
    assert_eq!(reply["author"]["username"], "you", "without `as` it is the page's own member");
    assert_eq!(reply["referenced_message"]["id"], message);
    assert_eq!(rig.local_post("react", on(json!({"emoji": "👍"}))).await.0, 200);
    assert_eq!(rig.local_post("edit", on(json!({"as": "alice", "content": "hello!"}))).await.0, 200);
    let (status, refused) = rig.local_post("edit", on(json!({"content": "mine now"}))).await;
    assert_eq!((status, refused["discord"]["code"].as_u64()), (403, Some(50_005)), "{refused}");

    let page = rig.local_get("channels/general/messages?limit=1").await;
    assert_eq!(page[0]["id"], reply["id"], "newest first");
    let before = format!("channels/general/messages?before={}", reply["id"].as_str().unwrap());
    let older = rig.local_get(&before).await;
    assert_eq!((&older[0]["content"], &older[0]["reactions"][0]["me"]), (&json!("hello!"), &json!(true)));

    let file = json!({"filename": "n.txt", "data": "aGk="});
    let (_, with_file) = rig.local_post("say", json!({"channel": "#general", "files": [file]})).await;
    assert_eq!(with_file["attachments"][0]["size"], 2);
    assert_eq!(rig.local_post("delete", on(json!({"as": "alice"}))).await.0, 200);
    assert_eq!(rig.local_post("voice", json!({"channel": "talk"})).await.0, 200);
    assert_eq!(rig.local_post("presence", json!({"status": "dnd"})).await.0, 200);
    let (_, dm) = rig.local_post("dm", json!({"user": "bot"})).await;
    assert_eq!(dm["recipients"][0]["username"], "bot");
    let state = rig.local_get("state").await;
    let members = state["guilds"][0]["members"].as_array().unwrap();
    let me = members.iter().find(|m| m["user"]["id"] == state["me"]["id"]).unwrap();
    assert_eq!((&me["status"], &me["voice"]), (&json!("dnd"), &json!(rig.channel("talk").to_string())));
    assert_eq!(state["dms"][0]["id"], dm["id"]);
    let names: Vec<_> = state["guilds"][0]["channels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert!(!names.contains(&"secret"), "hidden channels are not shown: {names:?}");
}

#[tokio::test]
async fn wrong_requests_are_explained() {
    let rig = rig().await;
    let (status, body) = rig.local_post("say", json!({"content": "where?"})).await;
    assert_eq!(status, 400);
    assert!(body["message"].as_str().unwrap().contains("missing field `channel`"), "{body}");
    let (status, body) = rig.local_post("say", json!({"channel": "#moon", "content": "x"})).await;
    assert_eq!((status, &body["message"]), (404, &json!("there is no channel #moon")));
    let (status, body) =
        rig.local_post("say", json!({"channel": "#general", "content": "x".repeat(2001)})).await;
    assert_eq!((status, &body["message"]), (400, &json!("Must be 2000 or fewer in length.")));
    let (status, body) = rig.local_post("command", json!({"channel": "#general", "command": "/none"})).await;
    assert_eq!((status, &body["message"]), (404, &json!("no application has a command /none")));
    let (status, _) = rig.local_post("faults/earthquake", json!({})).await;
    assert_eq!(status, 404);
    assert_eq!(rig.local_post("faults/clear", json!({})).await.0, 200);
}

#[tokio::test]
async fn a_command_is_answered_over_http() {
    let rig = rig().await;
    let options = json!([{"type": 3, "name": "message", "description": "d", "required": true}]);
    let path = format!("/applications/{}/commands", rig.application());
    rig.send(
        rig.request(Method::PUT, &path)
            .json(&json!([{"name": "chat", "description": "d", "options": options}])),
    )
    .await;
    let listed = rig.local_get("commands?channel=general").await;
    assert_eq!((&listed[0]["name"], &listed[0]["application"]["name"]), (&json!("chat"), &json!("bot")));

    let mut stream = Stream::open(&rig, "", None).await;
    let mut elsewhere = Stream::open(&rig, "?as=alice", None).await;
    let bot = async {
        let open =
            |s: &local_discord::world::State| s.interactions.values().find(|i| i.callback.is_none()).cloned();
        let asked = rig.discord.until(Duration::from_secs(20), open).await.unwrap();
        let path = format!("/interactions/{}/{}/callback", asked.id, asked.token);
        rig.send(
            rig.request(Method::POST, &path)
                .json(&json!({"type": 4, "data": {"content": "psst", "flags": 64}})),
        )
        .await;
    };
    let run = json!({"channel": "#general", "command": "/chat", "options": {"message": "hi"}});
    let ((status, answer), ()) = tokio::join!(rig.local_post("command", run), bot);
    assert_eq!((status, &answer["type"], &answer["message"]["content"]), (200, &json!(4), &json!("psst")));
    let (_, seen) = stream.named("MESSAGE_CREATE").await;
    assert_eq!(seen["content"], "psst", "an ephemeral response reaches who asked");
    rig.local_post("say", json!({"channel": "#general", "content": "public"})).await;
    assert_eq!(elsewhere.named("MESSAGE_CREATE").await.1["content"], "public", "and nobody else");
}

#[tokio::test]
async fn events_are_replayed_after_a_break() {
    let rig = rig().await;
    let cursor = rig.local_get("state").await["cursor"].as_str().unwrap().to_owned();
    for text in ["one", "two", "three"] {
        rig.local_post("say", json!({"channel": "#general", "content": text})).await;
    }
    let mut stream = Stream::open(&rig, &format!("?after={cursor}"), None).await;
    let (seen, one) = stream.named("MESSAGE_CREATE").await;
    assert_eq!(one["content"], "one");
    drop(stream);
    let mut again = Stream::open(&rig, "", Some(&seen)).await;
    assert_eq!(again.named("MESSAGE_CREATE").await.1["content"], "two");
    assert_eq!(again.named("MESSAGE_CREATE").await.1["content"], "three");
    let mut strange = Stream::open(&rig, "", Some("1-5")).await;
    assert_eq!(strange.next().await.1["t"], "RESYNC", "an id of another run");
}

#[tokio::test]
async fn the_page_is_there_and_strict() {
    let rig = rig().await;
    let page = rig.http.get(rig.discord.base()).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(page.text().await.unwrap().contains("/web/app.js"));
    let script = rig.http.get(format!("{}/web/app.js", rig.discord.base())).send().await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    let absent = rig.http.get(format!("{}/web/..%2fCargo.toml", rig.discord.base())).send().await.unwrap();
    assert_eq!(absent.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn other_sites_are_refused() {
    let rig = rig().await;
    let say = format!("{}/_local/v1/say", rig.discord.base());
    let body = json!({"channel": "#general", "content": "x"});
    let with = |key: &'static str, value: String| rig.http.post(&say).json(&body).header(key, value).send();
    assert_eq!(with("host", "evil.test".into()).await.unwrap().status(), 403, "DNS rebinding");
    assert_eq!(with("origin", "https://evil.test".into()).await.unwrap().status(), 403, "another site");
    assert_eq!(
        with("origin", "http://127.0.0.1:1".into()).await.unwrap().status(),
        403,
        "another local program"
    );
    assert_eq!(with("sec-fetch-site", "cross-site".into()).await.unwrap().status(), 403);
    assert_eq!(with("origin", rig.discord.base()).await.unwrap().status(), 200, "its own page");
    assert_eq!(rig.discord.channel("#general").unwrap().messages().len(), 1);
}

#[tokio::test]
async fn the_host_program_speaks_through_the_page() {
    let cast = vec![CastMember { name: "Mira".into(), tagline: "reads".into(), ..CastMember::default() }];
    let info = PlaygroundInfo {
        title: "t".into(),
        cast,
        notice: "small model".into(),
        starters: vec!["hey".into()],
    };
    let rig = rig_with(Permissions::NONE, |options| options.playground(info)).await;
    let state = rig.local_get("state").await;
    assert_eq!(state["playground"]["cast"][0]["name"], "Mira");
    assert_eq!((&state["title"], &state["playground"]["notice"]), (&json!("t"), &json!("small model")));
    let mut stream = Stream::open(&rig, "", None).await;
    rig.discord.playground().unwrap().set_notice("a **better** one");
    assert_eq!(stream.named("NOTICE").await.1["notice"], "a **better** one");
    assert_eq!(rig.local_get("state").await["playground"]["notice"], "a **better** one");
}
