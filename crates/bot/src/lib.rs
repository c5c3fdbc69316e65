//! acore: a cast of AI characters for Discord. The library behind the binary `acore`: wiring and features.
//!
//! A message's way: [`dispatch`] → `conversation` (journal, decide, queue, perform) → `discord` and `store`.
//! Suggested reading order: [`app`], [`dispatch`], `conversation`, [`commands`].

pub mod app;
mod asking;
pub mod attachments;
pub mod audiences;
mod bonds;
pub mod boot;
pub mod cards;
pub mod cast;
mod chats;
pub mod clearing;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod conversation;
pub mod cues;
pub mod dispatch;
mod documents;
pub mod embedding;
pub mod ensemble;
pub mod jobs;
mod kept;
pub mod knowledge;
pub mod learning;
pub mod leaving;
pub mod lifecycle;
pub mod likeness;
pub mod lore;
pub mod meanwhile;
pub mod minds;
pub mod model;
pub mod playbills;
pub mod playground;
pub mod presence;
pub mod privacy;
mod recall;
pub mod registration;
pub mod remembering;
pub mod rules;
pub mod spending;
mod terminal;
pub mod unasked;
pub mod vectors;
mod vocabularies;
mod weights;
