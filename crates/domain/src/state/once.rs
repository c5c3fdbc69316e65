//! What must count once although it may be told twice: after a crash a turn is finished again.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Turns that are remembered. A channel works on one turn at a time, so a repetition comes soon.
const TURNS: usize = 32;

/// The numbers of the last turns that were counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Once(VecDeque<u64>);

impl Once {
    /// Whether the turn is new; it no longer is afterwards.
    pub(super) fn first(&mut self, turn: u64) -> bool {
        if self.0.contains(&turn) {
            return false;
        }
        push(&mut self.0, turn, TURNS);
        true
    }
}

/// Appends to a list of at most `most` items; the oldest ones go.
pub(super) fn push<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    while list.len() >= most.max(1) {
        list.pop_front();
    }
    list.push_back(item);
}
