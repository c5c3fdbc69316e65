//! From HELLO to READY, and every reason to be turned away.

use std::time::Duration;

use local_discord::gateway::{GatewayOptions, StartRules};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::gateway_rig::{ALL_INTENTS, Client, MESSAGE_CONTENT, Rig, identify, quick, rig, rig_with};

const GUILDS: u64 = 1;

#[tokio::test]
async fn hello_ready_and_guild_create_carry_what_clients_need() {
    let rig = rig().await;
    let mut client = rig.connect().await;
    assert_eq!(client.expect_op(10).await["heartbeat_interval"], 41_250);
    client.heartbeat().await;
    client.identify(&rig.token("bot"), ALL_INTENTS).await;
    let ready = client.dispatch("READY").await;
    assert_eq!(ready["v"], 10);
    assert_eq!(ready["user"]["username"], "bot");
    assert_eq!(ready["application"]["id"], rig.application("bot").to_string());
    assert_eq!(ready["shard"], json!([0, 1]));
    assert_eq!(ready["guilds"], json!([{"id": rig.guild().to_string(), "unavailable": true}]));
    assert_eq!(ready["resume_gateway_url"], format!("ws://{}/gateway", rig.address));
    assert_eq!(client.seq, 1);
    let guild = client.dispatch("GUILD_CREATE").await;
    assert_eq!(client.seq, 2);
    assert_eq!(guild["name"], "home");
    let online = guild["presences"]
        .as_array()
        .expect("presences")
        .iter()
        .any(|p| p["user"]["id"] == ready["user"]["id"]);
    assert!(online, "the bot itself is online: {}", guild["presences"]);
    let names: Vec<&str> =
        guild["channels"].as_array().expect("channels").iter().filter_map(|c| c["name"].as_str()).collect();
    assert!(names.contains(&"general") && !names.contains(&"secret"), "{names:?}");
}

#[tokio::test]
async fn clients_are_turned_away_with_the_documented_codes() {
    let rig = rig().await;
    let token = rig.token("bot");
    let plain = rig.token("plain");
    let sharded = |shard: [u32; 2]| {
        let mut payload = identify(&token, GUILDS);
        payload["d"]["shard"] = json!(shard);
        payload
    };
    let no_properties = json!({"op": 2, "d": {"token": token, "intents": 1}});
    let cases: Vec<(&str, Value, u16)> = vec![
        ("unknown opcode", json!({"op": 99, "d": null}), 4001),
        ("a server's opcode", json!({"op": 10, "d": null}), 4001),
        ("not an object", json!([1, 2]), 4002),
        ("identify without properties", no_properties, 4002),
        ("too long", json!({"op": 1, "d": "x".repeat(5_000)}), 4002),
        ("before identify", json!({"op": 3, "d": {}}), 4003),
        ("wrong token", identify("nonsense", GUILDS), 4004),
        (
            "resume with a wrong token",
            json!({"op": 6, "d": {"token": "x", "session_id": "y", "seq": 1}}),
            4004,
        ),
        ("shard 2 of 2", sharded([2, 2]), 4010),
        ("no shards", sharded([0, 0]), 4010),
        ("an intent that does not exist", identify(&token, 1 << 40), 4013),
        ("members not enabled", identify(&plain, 1 << 1), 4014),
        ("presences not enabled", identify(&plain, 1 << 8), 4014),
        ("content not enabled", identify(&plain, MESSAGE_CONTENT), 4014),
    ];
    for (what, payload, code) in cases {
        let mut client = rig.connect().await;
        client.send(&payload).await;
        assert_eq!(client.close_code().await, Some(code), "{what}");
    }
}

#[tokio::test]
async fn a_version_or_encoding_that_is_not_spoken_is_refused() {
    let rig = rig().await;
    for (query, code) in [("v=8", 4012), ("v=10&encoding=etf", 4002), ("v=10&compress=brotli", 4002)] {
        let mut client = rig.connect_to(&format!("/?{query}")).await;
        assert_eq!(client.close_code().await, Some(code), "{query}");
    }
    for path in ["/?v=9", "/gateway/?v=10&encoding=json", "/gateway"] {
        rig.connect_to(path).await.expect_op(10).await;
    }
}

#[tokio::test]
async fn who_identifies_twice_or_talks_too_much_is_closed() {
    let rig = rig().await;
    let mut twice = rig.ready("bot", GUILDS).await;
    twice.identify(&rig.token("bot"), GUILDS).await;
    assert_eq!(twice.close_code().await, Some(4005));

    let mut chatty = rig.ready("bot", GUILDS).await;
    for _ in 0..120 {
        chatty.send(&json!({"op": 1, "d": null})).await;
    }
    assert_eq!(chatty.close_code().await, Some(4008));
}

#[tokio::test]
async fn a_silent_client_is_closed_and_loses_its_session() {
    let rig = rig_with(GatewayOptions { heartbeat_interval: Duration::from_millis(40), ..quick() }).await;
    let mut client = rig.ready("bot", GUILDS).await;
    assert_eq!(client.close_code().await, Some(4009));
    let mut again = rig.resume("bot", &client.session, client.seq).await;
    assert_eq!(again.expect_op(9).await, false);
}

