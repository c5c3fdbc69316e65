//! Who sees what, as Discord tells of it bit by bit.

use domain::audience::GuildPlan;

use super::*;

/// A server with an open channel (10), one for a role (11), a forum (12) and threads, as the bot sees it.
struct Server(Directory);

impl Server {
    fn new() -> (Self, GuildPlan) {
        let server = Self(Directory::new());
        let Event::GuildSeen(seen) = server.event("GUILD_CREATE", Self::whole()) else { panic!("not seen") };
        (server, GuildPlan::clone(&seen.plan))
    }

    fn whole() -> Value {
        let hide = json!({ "id": "1", "type": 0, "allow": "0", "deny": "1024" });
        let show = json!({ "id": "5", "type": 0, "allow": "1024", "deny": "0" });
        json!({
            "id": "1", "owner_id": "900", "unavailable": false,
            "roles": [
                // Bits that nobody knows yet, beyond all that fit a number.
                { "id": "1", "name": "@everyone", "permissions": "1267650600228229401496703271936" },
                { "id": "5", "name": "mods", "permissions": "0" },
            ],
            "channels": [
                { "id": "10", "type": 0 },
                { "id": "11", "type": 0, "permission_overwrites": [hide, show] },
                { "id": "12", "type": 15, "permission_overwrites": [] },
                { "id": "13", "type": 4, "permission_overwrites": [{ "id": "1", "type": 0, "allow": "0", "deny": "1024" }] },
            ],
            "threads": [
                { "id": "20", "type": 11, "parent_id": "10" }, { "id": "21", "type": 12, "parent_id": "10" },
                { "id": "22", "type": 11, "parent_id": "12" },
            ],
        })
    }

    fn told(&self, kind: &str, data: Value) -> Translated {
        let frame = json!({ "t": kind, "s": 2, "op": 0, "d": data }).to_string();
        translate(kind, &frame, &self.0).unwrap()
    }

    fn event(&self, kind: &str, data: Value) -> Event {
        match self.told(kind, data) {
            Translated::Event(event) => event,
            _ => panic!("{kind} became nothing"),
        }
    }

    /// The plan after a change.
    fn plan(&self, kind: &str, data: Value) -> GuildPlan {
        match self.event(kind, data) {
            Event::GuildChanged { plan } | Event::ChannelGone { plan: Some(plan), .. } => {
                GuildPlan::clone(&plan)
            }
            other => panic!("{other:?}"),
        }
    }

    fn unmoved(&self, kind: &str, data: Value) {
        assert!(matches!(self.told(kind, data), Translated::Nothing), "{kind}");
    }
}

fn rooms(plan: &GuildPlan, place: u64) -> Vec<u64> {
    plan.rooms(ChannelId(place)).into_iter().map(ChannelId::get).collect()
}

#[test]
fn a_guild_comes_with_who_sees_what() {
    let (_, plan) = Server::new();
    assert_eq!(plan.guild(), GuildId(1));
    assert_eq!(rooms(&plan, 10), [10, 12]);
    assert_eq!(rooms(&plan, 11), [11, 10, 12]);
    assert_eq!(rooms(&plan, 21), [21, 10, 12]);
    assert_eq!(plan.room(ChannelId(22)), ChannelId(12), "a forum's post");
    assert_eq!(rooms(&plan, 13), [13], "nothing is said in a category");
}

#[test]
fn overwrites_roles_and_owners_are_followed() {
    let (server, _) = Server::new();
    let open =
        json!({ "id": "11", "type": 0, "guild_id": "1", "name": "lounge", "permission_overwrites": [] });
    assert_eq!(rooms(&server.plan("CHANNEL_UPDATE", open.clone()), 10), [10, 11, 12]);
    server.unmoved("CHANNEL_UPDATE", open);
    let blind = json!({ "guild_id": "1", "role": { "id": "1", "permissions": "1024" } });
    assert_eq!(rooms(&server.plan("GUILD_ROLE_UPDATE", blind.clone()), 10), [10], "nobody reads back");
    server.unmoved("GUILD_ROLE_UPDATE", blind);
    let helpers = json!({ "guild_id": "1", "role": { "id": "6", "permissions": "0" } });
    server.plan("GUILD_ROLE_CREATE", helpers);
    server.plan("GUILD_ROLE_DELETE", json!({ "guild_id": "1", "role_id": "6" }));
    server.unmoved("GUILD_ROLE_DELETE", json!({ "guild_id": "1", "role_id": "6" }));
    server.unmoved("GUILD_UPDATE", json!({ "id": "1", "name": "Library", "owner_id": "900" }));
    server.plan("GUILD_UPDATE", json!({ "id": "1", "owner_id": "901" }));
}

