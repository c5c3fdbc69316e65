//! Identifiers: Discord's snowflakes, each with a type of its own, and the characters' slugs.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::time::{DISCORD_EPOCH_MS, Timestamp};

/// Declares a snowflake type: a `u64` that cannot be mistaken for another kind of id.
macro_rules! snowflake {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The number itself.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// When Discord made this id: its upper 42 bits are milliseconds since 2015.
            ///
            /// Source: Discord documentation, "API Reference", section "Snowflakes".
            pub const fn created_at(self) -> Timestamp {
                Timestamp((self.0 >> 22) as i64 + DISCORD_EPOCH_MS)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

snowflake! {
    /// A guild (Discord's word for a server).
    GuildId,
    /// A channel of any kind, threads and direct messages included.
    ChannelId,
    /// A user: a person, a bot, or the pseudo-user of a webhook.
    UserId,
    /// A role of a guild; the one with the guild's own number is everybody's.
    RoleId,
    /// A message.
    MessageId,
    /// A webhook.
    WebhookId,
    /// An interaction: one use of a command, button, select or modal.
    InteractionId,
    /// An application: what owns a bot user, its commands and its webhooks.
    ApplicationId,
}

/// A character's stable name in files, settings and the database: 1–64 of `a-z`, `0-9`, `-`, `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CharacterId(Arc<str>);

/// The text cannot be a character id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be a character id: use 1 to 64 of a-z, 0-9, - and _")]
pub struct InvalidCharacterId(String);

impl CharacterId {
    /// Checks and wraps a slug.
    pub fn new(slug: &str) -> Result<Self, InvalidCharacterId> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if (1..=64).contains(&slug.len()) && slug.chars().all(allowed) {
            Ok(Self(slug.into()))
        } else {
            Err(InvalidCharacterId(slug.chars().take(80).collect()))
        }
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CharacterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CharacterId {
    type Error = InvalidCharacterId;

    fn try_from(slug: String) -> Result<Self, Self::Error> {
        Self::new(&slug)
    }
}

impl From<CharacterId> for String {
    fn from(id: CharacterId) -> Self {
        id.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snowflake_tells_when_it_was_made() {
        // The example of Discord's documentation.
        assert_eq!(MessageId(175_928_847_299_117_063).created_at(), Timestamp(1_462_015_105_796));
    }

    #[test]
    fn character_ids_are_slugs() {
        assert!(CharacterId::new("mira-2").is_ok());
        for bad in ["", "Mira", "a b", "../x", &"a".repeat(65)] {
            assert!(CharacterId::new(bad).is_err(), "{bad}");
        }
    }
}
