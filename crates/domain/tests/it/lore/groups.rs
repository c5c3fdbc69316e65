//! Inclusion groups.

use std::collections::BTreeMap;

use domain::lore::{LoreEntry, Reason, Settings, Timers, activate};
use fastrand::Rng;

use super::{book, entry, fired, labels, run, said, talk};

fn member(label: &str, groups: &[&str]) -> LoreEntry {
    LoreEntry { groups: groups.iter().map(|&group| group.to_owned()).collect(), ..entry(label, &["song"]) }
}

/// How often each fires.
fn drawn(entries: Vec<LoreEntry>) -> BTreeMap<String, u32> {
    let book = book(entries);
    let messages = said(&["a song"]);
    let mut dice = Rng::with_seed(9);
    let mut counts = BTreeMap::new();
    for _ in 0..1_000 {
        let active = activate(&book, &talk(&messages), &Settings::default(), &Timers::default(), &mut dice);
        for label in labels(&active) {
            *counts.entry(label).or_default() += 1;
        }
    }
    counts
}

#[test]
fn one_of_a_group_is_drawn_by_weight() {
    let heavy = LoreEntry { group_weight: 300, ..member("heavy", &["songs"]) };
    let counts = drawn(vec![member("light", &["songs"]), heavy, entry("free", &["song"])]);
    assert_eq!(counts["light"] + counts["heavy"], 1_000, "one and only one");
    assert!((680..820).contains(&counts["heavy"]), "{counts:?}");
    assert_eq!(counts["free"], 1_000, "without a group there is no contest");
    let never = LoreEntry { group_weight: 0, ..member("never", &["songs"]) };
    assert_eq!(drawn(vec![never, member("always", &["songs"])]).get("never"), None);
}

#[test]
fn the_loser_is_told_who_won() {
    let first = LoreEntry { group_override: true, insertion_order: 5, ..member("first", &["songs"]) };
    let book = book(vec![member("second", &["songs"]), first]);
    let messages = said(&["song"]);
    let active = run(&book, &talk(&messages));
    assert_eq!(labels(&active), ["first"]);
    assert_eq!(active.why_not(0), Some(&Reason::Group { group: "songs", winner: "first" }));
}

#[test]
fn prioritised_entries_win_by_order() {
    let at = |label: &str, order| LoreEntry {
        group_override: true,
        insertion_order: order,
        ..member(label, &["songs"])
    };
    let heavy = LoreEntry { group_weight: 1_000_000, insertion_order: 900, ..member("heavy", &["songs"]) };
    assert_eq!(fired(vec![at("low", 1), heavy, at("high", 2)], &["song"]), ["high"]);
}

#[test]
fn scoring_keeps_those_with_the_most_keys() {
    let scored = |label: &str, own: &str| LoreEntry {
        keys: vec!["song".into(), "sing".into(), own.into()],
        group_scoring: Some(true),
        ..member(label, &["songs"])
    };
    let both = || vec![scored("cat", "Black Cat"), scored("ghosts", "Ghosts")];
    for seed in 0..20 {
        let book = book(both());
        let messages = said(&["sing me a song about Ghosts"]);
        let dice = &mut Rng::with_seed(seed);
        let active = activate(&book, &talk(&messages), &Settings::default(), &Timers::default(), dice);
        assert_eq!(labels(&active), ["ghosts"]);
    }
    let entries = both()
        .into_iter()
        .map(|entry| LoreEntry { keys: entry.keys.into_iter().take(2).collect(), ..entry })
        .collect();
    assert_eq!(drawn(entries).len(), 2, "with the same score either may win");
}

#[test]
fn secondary_keys_score_as_their_logic_has_it() {
    use domain::lore::Logic;
    let score = |logic, text: &str| {
        let book = book(vec![LoreEntry {
            selective: true,
            logic,
            secondary_keys: vec!["a".into(), "b".into()],
            ..entry("x", &["k", "l"])
        }]);
        let messages = said(&[text]);
        run(&book, &talk(&messages)).fired.first().map(|fired| fired.score)
    };
    assert_eq!(score(Logic::AndAny, "k a"), Some(2));
    assert_eq!(score(Logic::AndAny, "k l a b"), Some(4));
    assert_eq!(score(Logic::AndAll, "k a b"), Some(3));
    assert_eq!(score(Logic::NotAny, "k l"), Some(2));
    assert_eq!(score(Logic::NotAll, "k a"), Some(1));
}

#[test]
fn who_wins_one_group_takes_the_others_along() {
    let two = LoreEntry { group_override: true, ..member("two", &["songs", "cats"]) };
    let entries = vec![two, member("song", &["songs"]), member("cat", &["cats"]), member("dog", &["dogs"])];
    assert_eq!(fired(entries, &["song"]), ["two", "dog"]);
}

#[test]
fn a_group_that_was_won_stays_won_in_recursion() {
    let first = LoreEntry { content: "It speaks of a whale.".to_owned(), ..member("first", &["songs"]) };
    let later = LoreEntry { keys: vec!["whale".into()], ..member("later", &["songs"]) };
    let mut book = book(vec![later, first]);
    book.recursive_scanning = true;
    let messages = said(&["song"]);
    let active = run(&book, &talk(&messages));
    assert_eq!(labels(&active), ["first"]);
    assert_eq!(active.why_not(0), Some(&Reason::Group { group: "songs", winner: "first" }));
}
