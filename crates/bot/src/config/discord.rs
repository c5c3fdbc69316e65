//! `[discord]`: how Discord is reached.

use std::fmt;

use super::{Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "discord.token",
        env: "DISCORD_TOKEN",
        default: "\"\"",
        takes: "the bot's token",
        meaning: "The bot's token, from the Developer Portal under Bot → Reset Token. Without it the playground starts.",
    },
    Setting {
        key: "discord.api_base",
        env: "DISCORD_API_BASE",
        default: "\"https://discord.com/api/v10\"",
        takes: "a URL",
        meaning: "Base address of the REST API, version included.",
    },
    Setting {
        key: "discord.gateway_url",
        env: "DISCORD_GATEWAY_URL",
        default: "\"\"",
        takes: "a ws:// or wss:// URL",
        meaning: "Address of the gateway. Empty: the one that the REST API names.",
    },
    Setting {
        key: "discord.requests_per_second",
        env: "DISCORD_REQUESTS_PER_SECOND",
        default: "50",
        takes: "a whole number from 0 to 10000",
        meaning: "The global REST limit, per second. 0 lifts it: only for a bench against the local Discord.",
    },
    Setting {
        key: "discord.command_guild",
        env: "DISCORD_COMMAND_GUILD",
        default: "\"\"",
        takes: "a guild's id",
        meaning: "Registers the slash commands in this guild only, where they show at once. Empty: everywhere.",
    },
    Setting {
        key: "discord.presences",
        env: "DISCORD_PRESENCES",
        default: "\"no\"",
        takes: "yes or no",
        meaning: "Whether characters may know what people play and listen to. Needs the Presence Intent, from the \
                  Developer Portal under Bot.",
    },
    Setting {
        key: "discord.members",
        env: "DISCORD_MEMBERS",
        default: "\"no\"",
        takes: "yes or no",
        meaning: "Whether characters may know who joins and leaves a server. Needs the Server Members Intent, from the \
                  Developer Portal under Bot.",
    },
];

const YES_NO: &[(&str, bool)] = &[("yes", true), ("no", false)];

/// How Discord is reached.
#[derive(Clone, Debug)]
pub struct DiscordConfig {
    /// The bot's token.
    pub token: Option<Secret>,
    /// Base address of the REST API.
    pub api_base: String,
    /// Address of the gateway, if it is not to be asked for.
    pub gateway_url: Option<String>,
    /// REST requests per second; `None` lifts the limit.
    pub requests_per_second: Option<u16>,
    /// Where commands are registered, if not everywhere.
    pub command_guild: Option<domain::GuildId>,
    /// Whether it is heard what people are doing (privileged).
    pub presences: bool,
    /// Whether it is heard who comes and goes (privileged).
    pub members: bool,
}

impl DiscordConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            token: reader.optional("discord.token").map(Secret),
            api_base: reader.text("discord.api_base").trim_end_matches('/').to_owned(),
            gateway_url: reader.optional("discord.gateway_url"),
            requests_per_second: u16::try_from(reader.integer("discord.requests_per_second", 0..=10_000))
                .ok()
                .filter(|limit| *limit > 0),
            command_guild: reader.snowflake("discord.command_guild").map(domain::GuildId),
            presences: reader.choice("discord.presences", YES_NO),
            members: reader.choice("discord.members", YES_NO),
        }
    }
}

/// A text that no log and no message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself: for the one header that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
