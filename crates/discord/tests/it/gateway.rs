//! The gateway: events in order, resumes, and no storms.

use std::time::Duration;

use discord::{ReconnectPauses, SavedSession};
use domain::{
    ApplicationId, ChannelId, UserId,
    event::{ChannelKind, Event, Identity},
};
use serde_json::json;

use crate::fake::{APP, Fake, ME, Scripted};

fn message(id: u64, content: &str) -> serde_json::Value {
    json!({
        "id": id.to_string(), "channel_id": "5", "type": 0, "content": content,
        "author": { "id": "9", "username": "alice", "global_name": "Alice" },
        "timestamp": "2026-01-01T00:00:00.000000+00:00",
    })
}

fn content(event: Option<Result<Event, discord::GatewayError>>) -> String {
    match event {
        Some(Ok(Event::Message(message))) => message.content.into_raw(),
        other => panic!("{other:?}"),
    }
}

fn is_connected(event: Option<Result<Event, discord::GatewayError>>) {
    let identity = Identity { user: UserId(ME), application: ApplicationId(APP) };
    assert!(matches!(event, Some(Ok(Event::Connected { identity: told, .. })) if told == identity));
}

#[tokio::test]
async fn events_come_in_order_and_nonsense_between_them_is_survived() {
    let fake = Fake::start().await;
    let (mut gateway, _speaker) = fake.connect().await;
    let mut socket = fake.socket().await;
    socket.ready("one", &fake.ws()).await;
    is_connected(gateway.next().await);
    socket.dispatch(2, "MESSAGE_CREATE", message(100, "a")).await;
    socket.dispatch(3, "SOMETHING_NEW", json!({ "x": [1, 2] })).await;
    socket.dispatch(4, "MESSAGE_CREATE", json!({ "id": {} })).await;
    socket.text("not json").await;
    socket.text(r#"{"op":99,"d":null}"#).await;
    socket.dispatch(5, "MESSAGE_CREATE", message(101, "b")).await;
    assert_eq!(content(gateway.next().await), "a");
    assert_eq!(content(gateway.next().await), "b");
    assert_eq!(gateway.unreadable_frames(), 2);
    assert_eq!(gateway.connections(), 1);
}

#[tokio::test]
async fn a_lost_connection_is_resumed_where_it_was() {
    let fake = Fake::start().await;
    let (mut gateway, _speaker) = fake.connect().await;
    let mut socket = fake.socket().await;
    socket.ready("one", &format!("{}/gw", fake.ws())).await;
    socket.dispatch(7, "MESSAGE_CREATE", message(100, "a")).await;
    is_connected(gateway.next().await);
    assert_eq!(content(gateway.next().await), "a");
    socket.close(4000).await;
    let mut socket = fake.socket().await;
    assert!(socket.1.starts_with("/gw/?v=10"), "at Discord's resume address: {}", socket.1);
    let resume = socket.hello().await;
    assert_eq!(resume["op"], 6);
    assert_eq!((&resume["d"]["session_id"], &resume["d"]["seq"]), (&json!("one"), &json!(7)));
    socket.dispatch(8, "MESSAGE_CREATE", message(101, "missed")).await;
    socket.dispatch(9, "RESUMED", json!({})).await;
    assert_eq!(content(gateway.next().await), "missed");
    is_connected(gateway.next().await);
}

#[tokio::test]
async fn a_reconnect_request_is_followed_and_an_invalid_session_begins_anew() {
    let fake = Fake::start().await;
    let (mut gateway, _speaker) = fake.connect().await;
    let mut socket = fake.socket().await;
    socket.ready("one", &fake.ws()).await;
    is_connected(gateway.next().await);
    socket.send(json!({ "op": 7, "d": null })).await;
    let mut socket = fake.socket().await;
    assert_eq!(socket.hello().await["op"], 6);
    socket.send(json!({ "op": 9, "d": false })).await;
    let mut socket = fake.socket().await;
    socket.ready("two", &fake.ws()).await;
    is_connected(gateway.next().await);
    assert_eq!(gateway.sessions()[0].id, "two");
}

#[tokio::test]
async fn a_restart_resumes_the_saved_session_and_replays_what_was_not_taken() {
    let fake = Fake::start().await;
    let (mut gateway, _speaker) = fake.connect().await;
    let mut socket = fake.socket().await;
    socket.ready("one", &fake.ws()).await;
    socket.dispatch(2, "MESSAGE_CREATE", message(100, "taken")).await;
    is_connected(gateway.next().await);
    assert_eq!(content(gateway.next().await), "taken");
    socket.dispatch(3, "MESSAGE_CREATE", message(101, "not taken")).await;
    let (saved, code) = tokio::join!(gateway.close(), socket.closed_with());
    assert_eq!(code, Some(4000), "a code that keeps the session");
    assert_eq!(saved[0].sequence, 2);

    let mut config = fake.config();
    let text = serde_json::to_string(&saved).unwrap();
    config.sessions = serde_json::from_str(&text).unwrap();
    let (_gateway, _speaker) = fake.connect_with(config).await;
    let mut socket = fake.socket().await;
    let resume = socket.hello().await;
    assert_eq!(resume["op"], 6);
    assert_eq!(resume["d"]["seq"], 2);
}

#[tokio::test]
async fn bad_resume_addresses_and_an_override_lead_to_the_known_gateway() {
    for (resume_url, fixed) in [("no address at all", false), ("ws://x y", false), ("ws://127.0.0.1:1", true)]
    {
        let fake = Fake::start().await;
        let mut config = fake.config();
        config.gateway_url = fixed.then(|| format!("{}/gw", fake.ws()));
        let (mut gateway, _speaker) = fake.connect_with(config).await;
        let mut socket = fake.socket().await;
        socket.ready("one", resume_url).await;
        is_connected(gateway.next().await);
        socket.send(json!({ "op": 7, "d": null })).await;
        let mut socket = fake.socket().await;
        assert_eq!(socket.1.starts_with("/gw/"), fixed, "{}", socket.1);
        assert_eq!(socket.hello().await["op"], 6);
        drop(socket);
        gateway.close().await;
    }
}

#[tokio::test]
async fn a_resume_address_that_nobody_serves_is_given_up() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    config.sessions = vec![SavedSession {
        shard: 0,
        shards: 1,
        id: "one".into(),
        sequence: 5,
        resume_url: Some(format!("ws://{free}")),
    }];
    let (gateway, _speaker) = fake.connect_with(config).await;
    let mut socket = fake.socket().await;
    assert_eq!(socket.hello().await["op"], 6);
    assert_eq!(gateway.connections(), 2);
}

