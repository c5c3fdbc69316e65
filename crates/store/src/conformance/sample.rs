//! Made-up events: the n-th thing happens n seconds after a fixed moment and has an id of that time.

use std::collections::BTreeMap;

use domain::{
    ChannelId, CharacterId, GuildId, InteractionId, MessageId, Timestamp, UserId, WebhookId,
    attention::Reason,
    audience::Audience,
    chat::Usage,
    command::{CommandCall, Interaction, OptionValue},
    cue::{Cue, Task},
    event::{Author, AuthorKind, ChannelKind, Event, Message, Place},
    memory::{Aspect, Detail, Draft, FactDetail, Reach, Source},
    scene::Speaker,
    time::DISCORD_EPOCH_MS,
};

use crate::{Settled, Shown, Unremembered};

/// `n` seconds after the fixed moment.
pub fn second(n: u64) -> Timestamp {
    Timestamp(1_780_000_000_000 + 1_000 * n as i64)
}

/// An id made at that second.
pub fn snowflake(n: u64) -> u64 {
    ((second(n).as_millis() - DISCORD_EPOCH_MS) as u64) << 22
}

/// The message of that second.
pub fn id(n: u64) -> MessageId {
    MessageId(snowflake(n))
}

/// A text channel.
pub fn place(channel: u64) -> Place {
    Place {
        guild: Some(GuildId(900)),
        channel: ChannelId(channel),
        parent: Some(ChannelId(800)),
        kind: ChannelKind::Text,
    }
}

/// A user.
pub fn author(user: u64, kind: AuthorKind) -> Author {
    Author { id: UserId(user), name: format!("name {user}").into(), kind }
}

/// A person's message.
pub fn message(n: u64, channel: u64, user: u64, text: &str) -> Message {
    Message {
        id: id(n),
        place: place(channel),
        author: author(user, AuthorKind::Human),
        content: text.into(),
        mentions: vec![UserId(1)],
        reply_to: None,
        attachments: Vec::new(),
        pictures: Vec::new(),
        replied_pictures: Vec::new(),
        age_restricted: false,
        sent_at: second(n),
    }
}

/// The same as an event.
pub fn said(n: u64, channel: u64, user: u64, text: &str) -> Event {
    Event::Message(Box::new(message(n, channel, user, text)))
}

/// A use of `/ask`.
pub fn command(n: u64, channel: u64, user: u64) -> Event {
    let options = BTreeMap::from([("text".to_owned(), OptionValue::Text("hello".into()))]);
    Event::Command(Box::new(CommandCall {
        interaction: Interaction { id: InteractionId(snowflake(n)), token: "secret".to_owned() },
        name: "ask".to_owned(),
        sub: None,
        options,
        focused: None,
        permissions: domain::command::Permissions::NONE,
        target: None,
        age_restricted: false,
        author: author(user, AuthorKind::Human),
        place: place(channel),
        at: second(n),
    }))
}

/// A character.
pub fn character(name: &str) -> CharacterId {
    match CharacterId::new(name) {
        Ok(id) => id,
        Err(error) => panic!("{error}"),
    }
}

/// A reply of a character, half a second after second `n`.
pub fn reply(n: u64, channel: u64, name: &str, parts: &[&str]) -> Settled {
    Settled {
        place: place(channel),
        character: character(name),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        reply_text: parts.concat(),
        prompt_receipt: serde_json::json!({ "history": 3, "cut": [1, 2] }),
        model: "model-a".to_owned(),
        usage: Usage { input_tokens: 100, output_tokens: 20 },
        at: Timestamp(second(n).as_millis() + 500),
        also: Vec::new(),
    }
}

/// A part posted as the message of second `n` by a webhook.
pub fn shown(part: u32, n: u64) -> Shown {
    Shown { part, message: id(n), webhook: Some(WebhookId(77)) }
}

/// A character's turn of our own, given at that second; its number is the second's snowflake.
pub fn cue(n: u64, channel: u64, name: &str, task: Task) -> Cue {
    Cue {
        id: snowflake(n),
        place: place(channel),
        character: character(name),
        reason: Reason::Named,
        task,
        merged: Vec::new(),
        then: vec![character("ivo")],
        at: second(n),
    }
}

/// A cue for something unasked.
pub fn remark(n: u64, channel: u64, name: &str) -> Cue {
    cue(n, channel, name, Task::Remark { direction: "Say how quiet it is.".to_owned() })
}

/// What the bot remembers of a line.
pub fn line(read: &Unremembered) -> Draft {
    let (owner, who) = match &read.line.who {
        Speaker::Person { id, name } => (Some(*id), name.clone()),
        Speaker::OtherBot { name, .. } => (None, name.clone()),
        Speaker::Character(id) => (None, id.as_str().into()),
    };
    Draft {
        reach: Reach::Room { guild: read.place.guild, room: read.place.channel },
        channel: Some(read.place.channel),
        character: read.with.clone(),
        owner,
        about: None,
        who,
        text: read.line.text.clone(),
        at: read.line.at,
        until: None,
        position: read.position,
        detail: Detail::Line,
        sources: vec![read.source],
    }
}

/// A fact about somebody, said in channel 10.
pub fn fact(about: u64, text: &str, sources: &[Source]) -> Draft {
    Draft {
        reach: Reach::Room { guild: Some(GuildId(900)), room: ChannelId(10) },
        channel: Some(ChannelId(10)),
        character: None,
        owner: None,
        about: Some(UserId(about)),
        who: "somebody".into(),
        text: text.into(),
        at: second(1),
        until: None,
        position: 0,
        detail: Detail::Fact(FactDetail {
            aspect: Aspect::Preference,
            attribute: "drink".to_owned(),
            single: false,
            importance: 5,
            confidence: 80,
        }),
        sources: sources.to_vec(),
    }
}

/// An episode of channel 10.
pub fn episode(level: u8, text: &str) -> Draft {
    Draft { about: None, detail: Detail::Episode { level }, until: Some(second(9)), ..fact(0, text, &[]) }
}

/// Those who read a channel, with Mira.
pub fn audience(channel: u64) -> Audience {
    Audience {
        guild: Some(GuildId(900)),
        rooms: vec![ChannelId(channel)],
        alone: None,
        character: Some(character("mira")),
    }
}
