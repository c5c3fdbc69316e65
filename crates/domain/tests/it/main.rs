//! The crate through its public interface.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking as tests do")]

mod attention;
mod audience;
mod cards;
mod chunks;
mod ensemble;
mod loops;
mod lore;
mod memory;
mod names;
mod our_cast;
mod prompts;
mod replies;
mod scenarios;
mod splitting;
mod stage;
mod state;
mod unasked;
