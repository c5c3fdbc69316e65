//! What wakes an entry.

use domain::lore::{
    About, CharacterFilter, Key, Logic, LoreEntry, Lorebook, Reason, Settings, Sources, Talk, Timers,
    Trigger, Utterance, Why, activate,
};
use fastrand::Rng;

use super::{book, entry, fired, labels, run, said, talk};

#[test]
fn keys_are_whole_words_unless_the_entry_says_otherwise() {
    let dragon = || entry("dragon", &["wyrm", "dragon"]);
    assert_eq!(fired(vec![dragon()], &["a Dragon's egg"]), ["dragon"]);
    assert!(fired(vec![dragon()], &["snapdragons"]).is_empty());
    assert_eq!(fired(vec![LoreEntry { whole_words: Some(false), ..dragon() }], &["snapDRAGONS"]), ["dragon"]);
    assert_eq!(fired(vec![dragon()], &["> dragon, you said"]), ["dragon"], "quotes bring things up");
    let king = || entry("king", &["king"]);
    assert_eq!(fired(vec![king()], &["long live the king"]), ["king"]);
    assert!(fired(vec![king()], &["it's not to my liking"]).is_empty());
}

#[test]
fn case_counts_only_where_it_is_asked_for() {
    let cased = LoreEntry { case_sensitive: Some(true), ..entry("rose", &["Rose"]) };
    assert!(fired(vec![cased.clone()], &["a rose"]).is_empty());
    assert_eq!(fired(vec![cased.clone()], &["Rose!"]), ["rose"]);
    let part = LoreEntry { whole_words: Some(false), ..cased };
    assert!(fired(vec![part.clone()], &["primrose"]).is_empty());
    assert_eq!(fired(vec![part], &["PrimRose"]), ["rose"]);
    let settings = Settings { case_sensitive: true, whole_words: false, ..Settings::default() };
    let book = book(vec![entry("ash", &["ash"]), entry("Ash", &["Ash"])]);
    let messages = said(&["Ashes"]);
    let active = activate(&book, &talk(&messages), &settings, &Timers::default(), &mut Rng::with_seed(1));
    assert_eq!(labels(&active), ["Ash"]);
}

#[test]
fn regular_expressions_are_keys_with_flags() {
    let weather = || entry("weather", &[r"/(?:rain|snow)(?:y|ing)?\b/i"]);
    assert_eq!(fired(vec![weather()], &["It is RAINING"]), ["weather"]);
    assert!(fired(vec![weather()], &["a rainbow"]).is_empty());
    assert!(fired(vec![entry("cased", &["/rain/"])], &["RAIN"]).is_empty(), "an expression has its own case");
    assert_eq!(fired(vec![entry("lines", &["/^b$/m"])], &["a\nb"]), ["lines"]);
    assert_eq!(fired(vec![entry("dot", &["/a.b/s"])], &["a\nb"]), ["dot"]);
    assert_eq!(fired(vec![entry("comma", &["/one, two/"])], &["one, two"]), ["comma"]);
    assert_eq!(fired(vec![entry("slash", &[r"/a\/b/"])], &["a/b"]), ["slash"]);
    assert_eq!(
        fired(vec![entry("path", &["/usr/bin/q"])], &["in /usr/bin/q it is"]),
        ["path"],
        "no flags: plain"
    );
}

#[test]
fn expressions_that_are_broken_or_too_large_never_match() {
    let hostile = ["/(a+)+$(?=b)/", r"/(.)\1/", "/(/", "/(?:a{1000}){1000}/", "/((((a{100}){100}){100}))/"];
    for key in hostile {
        assert!(Key::new(key).is_broken(), "{key}");
        assert!(fired(vec![entry("x", &[key])], &[key, "aa", "aaab"]).is_empty(), "{key}");
    }
    assert!(!Key::new(r"/\w+\s+\w+/").is_broken());
    assert!(Key::regex("(", false).is_broken() && !Key::new("(").is_broken());
}

#[test]
fn expressions_can_ask_who_said_it() {
    let messages = [Utterance { name: "Sam", text: "well, hello" }, Utterance { name: "Mira", text: "bye" }];
    let about = |name: &'static str| About { name, ..About::default() };
    let by = |key: &str| {
        let book = book(vec![entry("greeting", &[key])]);
        let talk = Talk { character: about("Mira"), ..talk(&messages) };
        labels(&run(&book, &talk)).len()
    };
    assert_eq!(by(r"/\x01{{user}}:[^\x01]*?hello/"), 1);
    assert_eq!(by(r"/\x01{{char}}:[^\x01]*?hello/"), 0);
    assert_eq!(by(r"/\x01{{char}}:[^\x01]*?bye/"), 1);
    assert_eq!(by("mira"), 0, "names are not searched for plain keys");
    let settings = Settings { include_names: true, ..Settings::default() };
    let book = book(vec![entry("name", &["mira"])]);
    let dice = &mut Rng::with_seed(1);
    assert_eq!(labels(&activate(&book, &talk(&messages), &settings, &Timers::default(), dice)), ["name"]);
}

