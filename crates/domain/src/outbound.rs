//! What leaves: texts whose limits are checked by type, and the panels of commands.
//!
//! Nothing here can ping anybody: the `discord` crate sends an explicit empty `allowed_mentions` with each of them.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{CharacterId, limits};

/// The text of one Discord message: 1 to 2,000 characters, not only white space.
///
/// Source: Discord documentation, "Create Message".
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageText(String);

/// The text cannot be a Discord message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessageText {
    /// Nothing to see.
    #[error("the text is empty")]
    Empty,
    /// More than 2,000 characters.
    #[error("the text has {0} characters; a message takes 2,000")]
    TooLong(usize),
}

impl MessageText {
    /// Checks and wraps a text.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidMessageText> {
        let text = text.into();
        let length = text.chars().count();
        if text.trim().is_empty() {
            Err(InvalidMessageText::Empty)
        } else if length > limits::MESSAGE_CHARS {
            Err(InvalidMessageText::TooLong(length))
        } else {
            Ok(Self(text))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MessageText {
    type Error = InvalidMessageText;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<MessageText> for String {
    fn from(text: MessageText) -> Self {
        text.0
    }
}

impl fmt::Display for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As whom a message is said: a character's name and face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// Which character.
    pub character: CharacterId,
    /// The name shown, 1–80 characters.
    pub name: Arc<str>,
    /// The face, as PNG bytes; `None` shows Discord's default.
    pub avatar: Option<Arc<[u8]>>,
}

/// The answer to a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Text above the panels; at most 2,000 characters.
    pub text: String,
    /// Up to ten panels (Discord's embeds).
    pub panels: Vec<Panel>,
    /// Files; panels show them as `attachment://NAME`.
    pub files: Vec<File>,
    /// Buttons and selects below it; at most five rows.
    pub rows: Vec<Row>,
    /// Whether only the caller sees it.
    pub private: bool,
}

impl Answer {
    /// A text that only the caller sees.
    pub fn private(text: impl Into<String>) -> Self {
        Self { text: text.into(), private: true, ..Self::default() }
    }
}

/// A framed part of an answer (Discord's embed).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// At most 256 characters.
    pub title: String,
    /// At most 4,096 characters.
    pub body: String,
    /// The stripe's colour, `0xRRGGBB`.
    pub color: Option<u32>,
    /// Name, value, inline; at most 25.
    pub fields: Vec<(String, String, bool)>,
    /// A small picture: the name of one of the answer's files.
    pub thumbnail: Option<String>,
    /// A large picture: the name of one of the answer's files.
    pub image: Option<String>,
    /// At most 2,048 characters.
    pub footer: String,
}

/// Most characters of the id of a component, modal or field.
pub const CUSTOM_ID_CHARS: usize = 100;

/// A row of components below an answer.
///
/// Source: Discord documentation, "Component Reference". Labels, placeholders, descriptions and titles that are too
/// long are cut with an ellipsis; too many of anything, an empty label and ids of more than [`CUSTOM_ID_CHARS`] are
/// errors of whoever sends them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// One to five buttons.
    Buttons(Vec<Button>),
    /// A list to choose from.
    Select(Select),
}

/// A button.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Button {
    /// What comes back when it is pressed.
    pub id: String,
    /// At most 80 characters; may be empty beside an emoji.
    pub label: String,
    /// Its colour.
    pub style: ButtonStyle,
    /// A Unicode emoji before the label.
    pub emoji: Option<String>,
    /// Whether it cannot be pressed.
    pub disabled: bool,
}

impl Button {
    /// A grey button.
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), ..Self::default() }
    }
}

/// A button's colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ButtonStyle {
    /// The one that most will press.
    Primary,
    /// Grey.
    #[default]
    Secondary,
    /// Green: makes something.
    Success,
    /// Red: cannot be undone.
    Danger,
}

/// A list to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// What comes back with the chosen values.
    pub id: String,
    /// Shown while nothing is chosen; at most 150 characters.
    pub placeholder: String,
    /// 1–25.
    pub choices: Vec<SelectChoice>,
    /// How many must be chosen at least, 0–25.
    pub min: u8,
    /// How many may be chosen, 1–25.
    pub max: u8,
}

/// An entry of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectChoice {
    /// What is shown, at most 100 characters.
    pub label: String,
    /// What comes back, at most 100 characters.
    pub value: String,
    /// A line below it, at most 100 characters; may be empty.
    pub description: String,
    /// Whether it is chosen at first.
    pub chosen: bool,
}

/// A form in a window of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modal {
    /// What comes back with the fields.
    pub id: String,
    /// At most 45 characters.
    pub title: String,
    /// 1–5 fields.
    pub fields: Vec<ModalField>,
}

/// A text to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModalField {
    /// Names it in what comes back.
    pub id: String,
    /// At most 45 characters.
    pub label: String,
    /// Whether it has several lines.
    pub long: bool,
    /// Whether it must be filled in.
    pub required: bool,
    /// What stands in it at first; at most `max` characters.
    pub value: String,
    /// Shown while it is empty; at most 100 characters.
    pub placeholder: String,
    /// Most characters, 1–4,000; 0 stands for 4,000.
    pub max: u16,
}

/// A file to send along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, as panels refer to it.
    pub name: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_1_to_2000_characters() {
        assert_eq!(MessageText::new(" \n"), Err(InvalidMessageText::Empty));
        assert!(MessageText::new("ä".repeat(2000)).is_ok());
        assert_eq!(MessageText::new("a".repeat(2001)), Err(InvalidMessageText::TooLong(2001)));
    }
}
