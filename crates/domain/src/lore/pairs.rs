//! A quick no for most keys: which pairs of neighbouring bytes stand in a folded text.
//!
//! A book of a hundred entries that wake each other compares its keys with texts some ten thousand times for one
//! answer, and nearly always in vain.

/// Bits of the set. Pairs of lower-case ASCII letters each have one of their own; a text of a few hundred characters
/// sets about one in six.
const BITS: usize = 1_024;

/// Pairs of a key that are looked up: more tell little more.
const LOOKED_UP: usize = 6;

/// The pairs of a text.
#[derive(Clone, Debug)]
pub(super) struct Pairs([u64; BITS / 64]);

impl Pairs {
    pub(super) fn of(folded: &str) -> Self {
        let mut pairs = Self([0; BITS / 64]);
        for bit in bits(folded) {
            pairs.0[usize::from(bit) / 64] |= 1 << (bit % 64);
        }
        pairs
    }

    /// Whether one of a word's pairs is missing: then the word does not stand in the text.
    pub(super) fn lack(&self, word: &Word) -> bool {
        word.0.iter().any(|bit| self.0[usize::from(*bit) / 64] & (1 << (bit % 64)) == 0)
    }
}

/// The pairs of a folded word.
#[derive(Clone, Debug)]
pub(super) struct Word(Box<[u16]>);

impl Word {
    pub(super) fn of(folded: &str) -> Self {
        Self(bits(folded).take(LOOKED_UP).collect())
    }
}

fn bits(folded: &str) -> impl Iterator<Item = u16> {
    // 31 is more than there are letters.
    let bit = |pair: &[u8]| (u16::from(pair[0]) * 31 + u16::from(pair[1])) % BITS as u16;
    folded.as_bytes().windows(2).map(bit)
}
