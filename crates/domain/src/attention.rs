//! Who answers a message, and why: one table of reasons to stay silent, one of reasons to speak.
//!
//! Pure: the same message, scene and dice give the same verdict. docs/attention.md explains the tables and names the
//! tests.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ChannelId, CharacterId, UserId, character::Character, event::Message, scene::Scene};

mod bots;
mod control;
mod gates;
mod picture;
mod reasons;
mod score;

pub use control::{Control, control};
pub use picture::{asks_about_a_picture, has_picture};
pub use score::{Part, Score, ScorePart};

/// Nobody, or who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nobody answers.
    Silent {
        /// Why not.
        gate: Gate,
    },
    /// Characters of the channel's cast answer, one after the other: 1 to [`crate::limits::ANSWERERS`].
    Answer(Vec<Chosen>),
}

/// A character that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// Who.
    pub character: CharacterId,
    /// Why somebody answers.
    pub reason: Reason,
    /// Why this character does.
    pub score: Score,
}

/// Why nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Written by the bot's own account.
    OwnAccount,
    /// Written through one of our webhooks, that is, by one of our characters.
    OwnWebhook,
    /// Written by another bot.
    ForeignBot,
    /// Written through somebody else's webhook.
    ForeignWebhook,
    /// Written by a bot that may be answered, but it was answered often enough since a person last spoke.
    BotHops,
    /// Written by Discord.
    System,
    /// Neither text nor file nor picture.
    Empty,
    /// Written by somebody whom the rules ignore.
    IgnoredUser,
    /// The writer asked not to be heard.
    IgnoreTag,
    /// A command for another bot.
    Prefix,
    /// The channel or the server is muted.
    Muted,
    /// The channel's quiet hours.
    QuietHours,
    /// Whoever is meant may speak in age-restricted channels only, and this is none.
    AgeRestricted,
    /// Whoever is meant may not speak in this channel.
    NotHere,
    /// Nobody is meant, and the one who could have joined in let it pass.
    HeldBack,
    /// Nobody of the cast is meant.
    NotAddressed,
    /// The writer was answered often enough for a minute.
    UserRate,
    /// There were enough answers in this channel for a minute.
    ChannelRate,
    /// There were enough answers in this server for a minute.
    GuildRate,
    /// The budget is spent.
    Budget,
}

/// Why a character speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// `/chat` named it.
    Addressed,
    /// The message replies to something it said.
    Reply,
    /// Its name or an alias stands in the text.
    Named,
    /// The person who was just answered goes on, and nobody spoke in between.
    FollowUp,
    /// The thread hangs on something it said.
    Thread,
    /// The bot is mentioned.
    Mention,
    /// A direct message.
    Direct,
    /// A question about a picture, where characters are in the conversation.
    ImageQuestion,
    /// Nobody called; it joined in.
    JoinIn,
    /// A character of ours adds to what another one answered a person.
    Banter,
    /// Its turn in a scene of several characters.
    Scene,
    /// It goes on with what it said last.
    GoOn,
    /// Somebody wanted another answer.
    Again,
    /// A remark after a long silence.
    Ambient,
    /// A remark on somebody's coming or going.
    Greeting,
    /// A remark on what somebody is doing.
    Activity,
    /// A question about what somebody told of earlier.
    Curiosity,
}

impl Reason {
    /// Whether somebody wanted a character to speak. Where nobody did, it stays out of what its card avoids.
    pub const fn is_asked(self) -> bool {
        !matches!(
            self,
            Self::JoinIn | Self::Banter | Self::Ambient | Self::Greeting | Self::Activity | Self::Curiosity
        )
    }

    /// Whether a person's message is what is answered. Only such a turn may be continued by [`Reason::Banter`]:
    /// that is why characters of ours never keep each other talking.
    pub fn answers_a_person(self) -> bool {
        matches!(
            self,
            Self::Addressed
                | Self::Reply
                | Self::Named
                | Self::Thread
                | Self::Mention
                | Self::Direct
                | Self::ImageQuestion
                | Self::FollowUp
                | Self::JoinIn
        )
    }
}

impl Reason {
    /// Every reason; those that [`decide`] gives in the order in which they are looked at.
    pub const ALL: &[Self] = &[
        Self::Addressed,
        Self::Reply,
        Self::Named,
        Self::FollowUp,
        Self::Thread,
        Self::Mention,
        Self::Direct,
        Self::ImageQuestion,
        Self::JoinIn,
        Self::Banter,
        Self::Scene,
        Self::GoOn,
        Self::Again,
        Self::Ambient,
        Self::Greeting,
        Self::Activity,
        Self::Curiosity,
    ];

    /// Whether a certain character was called, rather than anybody.
    pub fn calls_a_character(self) -> bool {
        matches!(self, Self::Addressed | Self::Reply | Self::Named | Self::Thread)
    }
}

impl Gate {
    /// Every gate, in the order in which they are looked at.
    pub const ALL: &[Self] = &[
        Self::OwnAccount,
        Self::OwnWebhook,
        Self::ForeignBot,
        Self::ForeignWebhook,
        Self::BotHops,
        Self::System,
        Self::Empty,
        Self::IgnoredUser,
        Self::IgnoreTag,
        Self::Prefix,
        Self::Muted,
        Self::QuietHours,
        Self::AgeRestricted,
        Self::NotHere,
        Self::HeldBack,
        Self::NotAddressed,
        Self::UserRate,
        Self::ChannelRate,
        Self::GuildRate,
        Self::Budget,
    ];

