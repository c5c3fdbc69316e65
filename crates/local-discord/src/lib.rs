//! A Discord of our own on loopback: REST v10 and the state behind it, the gateway, members that act, faults on
//! demand and a web client. Strangers' clients work on it without changes.

#![recursion_limit = "256"]

pub mod clock;
pub mod dispatch;
pub mod errors;
pub mod faults;
pub mod gateway;
pub mod intents;
pub mod permissions;
pub mod snowflake;
pub mod world;
