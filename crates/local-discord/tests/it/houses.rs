//! Roles, exceptions, private threads and leaving: who is told of what, when somebody's sight changes.

use local_discord::errors::ApiError;
use local_discord::members::MemberError;
use local_discord::permissions::Permissions;
use local_discord::world::channel_type;
use serde_json::Value;

use crate::gateway_rig::{Client, MESSAGE_CONTENT, Rig, rig};

const VIEW: Permissions = Permissions::VIEW_CHANNEL;
const GUILDS: u64 = 1;
const GUILD_MESSAGES: u64 = 1 << 9;

fn refused<T: std::fmt::Debug>(tried: Result<T, MemberError>) -> bool {
    matches!(tried, Err(MemberError::Refused(error)) if error.code() == ApiError::MISSING_ACCESS.code())
}

fn is_hidden(channel: &Value) -> bool {
    channel["name"] == "___hidden___"
}

fn ids(list: &Value) -> Vec<u64> {
    let id = |value: &Value| value["id"].as_str().unwrap_or_default().parse().unwrap();
    list.as_array().unwrap().iter().map(id).collect()
}

/// With a moderator and bob, who is nobody; alice owns everything.
async fn peopled() -> (Rig, Client) {
    let rig = rig().await;
    rig.world.member("bob");
    let house = rig.world.house("home").unwrap();
    house.makes_role("mods", Permissions::NONE).unwrap();
    house.gives("bob", "mods").unwrap();
    let client = rig.ready("bot", GUILDS | GUILD_MESSAGES | MESSAGE_CONTENT).await;
    (rig, client)
}

#[tokio::test]
async fn exceptions_hide_and_show_channels_to_people_and_bots() {
    let (rig, mut client) = peopled().await;
    let (house, bob) = (rig.world.house("home").unwrap(), rig.world.member("bob"));
    let inside = bob.opens_thread("#general", "chess").await.unwrap();
    client.until("THREAD_CREATE").await;
    house.hides("#general", "@everyone").unwrap();
    assert!(is_hidden(&client.until("CHANNEL_UPDATE").await));
    assert!(refused(bob.says("#general", "hm").await) && refused(bob.reads(inside)));
    house.shows("#general", "mods").unwrap();
    assert!(bob.reads("#general").is_ok() && bob.reads(inside).is_ok());
    assert!(is_hidden(&client.until("CHANNEL_UPDATE").await));
    house.shows("#general", "bot").unwrap();
    let channel = client.until("CHANNEL_UPDATE").await;
    assert!(!is_hidden(&channel) && channel["permission_overwrites"].as_array().unwrap().len() == 3);
    let list = client.dispatch("THREAD_LIST_SYNC").await;
    assert_eq!(ids(&list["threads"]), [inside]);
    assert_eq!(list["channel_ids"][0], channel["id"]);
    house.clears("#general", "bot").unwrap();
    assert!(is_hidden(&client.until("CHANNEL_UPDATE").await));
    house.clears("#general", "@everyone").unwrap();
    assert!(!is_hidden(&client.until("CHANNEL_UPDATE").await));
}

#[tokio::test]
async fn roles_change_what_is_seen_and_are_told_of() {
    let (rig, mut client) = peopled().await;
    let (house, bob) = (rig.world.house("home").unwrap(), rig.world.member("bob"));
    assert!(refused(bob.reads("#secret")));
    house.changes_role("mods", Permissions::ADMINISTRATOR).unwrap();
    let told = client.until("GUILD_ROLE_UPDATE").await;
    assert_eq!(told["role"]["permissions"], Permissions::ADMINISTRATOR.0.to_string());
    assert!(bob.reads("#secret").is_ok());
    house.gives("bot", "mods").unwrap();
    let secret = client.until("CHANNEL_UPDATE").await;
    assert_eq!(
        (is_hidden(&secret), &secret["id"]),
        (false, &Value::from(rig.seeded.channels["secret"].to_string()))
    );
    client.dispatch("THREAD_LIST_SYNC").await;
    house.takes("bot", "mods").unwrap();
    assert!(is_hidden(&client.until("CHANNEL_UPDATE").await));
    house.deletes_role("mods").unwrap();
    client.until("GUILD_ROLE_DELETE").await;
    assert!(refused(bob.reads("#secret")));
    house.changes_role("@everyone", VIEW).unwrap();
    client.until("GUILD_ROLE_UPDATE").await;
    house.hands_over("bob").unwrap();
    assert_eq!(client.until("GUILD_UPDATE").await["owner_id"], bob.id().to_string());
    assert!(bob.reads("#secret").is_ok());
}

#[tokio::test]
async fn private_threads_are_for_those_who_are_in_them() {
    let (rig, mut client) = peopled().await;
    let (house, bob) = (rig.world.house("home").unwrap(), rig.world.member("bob"));
    let carol = rig.world.member("carol");
    let thread = bob.opens_private_thread("#general", "surprise").await.unwrap();
    bob.says(thread, "cake?").await.unwrap();
    assert!(refused(carol.reads(thread)));
    client.heartbeat().await;
    bob.adds_to_thread(thread, "bot").await.unwrap();
    let told = client.dispatch("THREAD_CREATE").await;
    assert_eq!((&told["type"], &told["id"]), (&Value::from(12), &Value::from(thread.to_string())));
    assert_eq!(told["member"]["user_id"], rig.application("bot").to_string());
    client.until("THREAD_MEMBERS_UPDATE").await;
    bob.says(thread, "for carol").await.unwrap();
    assert_eq!(client.contents(1).await, ["for carol"]);
    rig.world.member("alice").removes_from_thread(thread, "bot").await.unwrap();
    bob.says(thread, "and candles").await.unwrap();
    house.makes_channel("after", channel_type::TEXT).unwrap();
    assert_eq!(client.payload().await["t"], "CHANNEL_CREATE", "nothing of the thread came in between");
    house.deletes_channel("#after").unwrap();
    client.dispatch("CHANNEL_DELETE").await;
}

#[tokio::test]
async fn a_bot_is_thrown_out_and_comes_back_with_its_role() {
    let rig = rig().await;
    let house = rig.world.house("home").unwrap();
    let mut client = rig.ready("bot", GUILDS).await;
    house.throws_out("bot").unwrap();
    let told = client.until("GUILD_DELETE").await;
    assert_eq!(told["id"], house.id().to_string());
    assert!(told.get("unavailable").is_none(), "that would be an outage");
    rig.say("general", "without it");
    house.lets_in("bot").unwrap();
    let back = client.dispatch("GUILD_CREATE").await;
    let me = rig.application("bot").to_string();
    let members = back["members"].as_array().unwrap();
    let mine = members.iter().find(|m| m["user"]["id"] == me.as_str()).unwrap();
    assert_eq!(mine["roles"].as_array().unwrap().len(), 1);
    assert_eq!(
        rig.world.read(|s| s.guild_permissions(rig.application("bot"), house.id(), 0)).0
            & Permissions::MANAGE_ROLES.0,
        Permissions::MANAGE_ROLES.0
    );
}