    /// Whether the message was heard and only called nobody.
    pub fn leaves_nobody_addressed(self) -> bool {
        matches!(self, Self::NotAddressed | Self::HeldBack)
    }
}

/// Decides who answers `message`.
///
/// The dice decide between characters who share the very name that was called, add a small part to the score where
/// nobody is named, and say whether somebody joins in.
pub fn decide(message: &Message, scene: &Scene<'_>, dice: &mut fastrand::Rng) -> Verdict {
    if let Some(gate) = gates::closed(gates::When::Hearing, message, scene) {
        return Verdict::Silent { gate };
    }
    let chosen = match reasons::first(message, scene, dice) {
        Ok(chosen) => chosen,
        Err(gate) => return Verdict::Silent { gate },
    };
    match gates::closed(gates::When::Answering, message, scene) {
        Some(gate) => Verdict::Silent { gate },
        None => Verdict::Answer(chosen),
    }
}

/// What a free choice is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// What was said, if anything: interests are looked for in it.
    pub text: &'a str,
    /// Who said it.
    pub writer: Option<UserId>,
    /// Where.
    pub channel: ChannelId,
    /// Who is out of the question.
    pub but: &'a [CharacterId],
}

/// Chooses who speaks where nobody is named, by score; or says why nobody may.
pub fn choose(
    reason: Reason,
    about: &About<'_>,
    scene: &Scene<'_>,
    dice: &mut fastrand::Rng,
) -> Result<Chosen, Gate> {
    reasons::choose(reason, about, scene, dice)
}

/// Who may add something to what `spoken` has just answered to `message`, for `reason`.
///
/// Nobody, unless a person's message was answered: so a banter is never bantered upon. Whether it is the moment is
/// for [`crate::unasked`] to say.
pub fn banter(
    spoken: &CharacterId,
    reason: Reason,
    message: &Message,
    scene: &Scene<'_>,
    dice: &mut fastrand::Rng,
) -> Option<Chosen> {
    if scene.rules.banter.is_off() || !reason.answers_a_person() || bots::is_bot(message) {
        return None;
    }
    let about = About {
        text: message.content.raw(),
        writer: Some(message.author.id),
        channel: message.place.channel,
        but: std::slice::from_ref(spoken),
    };
    choose(Reason::Banter, &about, scene, dice).ok()
}

/// Why a character may not speak in a channel, whoever calls it: it is for adults only and the channel is not, or
/// the rules keep it out.
pub fn refusal(character: &Character, scene: &Scene<'_>) -> Option<Gate> {
    reasons::refusal(character, scene)
}

/// Why no turn may begin here now that no message and no command began: a scene's next voice, a remark, a second
/// answer.
pub fn hush(scene: &Scene<'_>) -> Option<Gate> {
    gates::closed_for_cues(scene)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent { gate } => write!(f, "silent: {gate}"),
            Self::Answer(chosen) => {
                for (index, chosen) in chosen.iter().enumerate() {
                    let then = if index > 0 { ", then " } else { "" };
                    write!(f, "{then}{} answers: {}", chosen.character, chosen.reason)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnAccount => "the bot's own message",
            Self::OwnWebhook => "a character's own message",
            Self::ForeignBot => "written by another bot",
            Self::ForeignWebhook => "written by another webhook",
            Self::BotHops => "bots were answered often enough until a person speaks",
            Self::System => "a notice by Discord",
            Self::Empty => "nothing to read",
            Self::IgnoredUser => "written by somebody who is ignored here",
            Self::IgnoreTag => "marked #ignore",
            Self::Prefix => "a command for another bot",
            Self::Muted => "the characters are muted here",
            Self::QuietHours => "quiet hours",
            Self::AgeRestricted => "whoever was meant may speak in age-restricted channels only",
            Self::NotHere => "whoever was meant may not speak in this channel",
            Self::HeldBack => "nobody was addressed, and nobody felt like joining in",
            Self::NotAddressed => "nobody was addressed",
            Self::UserRate => "this person was answered often enough for a minute",
            Self::ChannelRate => "there were enough answers in this channel for a minute",
            Self::GuildRate => "there were enough answers in this server for a minute",
            Self::Budget => "the budget is spent",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Addressed => "addressed by command",
            Self::Reply => "a reply to its message",
            Self::Named => "called by name",
            Self::Thread => "its own thread",
            Self::Mention => "the bot was mentioned",
            Self::Direct => "a direct message",
            Self::ImageQuestion => "a question about a picture",
            Self::FollowUp => "the person just answered went on",
            Self::JoinIn => "joined in",
            Self::Banter => "added to what another character said",
            Self::Scene => "its turn in a scene",
            Self::GoOn => "asked to go on",
            Self::Again => "asked for another answer",
            Self::Ambient => "a remark after a long silence",
            Self::Greeting => "a remark on somebody's coming or going",
            Self::Activity => "a remark on what somebody is doing",
            Self::Curiosity => "curious about what somebody told of",
        })
    }
}
