//! How to reach Discord and as whom.

use std::{fmt, num::NonZeroU16, time::Duration};

use serde::{Deserialize, Serialize};

/// Where Discord's REST API lives.
pub const API_BASE: &str = "https://discord.com/api/v10";

/// A bot token. Neither `Debug` nor any error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Box<str>);

impl Token {
    /// Wraps a token; a leading `Bot ` and white space around it are taken off.
    pub fn new(token: &str) -> Self {
        let token = token.trim();
        Self(token.strip_prefix("Bot ").unwrap_or(token).trim().into())
    }

    /// The token itself, for an `Authorization` header or an IDENTIFY.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Which events Discord sends.
///
/// Source: Discord documentation, "Gateway", section "Gateway Intents".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Intents(pub u64);

impl Intents {
    /// Guilds, channels and threads.
    pub const GUILDS: Self = Self(1);
    /// Members come and go (privileged).
    pub const GUILD_MEMBERS: Self = Self(1 << 1);
    /// Who is in which voice channel.
    pub const GUILD_VOICE_STATES: Self = Self(1 << 7);
    /// Who is online (privileged).
    pub const GUILD_PRESENCES: Self = Self(1 << 8);
    /// Messages in guilds.
    pub const GUILD_MESSAGES: Self = Self(1 << 9);
    /// Reactions in guilds.
    pub const GUILD_MESSAGE_REACTIONS: Self = Self(1 << 10);
    /// Who is typing in guilds.
    pub const GUILD_MESSAGE_TYPING: Self = Self(1 << 11);
    /// Direct messages.
    pub const DIRECT_MESSAGES: Self = Self(1 << 12);
    /// Who is typing in direct messages.
    pub const DIRECT_MESSAGE_TYPING: Self = Self(1 << 14);
    /// What messages say (privileged).
    pub const MESSAGE_CONTENT: Self = Self(1 << 15);

    /// Both sets.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Default for Intents {
    /// What reading and answering messages needs, who is still writing, and who is in a voice channel.
    fn default() -> Self {
        Self::GUILDS
            .with(Self::GUILD_MESSAGES)
            .with(Self::GUILD_MESSAGE_TYPING)
            .with(Self::GUILD_VOICE_STATES)
            .with(Self::DIRECT_MESSAGES)
            .with(Self::DIRECT_MESSAGE_TYPING)
            .with(Self::MESSAGE_CONTENT)
    }
}

/// A gateway session that can be taken up again, so that a restart misses nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSession {
    /// Which shard.
    pub shard: u32,
    /// Of how many; with another number of shards the session is worthless.
    pub shards: u32,
    /// Discord's name for the session.
    pub id: String,
    /// The newest dispatch that need not be sent again.
    pub sequence: u64,
    /// Where Discord wants the session to be resumed.
    pub resume_url: Option<String>,
}

/// Pauses between connections that fail one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReconnectPauses {
    /// Before the second attempt; it doubles from there.
    pub first: Duration,
    /// The longest.
    pub most: Duration,
}

impl Default for ReconnectPauses {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), most: Duration::from_mins(2) }
    }
}

/// How to reach Discord and as whom.
#[derive(Clone, Debug)]
pub struct Config {
    /// As whom.
    pub token: Token,
    /// Where the REST API lives: [`API_BASE`] or the local Discord.
    pub api_base: String,
    /// Where the gateway lives; `None` asks `GET /gateway/bot`. When set, sessions are resumed there too and
    /// Discord's `resume_gateway_url` is not followed.
    pub gateway_url: Option<String>,
    /// Requests a second over all routes; Discord allows 50. `None` lifts the limit, for benches.
    pub global_limit: Option<NonZeroU16>,
    /// Which events to receive.
    pub intents: Intents,
    /// Whether to hear what members are doing: the privileged presence intent, on top of `intents`.
    pub presences: bool,
    /// Whether to hear who comes and goes: the privileged members intent, on top of `intents`.
    pub members: bool,
    /// What stands under the bot's name, at most 128 characters.
    pub presence: Option<String>,
    /// Sessions of the last run, to be resumed.
    pub sessions: Vec<SavedSession>,
    /// Pauses between connections that fail.
    pub reconnect: ReconnectPauses,
    /// Events that wait for [`crate::Gateway::next`] before the sockets are no longer read.
    pub queue: usize,
    /// The `$url` of the `User-Agent`, as Discord's API reference demands one.
    pub homepage: String,
    /// Seeds the dice that spread retries.
    pub seed: u64,
}

impl Config {
    /// The real Discord with its own limits.
    pub fn new(token: Token) -> Self {
        Self {
            token,
            api_base: API_BASE.into(),
            gateway_url: None,
            global_limit: NonZeroU16::new(50),
            intents: Intents::default(),
            presences: false,
            members: false,
            presence: None,
            sessions: Vec::new(),
            reconnect: ReconnectPauses::default(),
            queue: 1_024,
            homepage: "https://example.org/acore".into(),
            seed: 0,
        }
    }

    /// All intents: those that are always wanted and those that were switched on.
    pub(crate) fn wanted_intents(&self) -> Intents {
        let asked = [(self.presences, Intents::GUILD_PRESENCES), (self.members, Intents::GUILD_MEMBERS)];
        asked.into_iter().filter(|(asked, _)| *asked).fold(self.intents, |all, (_, intent)| all.with(intent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_cleaned_and_never_shown() {
        let token = Token::new(" Bot abc.def\n");
        assert_eq!(token.reveal(), "abc.def");
        assert_eq!(format!("{:?}", Config::new(token)).matches("abc").count(), 0);
    }
}
