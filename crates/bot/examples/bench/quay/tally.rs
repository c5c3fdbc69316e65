//! What the answers to the questions amount to.

use std::collections::HashSet;

use domain::{
    Untrusted,
    memory::{
        Draft, Item,
        rank::{Found, Recalled},
        terms,
    },
};

/// Below this nothing that was found counts as an answer. It is the mean of the best cosine and of the share of the
/// question's words, by rarity, that the best item has; without vectors the share alone. Chosen by looking at the
/// figures once, so that few of the questions that somebody did answer lie below. The bot itself has no such limit: it
/// shows the model what there is, and the prompt says that it may be doubted.
const STRENGTH: f64 = 0.45;
const STRENGTH_OF_WORDS: f64 = 0.34;

/// What can be measured, and what went wrong in words.
pub(crate) struct Report {
    /// Names and values.
    pub(crate) metrics: Vec<(String, f64)>,
    /// Questions whose evidence was not found, and other failures.
    pub(crate) misses: Vec<String>,
}

/// How well the best of what came to mind fits, comparable between questions.
pub(super) fn strength(found: &Found, recalled: &[Recalled]) -> f64 {
    let rarity = |number: u64| (1.0 + found.total as f64 / (number as f64 + 0.5)).ln();
    let all: f64 = found.words.iter().map(|(_, number)| rarity(*number)).sum();
    let share = |item: &Item| {
        let Draft { who, text, .. } = &item.draft;
        let stems: HashSet<String> =
            [who, text].map(Untrusted::raw).into_iter().flat_map(terms::stems).collect();
        let held = found.words.iter().filter(|(word, _)| stems.contains(&terms::stem(word)));
        if all > 0.0 { held.map(|(_, number)| rarity(*number)).sum::<f64>() / all } else { 0.0 }
    };
    let cosine = |one: &Recalled| found.candidates.iter().find(|it| it.item.id == one.item.id)?.cosine;
    let best = |values: Vec<f64>| values.into_iter().fold(0.0, f64::max);
    let words = best(recalled.iter().map(|one| share(&one.item)).collect());
    let cosines: Vec<f64> = recalled.iter().filter_map(cosine).map(f64::from).collect();
    if cosines.is_empty() { words } else { f64::midpoint(words, best(cosines)) }
}

/// All that was counted.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) recall: Vec<f64>,
    pub(super) stale_fact: Vec<bool>,
    pub(super) stale_first: Vec<bool>,
    pub(super) wrong_speaker: Vec<bool>,
    pub(super) leaks: Vec<bool>,
    pub(super) gone: Vec<bool>,
    pub(super) answerable: Vec<f64>,
    pub(super) unanswerable: Vec<f64>,
    pub(super) lines: usize,
    pub(super) misses: Vec<String>,
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, number) = values.fold((0.0, 0.0), |(sum, number), value| (sum + value, number + 1.0));
    if number > 0.0 { sum / number } else { f64::NAN }
}

fn rate(values: &[bool]) -> f64 {
    mean(values.iter().map(|value| f64::from(u8::from(*value))))
}

impl Tally {
    /// The figures.
    pub(super) fn report(self, vectors: bool) -> Report {
        let least = if vectors { STRENGTH } else { STRENGTH_OF_WORDS };
        let silent = |values: &[f64]| mean(values.iter().map(|value| f64::from(u8::from(*value < least))));
        let metrics = [
            ("fraction_at_10", mean(self.recall.iter().copied())),
            ("stale_fact_rate", rate(&self.stale_fact)),
            ("stale_line_first_rate", rate(&self.stale_first)),
            ("wrong_speaker_rate", rate(&self.wrong_speaker)),
            ("leak_rate", rate(&self.leaks)),
            ("forgotten_words_rate", rate(&self.gone)),
            ("abstains_when_nobody_told", silent(&self.unanswerable)),
            ("abstains_although_told", silent(&self.answerable)),
            ("strength_when_nobody_told", mean(self.unanswerable.iter().copied())),
            ("strength_when_told", mean(self.answerable.iter().copied())),
            ("lines", self.lines as f64),
            ("questions", (self.answerable.len() + self.unanswerable.len()) as f64),
        ];
        let mut misses = self.misses;
        for least in [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7] {
            let below = |values: &[f64]| values.iter().filter(|value| **value < least).count();
            let (right, wrong) = (below(&self.unanswerable), below(&self.answerable));
            misses.push(format!("below {least:.2}: {right} that nobody told, {wrong} that somebody did"));
        }
        Report { metrics: metrics.map(|(name, value)| (format!("discord_{name}"), value)).to_vec(), misses }
    }
}
