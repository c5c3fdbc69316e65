//! Byte pair encoding: which pieces of a vocabulary a text becomes.
//!
//! A stretch of text begins as single symbols; of all neighbours whose joining is in the vocabulary, those that
//! stand first in it are joined, the leftmost first, until no neighbours can be.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// What can be joined, and how early.
#[derive(Default)]
pub(super) struct Pieces {
    ranks: HashMap<Box<[u8]>, u32>,
    longest: usize,
}

/// The mark of a symbol that was joined to the one before it.
const GONE: usize = usize::MAX;

impl Pieces {
    /// Adds a piece; a lower rank is joined earlier.
    pub(super) fn add(&mut self, piece: &[u8], rank: u32) {
        self.longest = self.longest.max(piece.len());
        self.ranks.entry(piece.into()).or_insert(rank);
    }

    pub(super) fn len(&self) -> usize {
        self.ranks.len()
    }

    pub(super) fn has(&self, text: &[u8]) -> bool {
        self.rank(text).is_some()
    }

    fn rank(&self, text: &[u8]) -> Option<u32> {
        if text.len() > self.longest { None } else { self.ranks.get(text).copied() }
    }

    /// The tokens of a stretch whose symbols begin at `starts` (the first at 0, in order, none at the end). What is in
    /// no vocabulary falls back to one token per byte.
    ///
    /// Takes n log n steps for n symbols, whatever the text.
    pub(super) fn count(&self, text: &[u8], starts: impl Iterator<Item = usize>) -> usize {
        let mut joining = Joining::new(self, text, starts);
        joining.run();
        joining.tokens()
    }
}

/// A stretch that is being joined. Symbols are known by their places in the beginning.
struct Joining<'a> {
    pieces: &'a Pieces,
    text: &'a [u8],
    /// Where each symbol begins; at the end the length of the text.
    starts: Vec<usize>,
    /// The symbol after each that is still there.
    next: Vec<usize>,
    /// The symbol before each that is still there.
    before: Vec<usize>,
    /// What could be joined: rank, the left symbol, and the symbol after both.
    candidates: BinaryHeap<Reverse<(u32, usize, usize)>>,
}

impl<'a> Joining<'a> {
    fn new(pieces: &'a Pieces, text: &'a [u8], starts: impl Iterator<Item = usize>) -> Self {
        let mut starts: Vec<usize> = starts.collect();
        let symbols = starts.len();
        starts.push(text.len());
        let next = (1..=symbols).collect();
        let before = (0..symbols).map(|symbol| symbol.wrapping_sub(1)).collect();
        Self { pieces, text, starts, next, before, candidates: BinaryHeap::new() }
    }

    fn symbols(&self) -> usize {
        self.next.len()
    }

    fn run(&mut self) {
        for left in 0..self.symbols() {
            self.consider(left);
        }
        while let Some(Reverse((_, left, end))) = self.candidates.pop() {
            if self.end_of_pair(left) == Some(end) {
                self.join(left, end);
            }
        }
    }

    /// The symbol after this one and its right neighbour; nothing when one of them is not there (any more).
    fn end_of_pair(&self, left: usize) -> Option<usize> {
        let right = self.next[left];
        self.next.get(right).copied()
    }

    fn consider(&mut self, left: usize) {
        if let Some(end) = self.end_of_pair(left)
            && let Some(rank) = self.pieces.rank(&self.text[self.starts[left]..self.starts[end]])
        {
            self.candidates.push(Reverse((rank, left, end)));
        }
    }

    fn join(&mut self, left: usize, end: usize) {
        let right = std::mem::replace(&mut self.next[left], end);
        self.next[right] = GONE;
        if let Some(before) = self.before.get_mut(end) {
            *before = left;
        }
        self.consider(left);
        if left > 0 {
            self.consider(self.before[left]);
        }
    }

    fn tokens(&self) -> usize {
        let mut tokens = 0;
        let mut at = 0;
        while at < self.symbols() {
            let end = self.next[at];
            let piece = &self.text[self.starts[at]..self.starts[end]];
            tokens += if self.pieces.has(piece) { 1 } else { piece.len() };
            at = end;
        }
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(pieces: &[&str]) -> Pieces {
        let mut known = Pieces::default();
        for (rank, piece) in (0..).zip(pieces) {
            known.add(piece.as_bytes(), rank);
        }
        known
    }

    fn count(pieces: &Pieces, text: &str) -> usize {
        pieces.count(text.as_bytes(), text.char_indices().map(|(at, _)| at))
    }

    #[test]
    fn what_stands_first_is_joined_first() {
        let known = pieces(&["a", "b", "c", "bc", "ab", "abc"]);
        assert_eq!(count(&known, "abc"), 1, "b and c, then a and bc");
        assert_eq!(count(&known, "ab"), 1);
        assert_eq!(count(&known, "abab"), 2);
        let known = pieces(&["a", "b", "c", "d", "bc", "ab", "cd"]);
        assert_eq!(count(&known, "abcd"), 3, "a, bc, d: not ab, cd");
        assert_eq!(count(&pieces(&["a", "aa", "aaaa"]), "aaaaaaa"), 3, "aaaa, aa, a");
    }

    #[test]
    fn what_is_unknown_falls_back_to_bytes() {
        let known = pieces(&["a", "b", "ab"]);
        assert_eq!(count(&known, "abé"), 3);
        assert_eq!(count(&known, "日"), 3);
        assert_eq!(count(&known, ""), 0);
    }
}
