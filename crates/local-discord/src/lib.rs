//! A Discord of our own on loopback: REST v10 and the state behind it, the gateway, members that act, faults on
//! demand and a web client. Strangers' clients work on it without changes.

#![recursion_limit = "256"]

pub mod clock;
pub mod control;
pub mod dispatch;
pub mod errors;
pub mod faults;
pub mod gateway;
pub mod intents;
pub mod members;
pub mod permissions;
pub mod rate_limit;
mod rest;
mod server;
mod snapshot;
pub mod snowflake;
mod validate;
mod web;
pub mod world;

pub use rest::{RecordedRequest, Violation};
pub use server::{LocalDiscord, Options, StartError};
pub use snapshot::Loaded;
pub use validate::openapi::OpenApiError;
