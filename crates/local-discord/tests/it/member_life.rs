//! What members do besides talking: files, activities, voice, threads, coming and going; and what others do to a bot.

use local_discord::faults::{RateLimitScope, RestFault};
use local_discord::members::{Activity, MemberError};
use local_discord::permissions::Permissions;
use local_discord::world::{Draft, GuildSeed, NewFile, channel_type};
use serde_json::{Value, json};
use std::time::Duration;
use twilight_model::gateway::presence::ActivityType::{self, Custom, Playing, Streaming, Watching};

use crate::gateway_rig::{ALL_INTENTS, Client, rig as gateway_rig};
use crate::members::NET;
use crate::rest_rig::{rig, rig_with};

/// Only as much of a picture as its header.
fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend([0, 0, 1, 64, 0, 0, 0, 240, 8, 2, 0, 0, 0]);
    bytes
}

#[tokio::test]
async fn files_of_a_message_are_served_with_their_type() {
    let rig = rig().await;
    let alice = rig.discord.member("alice");
    let files = vec![
        NewFile::new("cat.png", png()).described("a cat"),
        NewFile::new("notes.md", "# Notes"),
        NewFile::new("thing.bin", vec![1, 2, 3]).content_type("application/x-thing"),
    ];
    let post = alice.sends_files("#general", "look", files).await.unwrap();
    let listed = post.json["attachments"].as_array().unwrap().clone();
    assert_eq!((&listed[0]["width"], &listed[0]["height"]), (&json!(320), &json!(240)));
    assert_eq!(listed[0]["description"], "a cat");
    let mut kinds = Vec::new();
    for url in post.files() {
        let served = rig.http.get(url).send().await.unwrap();
        assert_eq!(served.headers()["x-content-type-options"], "nosniff");
        kinds.push(served.headers()["content-type"].to_str().unwrap().to_owned());
    }
    assert_eq!(kinds, ["image/png", "text/markdown; charset=utf-8", "application/x-thing"]);
    let cat = post.files()[0].clone();
    let wrong = rig.http.get(cat.replace("cat.png", "dog.png")).send().await.unwrap();
    assert_eq!(wrong.status(), 404);
    rig.discord.faults().fail_requests("GET", "/attachments/**", 1, RestFault::Status(503));
    assert_eq!(rig.http.get(&cat).send().await.unwrap().status(), 503);
    assert_eq!(rig.http.get(&cat).send().await.unwrap().bytes().await.unwrap(), png());
    let large = vec![NewFile::new("huge.png", vec![0; (10 << 20) + 1])];
    let refused = alice.sends_files("#general", "", large).await;
    assert!(matches!(refused, Err(MemberError::Refused(e)) if e.code() == 40005));
}

/// The next presence of a user: bots have theirs too.
async fn presence_of(client: &mut Client, user: u64) -> Value {
    let user = user.to_string();
    loop {
        let presence = client.until("PRESENCE_UPDATE").await;
        if presence["user"]["id"] == user.as_str() {
            return presence;
        }
    }
}

