//! How much room entries get.

use domain::{
    chat::Role,
    lore::{Budget, LoreEntry, LorePosition, Lorebook, Reason, Settings, Talk, Timers, activate, cost},
};
use fastrand::Rng;

use super::{book, entry, fired, labels, run, said, talk};

fn at(label: &str, order: i64) -> LoreEntry {
    LoreEntry { insertion_order: order, content: "four words of text".to_owned(), ..entry(label, &["x"]) }
}

fn each() -> u32 {
    cost(&at("", 0))
}

#[test]
fn constants_and_higher_order_keep_their_room_and_lower_order_stands_first() {
    let constant = LoreEntry { constant: true, ..at("constant", 1) };
    let entries = vec![at("low", 5), at("high", 50), constant, at("middle", 20)];
    assert_eq!(fired(entries.clone(), &["x"]), ["constant", "low", "middle", "high"]);
    let book = Lorebook { token_budget: Some(2 * each() + 1), ..book(entries) };
    let messages = said(&["x"]);
    let active = run(&book, &talk(&messages));
    assert_eq!(labels(&active), ["constant", "high"]);
    assert!(active.overflow);
    assert_eq!(active.why_not(3), Some(&Reason::Budget { needs: each(), left: 1 }));
    let crowded: Vec<_> = active.crowded_out().map(|rejected| rejected.entry.label.as_str()).collect();
    assert_eq!(crowded, ["low", "middle"]);
}

#[test]
fn nothing_less_important_slips_in_behind_what_did_not_fit() {
    let long = LoreEntry { content: "word ".repeat(40), ..at("long", 50) };
    let entries = vec![at("first", 90), long, at("small", 1)];
    let limit = cost(&entries[1]) + each() - 1;
    let book = Lorebook { token_budget: Some(limit), ..book(entries) };
    let messages = said(&["x"]);
    assert_eq!(labels(&run(&book, &talk(&messages))), ["first"]);
}

#[test]
fn what_is_too_large_for_any_room_keeps_nobody_out() {
    let huge = LoreEntry { content: "word ".repeat(500), constant: true, ..at("huge", 50) };
    let needs = cost(&huge);
    let book = Lorebook { token_budget: Some(each()), ..book(vec![huge, at("small", 1)]) };
    let messages = said(&["x"]);
    let active = run(&book, &talk(&messages));
    assert_eq!(labels(&active), ["small"]);
    assert_eq!(active.why_not(0), Some(&Reason::TooLarge { needs }));
    assert!(active.overflow);
}

#[test]
fn a_share_of_the_context_or_a_number_of_tokens() {
    let entries: Vec<_> = (0..8).map(|order| at(&order.to_string(), order)).collect();
    let book = Lorebook { token_budget: None, ..book(entries) };
    let messages = said(&["x"]);
    let count = |budget, context_tokens, room| {
        let settings = Settings { budget, ..Settings::default() };
        let talk = Talk { context_tokens, room, ..talk(&messages) };
        activate(&book, &talk, &settings, &Timers::default(), &mut Rng::with_seed(1)).fired.len()
    };
    assert_eq!(count(Budget::Tokens(3 * each()), 10_000, 10_000), 3);
    assert_eq!(count(Budget::Percent(25), 4 * 2 * each(), 10_000), 2);
    assert_eq!(count(Budget::Percent(100), 4 * each(), 10_000), 4);
    assert_eq!(count(Budget::Percent(100), 10_000, each()), 1, "never more than there is room for");
    assert_eq!(Settings::default().budget, Budget::Percent(25));
}

#[test]
fn direct_mention_beats_recursion() {
    let direct = LoreEntry { content: "about the whale".to_owned(), ..at("direct", 1) };
    let woken = LoreEntry { keys: vec!["whale".into()], ..at("woken", 900) };
    let second = at("second", 2);
    let limit = cost(&direct) + cost(&second) + 1;
    let mut book = Lorebook { token_budget: Some(limit), ..book(vec![woken, direct, second]) };
    book.recursive_scanning = true;
    let messages = said(&["x"]);
    let active = run(&book, &talk(&messages));
    assert_eq!(labels(&active), ["direct", "second"]);
    assert!(matches!(active.why_not(0), Some(Reason::Budget { .. })));
}

#[test]
fn the_priority_of_other_programs_counts_before_the_order() {
    let urgent = LoreEntry { priority: Some(500), ..at("urgent", 1) };
    let book = Lorebook { token_budget: Some(each()), ..book(vec![at("late", 400), urgent]) };
    let messages = said(&["x"]);
    assert_eq!(labels(&run(&book, &talk(&messages))), ["urgent"]);
}

#[test]
fn some_entries_ignore_the_book_s_budget_but_never_the_prompt_s_room() {
    let free = LoreEntry { ignore_budget: true, ..at("free", 1) };
    let book = Lorebook { token_budget: Some(each()), ..book(vec![at("paid", 9), at("crowded", 8), free]) };
    let messages = said(&["x"]);
    assert_eq!(labels(&run(&book, &talk(&messages))), ["free", "paid"]);
    let tight = Talk { room: each(), ..talk(&messages) };
    assert_eq!(labels(&run(&book, &tight)), ["paid"]);
}

#[test]
fn a_message_of_its_own_costs_more() {
    let plain = at("x", 1);
    let within =
        LoreEntry { position: LorePosition::AtDepth { depth: 1, role: Role::User }, ..plain.clone() };
    assert!(cost(&within) > cost(&plain));
}
