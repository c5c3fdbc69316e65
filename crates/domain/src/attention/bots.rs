//! Other programs' bots: not answered, unless the rules name them, and then only so often.

use crate::{
    event::{AuthorKind, Message},
    scene::{Scene, Speaker},
};

/// Whether a program wrote it that is not us.
pub(super) fn is_bot(message: &Message) -> bool {
    matches!(message.author.kind, AuthorKind::Bot | AuthorKind::Webhook(..))
}

/// Whether the rules let us answer the writer, a bot.
pub(super) fn is_heard(message: &Message, scene: &Scene<'_>) -> bool {
    scene.rules.heard_bots.contains(&message.author.id)
}

/// Whether another answer to a bot is allowed before a person speaks.
///
/// What was answered is counted in the history since the last person's message, with the turns that are on their way
/// there. A history without any person in it leaves nothing: otherwise a bot that floods a channel would push the
/// count out of sight. So between two messages of people there are never more answers to bots than hops.
pub(super) fn hop_is_left(scene: &Scene<'_>) -> bool {
    let mut answers = scene.pending;
    for line in scene.history.iter().rev() {
        match line.who {
            Speaker::Person { .. } => return answers < usize::from(scene.rules.bot_hops.0),
            Speaker::Character(_) => answers += 1,
            Speaker::OtherBot { .. } => {}
        }
    }
    false
}
