//! Where lore stands in a prompt.

use domain::{
    card::parse,
    character::Character,
    chat::{ChatMessage, Role, Sampling},
    lore::{LoreEntry, LorePosition, Lorebook, Timers},
    prompt::{Known, Profile, Receipt, Style, assemble, assemble_knowing},
    scene::Line,
};

use proptest::prelude::*;

use crate::stage::{character, message, person, scene, spoken};

const FULL: Profile = Profile::new(Style::Full, 8_192, 400, SAMPLING);

const SAMPLING: Sampling =
    Sampling { temperature: None, top_p: None, top_k: None, min_p: None, repeat_penalty: None, seed: None };

fn at(content: &str, position: LorePosition) -> LoreEntry {
    LoreEntry { constant: true, position, label: content.to_owned(), ..super_entry(content) }
}

fn super_entry(content: &str) -> LoreEntry {
    LoreEntry { content: content.to_owned(), ..LoreEntry::default() }
}

fn mira(entries: Vec<LoreEntry>) -> Character {
    let mut mira = character("Mira", &[]);
    mira.book = Some(Lorebook { entries, ..Lorebook::default() });
    mira
}

fn ask(mira: &Character, history: &[Line]) -> (Vec<ChatMessage>, Receipt) {
    let cast = [];
    let (request, receipt) = assemble(mira, &scene(&cast, history), &message("the last"), &FULL, 1);
    assert!(receipt.prompt_tokens <= receipt.budget);
    (request.messages, receipt)
}

/// The place of each text in the whole prompt.
fn order(messages: &[ChatMessage], texts: &[&str]) -> Vec<usize> {
    let all = messages.iter().map(|m| m.content.as_str()).collect::<Vec<_>>().join("\n");
    texts.iter().map(|text| all.find(text).unwrap_or_else(|| panic!("no {text:?} in {all}"))).collect()
}

fn in_order(messages: &[ChatMessage], texts: &[&str]) {
    let places = order(messages, texts);
    assert!(places.is_sorted(), "{texts:?} at {places:?} of {messages:#?}");
}

#[test]
fn around_the_definition_and_inside_of_it() {
    let (messages, _) = ask(
        &mira(vec![
            at("LBEFORE", LorePosition::BeforeChar),
            at("LAFTER", LorePosition::AfterChar),
            at("LPERSONALITY", LorePosition::Personality),
            at("LSCENARIO", LorePosition::Scenario),
        ]),
        &[],
    );
    let texts =
        ["LBEFORE", "You are Mira", "dry, patient\nLPERSONALITY", "rain.\nLSCENARIO", "LAFTER", "How this"];
    in_order(&messages, &texts);
    let mut bare = mira(vec![at("LPERSONALITY", LorePosition::Personality)]);
    bare.personality = String::new();
    in_order(&ask(&bare, &[]).0, &["You are Mira", "LPERSONALITY", "How this"]);
}

#[test]
fn before_and_after_the_examples() {
    let mira =
        mira(vec![at("LFIRST", LorePosition::BeforeExamples), at("LLAST", LorePosition::AfterExamples)]);
    let texts = ["Examples of how", "LFIRST", "You are dripping", "wet step", "LLAST", "alice: the last"];
    in_order(&ask(&mira, &[]).0, &texts);
}

#[test]
fn within_the_chat_at_its_depth_and_in_its_role() {
    let depth = |content: &str, depth, role| at(content, LorePosition::AtDepth { depth, role });
    let mira = mira(vec![
        depth("LZERO", 0, Role::System),
        depth("LONE", 1, Role::Assistant),
        depth("LTWO", 2, Role::User),
        depth("LFAR", 99, Role::System),
    ]);
    let history = [person(10, "alice", "MONE"), spoken("mira", "MTWO"), person(10, "alice", "MTHREE")];
    let (messages, receipt) = ask(&mira, &history);
    in_order(
        &messages,
        &["LFAR", "alice: MONE", "MTWO", "LTWO", "MTHREE", "LONE", "the last", "LZERO", "Stay dry"],
    );
    let role = |text: &str| messages.iter().find(|m| m.content.contains(text)).map(|m| m.role);
    assert_eq!(role("LZERO"), Some(Role::System));
    assert_eq!(role("LONE"), Some(Role::Assistant));
    assert_eq!(role("LTWO"), Some(Role::User));
    assert_eq!(role("LFAR"), Some(Role::System));
    assert!(receipt.lore.iter().all(|note| note.included), "{receipt}");
    in_order(&ask(&mira, &[]).0, &["LFAR", "LONE", "the last", "LZERO"]);
}

#[test]
fn the_note_within_the_chat_has_a_top_and_a_bottom() {
    let mira = mira(vec![at("LBOTTOM", LorePosition::NoteBottom), at("LTOP", LorePosition::NoteTop)]);
    let history: Vec<Line> = (0..6).map(|n| person(10, "alice", &format!("line {n}"))).collect();
    in_order(&ask(&mira, &history).0, &["line 2", "LTOP\nLBOTTOM", "line 3", "the last"]);
}

#[test]
fn outlets_stand_where_they_are_called() {
    let outlet = |content: &str, name: &str, order| LoreEntry {
        outlet: name.to_owned(),
        insertion_order: order,
        ..at(content, LorePosition::Outlet)
    };
    let mut mira =
        mira(vec![outlet("LSECOND", "Facts", 2), outlet("LFIRST", "Facts", 1), outlet("LOTHER", "x", 1)]);
    mira.system_prompt = "Know: {{outlet::Facts}}! {{outlet::facts}}.".to_owned();
    let (messages, receipt) = ask(&mira, &[]);
    in_order(&messages, &["Know: LFIRST\nLSECOND! ."]);
    assert!(!messages.iter().any(|message| message.content.contains("LOTHER")));
    let included: Vec<_> = receipt.lore.iter().map(|note| (note.entry.as_str(), note.included)).collect();
    assert_eq!(included, [("LFIRST", true), ("LOTHER", false), ("LSECOND", true)]);
}