#[tokio::test]
async fn a_gateway_that_closes_at_once_is_not_stormed() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    let hour = Duration::from_hours(1);
    config.reconnect = ReconnectPauses { first: hour, most: hour };
    let (gateway, speaker) = fake.connect_with(config).await;
    fake.socket().await.close(1011).await;
    // Room for thousands of connections, were there no pause: the library alone makes 400 a second.
    for _ in 0..200 {
        let _ = speaker.locate(domain::ChannelId(1)).await;
    }
    assert_eq!(gateway.connections(), 1);
    assert!(fake.sockets.lock().await.try_recv().is_err());
    // And the pause does not hold up the end.
    assert_eq!(gateway.close().await, []);
}

#[tokio::test]
async fn the_gateway_ends_with_the_program() {
    let fake = Fake::start().await;
    let shutdown = fake.stop.child_token();
    let (mut gateway, _speaker) =
        discord::connect(fake.config(), &fake.tracker, shutdown.clone()).await.unwrap();
    let mut socket = fake.socket().await;
    socket.ready("one", &fake.ws()).await;
    is_connected(gateway.next().await);
    shutdown.cancel();
    let (event, code) = tokio::join!(gateway.next(), socket.closed_with());
    assert_eq!((event, code), (None, Some(4000)));
    assert_eq!(gateway.sessions()[0].id, "one");
}

#[tokio::test]
async fn an_unannounced_thread_is_looked_up_with_its_parent_and_only_once() {
    let fake = Fake::start().await;
    fake.on(
        "GET /channels/6",
        Scripted::ok(json!({ "id": "6", "type": 11, "parent_id": "5", "guild_id": "1" })),
    );
    fake.on("GET /channels/5", Scripted::ok(json!({ "id": "5", "type": 15, "guild_id": "1", "nsfw": true })));
    let (mut gateway, speaker) = fake.connect().await;
    let mut socket = fake.socket().await;
    socket.ready("one", &fake.ws()).await;
    is_connected(gateway.next().await);
    for n in 0..2 {
        let mut said = message(100 + n, "psst");
        said["channel_id"] = "6".into();
        said["guild_id"] = "1".into();
        socket.dispatch(2 + n, "MESSAGE_CREATE", said).await;
        let Some(Ok(Event::Message(heard))) = gateway.next().await else { panic!("no message") };
        assert_eq!((heard.place.kind, heard.place.parent), (ChannelKind::Thread, Some(ChannelId(5))));
        assert!(heard.age_restricted, "as its forum is");
        assert_eq!(speaker.place(ChannelId(6)), Some(heard.place));
        assert!(speaker.is_age_restricted(&heard.place));
    }
    assert_eq!((fake.count("GET /channels/6"), fake.count("GET /channels/5")), (1, 1));
    assert_eq!(speaker.place(ChannelId(5)), None, "nobody writes into a forum itself");
}
