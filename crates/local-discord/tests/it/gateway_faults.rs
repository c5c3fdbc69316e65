//! Faults on demand, seen from the client's side.

use std::time::Duration;

use local_discord::faults::{RateLimitScope, RestFault, Target};
use serde_json::{Value, json};

use crate::gateway_rig::{ALL_INTENTS, Rig, http, rig};

#[tokio::test]
async fn sockets_can_be_told_to_reconnect_heartbeat_or_start_anew() {
    let rig = rig().await;
    let mut client = rig.ready("bot", 1).await;
    let mut bystander = rig.ready("plain", 1).await;
    let mine = Target::Application(rig.application("bot"));
    assert_eq!(rig.faults.request_heartbeat(&mine), 1);
    client.expect_op(1).await;
    rig.faults.reconnect(&mine);
    client.expect_op(7).await;
    rig.faults.invalidate_session(&mine, true);
    assert_eq!(client.expect_op(9).await, true);
    rig.faults.invalidate_session(&mine, false);
    assert_eq!(client.expect_op(9).await, false);
    client.leave(4000).await;
    let mut again = rig.resume("bot", &client.session, client.seq).await;
    assert_eq!(again.expect_op(9).await, false, "the session is over");
    rig.faults.close_sockets(&Target::Application(rig.application("plain")), 4000);
    assert_eq!(bystander.close_code().await, Some(4000), "and heard nothing before");
}

#[tokio::test]
async fn a_frozen_socket_neither_answers_nor_closes_until_it_thaws() {
    let rig = rig().await;
    let mut client = rig.ready("bot", ALL_INTENTS).await;
    assert_eq!(rig.faults.freeze_sockets(&Target::All), 1);
    rig.say("general", "nobody hears this yet");
    client.send(&json!({"op": 1, "d": null})).await;
    // The session can be taken over meanwhile, as a client does whose heartbeats stay unanswered.
    let mut second = rig.resume("bot", &client.session, client.seq).await;
    assert_eq!(second.contents(1).await, ["nobody hears this yet"]);
    second.until("RESUMED").await;
    assert_eq!(client.close_code().await, None, "not one frame more");

    rig.faults.freeze_sockets(&Target::All);
    rig.say("general", "later");
    rig.faults.thaw_sockets(&Target::All);
    assert_eq!(second.contents(1).await, ["later"]);
}

#[tokio::test]
async fn refused_connections_end_before_hello() {
    let rig = rig().await;
    rig.faults.refuse_connections(2);
    for _ in 0..2 {
        assert!(rig.connect().await.message().await.is_none());
    }
    rig.connect().await.expect_op(10).await;
}

#[tokio::test]
async fn forgotten_sessions_stay_open_but_cannot_be_resumed() {
    let rig = rig().await;
    let mut client = rig.ready("bot", ALL_INTENTS).await;
    rig.faults.forget_sessions();
    rig.say("general", "still here");
    client.contents(1).await;
    client.leave(4000).await;
    let mut again = rig.resume("bot", &client.session, client.seq).await;
    assert_eq!(again.expect_op(9).await, false);
    rig.ready("bot", 1).await;
}

#[tokio::test]
async fn dispatches_come_twice_swapped_late_or_never() {
    let rig = rig().await;
    let mut client = rig.ready("bot", ALL_INTENTS).await;
    let say = |rig: &Rig, texts: &[&str]| texts.iter().for_each(|text| rig.say("general", text));

    rig.faults.duplicate_dispatches(Some("MESSAGE_CREATE"), 1);
    say(&rig, &["a", "b"]);
    let before = client.seq;
    assert_eq!(client.contents(3).await, ["a", "a", "b"]);
    assert_eq!(client.seq, before + 3, "each copy has a number of its own");

    rig.faults.swap_dispatches(Some("MESSAGE_CREATE"), 1);
    say(&rig, &["c", "d", "e"]);
    assert_eq!(client.contents(3).await, ["d", "c", "e"]);

    rig.faults.lose_dispatches(Some("MESSAGE_CREATE"), 1);
    say(&rig, &["f", "g"]);
    assert_eq!(client.contents(1).await, ["g"]);

    rig.faults.delay_dispatches(Duration::from_millis(50));
    say(&rig, &["h", "i"]);
    // The answer to a heartbeat overtakes them: they are late, not in another order.
    client.send(&json!({"op": 1, "d": null})).await;
    client.expect_op(11).await;
    assert_eq!(client.contents(2).await, ["h", "i"]);
    rig.faults.clear();
}

