//! `/why`: how a character's answer came to be.

use domain::{
    MessageId, attention,
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec},
    outbound::{Answer, Panel},
    prompt,
};
use futures_util::FutureExt as _;
use serde::Deserialize;
use store::Receipt;

use super::{Command, nothing};
use crate::{app::App, cast::Cast};

/// Characters of an embed's description. Discord documentation, "Embed Limits".
const BODY_CHARS: usize = 4_096;

pub(super) fn command() -> Command {
    Command { spec, private: true, answer: |app, call| why(app, call).boxed(), propose: nothing }
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

/// What `conversation::effects` keeps with a reply.
#[derive(Deserialize)]
struct Account {
    reason: attention::Reason,
    prompt: prompt::Receipt,
}

async fn why(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let receipt = match call.text("message") {
        None => app.store.last_receipt(call.place.channel).await?,
        Some(text) => match message_id(text.raw()) {
            Some(message) => app.store.receipt(message).await?,
            None => return Ok(Answer::private("That is neither a message's link nor its id.")),
        },
    };
    // Whoever asks can see this channel; nothing is told about another one.
    let Some(receipt) = receipt.filter(|receipt| receipt.channel == call.place.channel) else {
        return Ok(Answer::private("No character's answer in this channel is known under that."));
    };
    Ok(account(app, &receipt))
}

/// The last number of a link such as `…/channels/1/2/3`, or a bare id.
fn message_id(text: &str) -> Option<MessageId> {
    text.trim().rsplit('/').next()?.parse().ok()
}

fn account(app: &App, receipt: &Receipt) -> Answer {
    let name =
        app.cast.by_id(&receipt.character).map_or(receipt.character.as_str(), |character| &character.name);
    let Some(settled) = &receipt.settled else {
        return Answer::private(format!("{name} is still writing that, or it is too long ago."));
    };
    let told = match Account::deserialize(&settled.prompt_receipt) {
        Ok(account) => format!("**Answered because:** {}\n\n{}", account.reason, account.prompt),
        Err(error) => {
            tracing::warn!(%error, "a receipt of another version cannot be read");
            "The receipt was written by another version of this program.".to_owned()
        }
    };
    let usage = settled.usage;
    let panel = Panel {
        title: format!("Why {name} said that"),
        body: told.chars().take(BODY_CHARS).collect(),
        fields: vec![
            ("Model".to_owned(), settled.model.clone(), true),
            ("Tokens".to_owned(), format!("{} in, {} out", usage.input_tokens, usage.output_tokens), true),
        ],
        ..Panel::default()
    };
    Answer { panels: vec![panel], private: true, ..Answer::default() }
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
