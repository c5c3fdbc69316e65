//! Discord says no: how many requests follow. The cases of the library's client that this crate must do better,
//! counted instead of timed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use discord::{Nonce, Sent, SpeakError, Speaker};
use domain::{
    ChannelId,
    event::{ChannelKind, Place},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinHandle,
};

use crate::fake::{Fake, Scripted, mira, text, text_channel};

const PLAIN: &str = "POST /channels/5/messages";

async fn say(speaker: &Speaker) -> Result<Sent, SpeakError> {
    let place = Place { guild: None, channel: ChannelId(5), parent: None, kind: ChannelKind::Direct };
    speaker.say(&place, &mira(), &text("hello"), Nonce { turn: 1, part: 0 }).await
}

fn ok() -> Scripted {
    Scripted::ok(json!({ "id": "800" }))
}

fn refused(retry_after: f64, global: bool) -> Scripted {
    Scripted::json(429, json!({ "message": "no", "retry_after": retry_after, "global": global }))
        .with("retry-after", retry_after)
}

#[tokio::test]
async fn a_global_429_stops_every_route_and_one_request_follows() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PLAIN, refused(0.1, true).with("x-ratelimit-global", "true").with("x-ratelimit-scope", "global"));
    fake.on(PLAIN, ok());
    fake.on("POST /channels/6/typing", Scripted::raw(204, ""));
    say(&speaker).await.unwrap();
    assert_eq!(fake.count(PLAIN), 2);
    assert_eq!(speaker.refused_requests(), 1);
}

#[tokio::test]
async fn a_global_429_that_never_ends_costs_five_requests_not_thousands() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PLAIN, refused(0.01, true));
    let error = say(&speaker).await.unwrap_err();
    assert!(matches!(error, SpeakError::RateLimited { .. }), "{error:?}");
    assert_eq!(fake.count(PLAIN), 5);
}

#[tokio::test]
async fn cloudflare_s_html_stops_everything_for_the_hour_that_it_names() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PLAIN, Scripted::raw(429, "<html>1015</html>").with("retry-after", "3600"));
    for _ in 0..10 {
        let error = say(&speaker).await.unwrap_err();
        assert!(matches!(error, SpeakError::RateLimited { .. }), "{error:?}");
    }
    assert!(speaker.typing(&text_channel(6)).await.is_err());
    assert_eq!((fake.count(PLAIN), fake.count("POST /channels/6/typing")), (1, 0));
}

#[tokio::test]
async fn a_user_429_waits_as_long_as_the_longer_of_its_two_times() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(
        PLAIN,
        refused(0.3, false)
            .with("x-ratelimit-scope", "user")
            .with("x-ratelimit-bucket", "abc")
            .with("x-ratelimit-limit", "5")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset-after", "0.01"),
    );
    fake.on(PLAIN, ok());
    say(&speaker).await.unwrap();
    assert_eq!(fake.count(PLAIN), 2);
}

#[tokio::test]
async fn a_shared_429_is_waited_out_and_not_counted_against_us() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PLAIN, refused(0.05, false).with("x-ratelimit-scope", "shared"));
    fake.on(PLAIN, ok());
    say(&speaker).await.unwrap();
    assert_eq!((fake.count(PLAIN), speaker.refused_requests()), (2, 0));
}

#[tokio::test]
async fn limits_without_a_scope_are_kept_before_discord_says_no() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let limited = |remaining: u16, reset_after: &str| {
        ok().with("x-ratelimit-bucket", "abc")
            .with("x-ratelimit-limit", "2")
            .with("x-ratelimit-remaining", remaining)
            .with("x-ratelimit-reset-after", reset_after)
    };
    fake.on(PLAIN, limited(1, "3600"));
    fake.on(PLAIN, limited(0, "3600"));
    say(&speaker).await.unwrap();
    say(&speaker).await.unwrap();
    // The third waits for an hour; it never leaves while others are served.
    let third = speaker.clone();
    let third = tokio::spawn(async move { say(&third).await });
    for _ in 0..50 {
        let _ = speaker.locate(ChannelId(1)).await;
    }
    assert!(!third.is_finished());
    assert_eq!(fake.count(PLAIN), 2);
    third.abort();
}

#[tokio::test]
async fn a_401_ends_everything() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PLAIN, Scripted::error(401, 0));
    for _ in 0..3 {
        assert_eq!(say(&speaker).await, Err(SpeakError::WrongToken));
    }
    assert_eq!(speaker.typing(&text_channel(6)).await, Err(SpeakError::WrongToken));
    assert_eq!((fake.count(PLAIN), fake.count("POST /channels/6/typing")), (1, 0));
}

