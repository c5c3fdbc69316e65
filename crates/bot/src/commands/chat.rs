//! `/chat`: say something to a character, without reading rights on the channel.

use domain::{
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec},
    names,
    outbound::Answer,
};
use futures_util::FutureExt as _;

use super::{ChatQuestion, Command};
use crate::{app::App, cast::Cast};

pub(super) const NAME: &str = "chat";

/// Characters of a question: a slash command takes more, but the quote must fit into one message.
const QUESTION_CHARS: u16 = 1_500;

pub(super) fn command() -> Command {
    Command {
        spec,
        private: false,
        // The conversation answers it: the turn is journalled, ordered and streamed like any other.
        answer: |_, _| async { Ok(Answer::default()) }.boxed(),
        propose,
    }
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec {
        name: NAME,
        description: "Say something to a character",
        options: vec![
            OptionSpec {
                name: "message",
                description: "What you want to say",
                kind: OptionKind::Text { max_length: QUESTION_CHARS },
                required: true,
            },
            OptionSpec {
                name: "character",
                description: "Whom you want to talk to",
                kind: OptionKind::Autocompleted,
                required: false,
            },
        ],
    }
}

fn propose(app: &App, call: &CommandCall) -> Vec<(String, String)> {
    let typed = call.text("character").map(|text| text.raw().trim().to_lowercase()).unwrap_or_default();
    app.cast
        .characters()
        .iter()
        .filter(|character| character.names().any(|name| name.to_lowercase().contains(&typed)))
        .take(25)
        .map(|character| {
            let label = format!("{} · {}", character.name, character.tagline);
            (label.chars().take(100).collect(), character.id.to_string())
        })
        .collect()
}

pub(super) fn question(cast: &Cast, call: &CommandCall) -> Result<ChatQuestion, String> {
    let text = call.text("message").cloned().unwrap_or_default();
    if text.raw().trim().is_empty() {
        return Err("There is nothing in your message yet: `/chat` needs a few words.".to_owned());
    }
    let character = match call.text("character") {
        Some(name) => Some(cast.by_name(name.raw()).ok_or_else(|| {
            let known = cast.characters().iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
            format!("Nobody here has that name. There are: {known}.")
        })?),
        None => None,
    };
    let asker = names::escape_name(call.author.name.raw());
    let addressee = character.map_or_else(String::new, |character| format!(" to {}", character.name));
    // A block quote keeps every line of a member's text inside the quote.
    let quoted = text.raw().lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
    let quote: String = format!("**{asker}**{addressee}:\n{quoted}").chars().take(2_000).collect();
    Ok(ChatQuestion { character: character.map(|character| character.id.clone()), text, quote })
}
