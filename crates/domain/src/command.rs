//! Slash commands: how they are declared, called and answered.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    InteractionId, Timestamp, Untrusted,
    event::{Author, Place},
};

/// A slash command as it is registered.
///
/// Source: Discord documentation, "Application Commands".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommandSpec {
    /// 1–32 lower-case characters.
    pub name: &'static str,
    /// 1–100 characters.
    pub description: &'static str,
    /// Options in order, required ones first.
    pub options: Vec<OptionSpec>,
}

/// One option of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OptionSpec {
    /// 1–32 lower-case characters.
    pub name: &'static str,
    /// 1–100 characters.
    pub description: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// Whether the command can be used without it.
    pub required: bool,
}

/// What an option takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum OptionKind {
    /// Free text of at most so many characters.
    Text {
        /// 1–6000.
        max_length: u16,
    },
    /// Text with proposals while typing.
    Autocompleted,
    /// One of a few texts: `(label, value)`.
    Choice(Vec<(String, String)>),
    /// A whole number between two bounds.
    Integer {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// Yes or no.
    Boolean,
    /// A member of the guild.
    User,
}

/// The value of an option as a member gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OptionValue {
    /// Text.
    Text(Untrusted),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// A user's id.
    User(crate::UserId),
}

/// One use of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandCall {
    /// The interaction.
    pub interaction: Interaction,
    /// Which command.
    pub name: String,
    /// Values by option name.
    pub options: BTreeMap<String, OptionValue>,
    /// The option being typed, for autocomplete.
    pub focused: Option<String>,
    /// Who calls.
    pub author: Author,
    /// Where.
    pub place: Place,
    /// When.
    pub at: Timestamp,
}

/// What is needed to answer an interaction.
///
/// Source: Discord documentation, "Receiving and Responding": the first answer is due within 3 seconds, the token
/// is valid for 15 minutes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// Its token: a secret, never logged.
    pub token: String,
}

impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interaction").field("id", &self.id).field("token", &"…").finish()
    }
}

impl CommandCall {
    /// A text option's value.
    pub fn text(&self, option: &str) -> Option<&Untrusted> {
        match self.options.get(option) {
            Some(OptionValue::Text(text)) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_never_shows_its_token() {
        let interaction = Interaction { id: InteractionId(7), token: "hunter2".into() };
        let shown = format!("{interaction:?}");
        assert!(shown.contains('7') && !shown.contains("hunter2"), "{shown}");
    }
}
