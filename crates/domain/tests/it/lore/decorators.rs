//! The decorators of V3.

use domain::{
    card::parse_lorebook,
    chat::Role,
    lore::{LoreEntry, LorePosition, Reason, Settings, Talk, Timers, Why, activate},
};
use fastrand::Rng;
use serde_json::json;

use super::{book, run, said, talk};

/// An entry with the key `key` and this content.
fn read(content: &str) -> LoreEntry {
    let file = json!({"entries": [{"keys": ["key"], "content": content, "name": "x"}]});
    parse_lorebook(file.to_string().as_bytes()).unwrap().entries.remove(0)
}

/// Why it fires, or why not.
fn outcome(entry: LoreEntry, talk: &Talk<'_>) -> Result<String, String> {
    let book = book(vec![entry]);
    let active = run(&book, talk);
    match active.why_not(0) {
        Some(reason) => Err(reason.to_string()),
        None => Ok(format!("{:?}", active.fired[0].why)),
    }
}

fn fires(content: &str, text: &str) -> bool {
    outcome(read(content), &talk(&said(&[text]))).is_ok()
}

#[test]
fn decorators_are_taken_off_the_text() {
    let entry = read("\n@@depth 4\n@@unknown a\n\n@@constant\n\nThe gate.\n@@not one");
    assert_eq!(entry.content, "The gate.\n@@not one");
    assert!(entry.constant);
    assert_eq!(entry.position, LorePosition::AtDepth { depth: 4, role: Role::System });
    assert_eq!(entry.ignored, ["unknown"]);
    assert_eq!(read("@@constant").content, "");
}

#[test]
fn of_two_of_one_name_the_first_counts() {
    assert_eq!(read("@@scan_depth 3\n@@scan_depth 9\nx").scan_depth, Some(3));
    assert_eq!(read("@@scan_depth many\n@@scan_depth 9\nx").scan_depth, Some(9), "a wrong value is none");
}

#[test]
fn what_stands_in_counts_when_the_first_is_not_known() {
    let entry =
        read("@@their_own 4\n@@@also_theirs 4\n@@@depth 2\n@@@role user\n@@scan_depth 5\n@@@scan_depth 6\nx");
    assert_eq!(entry.position, LorePosition::AtDepth { depth: 2, role: Role::System });
    assert_eq!(entry.scan_depth, Some(5));
    assert!(entry.ignored.is_empty());
}

#[test]
fn depth_and_role_place_the_entry() {
    let at = |depth, role| LorePosition::AtDepth { depth, role };
    assert_eq!(read("@@depth 3\n@@role assistant\nx").position, at(3, Role::Assistant));
    assert_eq!(read("@@role user\n@@depth 0\nx").position, at(0, Role::User));
    assert_eq!(read("@@depth -2\nx").position, at(0, Role::System));
    let alone = read("@@role user\nx");
    assert_eq!((alone.position, alone.ignored), (LorePosition::AfterChar, vec!["role".to_owned()]));
}

#[test]
fn position_beats_depth() {
    for (name, position) in [
        ("before_desc", LorePosition::BeforeChar),
        ("after_desc", LorePosition::AfterChar),
        ("personality", LorePosition::Personality),
        ("scenario", LorePosition::Scenario),
    ] {
        let entry = read(&format!("@@depth 3\n@@position {name}\nx"));
        assert_eq!((entry.position, entry.ignored), (position, vec!["depth".to_owned()]));
    }
    let unknown = read("@@position the_moon\nx");
    assert_eq!((unknown.position, unknown.ignored), (LorePosition::AfterChar, vec!["position".to_owned()]));
}

#[test]
fn activate_fires_whatever_comes_up() {
    assert!(fires("@@activate\nx", "nothing"));
    assert!(!fires("@@dont_activate\nx", "key"));
    assert!(fires("@@dont_activate\n@@activate\nx", "nothing"), "activate is the stronger one");
    let off = LoreEntry { enabled: false, ..read("@@activate\nx") };
    assert!(outcome(off, &talk(&said(&["key"]))).is_err(), "off is off in any case");
    assert_eq!(outcome(read("@@activate\nx"), &talk(&[])), Ok("Decorator".to_owned()));
}

#[test]
fn constant_is_a_decorator_too() {
    assert!(fires("@@constant\nx", "nothing"));
}