fn url(rig: &Rig, path: &str) -> String {
    format!("http://{}/api/v10{path}", rig.address)
}

/// How many requests reached their handler.
fn handled(rig: &Rig) -> usize {
    rig.world.read(|state| state.users.values().filter(|u| u.username == "visitor").count())
}

#[tokio::test]
async fn requests_fail_as_often_as_asked_and_are_not_handled() {
    let rig = rig().await;
    rig.faults.fail_requests("GET", "/gateway", 2, RestFault::Status(503));
    for expected in [503, 503, 200] {
        let status = http().get(url(&rig, "/gateway")).send().await.expect("an answer").status();
        assert_eq!(status, expected);
    }
    assert_eq!(handled(&rig), 1);
}

#[tokio::test]
async fn rate_limits_look_like_discords() {
    let rig = rig().await;
    let retry_after = Duration::from_millis(1_300);
    for scope in
        [RateLimitScope::User, RateLimitScope::Shared, RateLimitScope::Global, RateLimitScope::Cloudflare]
    {
        rig.faults.fail_requests("*", "**", 1, RestFault::RateLimited { scope, retry_after });
        let answer = http().post(url(&rig, "/channels/1/messages")).send().await.expect("an answer");
        assert_eq!(answer.status(), 429);
        let header = |name: &str| answer.headers().get(name).map(|v| v.to_str().expect("text").to_owned());
        assert_eq!(header("retry-after").as_deref(), Some("2"));
        assert_eq!(header("via").is_some(), scope != RateLimitScope::Cloudflare, "the edge's own has no Via");
        let named = header("x-ratelimit-scope");
        let bucket = header("x-ratelimit-bucket").is_some() && header("x-ratelimit-reset").is_some();
        assert_eq!(bucket, matches!(scope, RateLimitScope::User | RateLimitScope::Shared));
        assert_eq!(header("x-ratelimit-global").is_some(), scope == RateLimitScope::Global);
        let text = answer.text().await.expect("a body");
        if scope == RateLimitScope::Cloudflare {
            assert_eq!((named, text.as_str()), (None, "error code: 1015"));
            continue;
        }
        let body: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(body["global"], scope == RateLimitScope::Global);
        assert_eq!(body["retry_after"], 1.3);
    }
    assert_eq!(handled(&rig), 0);
}

#[tokio::test]
async fn an_ambiguous_success_is_handled_but_never_answered() {
    let rig = rig().await;
    rig.faults.fail_requests("POST", "/channels/*/messages", 1, RestFault::DropAfter);
    let lost = http().post(url(&rig, "/channels/1/messages")).body("{}").send().await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(handled(&rig), 1);
    rig.faults.fail_requests("POST", "/channels/*/messages", 1, RestFault::DropBefore);
    assert!(http().post(url(&rig, "/channels/1/messages")).body("{}").send().await.is_err());
    assert_eq!(handled(&rig), 1);
}

#[tokio::test]
async fn a_held_request_waits_for_its_release() {
    let rig = rig().await;
    rig.faults.hold_requests("PATCH", "/webhooks/**", 1);
    let request = http().patch(url(&rig, "/webhooks/1/t/messages/2")).send();
    let answer = tokio::spawn(request);
    rig.faults.requests_held(1).await;
    assert_eq!(handled(&rig), 0);
    rig.faults.release_requests();
    assert_eq!(answer.await.expect("no panic").expect("an answer").status(), 200);
    assert_eq!(handled(&rig), 1);
}

#[tokio::test]
async fn what_is_on_the_wire_arrives_although_its_client_is_gone() {
    let rig = rig().await;
    rig.faults.keep_requests_on_the_wire("POST", "/channels/*/messages", 1);
    let request = http().post(url(&rig, "/channels/1/messages")).body("{}").send();
    let client = tokio::spawn(request);
    rig.faults.requests_held(1).await;
    client.abort();
    assert!(client.await.expect_err("it is gone").is_cancelled());
    assert_eq!(handled(&rig), 0);
    rig.faults.release_requests();
    while handled(&rig) == 0 {
        tokio::task::yield_now().await;
    }
    // And only once.
    assert_eq!(
        http().post(url(&rig, "/channels/1/messages")).body("{}").send().await.expect("an answer").status(),
        200
    );
    assert_eq!(handled(&rig), 2);
}
