//! Sticky, cooldown, delay: counted in messages, kept by the caller.

use domain::lore::{LoreEntry, Lorebook, Reason, Settings, Talk, Timed, Timers, Why, activate};
use fastrand::Rng;

use super::{book, entry, labels, said, talk};

/// Answers in a chat that has `count` messages, the last of which is `text`.
fn turn<'a>(book: &'a Lorebook, timers: &mut Timers, count: u64, text: &str) -> (bool, Option<Reason<'a>>) {
    let messages = said(&[text]);
    let talk = Talk { count, ..talk(&messages) };
    let settings = Settings { scan_depth: 1, ..Settings::default() };
    let active = activate(book, &talk, &settings, timers, &mut Rng::with_seed(1));
    *timers = active.timers.clone();
    (labels(&active).contains(&"x".to_owned()), active.why_not(0).copied())
}

fn timed(sticky: u32, cooldown: u32, delay: u32) -> LoreEntry {
    LoreEntry { timed: Timed { sticky, cooldown, delay }, ..entry("x", &["key"]) }
}

/// Whether it fires when the chat has 1, 2, 3, … messages, all of which hold the key.
fn course(entry: LoreEntry, messages: u64) -> Vec<bool> {
    let book = book(vec![entry]);
    let mut timers = Timers::default();
    (1..=messages).map(|count| turn(&book, &mut timers, count, "key").0).collect()
}

#[test]
fn sticky_then_cooldown_after_a_delay_as_in_the_written_example() {
    // Message 0: delay. 1: fires. 2–4: sticky. 5–6: cooldown. 7: can fire again.
    assert_eq!(course(timed(3, 2, 2), 8), [false, true, true, true, true, false, false, true]);
}

#[test]
fn sticky_stays_without_its_key() {
    let book = book(vec![timed(2, 0, 0)]);
    let mut timers = Timers::default();
    let fires: Vec<bool> = (1..=5)
        .map(|count| turn(&book, &mut timers, count, if count == 1 { "key" } else { "nothing" }).0)
        .collect();
    assert_eq!(fires, [true, true, true, false, false]);
    assert!(timers.is_empty());
}

#[test]
fn sticky_ignores_probability_and_says_so() {
    let book = book(vec![LoreEntry { constant: true, ..timed(3, 0, 0) }]);
    let mut timers = Timers::default();
    assert!(turn(&book, &mut timers, 1, "key").0);
    let mut unlucky = book.clone();
    unlucky.entries[0].probability = 0;
    assert!(turn(&unlucky, &mut timers, 2, "key").0);
    let messages = said(&["nothing"]);
    let talk = Talk { count: 3, ..talk(&messages) };
    let dice = &mut Rng::with_seed(1);
    let active = activate(&unlucky, &talk, &Settings::default(), &timers, dice);
    assert_eq!(active.fired[0].why, Why::Sticky);
    assert!(!turn(&unlucky, &mut Timers::default(), 3, "key").0, "only while it is sticky");
}

#[test]
fn cooldown_rests() {
    assert_eq!(course(timed(0, 2, 0), 7), [true, false, false, true, false, false, true]);
    let book = book(vec![timed(0, 2, 0)]);
    let mut timers = Timers::default();
    turn(&book, &mut timers, 1, "key");
    assert_eq!(turn(&book, &mut timers, 2, "key").1, Some(Reason::Cooldown { until: 3 }));
}

#[test]
fn delay_waits_for_the_chat_to_grow() {
    assert_eq!(course(timed(0, 0, 3), 4), [false, false, true, true]);
    let book = book(vec![timed(0, 0, 1)]);
    assert_eq!(turn(&book, &mut Timers::default(), 0, "key").1, Some(Reason::Delay { needs: 1 }));
}

#[test]
fn keys_do_not_refresh_what_runs() {
    assert_eq!(course(timed(2, 1, 0), 6), [true, true, true, false, true, true]);
}

#[test]
fn effects_end_when_the_chat_does_not_go_on() {
    let book = book(vec![timed(0, 5, 0)]);
    let mut timers = Timers::default();
    assert!(turn(&book, &mut timers, 4, "key").0);
    assert!(turn(&book, &mut timers.clone(), 4, "key").0, "the answer was taken back and is given anew");
    assert!(turn(&book, &mut timers.clone(), 3, "key").0, "messages were deleted");
    assert!(!turn(&book, &mut timers, 5, "key").0);
}

#[test]
fn editing_an_entry_ends_its_effects() {
    let mut book = book(vec![timed(0, 5, 0)]);
    let mut timers = Timers::default();
    assert!(turn(&book, &mut timers, 1, "key").0);
    book.entries[0].content.push('!');
    assert!(turn(&book, &mut timers.clone(), 2, "key").0);
    book.entries.clear();
    let messages = said(&["key"]);
    let dice = &mut Rng::with_seed(1);
    assert!(activate(&book, &talk(&messages), &Settings::default(), &timers, dice).timers.is_empty());
}

#[test]
fn timers_survive_being_stored() {
    let book = book(vec![timed(2, 5, 0)]);
    let mut timers = Timers::default();
    turn(&book, &mut timers, 1, "key");
    let stored = serde_json::to_string(&timers).unwrap();
    assert_eq!(serde_json::from_str::<Timers>(&stored).unwrap(), timers);
    assert!(!timers.is_empty());
}

#[test]
fn a_sticky_entry_keeps_its_group() {
    let mut sticky = timed(3, 0, 0);
    sticky.groups = vec!["g".to_owned()];
    let rival = LoreEntry {
        groups: vec!["g".to_owned()],
        group_override: true,
        insertion_order: 900,
        ..entry("rival", &["other"])
    };
    let book = book(vec![sticky, rival]);
    let mut timers = Timers::default();
    assert!(turn(&book, &mut timers, 1, "key").0);
    assert!(turn(&book, &mut timers, 2, "other").0);
    assert!(!turn(&book, &mut Timers::default(), 2, "other key").0);
}

#[test]
fn what_had_no_room_did_not_fire() {
    let mut book = book(vec![timed(5, 0, 0)]);
    book.token_budget = Some(1);
    let mut timers = Timers::default();
    assert!(!turn(&book, &mut timers, 1, "key").0);
    assert!(timers.is_empty());
}
