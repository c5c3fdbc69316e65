//! Entries that wake others, and searches that go on.

use domain::lore::{LoreEntry, Lorebook, Reach, Reason, Recursion, Settings, Timers, Why, activate};
use fastrand::Rng;

use super::{book, entry, labels, run, said, talk};

fn about(label: &str, key: &str, content: &str) -> LoreEntry {
    LoreEntry { content: content.to_owned(), ..entry(label, &[key]) }
}

fn recursive(entries: Vec<LoreEntry>) -> Lorebook {
    Lorebook { recursive_scanning: true, ..book(entries) }
}

/// Bessie wakes Rufus, Rufus wakes Mog.
fn farm() -> Vec<LoreEntry> {
    vec![
        about("bessie", "Bessie", "Bessie is a cow and is friends with Rufus."),
        about("rufus", "Rufus", "Rufus is a dog who chases Mog."),
        about("mog", "Mog", "A cat."),
    ]
}

fn with(book: &Lorebook, texts: &[&str], reach: Reach) -> Vec<String> {
    let settings = Settings { reach, ..Settings::default() };
    let messages = said(texts);
    labels(&activate(book, &talk(&messages), &settings, &Timers::default(), &mut Rng::with_seed(1)))
}

#[test]
fn entries_wake_others_with_their_level_and_source() {
    let book = recursive(farm());
    let messages = said(&["where is Bessie?"]);
    let active = run(&book, &talk(&messages));
    let told: Vec<_> = active.fired.iter().map(|f| (f.entry.label.as_str(), f.level, f.woken_by)).collect();
    assert_eq!(told, [("bessie", 0, None), ("rufus", 1, Some("bessie")), ("mog", 2, Some("rufus"))]);
    assert_eq!(active.fired[2].why, Why::Key { key: "Mog", secondary: None });
}

#[test]
fn without_recursive_scanning_nothing_wakes_anything() {
    let messages = said(&["Bessie"]);
    assert_eq!(labels(&run(&book(farm()), &talk(&messages))), ["bessie"]);
}

#[test]
fn a_non_recursable_entry_is_woken_by_messages_only() {
    let mut entries = farm();
    entries[1].recursion.excluded = true;
    let book = recursive(entries);
    assert_eq!(with(&book, &["Bessie"], Reach::Open), ["bessie"]);
    assert_eq!(with(&book, &["Bessie, Rufus"], Reach::Open), ["bessie", "rufus", "mog"]);
}

#[test]
fn an_entry_can_prevent_further_recursion() {
    let mut entries = farm();
    entries[1].recursion.prevents = true;
    assert_eq!(with(&recursive(entries), &["Bessie"], Reach::Open), ["bessie", "rufus"]);
}

#[test]
fn delayed_entries_wait_for_recursion() {
    let mut entries = farm();
    entries[1].recursion.delay = Some(1);
    entries.push(LoreEntry {
        recursion: Recursion { delay: Some(1), ..Recursion::default() },
        ..about("never", "unheard", "x")
    });
    let book = recursive(entries);
    assert_eq!(with(&book, &["Bessie"], Reach::Open), ["bessie", "rufus", "mog"]);
    let messages = said(&["Rufus"]);
    let flat = Lorebook { recursive_scanning: false, ..book.clone() };
    let active = run(&flat, &talk(&messages));
    assert!(active.fired.is_empty());
    assert_eq!(active.why_not(1), Some(&Reason::Recursion));
    assert_eq!(run(&book, &talk(&messages)).why_not(3), Some(&Reason::Recursion));
}

#[test]
fn levels_open_one_by_one() {
    let level = |label: &str, delay, not: &str| LoreEntry {
        recursion: Recursion { delay: Some(delay), ..Recursion::default() },
        selective: true,
        logic: domain::lore::Logic::NotAny,
        secondary_keys: vec![not.into()],
        ..about(label, "storm", &format!("this is {label}"))
    };
    // Each later one is for when the earlier one is not there.
    let book =
        recursive(vec![level("third", 9, "second"), level("second", 2, "first"), level("first", 1, "none")]);
    assert_eq!(with(&book, &["storm"], Reach::Open), ["third", "first"]);
    let only = recursive(vec![level("third", 9, "second"), level("second", 2, "first")]);
    assert_eq!(with(&only, &["storm"], Reach::Open), ["second"]);
}

#[test]
fn the_number_of_sweeps_can_be_limited() {
    let book = recursive(farm());
    assert_eq!(with(&book, &["Bessie"], Reach::MaxSteps(1)), ["bessie"]);
    assert_eq!(with(&book, &["Bessie"], Reach::MaxSteps(2)), ["bessie", "rufus"]);
    assert_eq!(with(&book, &["Bessie"], Reach::MaxSteps(3)), ["bessie", "rufus", "mog"]);
    assert_eq!(with(&book, &["Bessie"], Reach::MaxSteps(0)), ["bessie", "rufus", "mog"]);
}

#[test]
fn older_messages_are_taken_in_until_enough_fired() {
    let mut book = recursive(vec![
        about("one", "one", "x"),
        about("two", "two", "x"),
        about("three", "three", "speaks of four"),
        about("four", "four", "x"),
    ]);
    book.scan_depth = Some(1);
    let texts = ["three", "two", "-", "-", "one"];
    let reach = |entries, max_depth| Reach::MinActivations { entries, max_depth };
    assert_eq!(with(&book, &texts, Reach::Open), ["one"]);
    assert_eq!(with(&book, &texts, reach(1, 0)), ["one"]);
    assert_eq!(with(&book, &texts, reach(2, 0)), ["one", "two"]);
    assert_eq!(
        with(&book, &texts, reach(3, 0)),
        ["one", "two", "three", "four"],
        "what they find wakes others"
    );
    assert_eq!(with(&book, &texts, reach(3, 4)), ["one", "two"], "no deeper than the limit");
    assert_eq!(with(&book, &texts, reach(9, 0)).len(), 4, "there is an end");
}

#[test]
fn comments_wake_nothing_and_hidden_keys_do() {
    let book = recursive(vec![
        about("first", "start", "{{// whale }}{{comment: whale}}{{hidden_key: shark}} of {{user}}"),
        about("whale", "whale", "x"),
        about("shark", "shark", "x"),
        about("person", "Sam", "x"),
    ]);
    assert_eq!(with(&book, &["start"], Reach::Open), ["first", "shark", "person"]);
}

#[test]
fn circles_come_to_rest() {
    let book = recursive(vec![
        about("a", "a", "b c"),
        about("b", "b", "c a"),
        about("c", "c", "a b"),
        about("self", "self", "self"),
    ]);
    assert_eq!(with(&book, &["a self"], Reach::Open).len(), 4);
}
