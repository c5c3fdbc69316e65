//! The character's state: `docs/state.md` names the test of each rule.

mod ground;
mod lists;
