//! Members who come, go, play, listen, talk and type.

use super::*;

fn doing(activity: Value) -> Vec<(ActivityKind, String, Option<String>)> {
    let update = json!({
        "user": { "id": "900" }, "guild_id": "1", "status": "online", "client_status": { "desktop": "online" },
        "activities": [activity],
    });
    match event("PRESENCE_UPDATE", &update) {
        Event::Presence { guild: GuildId(1), user: UserId(900), activities } => activities
            .into_iter()
            .map(|Activity { kind, name, details }| (kind, name.into_raw(), details.map(Untrusted::into_raw)))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_members_are_doing() {
    let some = |text: &str| Some(text.to_owned());
    let chess = json!({ "type": 0, "name": "Chess", "id": "x", "created_at": 1, "state": "In a match" });
    assert_eq!(doing(chess), [(ActivityKind::Playing, "Chess".into(), some("In a match"))]);
    let song = json!({
        "type": 2, "name": "Spotify", "details": "Ballad of the Lighthouse", "state": "The Keepers; Ada",
        "sync_id": "y", "party": { "id": "z" }, "assets": { "large_text": "Album" }, "timestamps": { "start": 1 },
    });
    let track = some("Ballad of the Lighthouse – The Keepers; Ada");
    assert_eq!(doing(song), [(ActivityKind::Listening, "Spotify".into(), track)]);
    let stream = json!({ "type": 1, "name": "Twitch", "details": "Speedrun", "url": "https://example.org" });
    assert_eq!(doing(stream), [(ActivityKind::Streaming, "Twitch".into(), some("Speedrun"))]);
    assert_eq!(
        doing(json!({ "type": 3, "name": "a film" })),
        [(ActivityKind::Watching, "a film".into(), None)]
    );
    assert_eq!(
        doing(json!({ "type": 5, "name": "a cup" })),
        [(ActivityKind::Competing, "a cup".into(), None)]
    );
    let own =
        json!({ "type": 4, "name": "Custom Status", "state": "moving house", "emoji": { "name": "📦" } });
    assert_eq!(doing(own), [(ActivityKind::Custom, "moving house".into(), None)]);
    assert_eq!(doing(json!({ "type": 4, "name": "Custom Status", "emoji": { "name": "📦" } })), []);
    assert_eq!(doing(json!({ "type": 6, "name": "of tomorrow" })), []);
    let long = doing(json!({ "type": 0, "name": "ä".repeat(10_000) }));
    assert_eq!(long[0].1.chars().count(), 128);
}

#[test]
fn typing_in_a_known_channel_an_unknown_one_and_a_direct_message() {
    let typing = |channel: &str, guild: Option<&str>| {
        let typing =
            json!({ "channel_id": channel, "guild_id": guild, "user_id": "900", "timestamp": 1_790_000_000 });
        match event("TYPING_START", &typing) {
            Event::Typing { place, channel: _, user: UserId(900), at: Timestamp(1_790_000_000_000) } => {
                place.map(|place| (place.kind, place.guild))
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(typing("6", Some("1")), Some((ChannelKind::Thread, Some(GuildId(1)))));
    assert_eq!(typing("99", Some("1")), None);
    assert_eq!(typing("8", None), Some((ChannelKind::Direct, None)));
}

#[test]
fn members_come_and_go_and_talk() {
    let user = json!({ "id": "900", "username": "alice", "global_name": "Alice A." });
    let added = json!({ "guild_id": "1", "user": user, "nick": "Ally", "roles": [], "joined_at": "2026-01-01T00:00:00Z" });
    let author = |name: &str| Author { id: UserId(900), name: name.into(), kind: AuthorKind::Human };
    assert_eq!(
        event("GUILD_MEMBER_ADD", &added),
        Event::MemberJoined { guild: GuildId(1), member: author("Ally") }
    );
    assert_eq!(
        event("GUILD_MEMBER_REMOVE", &json!({ "guild_id": "1", "user": user })),
        Event::MemberLeft { guild: GuildId(1), member: author("Alice A.") }
    );
    let voice = |channel: Option<&str>| {
        event(
            "VOICE_STATE_UPDATE",
            &json!({
                "guild_id": "1", "channel_id": channel, "user_id": "900", "session_id": "s", "deaf": false, "mute": false,
            }),
        )
    };
    let moved = |channel| Event::VoiceMoved { guild: GuildId(1), user: UserId(900), channel };
    assert_eq!(voice(Some("7")), moved(Some(ChannelId(7))));
    assert_eq!(voice(None), moved(None));
}
