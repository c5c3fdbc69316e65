//! World info. `docs/world-info.md` names the test of every rule.

use domain::lore::{Activation, LoreEntry, Lorebook, Settings, Talk, Timers, Utterance, activate};
use fastrand::Rng;

mod books;
mod budget;
mod decorators;
mod effects;
mod formats;
mod groups;
mod keys;
mod laws;
mod places;
mod recursion;
mod table;

/// An entry that any of the keys wakes.
pub(crate) fn entry(label: &str, keys: &[&str]) -> LoreEntry {
    LoreEntry {
        label: label.to_owned(),
        keys: keys.iter().map(|&key| key.into()).collect(),
        content: format!("All about {label}."),
        ..LoreEntry::default()
    }
}

pub(crate) fn book(entries: Vec<LoreEntry>) -> Lorebook {
    Lorebook { token_budget: Some(10_000), entries, ..Lorebook::default() }
}

/// Everybody is called Sam.
pub(crate) fn said<'a>(texts: &[&'a str]) -> Vec<Utterance<'a>> {
    texts.iter().map(|&text| Utterance { name: "Sam", text }).collect()
}

pub(crate) fn talk<'a>(messages: &'a [Utterance<'a>]) -> Talk<'a> {
    Talk {
        messages,
        count: messages.len() as u64,
        context_tokens: 100_000,
        room: 50_000,
        user: "Sam",
        ..Talk::default()
    }
}

/// What comes of it with ordinary settings, nothing remembered and the same dice every time.
pub(crate) fn run<'a>(book: &'a Lorebook, talk: &Talk<'_>) -> Activation<'a> {
    activate(book, talk, &Settings::default(), &Timers::default(), &mut Rng::with_seed(7))
}

pub(crate) fn labels(active: &Activation<'_>) -> Vec<String> {
    active.fired.iter().map(|fired| fired.entry.label.clone()).collect()
}

/// The labels of what fires.
pub(crate) fn fired(entries: Vec<LoreEntry>, texts: &[&str]) -> Vec<String> {
    labels(&run(&book(entries), &talk(&said(texts))))
}
