//! The character's state: `docs/state.md` names the test of each rule.

mod air;
mod frameworks;
mod ground;
mod growing;
mod habits;
mod lengths;
mod lists;
mod manners;
mod moods;
mod properties;
mod questions;
mod reactions;
mod saying;
mod table;
mod tying;
