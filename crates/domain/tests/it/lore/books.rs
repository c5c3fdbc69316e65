//! Several books at once.

use domain::lore::{LoreEntry, Lorebook, Owner, Strategy, cost};

use super::{book, entry, labels, run, said, talk};

fn of(label: &str, order: i64) -> Lorebook {
    Lorebook {
        token_budget: None,
        ..book(vec![LoreEntry { insertion_order: order, ..entry(label, &["x"]) }])
    }
}

#[test]
fn books_stand_in_their_order() {
    let (chat, persona, character, global) = (of("chat", 1), of("person", 2), of("mira", 4), of("world", 3));
    let books = [
        (Owner::Global, &global),
        (Owner::Character, &character),
        (Owner::Persona, &persona),
        (Owner::Chat, &chat),
    ];
    let messages = said(&["x"]);
    let order = |strategy| labels(&run(&Lorebook::merged(&books, strategy), &talk(&messages)));
    assert_eq!(order(Strategy::Evenly), ["world", "mira", "person", "chat"]);
    assert_eq!(order(Strategy::CharacterFirst), ["world", "mira", "person", "chat"]);
    assert_eq!(order(Strategy::GlobalFirst), ["mira", "world", "person", "chat"]);
    let tight = |strategy| {
        let mut merged = Lorebook::merged(&books[..2], strategy);
        merged.token_budget = Some(cost(&character.entries[0]).max(cost(&global.entries[0])));
        labels(&run(&merged, &talk(&messages)))
    };
    assert_eq!(tight(Strategy::Evenly), ["mira"], "by order");
    assert_eq!(tight(Strategy::CharacterFirst), ["mira"]);
    assert_eq!(tight(Strategy::GlobalFirst), ["world"]);
}

#[test]
fn merged_entries_keep_their_book_s_settings() {
    let mut waking = of("first", 1);
    waking.entries[0].content = "speaks of whales".to_owned();
    waking.recursive_scanning = true;
    waking.entries.push(LoreEntry { content: "of squid".to_owned(), ..entry("second", &["whales"]) });
    let mut quiet = book(vec![entry("quiet", &["whales"]), entry("deep", &["old"])]);
    quiet.scan_depth = Some(3);
    let messages = said(&["old", "-", "x"]);
    let merged = Lorebook::merged(&[(Owner::Character, &waking), (Owner::Global, &quiet)], Strategy::Evenly);
    assert_eq!(labels(&run(&merged, &talk(&messages))), ["first", "second", "deep"]);
    assert_eq!(merged.token_budget, None);
    waking.token_budget = Some(5);
    quiet.token_budget = Some(7);
    let merged = Lorebook::merged(&[(Owner::Character, &waking), (Owner::Global, &quiet)], Strategy::Evenly);
    assert_eq!(merged.token_budget, Some(12));
    assert_eq!(merged.entries.iter().map(|entry| entry.scan_depth).max(), Some(Some(3)));
    let one = said(&["old", "-", "-", "x"]);
    assert!(!labels(&run(&merged, &talk(&one))).contains(&"deep".to_owned()));
}