#[test]
fn decorators_can_leave_out_the_card_s_own_instructions() {
    let mut entry = at("x", LorePosition::AfterChar);
    entry.rules.without_post_history = true;
    entry.rules.without_system_prompt = true;
    let mut mira = mira(vec![entry]);
    mira.system_prompt = "SYSTEM".to_owned();
    let (messages, _) = ask(&mira, &[]);
    assert!(!messages.iter().any(|m| m.content.contains("SYSTEM") || m.content.contains("Stay dry")));
    in_order(&messages, &["You are Mira, one of", "Now Mira answers"]);
}

#[test]
fn the_receipt_tells_who_woke_whom_and_what_was_left_out() {
    let card = serde_json::json!({"spec": "chara_card_v2", "data": {"name": "Mira", "character_book": {
        "recursive_scanning": true, "token_budget": 30, "entries": [
        {"keys": ["last"], "name": "first", "content": "It speaks of whales."},
        {"keys": ["whales"], "name": "second", "content": "Whales."},
        {"keys": ["last"], "name": "long", "insertion_order": 1, "content": "word ".repeat(25)},
        {"keys": ["last"], "name": "never", "content": "x", "extensions": {"probability": 0}},
        {"keys": ["unheard"], "name": "quiet", "content": "x"},
    ]}}});
    let mira = parse(card.to_string().as_bytes()).unwrap();
    let receipt = ask(&mira, &[]).1.to_string();
    assert!(receipt.contains("lore “first” by “last”\n"), "{receipt}");
    assert!(receipt.contains("lore “never” by “last”, left out: rolled"), "{receipt}");
    assert!(receipt.contains("lore “long” by “last”, left out: no room"), "{receipt}");
    assert!(!receipt.contains("quiet"), "{receipt}");
    let mut roomy = mira.clone();
    roomy.book.as_mut().unwrap().token_budget = None;
    let receipt = ask(&roomy, &[]).1.to_string();
    assert!(receipt.contains("lore “second” by “whales” in “first”\n"), "{receipt}");
}

#[test]
fn what_lasts_goes_in_and_comes_out() {
    let mut entry = at("LSTICKY", LorePosition::AfterChar);
    entry.constant = false;
    entry.keys = vec!["last".into()];
    entry.timed.sticky = 2;
    let mira = mira(vec![entry]);
    let cast = [];
    let turn = |text: &str, count, timers: &Timers| {
        let known = Known { timers: timers.clone(), messages: Some((count, 0)), ..Known::default() };
        let (request, _, timers) =
            assemble_knowing(&mira, &scene(&cast, &[]), &message(text), &FULL, 1, &known);
        (request.messages.iter().any(|m| m.content.contains("LSTICKY")), timers)
    };
    let (fires, first) = turn("the last", 10, &Timers::default());
    assert!(fires);
    assert!(turn("other", 12, &first).0);
    assert!(!turn("other", 13, &first).0);
    assert!(!turn("other", 12, &Timers::default()).0);
    let other = Lorebook { entries: vec![at("LOTHER", LorePosition::AfterChar)], ..Lorebook::default() };
    let known = Known { book: Some(&other), ..Known::default() };
    let (request, ..) = assemble_knowing(&mira, &scene(&cast, &[]), &message("the last"), &FULL, 1, &known);
    let all = request.messages.iter().map(|m| m.content.as_str()).collect::<String>();
    assert!(
        all.contains("LOTHER") && !all.contains("LSTICKY"),
        "another book takes the place of the own one"
    );
}

fn any_place() -> impl Strategy<Value = LorePosition> {
    use LorePosition as P;
    let depth = (0_u32..9, prop::sample::select(vec![Role::System, Role::User, Role::Assistant]))
        .prop_map(|(depth, role)| P::AtDepth { depth, role });
    let places = vec![
        P::BeforeChar,
        P::AfterChar,
        P::Personality,
        P::Scenario,
        P::BeforeExamples,
        P::AfterExamples,
        P::NoteTop,
        P::NoteBottom,
        P::Outlet,
    ];
    prop_oneof![prop::sample::select(places), depth]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_prompt_full_of_lore_keeps_to_its_budget(
        lore in prop::collection::vec((any_place(), 0_usize..150, any::<bool>()), 0..20),
        context_tokens in 1_300_u32..5_000, lines in 0_usize..30, length in 0_usize..300,
    ) {
        let entries = lore.iter().map(|(position, words, constant)| LoreEntry {
            constant: *constant,
            keys: vec!["last".into()],
            outlet: "all".to_owned(),
            ..at(&"{{user}} word ".repeat(*words), *position)
        });
        let mut mira = mira(entries.collect());
        mira.system_prompt = "{{outlet::all}} and {{original}}".to_owned();
        let history: Vec<Line> = (0..lines).map(|_| person(10, "alice", &"word ".repeat(length))).collect();
        let profile = Profile { context_tokens, ..FULL };
        let cast = [];
        let (request, receipt) = assemble(&mira, &scene(&cast, &history), &message("the last"), &profile, 1);
        prop_assert!(receipt.prompt_tokens <= receipt.budget, "{}", receipt);
        prop_assert!(request.messages.iter().any(|m| m.role == Role::User && m.content.contains("alice: the last")));
    }
}
