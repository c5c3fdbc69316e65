//! A character's reply that a member points at: what it came of, who may have it changed, and how that is done.

use domain::{
    ChannelId, CharacterId, MessageId, UserId,
    attention::Reason,
    command::{CommandCall, ComponentCall, Permissions},
    cue::{Cue, Task},
    event::{Author, AuthorKind, Message, Place},
    limits,
    scene::{Line, Speaker},
};
use serde::Deserialize as _;
use store::{Alternative, Receipt, TurnId};
use tokio::sync::{broadcast::error::RecvError, oneshot};

use super::{manages, refused, shown};
use crate::{
    app::App,
    clock,
    conversation::{Origin, Taken, Work},
};

/// Replies that went on from each other, looked through for who asked first.
const LINKS: usize = 8;

/// Newest lines before a moment among which one is looked for: behind a question come the replies to older ones that
/// were under way then, behind a reply's beginning whatever was said between its messages.
const NEAR: u32 = 100;

/// Who uses a command or a button, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    user: UserId,
    place: Place,
    permissions: Permissions,
    age_restricted: bool,
}

impl From<&CommandCall> for Caller {
    fn from(call: &CommandCall) -> Self {
        let (permissions, age_restricted) = (call.permissions, call.age_restricted);
        Self { user: call.author.id, place: call.place, permissions, age_restricted }
    }
}

impl From<&ComponentCall> for Caller {
    fn from(call: &ComponentCall) -> Self {
        let (permissions, age_restricted) = (call.permissions, call.age_restricted);
        Self { user: call.author.id, place: call.place, permissions, age_restricted }
    }
}

/// A reply that the caller may have changed.
pub(super) struct Reply {
    pub(super) turn: TurnId,
    pub(super) character: CharacterId,
    /// How the character is called.
    pub(super) name: String,
    /// Its first message, which stays whatever it is changed to.
    pub(super) first: MessageId,
    place: Place,
    origin: Origin,
}

impl Reply {
    /// The reply of which a message is a part; or why the caller cannot have it changed.
    pub(super) async fn find(app: &App, caller: &Caller, message: MessageId) -> anyhow::Result<Self> {
        let place = caller.place;
        let receipt = app.store.receipt(message).await?;
        // Whoever calls can see this channel; nothing is told or done about another one.
        let Some(receipt) = receipt.filter(|receipt| receipt.channel == place.channel) else {
            return Err(refused("That is no character's answer that I know."));
        };
        let origin = origin(&receipt).ok_or_else(|| {
            refused("That is being said anew right now, or it is too long ago to be changed.")
        })?;
        let anybody = place.guild.is_none();
        let moderator = manages(caller.permissions) || caller.permissions.allow(Permissions::MANAGE_MESSAGES);
        if !anybody && !moderator && asker(app, place, &origin).await? != Some(caller.user) {
            return Err(refused(
                "Only who asked for that answer, or somebody who manages messages here, can have it changed.",
            ));
        }
        let (cast, rules) = (app.cast.of(place.guild).await?, app.rules.of(&place).await?);
        let Some(character) = cast.by_id(&receipt.character) else {
            return Err(refused("Who said that is not here any more."));
        };
        let name = shown::line(&character.name, 80);
        if !rules.admits(&character.id) || character.age_restricted && !caller.age_restricted {
            return Err(refused(format!("{name} may not speak in this channel.")));
        }
        let first = first(app, &receipt).await?;
        Ok(Self { turn: receipt.turn, character: receipt.character, name, first, place, origin })
    }

    /// The replies that there were.
    pub(super) async fn alternatives(&self, app: &App) -> anyhow::Result<Vec<Alternative>> {
        Ok(app.store.alternatives(self.turn).await?)
    }

    /// Puts a new reply in the place of this one, and waits until it stands there.
    pub(super) async fn renew(&self, app: &App, caller: &Caller) -> anyhow::Result<()> {
        let Some((task, merged)) = self.task(app, true).await? else {
            return Err(refused("I cannot find any more what that answered, so it cannot be said anew."));
        };
        spend(app, caller).await?;
        self.again(app, (task, merged), None).await
    }

