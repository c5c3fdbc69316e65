//! What a session is told, and what it is not.

use local_discord::world::VoicePatch;
use serde_json::json;

use crate::gateway_rig::{ALL_INTENTS, rig};

const GUILDS_AND_MESSAGES: u64 = 1 | 1 << 9;
const DIRECT_MESSAGES: u64 = 1 << 12;

#[tokio::test]
async fn content_is_empty_without_the_intent_unless_it_is_for_the_bot() {
    let rig = rig().await;
    let mut full = rig.ready("bot", ALL_INTENTS).await;
    let mut blind = rig.ready("plain", GUILDS_AND_MESSAGES).await;
    rig.say("general", "for everybody");
    rig.say("general", &format!("hey <@{}>", rig.application("plain")));
    assert_eq!(full.contents(2).await[0], "for everybody");
    let seen = blind.contents(2).await;
    assert_eq!(seen[0], "");
    assert!(seen[1].starts_with("hey "));
}

#[tokio::test]
async fn direct_messages_reach_their_bot_only_with_content_and_without_guild() {
    let rig = rig().await;
    let mut bot = rig.ready("plain", 1 | DIRECT_MESSAGES).await;
    let mut other = rig.ready("bot", ALL_INTENTS).await;
    let alice = rig.seeded.users["alice"];
    let dm = rig.world.with(|core| core.open_dm(alice, rig.application("plain"))).expect("a channel");
    rig.say_in(dm, "just us");
    let message = bot.until("MESSAGE_CREATE").await;
    assert_eq!(message["content"], "just us");
    assert!(message.get("guild_id").is_none());
    rig.say("general", "all of us");
    assert_eq!(other.contents(1).await, ["all of us"]);
}

#[tokio::test]
async fn hidden_channels_and_intents_not_asked_for_stay_silent() {
    let rig = rig().await;
    let mut bot = rig.ready("bot", GUILDS_AND_MESSAGES).await;
    rig.say("secret", "you cannot see me");
    let (alice, general) = (rig.seeded.users["alice"], rig.seeded.channels["general"]);
    rig.world.with(|core| core.start_typing(alice, general)).expect("types");
    rig.say("general", "you can");
    let payload = bot.payload().await;
    assert_eq!(
        (&payload["t"], &payload["d"]["author"]["username"]),
        (&json!("MESSAGE_CREATE"), &json!("alice"))
    );
    assert_eq!(payload["d"]["channel_id"], general.to_string());
}

#[tokio::test]
async fn members_are_sent_in_chunks_and_by_name_or_id() {
    let rig = rig().await;
    let guild = rig.guild();
    rig.world.with(|core| {
        for number in 0..1_500 {
            let user = core.create_user(&format!("extra{number}"));
            core.join_guild(user, guild).expect("joins");
        }
    });
    let mut bot = rig.ready("bot", 1 | 1 << 1).await;
    let all = json!({"op": 8, "d": {"guild_id": guild.to_string(), "query": "", "limit": 0, "nonce": "n"}});
    bot.send(&all).await;
    let first = bot.dispatch("GUILD_MEMBERS_CHUNK").await;
    let second = bot.dispatch("GUILD_MEMBERS_CHUNK").await;
    assert_eq!((&first["chunk_count"], &first["nonce"]), (&json!(2), &json!("n")));
    assert_eq!(first["members"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(second["members"].as_array().map(Vec::len), Some(503));
    bot.send(&all).await;
    let limited = bot.dispatch("RATE_LIMITED").await;
    assert_eq!((&limited["opcode"], &limited["meta"]["nonce"]), (&json!(8), &json!("n")));

    bot.send(&json!({"op": 8, "d": {"guild_id": guild.to_string(), "query": "ali", "limit": 5}})).await;
    let found = bot.dispatch("GUILD_MEMBERS_CHUNK").await;
    assert_eq!(found["members"][0]["user"]["username"], "alice");
    bot.send(&json!({"op": 8, "d": {"guild_id": guild.to_string(), "limit": 0, "user_ids": ["12345"]}}))
        .await;
    assert_eq!(bot.dispatch("GUILD_MEMBERS_CHUNK").await["not_found"], json!(["12345"]));
}

#[tokio::test]
async fn a_voice_state_update_is_answered_with_state_and_server() {
    let rig = rig().await;
    let mut bot = rig.ready("bot", 1 | 1 << 7).await;
    let talk = rig.seeded.channels["talk"].to_string();
    bot.send(&json!({"op": 4, "d": {"guild_id": rig.guild().to_string(), "channel_id": talk,
        "self_mute": false, "self_deaf": true}}))
        .await;
    let state = bot.dispatch("VOICE_STATE_UPDATE").await;
    assert_eq!((&state["channel_id"], &state["self_deaf"]), (&json!(talk), &json!(true)));
    assert!(bot.dispatch("VOICE_SERVER_UPDATE").await["token"].is_string());
    let alice = rig.seeded.users["alice"];
    let patch = VoicePatch { channel_id: Some(rig.seeded.channels["talk"]), ..VoicePatch::default() };
    rig.world.with(|core| core.set_voice_state(alice, rig.guild(), patch)).expect("joins");
    assert_eq!(bot.dispatch("VOICE_STATE_UPDATE").await["user_id"], alice.to_string());
}

#[tokio::test]
async fn a_bot_leaves_voice_with_its_session() {
    let rig = rig().await;
    let mut watcher = rig.ready("bot", 1 | 1 << 7).await;
    let mut bot = rig.ready("plain", 1).await;
    let (guild, talk) = (rig.guild().to_string(), rig.seeded.channels["talk"].to_string());
    let join = json!({"guild_id": guild, "channel_id": talk, "self_mute": false, "self_deaf": false});
    bot.send(&json!({"op": 4, "d": join})).await;
    assert_eq!(watcher.dispatch("VOICE_STATE_UPDATE").await["channel_id"], talk);
    bot.leave(1000).await;
    assert_eq!(watcher.dispatch("VOICE_STATE_UPDATE").await["channel_id"], json!(null));
}

#[tokio::test]
async fn presence_follows_the_session() {
    let rig = rig().await;
    let mut watcher = rig.ready("bot", 1 | 1 << 8).await;
    let mut bot = rig.ready("plain", 1).await;
    let plain = rig.application("plain").to_string();
    let status_of_plain = async |watcher: &mut crate::gateway_rig::Client| loop {
        let presence = watcher.until("PRESENCE_UPDATE").await;
        if presence["user"]["id"] == plain {
            return presence["status"].as_str().expect("a status").to_owned();
        }
    };
    assert_eq!(status_of_plain(&mut watcher).await, "online");
    let activity = json!({"name": "chess", "type": 0});
    bot.send(
        &json!({"op": 3, "d": {"since": null, "status": "dnd", "afk": false, "activities": [activity]}}),
    )
    .await;
    assert_eq!(status_of_plain(&mut watcher).await, "dnd");
    bot.leave(1000).await;
    assert_eq!(status_of_plain(&mut watcher).await, "offline");
}
