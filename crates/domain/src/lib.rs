//! The vocabulary of acore and every decision it takes: pure code without I/O, clock or dice of its own.
//!
//! Data flows one way: [`event`] → attention → prompt → model ([`chat`]) → turn and delivery ([`outbound`]) →
//! memory. Time ([`Timestamp`]) and randomness (`fastrand::Rng`, seeded by the caller) are parameters.

pub mod attention;
pub mod audience;
pub mod burst;
pub mod card;
pub mod character;
pub mod chat;
pub mod command;
pub mod cue;
pub mod ensemble;
pub mod event;
pub mod ids;
pub mod limits;
pub mod lore;
pub mod memory;
pub mod names;
pub mod outbound;
pub mod pace;
pub mod prompt;
pub mod quote;
pub mod reply;
pub mod rules;
pub mod scene;
pub mod split;
pub mod state;
pub mod time;
pub mod tokens;
pub mod turn;
pub mod unasked;
pub mod untrusted;

pub use ids::{
    ApplicationId, ChannelId, CharacterId, GuildId, InteractionId, MessageId, RoleId, UserId, WebhookId,
};
pub use time::Timestamp;
pub use untrusted::Untrusted;
