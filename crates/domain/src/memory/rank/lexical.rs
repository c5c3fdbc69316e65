//! How well words fit: BM25 over a line and those beside it.
//!
//! A word in a neighbour counts like a part of a word in the line itself, before its frequency is dampened. So the
//! answer to a question that has the words is found, and a line whose neighbours repeat it gains little.

use std::collections::HashMap;

use super::{Beside, Candidate, Found, Parts, Weights};
use crate::memory::{Detail, Kind, terms};

/// How soon a further occurrence of a word stops to matter; as usual.
const K1: f32 = 1.2;

/// How much length counts against an item: less than usual, as a line that says more is no worse.
const B: f32 = 0.4;

/// How much a word counts that stands one or two lines before or after ([`super::DISTANCES`]).
const NEIGHBOUR_WORDS: [f32; 4] = [0.25, 0.5, 0.5, 0.25];

/// How often each word of the question stands in an item, and how long it is.
struct Counts {
    of_words: Vec<f32>,
    length: f32,
}

pub(super) fn score(
    candidates: &[&Candidate],
    beside: &Beside,
    found: &Found,
    weights: &Weights,
    parts: &mut [Parts],
) {
    let Found { words, total, .. } = found;
    let stems: HashMap<String, usize> =
        words.iter().enumerate().map(|(at, (word, _))| (terms::stem(word), at)).collect();
    let rarity: Vec<f32> = words.iter().map(|(_, items)| rarity(*items, *total)).collect();
    let counts: Vec<Counts> = candidates.iter().map(|one| count(one, &stems, words.len())).collect();
    let with: Vec<Counts> =
        counts.iter().zip(&beside.0).map(|(own, beside)| joined(own, beside, &counts)).collect();
    let usual = usual_lengths(candidates, &with);
    let scored: Vec<(f32, f32)> = candidates
        .iter()
        .zip(counts.iter().zip(&with))
        .map(|(one, (own, with))| {
            let usual = usual.get(&one.item.draft.detail.kind()).copied().unwrap_or(1.0).max(1.0);
            let damping = K1 * (1.0 - B + B * with.length / usual);
            let sum = |counts: &[f32]| -> f32 {
                counts
                    .iter()
                    .zip(&rarity)
                    .map(|(count, rarity)| rarity * count * (K1 + 1.0) / (count + damping))
                    .sum()
            };
            (sum(&own.of_words), sum(&with.of_words))
        })
        .collect();
    let most = scored.iter().map(|(_, with)| *with).fold(0.0, f32::max);
    if most <= 0.0 {
        return;
    }
    for ((own, with), parts) in scored.into_iter().zip(parts) {
        parts.lexical = weights.lexical * own / most;
        parts.neighbours += weights.lexical * (with - own).max(0.0) / most;
    }
}

/// The weight of a word that so many of all items have.
fn rarity(items: u64, total: u64) -> f32 {
    let (items, total) = (items as f32, total.max(items) as f32);
    ((total - items + 0.5) / (items + 0.5)).ln_1p()
}

fn count(one: &Candidate, stems: &HashMap<String, usize>, words: usize) -> Counts {
    let mut counts = Counts { of_words: vec![0.0; words], length: 0.0 };
    let draft = &one.item.draft;
    let heading = match &draft.detail {
        Detail::Passage { heading, .. } => heading.as_str(),
        Detail::Line | Detail::Fact(_) | Detail::Episode { .. } => "",
    };
    for stem in [draft.who.raw(), heading, draft.text.raw()].into_iter().flat_map(terms::stems) {
        counts.length += 1.0;
        if let Some(at) = stems.get(&stem) {
            counts.of_words[*at] += 1.0;
        }
    }
    counts
}

fn joined(own: &Counts, beside: &[Option<usize>; 4], counts: &[Counts]) -> Counts {
    let mut joined = Counts { of_words: own.of_words.clone(), length: own.length };
    for (other, share) in beside.iter().zip(NEIGHBOUR_WORDS) {
        let Some(other) = other.and_then(|other| counts.get(other)) else { continue };
        joined.length += share * other.length;
        for (word, more) in joined.of_words.iter_mut().zip(&other.of_words) {
            *word += share * more;
        }
    }
    joined
}

/// The mean length of the candidates of each kind.
fn usual_lengths(candidates: &[&Candidate], counts: &[Counts]) -> HashMap<Kind, f32> {
    let mut sums: HashMap<Kind, (f32, f32)> = HashMap::new();
    for (one, counts) in candidates.iter().zip(counts) {
        let (sum, number) = sums.entry(one.item.draft.detail.kind()).or_default();
        *sum += counts.length;
        *number += 1.0;
    }
    sums.into_iter().map(|(kind, (sum, number))| (kind, sum / number)).collect()
}
