//! Discord: gateway frames become [`domain::event::Event`]s, texts become REST calls. The only crate that knows the
//! Discord library.
//!
//! [`connect`] gives a [`Gateway`], whose [`Gateway::next`] is everything that happens, and a [`Speaker`], which says
//! everything that is said. Discord's limits are kept in here: buckets, global and Cloudflare pauses, the budgets of
//! invalid requests and of identifies.

mod bounded;
mod config;
mod connect;
mod convert;
mod error;
mod gateway;
mod rest;
mod speaker;
mod wire;

pub use config::{API_BASE, Config, Intents, ReconnectPauses, SavedSession, Token};
pub use connect::connect;
pub use error::{ConnectError, FileError, GatewayError, SpeakError};
pub use gateway::Gateway;
pub use speaker::{Nonce, Sent, Speaker, Standing, commands_payload};
