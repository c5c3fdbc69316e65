//! `/why`, and "Why this?" in the menu of a message: how a character's answer came to be.

mod told;

use domain::{
    MessageId,
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec},
    outbound::Answer,
};
use futures_util::FutureExt as _;
use store::{Receipt, memories::may_hear};

use super::{Command, refused};
use crate::{app::App, cast::Cast};

/// Memories that are told of.
const MEMORIES: usize = 12;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| why(app, call).boxed()).privately()
}

pub(super) fn on_message() -> Command {
    Command::new(|_| CommandSpec::on_message("Why this?"), |app, call| why_this(app, call).boxed())
        .privately()
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash(
        "why",
        "Why a character said what it said",
        vec![OptionSpec {
            name: "message",
            description: "The message's link or id; without it, the last answer here",
            kind: OptionKind::Text { max_length: 200 },
            required: false,
        }],
    )
}

async fn why(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let receipt = match call.text("message") {
        None => app.store.last_receipt(call.place.channel).await?,
        Some(text) => match message_id(text.raw()) {
            Some(message) => app.store.receipt(message).await?,
            None => return Err(refused("That is neither a message's link nor its id.")),
        },
    };
    account(app, call, receipt).await
}

async fn why_this(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let receipt = match &call.target {
        Some(message) => app.store.receipt(message.id).await?,
        None => None,
    };
    account(app, call, receipt).await
}

async fn account(app: &App, call: &CommandCall, receipt: Option<Receipt>) -> anyhow::Result<Answer> {
    // Whoever asks can see this channel; nothing is told about another one.
    let Some(receipt) = receipt.filter(|receipt| receipt.channel == call.place.channel) else {
        return Err(refused("No character's answer in this channel is known under that."));
    };
    let cast = app.cast.of(call.place.guild).await?;
    let name = cast.by_id(&receipt.character).map_or(receipt.character.as_str(), |character| &character.name);
    let mut memories = Vec::new();
    if let Some(settled) = &receipt.settled {
        // Who sees this channel now, not who saw it then; and what is remembered now.
        let audience = app.audiences.of(&call.place, Some(call.author.id), &receipt.character);
        for note in told::memories(settled).iter().take(MEMORIES) {
            let item = app.store.item(note.item).await?;
            let item = item.filter(|item| may_hear(&audience, &item.draft));
            memories.push(told::memory(note, item.as_ref()));
        }
    }
    Ok(told::account(name, &receipt, &memories))
}

/// The last number of a link such as `…/channels/1/2/3`, or a bare id.
fn message_id(text: &str) -> Option<MessageId> {
    text.trim().rsplit('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_ids_are_understood() {
        assert_eq!(message_id(" https://discord.com/channels/1/2/34 "), Some(MessageId(34)));
        assert_eq!(message_id("34"), Some(MessageId(34)));
        assert_eq!(message_id("thirty-four"), None);
    }
}
