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
/// Counted is what characters said since the first bot spoke behind the last person's message, with the turns that
/// are on their way; what they answered the person before that is not the bots' share. A history without any person
/// in it leaves nothing: otherwise a bot that floods a channel would push the count out of sight. So between two
/// messages of people there are never more answers to bots than hops.
pub(super) fn hop_is_left(scene: &Scene<'_>) -> bool {
    let (mut spoken, mut behind_bots) = (0, 0);
    for line in scene.history.iter().rev() {
        match line.who {
            Speaker::Person { .. } => {
                return scene.pending + behind_bots < usize::from(scene.rules.bot_hops.0);
            }
            Speaker::Character(_) => spoken += 1,
            Speaker::OtherBot { .. } => behind_bots = spoken,
        }
    }
    false
}