    /// Puts an earlier reply in the place of this one, and waits until it stands there.
    pub(super) async fn choose(&self, app: &App, n: u32) -> anyhow::Result<()> {
        // An earlier reply can stand where its question is gone.
        let task = self.task(app, false).await?;
        let nothing = || (Task::Remark { direction: String::new() }, Vec::new());
        self.again(app, task.unwrap_or_else(nothing), Some(n)).await
    }

    async fn again(
        &self,
        app: &App,
        (task, merged): (Task, Vec<MessageId>),
        earlier: Option<u32>,
    ) -> anyhow::Result<()> {
        let (turn, now) = (self.turn, clock::now());
        let cue = Box::new(Cue {
            id: turn.0,
            place: self.place,
            character: self.character.clone(),
            reason: Reason::Again,
            task,
            merged,
            then: Vec::new(),
            at: now,
        });
        let mut endings = app.endings.subscribe();
        let (taken, came) = oneshot::channel();
        app.cues.hand(self.place.channel, Work::Again { cue, earlier, taken }).await;
        match came.await? {
            Taken::Begun => {}
            Taken::Busy => {
                return Err(refused(format!("{} is at it already; one moment, please.", self.name)));
            }
            Taken::Gone => return Err(refused("There is no such answer any more.")),
        }
        let over = async {
            loop {
                match endings.recv().await {
                    Ok(ended) if ended != turn => {}
                    Err(RecvError::Lagged(_)) => {}
                    Ok(_) | Err(RecvError::Closed) => return,
                }
            }
        };
        let waited = tokio::time::timeout(limits::TURN_DEADLINE, app.life.unless_ended(over)).await;
        match waited {
            Ok(Some(())) => Ok(()),
            Ok(None) | Err(_) => {
                Err(refused("That takes longer than usual; it will stand there when it is done."))
            }
        }
    }

    /// What was asked, as far as that is still known. `whole`: with what hangs on it.
    async fn task(&self, app: &App, whole: bool) -> anyhow::Result<Option<(Task, Vec<MessageId>)>> {
        let channel = self.place.channel;
        Ok(match &self.origin {
            Origin::Question { first, merged } => {
                let Some(line) = remembered(app, channel, *first).await? else { return Ok(None) };
                let Some(mut question) = question(app, self.place, line) else { return Ok(None) };
                for more in merged {
                    if let Some(line) = remembered(app, channel, *more).await? {
                        question.content = format!("{}\n{}", question.content.raw(), line.text.raw()).into();
                    }
                }
                if whole {
                    for message in std::iter::once(first).chain(merged) {
                        add_what_hangs_on(app, &mut question, *message).await;
                    }
                }
                Some((Task::Answer(Box::new(question)), merged.clone()))
            }
            Origin::GoOn(message) => {
                let known = app.store.receipt(*message).await?;
                known.map(|_| (Task::GoOn { message: *message }, Vec::new()))
            }
            Origin::Remark(direction) => Some((Task::Remark { direction: direction.clone() }, Vec::new())),
            Origin::Scene => None,
        })
    }
}

/// Counts an answer that somebody asks for, unless the rates do not allow it.
pub(super) async fn spend(app: &App, caller: &Caller) -> anyhow::Result<()> {
    let now = clock::now();
    let pace = app.minds.pace(&caller.place, caller.user, now);
    let rates = app.rules.of(&caller.place).await?.rates;
    if pace.user >= rates.user || pace.channel >= rates.channel || pace.guild >= rates.guild {
        return Err(refused("That is a lot of answers for one minute. Please try again in a moment."));
    }
    app.minds.answers(&caller.place, caller.user, now);
    Ok(())
}

