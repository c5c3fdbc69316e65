//! Rate limits over REST.

use local_discord::permissions::Permissions;
use local_discord::rate_limit::RateLimits;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::rest_rig::{Rig, rig_with};

async fn limited(limits: RateLimits) -> Rig {
    rig_with(Permissions::ADMINISTRATOR, |options| options.rate_limits(Some(limits))).await
}

async fn say(rig: &Rig) -> Response {
    let path = format!("/channels/{}/messages", rig.channel("general"));
    rig.request(Method::POST, &path).json(&json!({"content": "x"})).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
}

#[tokio::test]
async fn a_bucket_empties_and_says_so() {
    let rig = limited(RateLimits::default()).await;
    for left in (0..5).rev() {
        let response = say(&rig).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "x-ratelimit-remaining"), left.to_string());
        assert_eq!(header(&response, "x-ratelimit-scope"), "", "only a 429 names its scope");
    }
    let response = say(&rig).await;
    assert_eq!(response.status(), 429);
    assert_eq!((header(&response, "x-ratelimit-scope"), header(&response, "retry-after")), ("user", "5"));
    let body: Value = response.json().await.unwrap();
    assert_eq!((body["global"].as_bool(), body["retry_after"].as_f64()), (Some(false), Some(5.0)));
    rig.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(say(&rig).await.status(), 200);
}

#[tokio::test]
async fn the_global_limit_is_marked() {
    let rig = limited(RateLimits { global_per_second: 2, ..RateLimits::default() }).await;
    assert_eq!((rig.get("/users/@me").await.0, rig.get("/users/@me").await.0), (200, 200));
    let response = rig.request(Method::GET, "/users/@me").send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(
        (header(&response, "x-ratelimit-global"), header(&response, "x-ratelimit-scope")),
        ("true", "global")
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["global"], true);
}

#[tokio::test]
async fn too_many_invalid_requests_end_at_the_edge() {
    let rig = limited(RateLimits { invalid_per_ten_minutes: 3, ..RateLimits::default() }).await;
    for _ in 0..3 {
        let url = format!("{}/users/@me", rig.discord.api_base());
        assert_eq!(rig.http.get(url).send().await.unwrap().status(), 401);
    }
    let response = rig.request(Method::GET, "/users/@me").send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (429, "600"));
    assert!(header(&response, "content-type").starts_with("text/html"));
}