#[tokio::test]
async fn activities_reach_only_sessions_that_asked_for_presences() {
    const GUILDS_AND_MESSAGES: u64 = 1 | 1 << 9;
    let rig = gateway_rig().await;
    let mut told = rig.ready("bot", ALL_INTENTS).await;
    let mut untold = rig.ready("bot", GUILDS_AND_MESSAGES).await;
    let alice = rig.world.member("alice");
    alice.plays("Chess").await.unwrap();
    let playing = presence_of(&mut told, alice.id()).await;
    assert_eq!(playing["status"], "online");
    let game = &playing["activities"][0];
    assert_eq!((&game["name"], &game["type"]), (&json!("Chess"), &json!(0)));
    alice.listens_to("The Sea", "Ode").await.unwrap();
    let music = presence_of(&mut told, alice.id()).await["activities"][0].clone();
    assert_eq!((&music["name"], &music["type"]), (&json!("Spotify"), &json!(2)));
    assert_eq!((&music["details"], &music["state"]), (&json!("The Sea"), &json!("Ode")));
    rig.say("general", "heard you");
    assert_eq!(untold.payload().await["t"], "MESSAGE_CREATE", "no presence came before it");

    let all = [
        Activity::Game("Go".into()),
        Activity::Watching("birds".into()),
        Activity::Custom("at sea".into()),
        Activity::Stream { name: "Twitch".into(), url: "https://www.twitch.tv/x".into() },
    ];
    alice.does(&all).await.unwrap();
    let read: twilight_model::gateway::presence::Presence =
        serde_json::from_value(presence_of(&mut told, alice.id()).await).expect("twilight reads it");
    let kinds: Vec<ActivityType> = read.activities.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [Playing, Watching, Custom, Streaming]);
    alice.sets_presence("idle").await.unwrap();
    assert_eq!(presence_of(&mut told, alice.id()).await["activities"], json!([]));
}

#[tokio::test]
async fn people_come_and_go() {
    const MEMBERS: u64 = 1 << 1;
    let rig = gateway_rig().await;
    let mut told = rig.ready("bot", 1 | MEMBERS | 1 << 7).await;
    let mut untold = rig.ready("bot", 1 | 1 << 9).await;
    let nell = rig.world.member("nell");
    assert_eq!(told.until("GUILD_MEMBER_ADD").await["user"]["username"], "nell");
    nell.joins_voice("talk").await.unwrap();
    assert_eq!(told.until("VOICE_STATE_UPDATE").await["channel_id"], rig.seeded.channels["talk"].to_string());
    nell.leaves_guild().await.unwrap();
    assert!(told.until("VOICE_STATE_UPDATE").await["channel_id"].is_null(), "who leaves, leaves the call");
    assert_eq!(told.until("GUILD_MEMBER_REMOVE").await["user"]["id"], nell.id().to_string());
    let gone = nell.says("#general", "still here?").await;
    assert!(matches!(gone, Err(MemberError::Refused(e)) if e.code() == 50001));
    nell.joins_guild().await.unwrap();
    assert_eq!(told.until("GUILD_MEMBER_ADD").await["user"]["id"], nell.id().to_string());
    nell.says("#general", "back").await.unwrap();
    assert_eq!(untold.payload().await["t"], "MESSAGE_CREATE", "nothing of members before it");
}

#[tokio::test]
async fn members_open_threads_and_posts() {
    let rig = rig().await;
    let (alice, bob) = (rig.discord.member("alice"), rig.discord.member("bob"));
    let start = alice.says("#general", "a topic").await.unwrap();
    let thread = bob.opens_thread_on(&start, "about the topic").await.unwrap();
    assert_eq!(thread, start.id);
    assert_eq!(rig.discord.look(&start).unwrap().json["thread"]["name"], "about the topic");
    bob.says(thread, "inside").await.unwrap();
    let alone = alice.opens_thread("#general", "standalone").await.unwrap();
    alice.says("standalone", "by name").await.unwrap();
    assert_eq!(rig.discord.channel(alone).unwrap().messages().last().unwrap().content, "by name");
    let private = alice.opens_private_thread("#general", "two of us").await.unwrap();
    assert!(bob.says(private, "may I?").await.is_err());
    alice.adds_to_thread(private, "bob").await.unwrap();
    bob.says(private, "thanks").await.unwrap();

    let first = Draft { files: vec![NewFile::new("map.png", png())], ..Draft::text("where?") };
    let post = alice.opens_post("#forum", "Lost", first).await.unwrap();
    assert_eq!((post.id, post.content.as_str()), (post.channel_id, "where?"));
    assert_eq!(post.files().len(), 1);
    bob.says(post.channel_id, "north").await.unwrap();
    assert_eq!(rig.discord.channel("Lost").unwrap().messages().len(), 2);
    assert!(alice.says("#forum", "no").await.is_err());
    assert!(alice.opens_post("#general", "x", Draft::text("y")).await.is_err());
}

