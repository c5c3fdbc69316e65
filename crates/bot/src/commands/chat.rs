//! `/chat`: say something to a character, without reading rights on the channel.

use std::sync::Arc;

use domain::{
    character::Character,
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec},
    limits, names,
    outbound::Answer,
};
use futures_util::FutureExt as _;

use super::{ChatQuestion, Command, Proposals, shown};
use crate::{app::App, cards, cast::Cast};

pub(super) const NAME: &str = "chat";

/// Characters of a question: a slash command takes more, but the quote must fit into one message.
pub(crate) const QUESTION_CHARS: u16 = 1_500;

pub(super) fn command() -> Command {
    // The conversation answers it: the turn is journalled, ordered and streamed like any other.
    Command::new(spec, |_, _| async { Ok(Answer::default()) }.boxed())
        .proposing(|app, call| propose(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash(
        NAME,
        "Say something to a character",
        vec![
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
    )
}

async fn propose(app: &App, call: &CommandCall) -> anyhow::Result<Proposals> {
    Ok(proposed(&*app.cast.of(call.place.guild).await?, call, "character"))
}

/// The characters whose names hold what is typed in an option.
pub(super) fn proposed(cast: &Cast, call: &CommandCall, option: &str) -> Proposals {
    let typed = call.text(option).map(|text| text.raw().trim().to_lowercase()).unwrap_or_default();
    let fits = |character: &&Arc<Character>| {
        character.id.as_str().contains(&typed)
            || character.names().any(|name| name.to_lowercase().contains(&typed))
    };
    let label = |character: &Arc<Character>| {
        // What somebody for adults says of itself is for adults, too.
        let hidden = character.age_restricted && !call.age_restricted;
        let tagline = Some(character.tagline.as_str()).filter(|tagline| !tagline.is_empty() && !hidden);
        let told = tagline.map_or_else(String::new, |tagline| format!(" · {tagline}"));
        cards::printable(&format!("{}{told}", character.name)).chars().take(100).collect()
    };
    let found = cast.characters().iter().filter(fits).take(25);
    found.map(|character| (label(character), character.id.to_string())).collect()
}

pub(super) fn question(cast: &Cast, call: &CommandCall) -> Result<ChatQuestion, String> {
    let text = call.text("message").cloned().unwrap_or_default();
    if text.raw().trim().is_empty() {
        return Err("There is nothing in your message yet: `/chat` needs a few words.".to_owned());
    }
    let character = match call.text("character") {
        Some(name) => Some(cast.by_name(name.raw()).ok_or_else(|| {
            let known =
                cast.characters().iter().map(|c| shown::line(&c.name, 80)).collect::<Vec<_>>().join(", ");
            let known = shown::cut(&known, 1_500);
            format!("Nobody here has that name. There are: {known}.")
        })?),
        None => None,
    };
    let asker = names::escape_name(call.author.name.raw());
    let addressee = character
        .map_or_else(String::new, |character| format!(" to {}", names::escape_name(&character.name)));
    let quoted = quoted(text.raw());
    let quote: String =
        format!("**{asker}**{addressee}:\n{quoted}").chars().take(limits::MESSAGE_CHARS).collect();
    Ok(ChatQuestion { character: character.map(|character| character.id.clone()), text, quote })
}

/// A block quote keeps every line of a member's text inside the quote: nothing in it can look like somebody else
/// spoke. Whatever any client may show as a new line is one.
fn quoted(text: &str) -> String {
    let new_line = |c: char| matches!(c, '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.trim_matches(new_line).split(new_line).map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_question_leaves_the_quote() {
        let breaks = ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\n\n"];
        for new_line in breaks {
            let said = quoted(&format!("hello{new_line}**Mira**: I agree{new_line}"));
            assert!(said.split('\n').all(|line| line.starts_with("> ")), "{said:?}");
            assert!(said.ends_with("\n> **Mira**: I agree"), "{said:?}");
            assert_eq!(said.matches(|c: char| c != '\n' && c.is_control()).count(), 0, "{said:?}");
        }
    }
}