/// What a reply came of; `None` while it is not settled, and when it was pruned.
fn origin(receipt: &Receipt) -> Option<Origin> {
    let kept = &receipt.settled.as_ref()?.prompt_receipt;
    let known = kept.get(Origin::KEY).and_then(|origin| Origin::deserialize(origin).ok());
    // Replies of older versions: most turns are those of their question.
    Some(known.unwrap_or(Origin::Question { first: MessageId(receipt.turn.0), merged: Vec::new() }))
}

/// Who asked, directly or for what was gone on from.
async fn asker(app: &App, place: Place, origin: &Origin) -> anyhow::Result<Option<UserId>> {
    let mut origin = origin.clone();
    for _ in 0..LINKS {
        match origin {
            Origin::Question { first, .. } => {
                let line = remembered(app, place.channel, first).await?;
                return Ok(line.and_then(|line| match line.who {
                    Speaker::Person { id, .. } => Some(id),
                    Speaker::Character(_) | Speaker::OtherBot { .. } => None,
                }));
            }
            Origin::GoOn(message) => {
                let before = app.store.receipt(message).await?;
                match before.as_ref().and_then(self::origin) {
                    Some(before) => origin = before,
                    None => return Ok(None),
                }
            }
            Origin::Remark(_) | Origin::Scene => return Ok(None),
        }
    }
    Ok(None)
}

/// The first message of a reply.
async fn first(app: &App, receipt: &Receipt) -> anyhow::Result<MessageId> {
    if receipt.part == 0 {
        return Ok(receipt.message);
    }
    let before = Some(MessageId(receipt.message.0.saturating_add(1)));
    let near = app.store.scene(receipt.channel, before, NEAR, None).await?.history;
    let own = near.into_iter().rev().filter(|line| line.who == Speaker::Character(receipt.character.clone()));
    // A reply's line names its first message.
    for message in own.filter_map(|line| line.message) {
        if app.store.receipt(message).await?.is_some_and(|other| other.turn == receipt.turn) {
            return Ok(message);
        }
    }
    Ok(receipt.message)
}

/// What the history has of a message.
async fn remembered(app: &App, channel: ChannelId, message: MessageId) -> anyhow::Result<Option<Line>> {
    let behind = Some(MessageId(message.0.saturating_add(1)));
    let near = app.store.scene(channel, behind, NEAR, None).await?.history;
    Ok(near.into_iter().rev().find(|line| line.message == Some(message)))
}

/// A line as the message that it was; `None` for a character's own.
fn question(app: &App, place: Place, line: Line) -> Option<Message> {
    let (id, name, kind) = match line.who {
        Speaker::Person { id, name } => (id, name, AuthorKind::Human),
        Speaker::OtherBot { id, name } => (id, name, AuthorKind::Bot),
        Speaker::Character(_) => return None,
    };
    Some(Message {
        id: line.message?,
        place,
        author: Author { id, name, kind },
        content: line.text,
        mentions: Vec::new(),
        reply_to: None,
        attachments: Vec::new(),
        pictures: Vec::new(),
        replied_pictures: Vec::new(),
        age_restricted: app.speaker.is_age_restricted(&place),
        sent_at: line.at,
    })
}

/// What the history does not keep of a message, asked from Discord: files, pictures, what it replies to. Without it
/// the question is still a question.
async fn add_what_hangs_on(app: &App, question: &mut Message, message: MessageId) {
    // The message after the one before it: of what `/chat` asked there is none.
    let before = MessageId(message.0.saturating_sub(1));
    match app.speaker.recent(&question.place, before, 1).await {
        Ok(found) => {
            for found in found.into_iter().filter(|found| found.id == message) {
                question.mentions.extend(found.mentions);
                question.attachments.extend(found.attachments);
                question.pictures.extend(found.pictures);
                question.replied_pictures.extend(found.replied_pictures);
                question.reply_to = question.reply_to.take().or(found.reply_to);
            }
        }
        Err(error) => tracing::debug!(%error, "what hangs on a question cannot be looked up"),
    }
}
