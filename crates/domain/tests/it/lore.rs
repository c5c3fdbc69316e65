use domain::{
    character::{LoreEntry, Lorebook},
    lore::{Why, activate},
};

fn entry(label: &str, keys: &[&str]) -> LoreEntry {
    LoreEntry {
        label: label.to_owned(),
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
        content: format!("All about {label}."),
        enabled: true,
        whole_words: true,
        insertion_order: 100,
        ..LoreEntry::default()
    }
}

fn fired(entries: Vec<LoreEntry>, texts: &[&str]) -> Vec<String> {
    let book = Lorebook { entries, ..Lorebook::default() };
    activate(&book, texts, 10_000).fired.into_iter().map(|fired| fired.entry.label.clone()).collect()
}

#[test]
fn keys_are_whole_words_unless_the_entry_says_otherwise() {
    let dragon = || entry("dragon", &["wyrm", "dragon"]);
    assert_eq!(fired(vec![dragon()], &["a Dragon's egg"]), ["dragon"]);
    assert!(fired(vec![dragon()], &["snapdragons"]).is_empty());
    assert_eq!(fired(vec![LoreEntry { whole_words: false, ..dragon() }], &["snapDRAGONS"]), ["dragon"]);
    let cased = LoreEntry { case_sensitive: true, ..dragon() };
    assert!(fired(vec![cased.clone()], &["DRAGON"]).is_empty());
    assert_eq!(fired(vec![cased], &["the dragon."]), ["dragon"]);
    assert_eq!(fired(vec![dragon()], &["> dragon, you said"]), ["dragon"], "quotes bring things up");
}

#[test]
fn a_selective_entry_needs_both_keys() {
    let mut both = entry("both", &["gate"]);
    both.selective = true;
    both.secondary_keys = vec!["iron".to_owned(), "old".to_owned()];
    assert!(fired(vec![both.clone()], &["the gate"]).is_empty());
    assert_eq!(fired(vec![both.clone()], &["the gate", "is old"]), ["both"]);
    let book = Lorebook { entries: vec![both], ..Lorebook::default() };
    let why = activate(&book, &["old gate"], 100).fired[0].why;
    assert_eq!(why, Why::Key { key: "gate", secondary: Some("old") });
}

#[test]
fn off_is_off_and_constant_is_always() {
    let off = LoreEntry { enabled: false, constant: true, ..entry("off", &[]) };
    let constant = LoreEntry { constant: true, ..entry("constant", &[]) };
    let regex = LoreEntry { use_regex: true, ..entry("regex", &["hi"]) };
    assert_eq!(fired(vec![off, constant, regex], &["hi"]), ["constant"]);
}

#[test]
fn only_the_newest_messages_are_searched() {
    let book = Lorebook { scan_depth: Some(2), entries: vec![entry("old", &["old"])], ..Lorebook::default() };
    assert!(activate(&book, &["old", "b", "c"], 1_000).fired.is_empty());
    assert_eq!(activate(&book, &["a", "old", "c"], 1_000).fired.len(), 1);
    let none = Lorebook { scan_depth: Some(0), ..book };
    assert!(activate(&none, &["old"], 1_000).fired.is_empty());
}

#[test]
fn constants_and_higher_order_keep_their_room_and_lower_order_stands_first() {
    let at = |label: &str, order: i64| LoreEntry { insertion_order: order, ..entry(label, &["x"]) };
    let constant = LoreEntry { constant: true, ..at("constant", 1) };
    let entries = vec![at("low", 5), at("high", 50), constant, at("middle", 20)];
    assert_eq!(fired(entries.clone(), &["x"]), ["constant", "low", "middle", "high"]);
    let each = 5;
    let book = Lorebook { token_budget: Some(2 * each + 3), entries, ..Lorebook::default() };
    let active = activate(&book, &["x"], 10_000);
    let labels =
        |list: &[domain::lore::Fired<'_>]| list.iter().map(|f| f.entry.label.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&active.fired), ["constant", "high"]);
    assert_eq!(labels(&active.crowded_out), ["middle", "low"]);
}
