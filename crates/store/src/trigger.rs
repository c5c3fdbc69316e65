//! What the inbox must know of an event: the one place that looks into events.

use domain::{
    ChannelId, MessageId, Untrusted, UserId,
    cue::{Cue, Task},
    event::{Author, AuthorKind, Event},
};

use crate::{Result, StoreError, TurnId};

/// A kind of event that begins a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerKind {
    /// A message.
    Message,
    /// A slash command.
    Command,
    /// A turn of our own.
    Cue,
}

/// An event that begins a turn, as the inbox sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The turn.
    pub turn: TurnId,
    /// What began it.
    pub kind: TriggerKind,
    /// Where.
    pub channel: ChannelId,
    /// The person who is answered, if it is one.
    pub person: Option<UserId>,
    /// The message that a cue is about: what happens to that message happens to the cue.
    pub about: Option<MessageId>,
}

impl Trigger {
    /// Looks at an event; `Invalid` when it begins no turn.
    pub fn of(event: &Event) -> Result<Self> {
        match event {
            Event::Message(message) => Ok(Self {
                turn: message.id.into(),
                kind: TriggerKind::Message,
                channel: message.place.channel,
                person: person(&message.author),
                about: None,
            }),
            Event::Command(call) => Ok(Self {
                turn: call.interaction.id.into(),
                kind: TriggerKind::Command,
                channel: call.place.channel,
                person: person(&call.author),
                about: None,
            }),
            Event::Cue(cue) => Ok(Self::of_cue(cue)),
            _ => Err(StoreError::Invalid("only messages, commands and cues are journalled")),
        }
    }

    /// Looks at a cue.
    pub fn of_cue(cue: &Cue) -> Self {
        let (person, about) = match &cue.task {
            Task::Answer(message) => (person(&message.author), Some(message.id)),
            Task::GoOn { message } => (None, Some(*message)),
            Task::Scene(_) | Task::Remark { .. } => (None, None),
        };
        Self { turn: TurnId(cue.id), kind: TriggerKind::Cue, channel: cue.place.channel, person, about }
    }
}

/// Nobody has the id 0: engines may keep it for "nobody".
fn person(author: &Author) -> Option<UserId> {
    (author.kind == AuthorKind::Human && author.id.get() != 0).then_some(author.id)
}

/// Gives a message another text where an event holds it; answers whether it does.
pub fn edit(event: &mut Event, message: MessageId, content: &Untrusted) -> bool {
    let Some(held) = held(event, message) else { return false };
    held.content = content.clone();
    true
}

/// Takes a deleted message's words and files out of an event.
pub fn empty(event: &mut Event, message: MessageId) {
    if let Some(held) = held(event, message) {
        held.content = Untrusted::default();
        held.attachments.clear();
        held.pictures.clear();
        held.replied_pictures.clear();
    }
}

fn held(event: &mut Event, message: MessageId) -> Option<&mut domain::event::Message> {
    let held = match event {
        Event::Message(held) => held,
        Event::Cue(cue) => match &mut cue.task {
            Task::Answer(held) => held,
            _ => return None,
        },
        _ => return None,
    };
    (held.id == message).then_some(held)
}