#[test]
fn only_after_and_only_every_count_the_character_s_messages() {
    let messages = said(&["key"]);
    let at =
        |content: &str, own_count| outcome(read(content), &Talk { own_count, ..talk(&messages) }).is_ok();
    let after: Vec<bool> = (0..4).map(|own| at("@@activate_only_after 2\nx", own)).collect();
    assert_eq!(after, [false, false, true, true]);
    let every: Vec<bool> = (0..7).map(|own| at("@@activate_only_every 3\nx", own)).collect();
    assert_eq!(every, [true, false, false, true, false, false, true]);
    assert_eq!(read("@@activate_only_every 0\nx").ignored, ["activate_only_every"]);
}

#[test]
fn matches_are_remembered_where_asked() {
    let course = |content: &str| -> Vec<bool> {
        let book = book(vec![read(content)]);
        let mut timers = Timers::default();
        ["-", "key", "-", "key"]
            .iter()
            .zip(1..)
            .map(|(text, count)| {
                let messages = said(&[text]);
                let talk = Talk { count, ..talk(&messages) };
                let dice = &mut Rng::with_seed(1);
                let active = activate(&book, &talk, &Settings::default(), &timers, dice);
                let fired = active.fired.first().map(|fired| fired.why);
                assert!(count != 3 || fired.is_none_or(|why| why == Why::Kept));
                timers = active.timers;
                fired.is_some()
            })
            .collect()
    };
    assert_eq!(course("x"), [false, true, false, true]);
    assert_eq!(course("@@keep_activate_after_match\nx"), [false, true, true, true]);
    assert_eq!(course("@@dont_activate_after_match\nx"), [false, true, false, false]);
}

#[test]
fn additional_and_exclude_keys_filter() {
    assert!(!fires("@@additional_keys iron, old\nx", "key"));
    assert!(fires("@@additional_keys iron, old\nx", "old key"));
    assert!(!fires("@@additional_keys iron\nx", "iron"));
    assert!(fires("@@exclude_keys iron, old\nx", "key"));
    let messages = said(&["old key"]);
    let entry = read("@@exclude_keys iron, old\nx");
    let book = book(vec![entry]);
    assert_eq!(run(&book, &talk(&messages)).why_not(0), Some(&Reason::Excluded { key: "old" }));
}

#[test]
fn greeting_and_picture_count_where_they_are_known() {
    let messages = said(&["key"]);
    let greeted =
        |greeting| outcome(read("@@is_greeting 1\nx"), &Talk { greeting, ..talk(&messages) }).is_ok();
    assert!(greeted(Some(1)) && !greeted(Some(0)) && greeted(None));
    let icon =
        |user_icon| outcome(read("@@is_user_icon hat\nx"), &Talk { user_icon, ..talk(&messages) }).is_ok();
    assert!(icon(Some("hat")) && !icon(Some("cat")) && icon(None));
}

#[test]
fn scan_depth_decorates_the_entry() {
    let deep = said(&["key", "b", "c", "d", "e", "f"]);
    assert!(outcome(read("@@scan_depth 6\nx"), &talk(&deep)).is_ok());
    assert!(outcome(read("@@scan_depth 5\nx"), &talk(&deep)).is_err());
}

#[test]
fn ignore_on_max_context_goes_first() {
    let first =
        LoreEntry { constant: true, insertion_order: 900, ..read("@@ignore_on_max_context\nsome text") };
    let mut book = book(vec![first, LoreEntry { insertion_order: 1, ..read("some text") }]);
    book.token_budget = Some(domain::lore::cost(&book.entries[1]));
    let messages = said(&["key"]);
    let active = run(&book, &talk(&messages));
    assert_eq!(active.fired.len(), 1);
    assert_eq!(active.fired[0].index, 1);
}

#[test]
fn decorators_for_other_than_chats_are_passed_over() {
    let content =
        "@@instruct_depth 3\n@@reverse_depth 2\n@@reverse_instruct_depth 2\n@@instruct_scan_depth 9\nx";
    let entry = read(content);
    assert_eq!(
        entry.ignored,
        ["instruct_depth", "reverse_depth", "reverse_instruct_depth", "instruct_scan_depth"]
    );
    assert_eq!((entry.position, entry.content.as_str()), (LorePosition::AfterChar, "x"));
    let fallback = read("@@reverse_depth 2\n@@@depth 3\nx");
    assert_eq!(fallback.position, LorePosition::AtDepth { depth: 3, role: Role::System });
}