#[tokio::test]
async fn a_missing_permission_is_asked_for_once() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PLAIN, Scripted::error(403, 50_013));
    for _ in 0..5 {
        let error = say(&speaker).await.unwrap_err();
        assert!(matches!(error, SpeakError::Forbidden { code: 50_013, .. }), "{error:?}");
    }
    assert_eq!(fake.count(PLAIN), 1);
}

#[tokio::test]
async fn a_server_error_is_tried_again_where_twice_is_the_same_as_once() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    fake.on(PLAIN, Scripted::raw(502, "bad gateway"));
    fake.on(PLAIN, ok());
    say(&speaker).await.unwrap();
    let bodies: Vec<_> = fake.seen(PLAIN).iter().map(crate::fake::Seen::json).collect();
    assert_eq!(bodies[0]["nonce"], bodies[1]["nonce"]);
    assert_eq!(bodies[0]["enforce_nonce"], true);
}

#[tokio::test]
async fn a_webhook_post_with_a_server_error_is_uncertain_and_not_repeated() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    let hooks = json!([{ "id": "70", "name": "Mira", "token": "sesame", "application_id": "22" }]);
    fake.on("GET /channels/5/webhooks", Scripted::ok(hooks));
    fake.on("POST /webhooks/70/sesame?wait=true", Scripted::raw(500, "oops"));
    let error =
        speaker.say(&text_channel(5), &mira(), &text("x"), Nonce { turn: 1, part: 0 }).await.unwrap_err();
    assert!(matches!(error, SpeakError::Uncertain { .. }), "{error:?}");
    assert_eq!(fake.count("POST /webhooks/70/sesame?wait=true"), 1);
}

/// A REST server that answers what starting needs and hangs up on everything else after reading it.
async fn hangs_up_on_posts(fake: &Fake) -> (JoinHandle<()>, String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let posts = Arc::new(AtomicUsize::new(0));
    let (counted, gateway) = (posts.clone(), fake.ws());
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (counted, gateway) = (counted.clone(), gateway.clone());
            tokio::spawn(async move {
                let mut request = vec![0; 65_536];
                let length = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let body = match request.split(' ').nth(1).unwrap_or_default() {
                    "/users/@me" => r#"{"id":"11"}"#.to_owned(),
                    "/applications/@me" => r#"{"id":"22"}"#.to_owned(),
                    "/channels/5/webhooks" => {
                        r#"[{"id":"70","name":"Mira","token":"sesame","application_id":"22"}]"#.to_owned()
                    }
                    "/gateway/bot" => json!({
                        "url": gateway, "shards": 1, "session_start_limit":
                            { "total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1 },
                    })
                    .to_string(),
                    _ => {
                        counted.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                };
                let length = body.len();
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                let _ = stream.write_all((head + &body).as_bytes()).await;
            });
        }
    });
    (server, format!("http://{address}"), posts)
}

#[tokio::test]
async fn a_webhook_post_whose_connection_breaks_is_uncertain_and_not_repeated() {
    let fake = Fake::start().await;
    let (_server, address, posts) = hangs_up_on_posts(&fake).await;
    let mut config = fake.config();
    config.api_base = address;
    let (_gateway, speaker) = fake.connect_with(config).await;
    let error =
        speaker.say(&text_channel(5), &mira(), &text("x"), Nonce { turn: 1, part: 0 }).await.unwrap_err();
    assert!(matches!(error, SpeakError::Uncertain { .. }), "{error:?}");
    assert!(!error.to_string().contains("sesame"), "{error}");
    assert_eq!(posts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_webhook_post_that_found_no_connection_is_certain() {
    let fake = Fake::start().await;
    let (server, address, posts) = hangs_up_on_posts(&fake).await;
    let mut config = fake.config();
    config.api_base = address;
    let (_gateway, speaker) = fake.connect_with(config).await;
    let nonce = Nonce { turn: 1, part: 0 };
    speaker.say(&text_channel(5), &mira(), &text("x"), nonce).await.unwrap_err();
    server.abort();
    let _ = server.await;
    // It may be tried again, and only the end of the program ends that.
    fake.stop.cancel();
    let error = speaker.say(&text_channel(5), &mira(), &text("x"), nonce).await.unwrap_err();
    assert!(matches!(error, SpeakError::ShuttingDown { .. }), "{error:?}");
    assert_eq!(posts.load(Ordering::SeqCst), 1);
}