#[test]
fn macros_in_keys_are_names() {
    let about = About { name: "Mi(ra", ..About::default() };
    let messages = said(&["ask mi(ra", "or Sam"]);
    let book = book(vec![
        entry("char", &["{{char}}"]),
        entry("user", &["{{USER}}"]),
        entry("regex", &["/ask {{char}}/i"]),
        entry("other", &["{{original}}"]),
    ]);
    assert_eq!(labels(&run(&book, &Talk { character: about, ..talk(&messages) })), ["char", "user", "regex"]);
}

#[test]
fn the_four_kinds_of_secondary_logic() {
    let with = |logic| LoreEntry {
        selective: true,
        logic,
        secondary_keys: vec!["iron".into(), "/ol[d]/".into()],
        ..entry("gate", &["gate"])
    };
    for (logic, none, one, both) in [
        (Logic::AndAny, false, true, true),
        (Logic::AndAll, false, false, true),
        (Logic::NotAny, true, false, false),
        (Logic::NotAll, true, true, false),
    ] {
        let fires = |text: &str| !fired(vec![with(logic)], &[text]).is_empty();
        assert_eq!(
            (fires("the gate"), fires("iron gate"), fires("old iron gate")),
            (none, one, both),
            "{logic:?}"
        );
        assert!(!fires("old iron"), "{logic:?}: the first key is needed");
    }
    let unselective = LoreEntry { selective: false, ..with(Logic::AndAll) };
    assert_eq!(fired(vec![unselective], &["gate"]), ["gate"]);
    let empty = LoreEntry { secondary_keys: Vec::new(), ..with(Logic::AndAll) };
    assert_eq!(fired(vec![empty], &["gate"]), ["gate"], "nothing to filter by");
}

#[test]
fn the_reason_names_the_keys() {
    let both = LoreEntry { selective: true, secondary_keys: vec!["old".into()], ..entry("both", &["gate"]) };
    let not = LoreEntry { logic: Logic::NotAny, ..both.clone() };
    let book = book(vec![both, not, entry("none", &["x"])]);
    let messages = said(&["the gate", "is old"]);
    let active = run(&book, &talk(&messages));
    assert_eq!(active.fired[0].why, Why::Key { key: "gate", secondary: Some("old") });
    assert_eq!((active.fired[0].level, active.fired[0].woken_by, active.fired[0].score), (0, None, 2));
    assert_eq!(active.why_not(1), Some(&Reason::Secondary { key: "gate", logic: Logic::NotAny }));
    assert_eq!(active.why_not(2), Some(&Reason::NoKey));
    assert_eq!(active.why_not(0), None);
}

#[test]
fn off_is_off_and_constant_is_always() {
    let off = LoreEntry { enabled: false, constant: true, ..entry("off", &["hi"]) };
    let blank = LoreEntry { content: " \n".to_owned(), constant: true, ..entry("blank", &[]) };
    let constant = LoreEntry { constant: true, ..entry("constant", &[]) };
    let book = book(vec![off, blank, constant]);
    let messages = said(&["hi"]);
    let active = run(&book, &talk(&messages));
    assert_eq!(labels(&active), ["constant"]);
    assert_eq!(active.fired[0].why, Why::Constant);
    assert_eq!((active.why_not(0), active.why_not(1)), (Some(&Reason::Disabled), Some(&Reason::Empty)));
}

#[test]
fn only_the_newest_messages_are_searched() {
    let deep = |scan_depth| Lorebook { scan_depth, ..book(vec![entry("old", &["old"])]) };
    let fires = |book: &Lorebook, texts: &[&str]| !run(book, &talk(&said(texts))).fired.is_empty();
    assert!(!fires(&deep(Some(2)), &["old", "b", "c"]));
    assert!(fires(&deep(Some(2)), &["a", "old", "c"]));
    assert!(!fires(&deep(Some(0)), &["old"]));
    assert!(fires(&deep(None), &["old", "b", "c", "d"]), "four if nobody says");
    assert!(!fires(&deep(None), &["old", "b", "c", "d", "e"]));
}

#[test]
fn an_entry_has_its_own_depth() {
    let at = |depth| LoreEntry { scan_depth: Some(depth), ..entry("old", &["old"]) };
    assert_eq!(fired(vec![at(5)], &["old", "b", "c", "d", "e"]), ["old"]);
    assert!(fired(vec![at(1)], &["old", "b"]).is_empty());
    assert!(fired(vec![at(0)], &["old"]).is_empty());
}

