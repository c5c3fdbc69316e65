//! Gateway intents: which dispatches a session asked for.
//! <https://docs.discord.com/developers/events/gateway#gateway-intents>

/// A set of gateway intents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Intents(pub u64);

impl Intents {
    pub const NONE: Self = Self(0);
    pub const GUILDS: Self = Self(1);
    pub const GUILD_MEMBERS: Self = Self(1 << 1);
    pub const GUILD_MODERATION: Self = Self(1 << 2);
    pub const GUILD_EXPRESSIONS: Self = Self(1 << 3);
    pub const GUILD_WEBHOOKS: Self = Self(1 << 5);
    pub const GUILD_INVITES: Self = Self(1 << 6);
    pub const GUILD_VOICE_STATES: Self = Self(1 << 7);
    pub const GUILD_PRESENCES: Self = Self(1 << 8);
    pub const GUILD_MESSAGES: Self = Self(1 << 9);
    pub const GUILD_MESSAGE_REACTIONS: Self = Self(1 << 10);
    pub const GUILD_MESSAGE_TYPING: Self = Self(1 << 11);
    pub const DIRECT_MESSAGES: Self = Self(1 << 12);
    pub const DIRECT_MESSAGE_REACTIONS: Self = Self(1 << 13);
    pub const DIRECT_MESSAGE_TYPING: Self = Self(1 << 14);
    pub const MESSAGE_CONTENT: Self = Self(1 << 15);

    /// All bits that Discord knows today (scheduled events, auto moderation and polls included).
    pub const KNOWN: Self = Self(0x1_FFFF | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25);

    /// True if the sets share a bit.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// True if every bit of `other` is in this set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Intents {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
