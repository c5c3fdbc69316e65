//! What a character speaks about.

use crate::{MessageId, Untrusted, UserId, event::Message};

/// Why a prompt is written, and so what stands at its end.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    /// A message that is answered.
    Message(&'a Message),
    /// A message that another character has answered already: the scene's history has it, and the answers behind it.
    Too(&'a Message),
    /// The next voice of a scene. What was said in it is in the history.
    Scene {
        /// What it is about, in the words of whoever asked for it.
        topic: &'a Untrusted,
        /// Who that was.
        asked_by: Option<UserId>,
        /// Where the scene stands.
        stage: Stage,
    },
    /// Something that nobody asked for.
    Remark {
        /// What the character is told to do, in our words. Names in it are escaped.
        direction: &'a str,
    },
    /// More of what the character said last.
    GoOn {
        /// Discord's id of it.
        message: MessageId,
    },
}

/// Where a scene stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has spoken yet.
    Opening,
    /// It goes on.
    #[default]
    Middle,
    /// This is the last turn.
    Closing,
}

impl<'a> Occasion<'a> {
    /// The message that is answered.
    pub fn message(self) -> Option<&'a Message> {
        match self {
            Self::Message(message) | Self::Too(message) => Some(message),
            Self::Scene { .. } | Self::Remark { .. } | Self::GoOn { .. } => None,
        }
    }
}

impl<'a> From<&'a Message> for Occasion<'a> {
    fn from(message: &'a Message) -> Self {
        Self::Message(message)
    }
}
