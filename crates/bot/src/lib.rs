//! acore: a cast of AI characters for Discord. The library behind the binary `acore`: wiring and features.
//!
//! A message's way: [`dispatch`] → `conversation` (journal, decide, queue, perform) → `discord` and `store`.
//! Suggested reading order: [`app`], [`dispatch`], `conversation`, [`commands`].

pub mod app;
pub mod boot;
pub mod cards;
pub mod cast;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod conversation;
pub mod dispatch;
pub mod jobs;
pub mod lifecycle;
pub mod model;
pub mod playground;

pub mod registration;
mod terminal;

mod weights;
