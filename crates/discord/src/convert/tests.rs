//! Frames as Discord sends them, and what becomes of them.

#![expect(clippy::needless_pass_by_value, reason = "the tests read better with values")]

use domain::{
    Timestamp, Untrusted, WebhookId,
    command::Permissions,
    event::{Activity, ActivityKind, Author, AuthorKind, Message, ReplyTo},
};
use serde_json::{Value, json};

use super::*;

/// A directory with a text channel, a thread of it, and a voice channel.
fn directory() -> Directory {
    let directory = Directory::new();
    for (channel, kind, parent) in [
        (5, ChannelKind::Text, None),
        (6, ChannelKind::Thread, Some(ChannelId(5))),
        (7, ChannelKind::Voice, None),
    ] {
        let channel = ChannelId(channel);
        directory.insert(channel, Some(Place { guild: Some(GuildId(1)), channel, parent, kind }), false);
    }
    directory
}

fn translated(kind: &str, data: &Value) -> Translated {
    let frame = json!({ "t": kind, "s": 2, "op": 0, "d": data });
    translate(kind, &frame.to_string(), &directory()).unwrap()
}

fn event(kind: &str, data: &Value) -> Event {
    match translated(kind, data) {
        Translated::Event(event) => event,
        Translated::Nothing => panic!("{kind} became nothing"),
        Translated::Unplaced(_) => panic!("{kind} has no place"),
        Translated::Unknown => panic!("{kind} is unknown"),
    }
}