#[tokio::test]
async fn age_restricted_channels_say_so() {
    let (world, seeded) = local_discord::world::WorldBuilder::new()
        .guild(GuildSeed::new("home").channel("general", channel_type::TEXT).age_restricted("den"))
        .build(local_discord::clock::Clock::system());
    let olga = world.member("olga");
    let nsfw = |name: &str| {
        let id = seeded.channels[name];
        world.with(|core| core.channel_for(olga.id(), id)).unwrap()["nsfw"].clone()
    };
    assert_eq!((nsfw("general"), nsfw("den")), (json!(false), json!(true)));
    world.set_age_restricted("#den", false).unwrap();
    assert_eq!(nsfw("den"), json!(false));
}

#[tokio::test]
async fn webhooks_vanish_and_rights_are_taken_away() {
    let rig = rig_with(Permissions::MANAGE_WEBHOOKS, |options| options).await;
    let hooks = format!("/channels/{}/webhooks", rig.channel("general"));
    let (_, hook) = rig.post(&hooks, json!({"name": "Mira"})).await;
    let url = format!("/webhooks/{}/{}", hook["id"].as_str().unwrap(), hook["token"].as_str().unwrap());
    let say = |text: &str| json!({"content": text, "allowed_mentions": {"parse": []}});
    // A limit of this one webhook: the channel's other routes go on.
    let limited =
        RestFault::RateLimited { scope: RateLimitScope::Shared, retry_after: Duration::from_millis(40) };
    rig.discord.faults().fail_requests("POST", &url, 1, limited);
    assert_eq!(rig.post(&url, say("one")).await.0, 429);
    assert_eq!(rig.get(&format!("/channels/{}", rig.channel("general"))).await.0, 200);
    assert_eq!(rig.post(&url, say("one")).await.0, 204);

    let world = rig.discord.world();
    assert_eq!(world.webhooks("#general").unwrap().len(), 1);
    assert_eq!(world.delete_webhooks("#general").unwrap(), 1);
    let (status, error) = rig.post(&url, say("two")).await;
    assert_eq!((status, error["code"].as_u64()), (404, Some(10015)));
    let mut watch = rig.discord.watch();
    world.set_bot_permissions("bot", Permissions::NONE).unwrap();
    watch.event(NET, |e| e.name == "GUILD_ROLE_UPDATE").await.unwrap();
    let (status, error) = rig.post(&hooks, json!({"name": "Mira"})).await;
    assert_eq!((status, error["code"].as_u64()), (403, Some(50013)));
    world.set_bot_permissions("bot", Permissions::MANAGE_WEBHOOKS).unwrap();
    assert_eq!(rig.post(&hooks, json!({"name": "Mira"})).await.0, 200);
    assert!(matches!(
        world.set_bot_permissions("nobody", Permissions::NONE),
        Err(MemberError::UnknownUser(_))
    ));
}

#[tokio::test]
async fn reactions_are_counted() {
    let rig = rig().await;
    let (alice, bob) = (rig.discord.member("alice"), rig.discord.member("bob"));
    let post = alice.says("#general", "a goal!").await.unwrap();
    bob.reacts(&post, "🎉").await.unwrap();
    alice.reacts(&post, "🎉").await.unwrap();
    let path = format!("/channels/{}/messages/{}/reactions/%F0%9F%91%8D/@me", post.channel_id, post.id);
    assert_eq!(rig.put_empty(&path).await.0, 204);
    let now = rig.discord.look(&post).unwrap();
    assert_eq!(now.reactions(), [("🎉".to_owned(), 2), ("👍".to_owned(), 1)]);
    alice.deletes(&post).await.unwrap();
    assert_eq!(rig.discord.look(&post).map(|p| p.json), None::<Value>);
}
