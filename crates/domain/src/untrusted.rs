//! Text that came from outside.

use serde::{Deserialize, Serialize};

/// Text from outside: a message, a name, a card, a page, a model's output.
///
/// The type is the reminder: whoever wants the characters must write [`Untrusted::raw`] and so decide how they
/// are escaped or fenced on the way to a prompt, a message or a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Untrusted(String);

impl Untrusted {
    /// Marks a text as coming from outside.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text as it came, owned.
    pub fn into_raw(self) -> String {
        self.0
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Self(text)
    }
}
