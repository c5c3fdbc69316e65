//! What holds for every book.

use domain::{
    chat::Role,
    lore::{
        Key, Logic, LoreEntry, LorePosition, Lorebook, Reach, Recursion, Settings, Talk, Timed, Timers,
        activate, cost,
    },
};
use fastrand::Rng;
use proptest::prelude::*;

use super::{book, entry, run, said, talk};

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["ash", "birch", "cedar", "dogwood", "elm", "fir", "/gorse?/", "{{user}}"])
        .prop_map(str::to_owned)
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    prop::collection::vec(word().prop_map(|word| Key::new(&word)), 0..3)
}

fn any_entry() -> impl Strategy<Value = LoreEntry> {
    let words = (keys(), keys(), prop::collection::vec(word(), 0..12), 0_usize..4);
    let switches = (any::<[bool; 7]>(), 0_u8..=100, prop::option::of(0_u32..4), -3_i64..3);
    let more = (0_u32..4, 0_u32..4, 0_u32..3, prop::collection::vec("[gh]", 0..2));
    (words, switches, more).prop_map(
        |((keys, secondary, content, logic), (on, chance, level, order), more)| {
            let (sticky, cooldown, delay, groups) = more;
            LoreEntry {
                keys,
                secondary_keys: secondary,
                selective: on[0],
                logic: [Logic::AndAny, Logic::AndAll, Logic::NotAny, Logic::NotAll][logic],
                content: content.join(" "),
                constant: on[1] && on[2],
                probability: chance.saturating_mul(2).min(100),
                insertion_order: order,
                ignore_budget: on[3] && on[4],
                recursion: Recursion {
                    excluded: on[5],
                    prevents: on[6],
                    delay: level.filter(|level| *level > 0),
                },
                timed: Timed { sticky, cooldown, delay },
                position: if on[4] {
                    LorePosition::AtDepth { depth: 2, role: Role::System }
                } else {
                    LorePosition::AfterChar
                },
                groups,
                ..LoreEntry::default()
            }
        },
    )
}

fn any_reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        Just(Reach::Open),
        (0_u32..4).prop_map(Reach::MaxSteps),
        (0_u32..9, 0_u32..9).prop_map(|(entries, max_depth)| Reach::MinActivations { entries, max_depth }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn budgets_hold_and_everything_is_accounted_for(
        entries in prop::collection::vec(any_entry(), 0..25), budget in 0_u32..120, room in 0_u32..150,
        texts in prop::collection::vec("(ash|birch|elm|fir|gorse|Sam| ){0,4}", 0..8),
        reach in any_reach(), recursive in any::<bool>(), seed in any::<u64>(),
    ) {
        let book = Lorebook {
            token_budget: Some(budget), recursive_scanning: recursive, entries, ..Lorebook::default()
        };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let messages = said(&texts);
        let talk = Talk { room, ..talk(&messages) };
        let settings = Settings { reach, ..Settings::default() };
        let mut timers = Timers::default();
        for count in 1..4 {
            let talk = Talk { count, ..talk };
            let active = activate(&book, &talk, &settings, &timers, &mut Rng::with_seed(seed));
            let again = activate(&book, &talk, &settings, &timers, &mut Rng::with_seed(seed));
            prop_assert_eq!(&active, &again, "the same arguments give the same result");
            prop_assert!(active.tokens() <= room, "{} of {}", active.tokens(), room);
            let bound: u32 = active.fired.iter().filter(|f| !f.entry.ignore_budget).map(|f| cost(f.entry)).sum();
            prop_assert!(bound <= budget, "{} of {}", bound, budget);
            let mut seen: Vec<usize> = active.fired.iter().map(|fired| fired.index).collect();
            seen.extend(active.rejected.iter().map(|rejected| rejected.index));
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..book.entries.len()).collect::<Vec<_>>(), "each is told of once");
            for group in ["g", "h"] {
                let winners =
                    active.fired.iter().filter(|fired| fired.entry.groups.iter().any(|own| own == group));
                prop_assert!(winners.count() <= 1);
            }
            timers = active.timers;
        }
    }

    #[test]
    fn any_text_can_be_a_key(key in "\\PC{0,40}|/\\PC{0,30}/[gimsuy]{0,3}", text in "\\PC{0,60}") {
        let book = book(vec![entry("x", &[&key])]);
        let messages = said(&[&text]);
        prop_assert!(!run(&book, &talk(&messages)).exhausted);
    }
}

/// Counted, not timed: the search gives up after a fixed amount of work.
#[test]
fn hostile_books_end_the_search() {
    let keys: Vec<String> = (0..200).map(|n| format!("{}b{n}", "a".repeat(900))).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let hostile = || LoreEntry { content: "a".repeat(4_000), ..entry("x", &keys) };
    let first = LoreEntry { constant: true, ..entry("first", &[]) };
    let mut book = book((0..100).map(|_| hostile()).chain([first]).collect());
    book.recursive_scanning = true;
    let text = "a".repeat(4_000);
    let texts = [text.as_str(); 20];
    let messages = said(&texts);
    let active = run(&book, &talk(&messages));
    assert!(active.exhausted);
    assert_eq!(active.fired.len(), 1, "what needs no search fires all the same");
}

/// The classic trap for engines that go back: here it is linear.
#[test]
fn hostile_expressions_cost_no_more_than_others() {
    let keys = ["/^(a+)+$/", "/(a|aa)+$/", "/(a|a?)+b/", "/(.*a){20}/", "/a*a*a*a*a*a*a*a*c/"];
    let mut book = book(keys.iter().map(|key| entry(key, &[key])).collect());
    book.scan_depth = Some(50);
    let text = format!("{}!", "a".repeat(3_900));
    let texts = [text.as_str(); 50];
    let messages = said(&texts);
    let active = run(&book, &talk(&messages));
    assert!(!active.exhausted);
    assert_eq!(active.fired.len(), 1, "the one that asks for twenty");
}
