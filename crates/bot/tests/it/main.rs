//! The bot end to end: a real process or the same code in this one, real sockets, a real `SQLite` file, our local
//! Discord and a scripted model.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test's helpers fail the test and say what they skip"
)]

mod acore;
mod again;
mod audience;
mod brought;
mod bursts;
mod changes;
mod commands;
mod discord_faults;
mod embedded;
mod ending;
mod forgetting_people;
mod history_commands;
mod importing;
mod indexing;
mod kill;
mod knowing;
mod late_posts;
mod likeness;
mod lore_commands;
mod lore_timers;
mod many;
mod model_faults;
mod places;
mod privacy;
mod quayside;
mod remembering_people;
mod restart;
mod scenes;
mod seeing;
mod settings;
mod speaking;
mod starting;
mod streaming;
mod together;
mod town;
mod unasked;
mod while_away;
