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

/// Whether what is said by a command is let through. Who uses a command asks expressly, and wants to be told
/// rather than ignored; but a command costs a model as much as a message does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Commands {
    Pass,
    Stop,
}

/// Whether a gate is closed for a message.
type Closed = fn(&Message, &Scene<'_>) -> bool;

struct Row(Gate, When, Commands, Closed);

/// The first closed gate gives the verdict.
///
/// [`Gate::AgeRestricted`], [`Gate::NotHere`], [`Gate::HeldBack`] and [`Gate::NotAddressed`] are not here: they are
/// what is left when no reason gives anybody who may answer.
const GATES: &[Row] = &[
    Row(Gate::OwnAccount, When::Hearing, Commands::Stop, |message, scene| {
        message.author.id == scene.identity.user
    }),
    Row(Gate::OwnWebhook, When::Hearing, Commands::Stop, own_webhook),
    Row(Gate::ForeignBot, When::Hearing, Commands::Stop, |message, scene| {
        message.author.kind == AuthorKind::Bot && !bots::is_heard(message, scene)
    }),
    Row(Gate::ForeignWebhook, When::Hearing, Commands::Stop, |message, scene| {
        matches!(message.author.kind, AuthorKind::Webhook(..)) && !bots::is_heard(message, scene)
    }),
    Row(Gate::BotHops, When::Hearing, Commands::Stop, |message, scene| {
        bots::is_bot(message) && !bots::hop_is_left(scene)
    }),
    Row(Gate::System, When::Hearing, Commands::Stop, |message, _| message.author.kind == AuthorKind::System),
    Row(Gate::Empty, When::Hearing, Commands::Stop, is_empty),
    Row(Gate::IgnoredUser, When::Hearing, Commands::Stop, |message, scene| {
        scene.rules.ignored_users.contains(&message.author.id)
    }),
    Row(Gate::IgnoreTag, When::Hearing, Commands::Stop, |message, _| has_ignore_tag(message.content.raw())),
    Row(Gate::Prefix, When::Hearing, Commands::Pass, is_prefix_command),
    Row(Gate::Muted, When::Hearing, Commands::Pass, |_, scene| scene.rules.is_muted(scene.now)),
    Row(Gate::QuietHours, When::Hearing, Commands::Pass, |_, scene| {
        scene.local_minute.is_some_and(|minute| scene.rules.quiet_hours.hold(minute))
    }),
    Row(Gate::UserRate, When::Answering, Commands::Stop, |_, scene| {
        scene.pace.user >= scene.rules.rates.user
    }),
    Row(Gate::ChannelRate, When::Answering, Commands::Stop, |_, scene| {
        scene.pace.channel >= scene.rules.rates.channel
    }),
    Row(Gate::GuildRate, When::Answering, Commands::Stop, |_, scene| {
        scene.pace.guild >= scene.rules.rates.guild
    }),
    Row(Gate::Budget, When::Answering, Commands::Stop, |_, scene| scene.budget == Budget::Spent),
];

/// The first closed gate of its time.
pub(super) fn closed(when: When, message: &Message, scene: &Scene<'_>) -> Option<Gate> {
    let by_command = scene.by_command || scene.addressed.is_some();
    let looked_at = |row: &&Row| row.1 == when && !(by_command && row.2 == Commands::Pass);
    GATES.iter().filter(looked_at).find(|row| row.3(message, scene)).map(|row| row.0)
}

fn own_webhook(message: &Message, scene: &Scene<'_>) -> bool {
    matches!(message.author.kind, AuthorKind::Webhook(_, Some(owner)) if owner == scene.identity.application)
}

fn is_empty(message: &Message, _: &Scene<'_>) -> bool {
    message.content.raw().trim().is_empty() && message.attachments.is_empty() && message.pictures.is_empty()
}

/// `#ignore` as a tag of its own, not the beginning of `#ignored` or the end of `a#ignore`.
fn has_ignore_tag(text: &str) -> bool {
    let text = text.to_lowercase();
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
