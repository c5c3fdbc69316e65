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
    /// At most 2,048 characters.
    pub footer: String,
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