#[test]
fn other_texts_are_searched_where_the_entry_asks() {
    let about = About {
        description: "keeps a lighthouse",
        personality: "a wolf at heart",
        note: "the storm",
        scenario: "an island",
        creator_notes: "made in spring",
        ..About::default()
    };
    let all = |sources: Sources, key: &str| {
        let book = book(vec![LoreEntry { sources, scan_depth: Some(0), ..entry("x", &[key]) }]);
        let messages = said(&["nothing"]);
        let talk = Talk { character: about, persona: "a sailor", ..talk(&messages) };
        !run(&book, &talk).fired.is_empty()
    };
    let none = Sources::default;
    for (sources, key) in [
        (Sources { description: true, ..none() }, "lighthouse"),
        (Sources { personality: true, ..none() }, "wolf"),
        (Sources { note: true, ..none() }, "storm"),
        (Sources { scenario: true, ..none() }, "island"),
        (Sources { creator_notes: true, ..none() }, "spring"),
        (Sources { persona: true, ..none() }, "sailor"),
    ] {
        assert!(all(sources, key), "{key}");
        assert!(!all(none(), key), "{key} without asking");
        assert!(!all(sources, "nothing"), "{key}: depth 0 means no messages");
    }
}

#[test]
fn filters_by_character_and_tag() {
    let tags = ["Pirate".to_owned()];
    let about = About { name: "Mira", other_names: &["lamp lady"], tags: &tags, ..About::default() };
    let fires = |names: &[&str], tags: &[&str], exclude: bool| {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let filter = CharacterFilter { names: own(names), tags: own(tags), exclude };
        let book = book(vec![LoreEntry { filter, ..entry("x", &["hi"]) }]);
        let messages = said(&["hi"]);
        let active = run(&book, &Talk { character: about, ..talk(&messages) });
        assert_eq!(active.why_not(0).is_some(), active.why_not(0) == Some(&Reason::Character));
        !active.fired.is_empty()
    };
    assert!(fires(&[], &[], false) && fires(&[], &[], true));
    assert!(fires(&["mira"], &[], false) && fires(&["Lamp Lady"], &[], false));
    assert!(!fires(&["Tom"], &[], false) && fires(&["Tom"], &["pirate"], false));
    assert!(
        !fires(&["Mira"], &[], true) && fires(&["Tom"], &[], true) && !fires(&["Tom"], &["pirate"], true)
    );
}

#[test]
fn triggers_limit_the_kind_of_answer() {
    let book =
        book(vec![LoreEntry { triggers: vec![Trigger::Swipe, Trigger::Quiet], ..entry("x", &["hi"]) }]);
    let messages = said(&["hi"]);
    assert_eq!(run(&book, &talk(&messages)).why_not(0), Some(&Reason::Trigger));
    let swipe = Talk { trigger: Trigger::Swipe, ..talk(&messages) };
    assert_eq!(run(&book, &swipe).fired.len(), 1);
}

#[test]
fn likeness_replaces_only_the_key_test() {
    let like = |vectorized| LoreEntry { vectorized, ..entry("sea", &[]) };
    let mut never = like(true);
    never.probability = 0;
    let mut other = like(true);
    other.filter.names = vec!["Tom".to_owned()];
    let book = book(vec![like(true), like(false), never, other, like(true)]);
    let messages = said(&["waves"]);
    let active = run(&book, &Talk { similar: &[(0, 0.75), (1, 0.9), (2, 0.9), (3, 0.9)], ..talk(&messages) });
    assert_eq!(active.fired.len(), 1);
    assert_eq!(active.fired[0].why, Why::Semantic { score: 0.75 });
    assert_eq!(active.why_not(1), Some(&Reason::NoKey), "not one of those that may");
    assert!(matches!(active.why_not(2), Some(Reason::Chance { probability: 0, .. })));
    assert_eq!(active.why_not(3), Some(&Reason::Character));
    assert_eq!(active.why_not(4), Some(&Reason::NoKey));
}

#[test]
fn probability_is_rolled_once_for_what_came_up() {
    let chance = |probability| LoreEntry { probability, ..entry("x", &["hi"]) };
    assert!(fired(vec![chance(0)], &["hi"]).is_empty());
    assert_eq!(fired(vec![chance(100)], &["hi"]), ["x"]);
    let constant = LoreEntry { constant: true, ..chance(0) };
    assert!(fired(vec![constant], &["hi"]).is_empty(), "constants roll, too");
    let book = book(vec![chance(30)]);
    let messages = said(&["hi"]);
    let mut dice = Rng::with_seed(3);
    let count = (0..2_000)
        .filter(|_| {
            let active =
                activate(&book, &talk(&messages), &Settings::default(), &Timers::default(), &mut dice);
            if let Some(Reason::Chance { rolled, .. }) = active.why_not(0) {
                assert!(*rolled >= 30);
            }
            !active.fired.is_empty()
        })
        .count();
    assert!((500..700).contains(&count), "{count} of 2000 at 30 %");
}
