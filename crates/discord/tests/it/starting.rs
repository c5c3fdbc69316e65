//! Connecting: what an operator is told.

use discord::{ConnectError, GatewayError, Intents, Token};
use domain::{ApplicationId, UserId, event::Identity};
use serde_json::json;

use crate::fake::{APP, Fake, ME, Scripted, TOKEN};

async fn refused(fake: &Fake) -> ConnectError {
    discord::connect(fake.config(), &fake.tracker, fake.stop.clone()).await.err().unwrap()
}

#[tokio::test]
async fn the_bot_learns_who_it_is_and_names_itself() {
    let fake = Fake::start().await;
    let speaker = fake.speaker().await;
    assert_eq!(speaker.identity(), Identity { user: UserId(ME), application: ApplicationId(APP) });
    let me = fake.seen("GET /users/@me").remove(0);
    assert_eq!(me.headers["authorization"], format!("Bot {TOKEN}"));
    assert!(me.headers["user-agent"].to_str().unwrap().starts_with("DiscordBot (http"));
}

#[tokio::test]
async fn a_wrong_token_is_said_in_one_sentence_without_the_token() {
    let fake = Fake::start().await;
    fake.off("GET /users/@me");
    fake.on("GET /users/@me", Scripted::error(401, 0));
    let error = refused(&fake).await;
    assert!(matches!(error, ConnectError::WrongToken), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("bbbb"));
    assert_eq!(fake.count("GET /users/@me"), 1);
}

#[tokio::test]
async fn a_token_that_cannot_be_a_header_is_a_wrong_token() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.token = Token::new("a\nb");
    let error = discord::connect(config, &fake.tracker, fake.stop.clone()).await.err().unwrap();
    assert!(matches!(error, ConnectError::WrongToken), "{error:?}");
}

#[tokio::test]
async fn missing_intents_are_named_before_an_identify_is_spent() {
    let fake = Fake::start().await;
    fake.off("GET /applications/@me");
    fake.on("GET /applications/@me", Scripted::ok(json!({ "id": "22", "flags": 0 })));
    let ConnectError::MissingIntents { which } = refused(&fake).await else { panic!() };
    assert_eq!(which, "Message Content Intent");
}

#[tokio::test]
async fn presences_and_members_are_asked_for_only_when_wanted() {
    for (presences, members) in [(false, false), (true, false), (true, true)] {
        let fake = Fake::start().await;
        fake.off("GET /applications/@me");
        let all = 1_u64 << 13 | 1 << 15 | 1 << 19;
        fake.on("GET /applications/@me", Scripted::ok(json!({ "id": APP.to_string(), "flags": all })));
        let mut config = fake.config();
        (config.presences, config.members) = (presences, members);
        let (_gateway, _speaker) = fake.connect_with(config).await;
        let identify = fake.socket().await.hello().await;
        let intents = Intents(identify["d"]["intents"].as_u64().unwrap());
        assert!(intents.contains(Intents::default().with(Intents::GUILD_VOICE_STATES)));
        assert_eq!(intents.contains(Intents::GUILD_PRESENCES), presences);
        assert_eq!(intents.contains(Intents::GUILD_MEMBERS), members);
    }
}

#[tokio::test]
async fn an_intent_that_was_asked_for_and_is_not_enabled_is_named() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    (config.presences, config.members) = (true, true);
    let error = discord::connect(config.clone(), &fake.tracker, fake.stop.clone()).await.err().unwrap();
    let ConnectError::MissingIntents { which } = error else { panic!("{error}") };
    assert_eq!(which, "Presence Intent, Server Members Intent");

    // Where nobody keeps count of flags, Discord says so when the session begins.
    fake.off("GET /applications/@me");
    fake.on("GET /applications/@me", Scripted::ok(json!({ "id": APP.to_string() })));
    let (mut gateway, _speaker) = fake.connect_with(config).await;
    let mut socket = fake.socket().await;
    socket.hello().await;
    socket.close(4014).await;
    let which = "Presence Intent, Server Members Intent, Message Content Intent".to_owned();
    assert_eq!(gateway.next().await, Some(Err(GatewayError::MissingIntents { which })));
}

#[tokio::test]
async fn a_used_up_identify_budget_is_not_overdrawn() {
    let fake = Fake::start().await;
    fake.off("GET /gateway/bot");
    fake.on("GET /gateway/bot", fake.gateway_answer(0));
    let error = refused(&fake).await;
    assert_eq!(
        error.to_string(),
        "no gateway session may be started any more today; Discord allows new ones in 120 minutes"
    );
}

#[tokio::test]
async fn bad_addresses_are_named() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    config.gateway_url = Some("https://discord.com".into());
    let error = discord::connect(config, &fake.tracker, fake.stop.clone()).await.err().unwrap();
    assert_eq!(error.to_string(), "`https://discord.com` is not a valid gateway address");
    let mut config = fake.config();
    config.api_base = "discord.com/api".into();
    let error = discord::connect(config, &fake.tracker, fake.stop.clone()).await.err().unwrap();
    assert_eq!(error.to_string(), "`discord.com/api` is not a valid REST base address");
}

#[tokio::test]
async fn close_codes_of_a_refused_login_are_final() {
    for (code, error) in [
        (4004, GatewayError::WrongToken),
        (4011, GatewayError::ShardingRequired),
        (4014, GatewayError::MissingIntents { which: "Message Content Intent".into() }),
        (4013, GatewayError::Closed { code: 4013, reason: "test".into() }),
    ] {
        let fake = Fake::start().await;
        let (mut gateway, _speaker) = fake.connect().await;
        let mut socket = fake.socket().await;
        let identify = socket.hello().await;
        assert_eq!(identify["d"]["token"], format!("Bot {TOKEN}"));
        assert_eq!(identify["d"]["intents"], json!(Intents::default().0));
        socket.close(code).await;
        assert_eq!(gateway.next().await, Some(Err(error)));
        assert_eq!(gateway.connections(), 1);
    }
}

#[tokio::test]
async fn a_gateway_that_nobody_serves_is_told_after_a_few_attempts() {
    let fake = Fake::start().await;
    let mut config = fake.config();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    config.gateway_url = Some(format!("ws://{free}"));
    let (mut gateway, _speaker) = fake.connect_with(config).await;
    let told = gateway.next().await;
    assert!(matches!(told, Some(Err(GatewayError::Unreachable { .. }))), "{told:?}");
    assert_eq!(gateway.connections(), 4);
}
