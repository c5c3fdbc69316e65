//! Reasons to stay silent, in the order in which they are looked at.

use super::Gate;
use crate::{
    event::{AuthorKind, Message},
    scene::Scene,
};

/// Whether a gate is closed for a message.
type Closed = fn(&Message, &Scene<'_>) -> bool;

/// The first closed gate gives the verdict.
pub(super) const GATES: &[(Gate, Closed)] = &[
    (Gate::OwnAccount, |message, scene| message.author.id == scene.identity.user),
    (Gate::OwnWebhook, own_webhook),
    (Gate::ForeignBot, |message, _| message.author.kind == AuthorKind::Bot),
    (Gate::ForeignWebhook, |message, _| matches!(message.author.kind, AuthorKind::Webhook(..))),
    (Gate::System, |message, _| message.author.kind == AuthorKind::System),
    (Gate::Empty, |message, _| message.content.raw().trim().is_empty() && message.attachments.is_empty()),
    (Gate::IgnoreTag, |message, _| has_ignore_tag(message.content.raw())),
];

fn own_webhook(message: &Message, scene: &Scene<'_>) -> bool {
    matches!(message.author.kind, AuthorKind::Webhook(_, Some(owner)) if owner == scene.identity.application)
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