/// A whole message as it comes over the wire, changed by `with`.
fn raw_message(with: Value) -> Value {
    let mut message = json!({
        "type": 0, "tts": false, "timestamp": "2026-11-22T20:00:00.123000+00:00", "pinned": false,
        "nonce": "1", "mentions": [], "mention_roles": [], "mention_everyone": false,
        "member": {
            "roles": ["3"], "premium_since": null, "pending": false, "nick": "Ally", "mute": false,
            "joined_at": "2024-01-01T00:00:00.000000+00:00", "flags": 0, "deaf": false,
            "communication_disabled_until": null, "banner": null, "avatar": null,
        },
        "id": "1300000000000000000", "flags": 0,
        "embeds": [{ "type": "a kind of tomorrow", "new": [{}] }],
        "edited_timestamp": null, "content": "hey Mira", "components": [{ "type": 250, "odd": true }],
        "channel_id": "5", "channel_type": 0, "guild_id": "1",
        "author": {
            "username": "alice", "public_flags": 0, "primary_guild": null, "id": "900",
            "global_name": "Alice A.", "discriminator": "0", "clan": null, "avatar": null,
        },
        "attachments": [],
    });
    for (key, value) in with.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn message_of(with: Value) -> Message {
    match event("MESSAGE_CREATE", &raw_message(with)) {
        Event::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_with_everything() {
    let message = message_of(json!({
        "type": 19, "channel_id": "6",
        "mentions": [{ "id": "901", "username": "bob", "member": { "nick": "B" } }],
        "message_reference": { "type": 0, "channel_id": "6", "message_id": "1299", "guild_id": "1" },
        "referenced_message": { "id": "1299", "author": { "id": "902", "username": "Mira" }, "content": "hm" },
        "attachments": [{
            "id": "44", "filename": "cat.png", "size": 1234, "url": "https://cdn.example/cat.png",
            "proxy_url": "https://media.example/cat.png", "content_type": "image/png", "width": 1, "height": 1,
        }],
    }));
    insta::assert_json_snapshot!(message);
}

#[test]
fn pictures_of_embeds_and_of_the_replied_to_message_can_be_seen() {
    let external = "https://images-ext-1.discordapp.net/external/x/https/example.org/a.png";
    let embeds = json!([
        { "type": "image", "url": "https://example.org/a.png",
          "thumbnail": { "url": "https://example.org/a.png", "proxy_url": external, "width": 9, "height": 9 } },
        { "type": "rich", "title": "no picture" },
        { "type": "rich", "image": { "url": "https://cdn.example/b.png" }, "thumbnail": { "url": "https://cdn.example/c.png" } },
    ]);
    let original = json!({
        "id": "1299", "author": { "id": "902", "username": "Bob" }, "content": "look", "embeds": embeds,
        "attachments": [
            { "id": "1", "filename": "cat.webp", "size": 10, "url": "https://cdn.example/cat.webp", "content_type": "image/webp" },
            { "id": "2", "filename": "notes.txt", "size": 11, "url": "https://cdn.example/notes.txt", "content_type": "text/plain" },
            { "id": "3", "filename": "DOG.JPG", "size": 12, "url": "https://cdn.example/DOG.JPG" },
        ],
    });
    let reference = json!({ "type": 0, "message_id": "1299", "channel_id": "5" });
    let reply = json!({ "type": 19, "message_reference": reference, "referenced_message": original, "embeds": embeds });
    let message = message_of(reply);
    let shown = |links: &[domain::event::PictureLink]| -> Vec<(String, Option<u64>)> {
        links.iter().map(|link| (link.url.raw().to_owned(), link.size)).collect()
    };
    let (first, second) = ((external.to_owned(), None), ("https://cdn.example/b.png".to_owned(), None));
    assert_eq!(shown(&message.pictures), [first.clone(), second.clone()]);
    let (cat, dog) = ("https://cdn.example/cat.webp".to_owned(), "https://cdn.example/DOG.JPG".to_owned());
    assert_eq!(shown(&message.replied_pictures), [(cat, Some(10)), (dog, Some(12)), first, second]);
}

#[test]
fn names_are_nickname_then_global_name_then_user_name() {
    let name = |with| message_of(with).author.name.into_raw();
    assert_eq!(name(json!({})), "Ally");
    assert_eq!(name(json!({ "member": { "nick": null } })), "Alice A.");
    assert_eq!(name(json!({ "member": null })), "Alice A.");
    let author = json!({ "id": "900", "username": "alice", "global_name": null });
    assert_eq!(name(json!({ "member": { "nick": "  " }, "author": author })), "alice");
}

#[test]
fn what_an_author_is_never_comes_from_a_name() {
    let kind = |with| message_of(with).author.kind;
    let author = |bot: bool| json!({ "id": "70", "username": "System", "bot": bot });
    assert_eq!(kind(json!({})), AuthorKind::Human);
    assert_eq!(kind(json!({ "author": author(false) })), AuthorKind::Human);
    assert_eq!(kind(json!({ "author": author(true) })), AuthorKind::Bot);
    assert_eq!(
        kind(json!({ "author": author(true), "webhook_id": "70", "application_id": "22" })),
        AuthorKind::Webhook(WebhookId(70), Some(ApplicationId(22)))
    );
    assert_eq!(
        kind(json!({ "author": author(false), "webhook_id": "70" })),
        AuthorKind::Webhook(WebhookId(70), None)
    );
    // A bot's answer to an interaction: the webhook is its application's.
    assert_eq!(
        kind(json!({ "type": 20, "author": author(true), "webhook_id": "22", "application_id": "22" })),
        AuthorKind::Bot
    );
    for join_or_pin in [6, 7, 8, 18, 21, 46] {
        assert_eq!(kind(json!({ "type": join_or_pin })), AuthorKind::System);
    }
    assert_eq!(kind(json!({ "author": { "id": "1", "system": true } })), AuthorKind::System);
}

#[test]
fn a_reply_whose_original_is_gone_and_a_forward() {
    let reference = |kind: u8| json!({ "type": kind, "message_id": "1299", "channel_id": "5" });
    let reply =
        message_of(json!({ "type": 19, "message_reference": reference(0), "referenced_message": null }));
    assert_eq!(reply.reply_to, Some(ReplyTo { message: MessageId(1299), author: None }));
    assert_eq!(message_of(json!({ "message_reference": reference(1) })).reply_to, None);
}

#[test]
fn a_message_is_placed_by_the_directory() {
    let place = |with| message_of(with).place;
    assert_eq!(place(json!({ "channel_id": "5" })).kind, ChannelKind::Text);
    assert_eq!(place(json!({ "channel_id": "7" })).kind, ChannelKind::Voice);
    let thread = place(json!({ "channel_id": "6" }));
    assert_eq!((thread.kind, thread.webhook_channel()), (ChannelKind::Thread, ChannelId(5)));
    let direct = place(json!({ "channel_id": "8", "guild_id": null, "channel_type": 1 }));
    assert_eq!((direct.kind, direct.guild), (ChannelKind::Direct, None));
    let Translated::Unplaced(unknown) =
        translated("MESSAGE_CREATE", &raw_message(json!({ "channel_id": "99", "channel_type": 11 })))
    else {
        panic!("nobody announced channel 99")
    };
    assert_eq!(assumed(&unknown).kind, ChannelKind::Thread);
}

#[test]
fn an_edit_counts_and_an_unfolded_link_does_not() {
    let edit = raw_message(json!({ "content": "hey Otto", "edited_timestamp": "2026-11-22T20:01:00+00:00" }));
    insta::assert_json_snapshot!(event("MESSAGE_UPDATE", &edit));
    let unfolded = raw_message(json!({ "embeds": [{ "type": "link" }] }));
    assert!(matches!(translated("MESSAGE_UPDATE", &unfolded), Translated::Nothing));
    let short = json!({ "id": "1", "channel_id": "5", "embeds": [] });
    assert!(matches!(translated("MESSAGE_UPDATE", &short), Translated::Nothing));
}

#[test]
fn deletions_come_one_by_one_or_in_bulk() {
    let one = json!({ "id": "1", "channel_id": "5", "guild_id": "1" });
    let many = json!({ "ids": ["1", "2"], "channel_id": "5", "guild_id": "1" });
    insta::assert_json_snapshot!([event("MESSAGE_DELETE", &one), event("MESSAGE_DELETE_BULK", &many)]);
}

#[test]
fn a_guild_with_every_kind_of_channel() {
    let channel = |id: &str, kind: u8, last: Option<&str>| {
        json!({ "id": id, "type": kind, "name": "x", "last_message_id": last, "parent_id": "40", "flags": 0,
                "permission_overwrites": [{ "id": "1", "type": 0, "allow": "0", "deny": "0" }] })
    };
    let mut hidden = channel("19", 0, None);
    hidden["name"] = "___hidden___".into();
    hidden["flags"] = (1_u64 << 17).into();
    let guild = json!({
        "id": "1", "name": "Library", "unavailable": false, "member_count": 3, "roles": [{ "id": "1", "permissions": "0", "odd": 1 }],
        "members": [{ "user": { "id": "900" } }],
        "channels": [
            channel("10", 0, Some("1000")), channel("11", 5, None), channel("12", 2, Some("1001")),
            channel("13", 13, None), channel("14", 4, None), channel("15", 15, Some("1002")), hidden,
            channel("16", 99, None),
        ],
        "threads": [channel("20", 11, Some("1003")), channel("21", 12, None)],
        "presences": [
            { "user": { "id": "900" }, "status": "online", "activities": [{ "type": 0, "name": "Chess" }] },
            { "user": { "id": "901" }, "status": "idle", "activities": [] },
        ],
        "voice_states": [{ "user_id": "900", "channel_id": "12", "session_id": "x", "self_mute": true }],
    });
    insta::assert_json_snapshot!(event("GUILD_CREATE", &guild));
    let outage = json!({ "id": "1", "unavailable": true });
    assert!(matches!(translated("GUILD_CREATE", &outage), Translated::Nothing));
}

#[test]
fn a_channel_s_age_restriction_holds_for_its_threads_and_follows_updates() {
    let directory = Directory::new();
    let channel = |kind: &str, data: Value| {
        let frame = json!({ "t": kind, "s": 2, "op": 0, "d": data }).to_string();
        assert!(translate(kind, &frame, &directory).is_ok());
    };
    let restricted = |channel: &str| {
        let message = raw_message(json!({ "channel_id": channel }));
        let frame = json!({ "t": "MESSAGE_CREATE", "s": 2, "op": 0, "d": message }).to_string();
        match translate("MESSAGE_CREATE", &frame, &directory).unwrap() {
            Translated::Event(Event::Message(message)) => message.age_restricted,
            _ => panic!("no message"),
        }
    };
    channel(
        "GUILD_CREATE",
        json!({ "id": "1", "channels": [
            { "id": "30", "type": 0, "nsfw": true }, { "id": "31", "type": 0 }, { "id": "32", "type": 15, "nsfw": true },
        ], "threads": [
            { "id": "40", "type": 11, "parent_id": "30" }, { "id": "41", "type": 11, "parent_id": "31" },
            { "id": "42", "type": 11, "parent_id": "32" },
        ]}),
    );
    assert_eq!(["30", "31", "40", "41", "42"].map(restricted), [true, false, true, false, true]);
    channel("CHANNEL_UPDATE", json!({ "id": "30", "type": 0, "guild_id": "1", "nsfw": false }));
    channel("CHANNEL_UPDATE", json!({ "id": "31", "type": 0, "guild_id": "1", "nsfw": true }));
    channel("CHANNEL_UPDATE", json!({ "id": "32", "type": 15, "guild_id": "1", "nsfw": false }));
    assert_eq!(["30", "31", "40", "41", "42"].map(restricted), [false, true, false, true, false]);
}

#[test]
fn the_directory_follows_channels_and_threads() {
    let directory = Directory::new();
    let tell = |kind: &str, data: Value| {
        let frame = json!({ "t": kind, "s": 2, "op": 0, "d": data }).to_string();
        assert!(matches!(translate(kind, &frame, &directory).unwrap(), Translated::Nothing), "{kind}");
    };
    let kind = |channel| directory.get(ChannelId(channel)).map(|place| place.kind);
    tell("CHANNEL_CREATE", json!({ "id": "30", "type": 0, "guild_id": "1" }));
    tell("THREAD_CREATE", json!({ "id": "31", "type": 11, "guild_id": "1", "parent_id": "30" }));
    tell(
        "THREAD_LIST_SYNC",
        json!({ "guild_id": "1", "threads": [{ "id": "32", "type": 12, "parent_id": "30" }], "members": [] }),
    );
    assert_eq!(kind(30), Some(ChannelKind::Text));
    assert_eq!(kind(31), Some(ChannelKind::Thread));
    assert_eq!(directory.get(ChannelId(32)).unwrap().guild, Some(GuildId(1)));
    tell("CHANNEL_UPDATE", json!({ "id": "30", "type": 0, "guild_id": "1", "flags": 1 << 17 }));
    let gone =
        json!({ "t": "THREAD_DELETE", "s": 2, "op": 0, "d": { "id": "31", "type": 11, "parent_id": "30" } });
    match translate("THREAD_DELETE", &gone.to_string(), &directory).unwrap() {
        Translated::Event(Event::ChannelGone { channel: ChannelId(31), plan: None }) => {}
        _ => panic!("it is told that a thread is gone, also where no plan is known"),
    }
    assert_eq!((kind(30), kind(31)), (None, None));
}

#[test]
fn unheard_of_events_mean_nothing() {
    let unheard = json!({ "id": "1", "type": 99, "token": "t", "data": {}, "member": { "user": { "id": "900" } }, "channel_id": "5" });
    assert!(matches!(translated("INTERACTION_CREATE", &unheard), Translated::Unknown));
    assert!(matches!(translated("POLL_OF_TOMORROW", &json!({})), Translated::Unknown));
    let broken = translate("MESSAGE_CREATE", r#"{"d":{"id":"x"}}"#, &directory());
    assert!(broken.is_err());
}

mod guilds;
mod interactions;
mod members;
