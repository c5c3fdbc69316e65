//! Reasons to stay silent, in the order in which they are looked at.

use super::{Gate, bots};
use crate::{
    event::{AuthorKind, ChannelKind, Message},
    scene::{Budget, Scene},
};

/// When a gate is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Before anything is made of a message.
    Hearing,
    /// When it is known that somebody would answer: a message that nobody answers anyway was not refused.
    Answering,
}

/// What a closed gate stops, beside messages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stops {
    /// What is said by a command as well: a command costs a model as much as a message does.
    Commands,
    /// Turns of our own as well (scenes, remarks, second answers), but no commands: who uses one asks expressly.
    Cues,
    /// Both.
    CommandsAndCues,
    /// Neither.
    Messages,
}

/// Whether a gate is closed for a message.
type Closed = fn(&Message, &Scene<'_>) -> bool;

/// Whether a gate is closed in a channel, whatever is said.
type Shut = fn(&Scene<'_>) -> bool;

/// What a gate looks at.
enum Looks {
    At(Closed),
    Around(Shut),
}

struct Row(Gate, When, Stops, Looks);

/// The first closed gate gives the verdict.
///
/// [`Gate::AgeRestricted`], [`Gate::NotHere`], [`Gate::HeldBack`] and [`Gate::NotAddressed`] are not here: they are
/// what is left when no reason gives anybody who may answer.
const GATES: &[Row] = &[
    Row(Gate::OwnAccount, When::Hearing, Stops::Commands, Looks::At(by_own_account)),
    Row(Gate::OwnWebhook, When::Hearing, Stops::Commands, Looks::At(by_own_webhook)),
    Row(Gate::ForeignBot, When::Hearing, Stops::Commands, Looks::At(by_foreign_bot)),
    Row(Gate::ForeignWebhook, When::Hearing, Stops::Commands, Looks::At(by_foreign_webhook)),
    Row(Gate::BotHops, When::Hearing, Stops::Commands, Looks::At(beyond_bot_hops)),
    Row(Gate::System, When::Hearing, Stops::Commands, Looks::At(by_system)),
    Row(Gate::Empty, When::Hearing, Stops::Commands, Looks::At(is_empty)),
    Row(Gate::IgnoredUser, When::Hearing, Stops::Commands, Looks::At(by_ignored_user)),
    Row(Gate::IgnoreTag, When::Hearing, Stops::Commands, Looks::At(has_ignore_tag)),
    Row(Gate::Prefix, When::Hearing, Stops::Messages, Looks::At(is_prefix_command)),
    Row(Gate::Muted, When::Hearing, Stops::Cues, Looks::Around(is_muted)),
    Row(Gate::QuietHours, When::Hearing, Stops::Cues, Looks::Around(is_quiet)),
    Row(Gate::UserRate, When::Answering, Stops::Commands, Looks::Around(user_had_enough)),
    Row(Gate::ChannelRate, When::Answering, Stops::CommandsAndCues, Looks::Around(channel_had_enough)),
    Row(Gate::GuildRate, When::Answering, Stops::CommandsAndCues, Looks::Around(guild_had_enough)),
    Row(Gate::Budget, When::Answering, Stops::CommandsAndCues, Looks::Around(is_spent)),
];

/// The first closed gate of its time.
pub(super) fn closed(when: When, message: &Message, scene: &Scene<'_>) -> Option<Gate> {
    let by_command = scene.by_command || scene.addressed.is_some();
    let passes = |stops| by_command && matches!(stops, Stops::Messages | Stops::Cues);
    let is_closed = |looks: &Looks| match looks {
        Looks::At(closed) => closed(message, scene),
        Looks::Around(shut) => shut(scene),
    };
    let mut rows = GATES.iter().filter(|row| row.1 == when && !passes(row.2));
    rows.find(|row| is_closed(&row.3)).map(|row| row.0)
}

/// The first gate that is closed for a turn which no message began.
pub(super) fn closed_for_cues(scene: &Scene<'_>) -> Option<Gate> {
    let mut rows = GATES.iter().filter(|row| matches!(row.2, Stops::Cues | Stops::CommandsAndCues));
    rows.find(|row| matches!(row.3, Looks::Around(shut) if shut(scene))).map(|row| row.0)
}

fn by_own_account(message: &Message, scene: &Scene<'_>) -> bool {
    message.author.id == scene.identity.user
}

fn by_foreign_bot(message: &Message, scene: &Scene<'_>) -> bool {
    message.author.kind == AuthorKind::Bot && !bots::is_heard(message, scene)
}

fn by_foreign_webhook(message: &Message, scene: &Scene<'_>) -> bool {
    matches!(message.author.kind, AuthorKind::Webhook(..)) && !bots::is_heard(message, scene)
}

fn beyond_bot_hops(message: &Message, scene: &Scene<'_>) -> bool {
    bots::is_bot(message) && !bots::hop_is_left(scene)
}

fn by_system(message: &Message, _: &Scene<'_>) -> bool {
    message.author.kind == AuthorKind::System
}

fn by_ignored_user(message: &Message, scene: &Scene<'_>) -> bool {
    scene.rules.ignored_users.contains(&message.author.id)
}

fn is_muted(scene: &Scene<'_>) -> bool {
    scene.rules.is_muted(scene.now)
}

fn is_quiet(scene: &Scene<'_>) -> bool {
    scene.local_minute.is_some_and(|minute| scene.rules.quiet_hours.hold(minute))
}

fn user_had_enough(scene: &Scene<'_>) -> bool {
    scene.pace.user >= scene.rules.rates.user
}

fn channel_had_enough(scene: &Scene<'_>) -> bool {
    scene.pace.channel >= scene.rules.rates.channel
}

fn guild_had_enough(scene: &Scene<'_>) -> bool {
    scene.pace.guild >= scene.rules.rates.guild
}

fn is_spent(scene: &Scene<'_>) -> bool {
    scene.budget == Budget::Spent
}

fn by_own_webhook(message: &Message, scene: &Scene<'_>) -> bool {
    matches!(message.author.kind, AuthorKind::Webhook(_, Some(owner)) if owner == scene.identity.application)
}

fn is_empty(message: &Message, _: &Scene<'_>) -> bool {
    message.content.raw().trim().is_empty() && message.attachments.is_empty() && message.pictures.is_empty()
}

/// `#ignore` as a tag of its own, not the beginning of `#ignored` or the end of `a#ignore`.
fn has_ignore_tag(message: &Message, _: &Scene<'_>) -> bool {
    let text = message.content.raw().to_lowercase();
    text.match_indices("#ignore").any(|(at, tag)| {
        let before = text[..at].chars().next_back();
        let after = text[at + tag.len()..].chars().next();
        let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// `!play something`: a prefix and directly behind it a letter. `!!!` and `!?` are feelings, and in a direct message
/// there is no other bot.
fn is_prefix_command(message: &Message, scene: &Scene<'_>) -> bool {
    let text = message.content.raw().trim_start();
    let begins = |prefix: &String| {
        text.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with(char::is_alphabetic))
    };
    message.place.kind != ChannelKind::Direct && scene.rules.prefixes.iter().any(begins)
}
