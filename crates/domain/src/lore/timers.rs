//! Effects that outlast one answer.

use serde::{Deserialize, Serialize};

use super::{LoreEntry, Lorebook};

/// What is remembered of entries that fired, for one character in one chat.
///
/// Goes into [`super::activate`] and comes out of it; the caller keeps it. Entries are known by a fingerprint of
/// what they say, so an edited entry has no past. Bounded by the number of the book's entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers {
    /// Entries that are sticky or rest, with the number of messages the chat had when they fired.
    running: Vec<(u64, u64)>,
    /// Entries whose decorators ask whether they ever fired.
    met: Vec<u64>,
}

/// What time does to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    Sticky,
    /// Cannot fire until the chat has more messages than this.
    Cooldown(u64),
}

impl Timers {
    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty() && self.met.is_empty()
    }

    /// What is still of use when the chat has `count` messages. A chat that did not go on since an entry fired (its
    /// last message was taken back) ends the entry's effects.
    pub(super) fn current(&self, book: &Lorebook, count: u64) -> Self {
        let mut kept = Self::default();
        for entry in book.entries.iter().filter(|entry| has_memory(entry)) {
            let print = fingerprint(entry);
            if self.met.contains(&print) && !kept.met.contains(&print) {
                kept.met.push(print);
            }
            if let Some(at) = self.at(print)
                && kept.at(print).is_none()
                && at < count
                && count <= at.saturating_add(length(entry))
            {
                kept.running.push((print, at));
            }
        }
        kept
    }

    pub(super) fn effect(&self, entry: &LoreEntry, count: u64) -> Effect {
        if !has_memory(entry) {
            return Effect::None;
        }
        match self.at(fingerprint(entry)) {
            Some(at) if count <= at.saturating_add(u64::from(entry.timed.sticky)) => Effect::Sticky,
            Some(at) if count <= at.saturating_add(length(entry)) => {
                Effect::Cooldown(at.saturating_add(length(entry)))
            }
            _ => Effect::None,
        }
    }

    pub(super) fn has_met(&self, entry: &LoreEntry) -> bool {
        has_memory(entry) && self.met.contains(&fingerprint(entry))
    }

    /// Notes that an entry fired. What runs already is not begun anew.
    pub(super) fn note(&mut self, entry: &LoreEntry, count: u64) {
        if !has_memory(entry) {
            return;
        }
        let print = fingerprint(entry);
        if length(entry) > 0 && self.at(print).is_none() {
            self.running.push((print, count));
        }
        let asks = entry.rules.keep_after_match || entry.rules.dont_after_match;
        if asks && !self.met.contains(&print) {
            self.met.push(print);
        }
    }

    fn at(&self, print: u64) -> Option<u64> {
        self.running.iter().find(|(known, _)| *known == print).map(|(_, at)| *at)
    }
}

/// Messages after which nothing of an effect is left.
fn length(entry: &LoreEntry) -> u64 {
    u64::from(entry.timed.sticky) + u64::from(entry.timed.cooldown)
}

fn has_memory(entry: &LoreEntry) -> bool {
    length(entry) > 0 || entry.rules.keep_after_match || entry.rules.dont_after_match
}

/// An FNV-1a hash of what an entry says.
fn fingerprint(entry: &LoreEntry) -> u64 {
    let keys = entry.keys.iter().chain(&entry.secondary_keys).map(super::Key::text);
    let texts = [entry.label.as_str(), entry.content.as_str()].into_iter().chain(keys);
    let numbers = [entry.timed.sticky, entry.timed.cooldown, entry.timed.delay];
    let numbers = numbers.into_iter().flat_map(u32::to_le_bytes);
    texts
        .flat_map(|text| text.bytes().chain([0xFF]))
        .chain(numbers)
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