#[tokio::test]
async fn identifies_are_spaced_and_counted() {
    let starts = StartRules { total: 2, ..StartRules::default() };
    let rig = rig_with(GatewayOptions { starts, ..GatewayOptions::default() }).await;
    let application = rig.application("bot");
    assert_eq!(rig.gateway.session_start_limit(application).remaining, 2);
    let _first = rig.ready("bot", GUILDS).await;
    assert_eq!(rig.gateway.session_start_limit(application).remaining, 1);
    // Within five seconds: come back later.
    let mut early = rig.connect().await;
    early.expect_op(10).await;
    early.identify(&rig.token("bot"), GUILDS).await;
    assert_eq!(early.expect_op(9).await, false);
    assert_eq!(rig.gateway.session_start_limit(application).remaining, 1);
}

#[tokio::test]
async fn a_spent_day_budget_ends_everything() {
    let starts = StartRules { total: 1, interval: Duration::ZERO, ..StartRules::default() };
    let rig = rig_with(GatewayOptions { starts, ..GatewayOptions::default() }).await;
    let mut first = rig.ready("bot", GUILDS).await;
    let mut second = rig.connect().await;
    second.identify(&rig.token("bot"), GUILDS).await;
    assert_eq!(second.close_code().await, Some(4004));
    assert!(first.close_code().await.is_some());
}

#[tokio::test]
async fn a_zlib_stream_spans_messages() {
    let rig = rig().await;
    let mut client = rig.connect_to("/?v=10&encoding=json&compress=zlib-stream").await;
    let mut inflate = flate2::Decompress::new(true);
    assert_eq!(inflated(&mut client, &mut inflate).await["op"], 10);
    client.identify(&rig.token("bot"), ALL_INTENTS).await;
    assert_eq!(inflated(&mut client, &mut inflate).await["t"], "READY");
    assert_eq!(inflated(&mut client, &mut inflate).await["t"], "GUILD_CREATE");
    rig.say("general", "first");
    while inflated(&mut client, &mut inflate).await["d"]["content"] != "first" {}
}

async fn inflated(client: &mut Client, inflate: &mut flate2::Decompress) -> Value {
    let Some(Message::Binary(bytes)) = client.message().await else { panic!("a binary message") };
    assert!(bytes.ends_with(&[0, 0, 0xff, 0xff]), "each message ends with a sync flush");
    let mut text = Vec::with_capacity(256 << 10);
    inflate.decompress_vec(&bytes, &mut text, flate2::FlushDecompress::Sync).expect("inflates");
    serde_json::from_slice(&text).expect("JSON")
}

#[tokio::test]
async fn payload_compression_starts_with_identify() {
    let rig = rig().await;
    let mut client = rig.connect().await;
    client.expect_op(10).await;
    let mut payload = identify(&rig.token("bot"), GUILDS);
    payload["d"]["compress"] = json!(true);
    client.send(&payload).await;
    let names = [large(&mut client).await, large(&mut client).await];
    assert!(names.iter().any(|(name, binary)| name == "GUILD_CREATE" && *binary), "{names:?}");
}

/// Name of the next dispatch, and whether it was compressed.
async fn large(client: &mut Client) -> (String, bool) {
    let (bytes, binary) = match client.message().await {
        Some(Message::Text(text)) => (text.as_bytes().to_vec(), false),
        Some(Message::Binary(bytes)) => {
            let mut text = Vec::with_capacity(256 << 10);
            let mut inflate = flate2::Decompress::new(true);
            inflate.decompress_vec(&bytes, &mut text, flate2::FlushDecompress::Finish).expect("inflates");
            (text, true)
        }
        other => panic!("no payload but {other:?}"),
    };
    let payload: Value = serde_json::from_slice(&bytes).expect("JSON");
    (payload["t"].as_str().expect("a dispatch").to_owned(), binary)
}

#[tokio::test]
async fn each_guild_belongs_to_one_shard() {
    let rig = rig().await;
    let mine = u32::try_from((rig.guild() >> 22) % 2).expect("0 or 1");
    for shard in 0..2 {
        let mut client: Client = shard_of(&rig, shard).await;
        let ready = client.dispatch("READY").await;
        let guilds = ready["guilds"].as_array().expect("guilds").len();
        assert_eq!(guilds, usize::from(shard == mine));
        rig.say("general", "to one shard");
        if shard == mine {
            client.until("MESSAGE_CREATE").await;
        } else {
            // Nothing but the answer.
            client.send(&json!({"op": 1, "d": null})).await;
            client.expect_op(11).await;
        }
    }
}

async fn shard_of(rig: &Rig, shard: u32) -> Client {
    let mut client = rig.connect().await;
    client.expect_op(10).await;
    let mut payload = identify(&rig.token("bot"), GUILDS | 1 << 9);
    payload["d"]["shard"] = json!([shard, 2]);
    client.send(&payload).await;
    client
}