#[test]
fn channels_and_threads_come_and_go() {
    let (server, _) = Server::new();
    let plan = server.plan("CHANNEL_CREATE", json!({ "id": "14", "type": 2, "guild_id": "1" }));
    assert_eq!(rooms(&plan, 10), [10, 12], "nobody may enter the voice channel");
    let plan =
        server.plan("THREAD_CREATE", json!({ "id": "23", "type": 12, "guild_id": "1", "parent_id": "10" }));
    assert_eq!(rooms(&plan, 23), [23, 10, 12]);
    server.unmoved(
        "THREAD_UPDATE",
        json!({ "id": "23", "type": 12, "guild_id": "1", "parent_id": "10", "name": "x" }),
    );
    let plan =
        server.plan("THREAD_DELETE", json!({ "id": "23", "type": 12, "guild_id": "1", "parent_id": "10" }));
    assert_eq!(rooms(&plan, 23), [23]);
    let plan = server.plan("CHANNEL_DELETE", json!({ "id": "12", "type": 15, "guild_id": "1" }));
    assert_eq!((rooms(&plan, 10), rooms(&plan, 22)), (vec![10], vec![22]));
}

#[test]
fn what_the_bot_may_not_see_is_no_source_until_it_may() {
    let (server, _) = Server::new();
    let hidden = json!({ "id": "10", "type": 0, "guild_id": "1", "name": "___hidden___", "flags": 1 << 17 });
    let plan = server.plan("CHANNEL_UPDATE", hidden);
    assert_eq!((rooms(&plan, 12), rooms(&plan, 20)), (vec![12], vec![20]));
    server.plan("CHANNEL_UPDATE", json!({ "id": "10", "type": 0, "guild_id": "1" }));
    let list = json!({ "guild_id": "1", "channel_ids": ["10"], "threads": [{ "id": "20", "type": 11, "parent_id": "10" }] });
    let plan = server.plan("THREAD_LIST_SYNC", list.clone());
    assert_eq!((rooms(&plan, 20), rooms(&plan, 21)), (vec![10, 20, 12], vec![21]));
    assert_eq!(plan.room(ChannelId(22)), ChannelId(12), "another channel's threads are not in the list");
    server.unmoved("THREAD_LIST_SYNC", list);
}

#[test]
fn an_outage_is_no_leave() {
    let (server, _) = Server::new();
    server.unmoved("GUILD_DELETE", json!({ "id": "1", "unavailable": true }));
    server.plan("GUILD_UPDATE", json!({ "id": "1", "owner_id": "901" }));
    assert_eq!(server.event("GUILD_DELETE", json!({ "id": "1" })), Event::GuildLeft { guild: GuildId(1) });
    server.unmoved("GUILD_UPDATE", json!({ "id": "1", "owner_id": "902" }));
}

#[test]
fn ready_tells_which_guilds_there_are() {
    let (server, _) = Server::new();
    let ready = json!({
        "v": 10, "user": { "id": "11" }, "application": { "id": "22" }, "session_id": "x", "shard": [1, 2],
        "guilds": [{ "id": "4194304", "unavailable": true }],
    });
    let Event::Connected { identity, guilds: Some(guilds) } = server.event("READY", ready) else {
        panic!("not connected")
    };
    assert_eq!(identity.user, UserId(11));
    assert!(
        !guilds.lack(GuildId(4_194_304)) && guilds.lack(GuildId(3 * 4_194_304)) && !guilds.lack(GuildId(1))
    );
}
