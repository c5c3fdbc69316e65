//! Lorebooks as other programs write them.

use domain::{
    card::{CardError, LOREBOOK_BYTES, Problem, lorebook_v3, parse, parse_lorebook, world_file},
    chat::Role,
    lore::{CharacterFilter, Logic, LoreEntry, LorePosition, Lorebook, Recursion, Sources, Timed, Trigger},
};
use serde_json::{Value, json};

fn world(file: &Value) -> Result<Lorebook, CardError> {
    parse_lorebook(file.to_string().as_bytes())
}

fn in_card(book: &Value) -> Lorebook {
    let card = json!({"spec": "chara_card_v3", "spec_version": "3.0", "data": {"name": "Mira", "character_book": book}});
    parse(card.to_string().as_bytes()).unwrap().book.unwrap()
}

/// Every switch turned away from where it rests.
fn expected() -> LoreEntry {
    LoreEntry {
        label: "the gate".to_owned(),
        keys: vec!["gate".into(), "/door(s)?/i".into()],
        secondary_keys: vec!["iron".into()],
        selective: true,
        logic: Logic::AndAll,
        content: "It is shut.".to_owned(),
        enabled: false,
        constant: true,
        vectorized: true,
        insertion_order: 42,
        priority: None,
        case_sensitive: Some(true),
        whole_words: Some(false),
        scan_depth: Some(7),
        sources: Sources {
            persona: true,
            description: true,
            personality: true,
            note: true,
            scenario: true,
            creator_notes: true,
        },
        position: LorePosition::AtDepth { depth: 3, role: Role::Assistant },
        outlet: "doors".to_owned(),
        probability: 40,
        groups: vec!["a".to_owned(), "b c".to_owned()],
        group_weight: 30,
        group_override: true,
        group_scoring: Some(true),
        ignore_budget: true,
        recursion: Recursion { excluded: true, prevents: true, delay: Some(2) },
        timed: Timed { sticky: 3, cooldown: 2, delay: 1 },
        filter: CharacterFilter {
            names: vec!["Mira".to_owned()],
            tags: vec!["pirate".to_owned()],
            exclude: true,
        },
        triggers: vec![Trigger::Normal, Trigger::Swipe],
        ..LoreEntry::default()
    }
}

#[test]
fn a_world_file_is_read_with_all_its_fields() {
    let file: Value = serde_json::from_str(r#"{"entries": {"0": {
        "uid": 0, "key": ["gate", "/door(s)?/i"], "keysecondary": ["iron"], "comment": "the gate",
        "content": "It is shut.", "constant": true, "vectorized": true, "selective": true, "selectiveLogic": 3,
        "addMemo": true, "order": 42, "position": 4, "disable": true, "ignoreBudget": true,
        "excludeRecursion": true, "preventRecursion": true, "matchPersonaDescription": true,
        "matchCharacterDescription": true, "matchCharacterPersonality": true, "matchCharacterDepthPrompt": true,
        "matchScenario": true, "matchCreatorNotes": true, "delayUntilRecursion": 2, "probability": 40,
        "useProbability": true, "depth": 3, "outletName": "doors", "group": "a, b c", "groupOverride": true,
        "groupWeight": 30, "scanDepth": 7, "caseSensitive": true, "matchWholeWords": false,
        "useGroupScoring": true, "automationId": "", "role": 2, "sticky": 3, "cooldown": 2, "delay": 1,
        "characterFilter": {"isExclude": true, "names": ["Mira"], "tags": ["pirate"]},
        "triggers": ["normal", "swipe", "unheard of"], "displayIndex": 0}}, "originalData": {}}"#).unwrap();
    let book = world(&file).unwrap();
    assert_eq!(book.entries, [expected()]);
    assert!(book.recursive_scanning, "an author who speaks of recursion wants it");
    assert_eq!((book.name, book.scan_depth, book.token_budget), (None, None, None));
}

#[test]
fn a_card_s_book_is_read_with_the_extensions_of_other_programs() {
    let file = r#"{"name": "Harbour", "scan_depth": 6, "token_budget": 300, "recursive_scanning": true,
        "extensions": {}, "entries": [{
        "id": 1, "keys": ["gate", "/door(s)?/i"], "secondary_keys": ["iron"], "comment": "the gate",
        "content": "It is shut.", "constant": true, "selective": true, "insertion_order": 42, "enabled": false,
        "position": "after_char", "use_regex": false, "extensions": {
            "position": 4, "exclude_recursion": true, "display_index": 0, "probability": 40, "useProbability": true,
            "depth": 3, "selectiveLogic": 3, "outlet_name": "doors", "group": "a, b c", "group_override": true,
            "group_weight": 30, "prevent_recursion": true, "delay_until_recursion": 2, "scan_depth": 7,
            "match_whole_words": false, "use_group_scoring": true, "case_sensitive": true, "automation_id": "",
            "role": 2, "vectorized": true, "sticky": 3, "cooldown": 2, "delay": 1, "ignore_budget": true,
            "match_persona_description": true, "match_character_description": true,
            "match_character_personality": true, "match_character_depth_prompt": true, "match_scenario": true,
            "match_creator_notes": true, "triggers": ["normal", "swipe"],
            "character_filter": {"isExclude": true, "names": ["Mira"], "tags": ["pirate"]}}}]}"#;
    let book = in_card(&serde_json::from_str(file).unwrap());
    assert_eq!(book.entries, [expected()]);
    assert_eq!(
        (book.name.as_deref(), book.scan_depth, book.token_budget),
        (Some("Harbour"), Some(6), Some(300))
    );
}

#[test]
fn what_is_absent_or_null_is_at_rest() {
    let rest = LoreEntry { position: LorePosition::AfterChar, ..LoreEntry::default() };
    let card = in_card(&json!({"entries": [{"keys": [], "name": "x", "content": "y", "extensions": {
        "position": null, "depth": null, "role": null, "sticky": null, "group": "", "scan_depth": null,
        "delay_until_recursion": false, "probability": null, "triggers": null, "match_whole_words": null}}]}));
    assert_eq!(card.entries, [LoreEntry { label: "x".into(), content: "y".into(), ..rest.clone() }]);
    assert!(!card.recursive_scanning);
    let file =
        world(&json!({"entries": {"7": {"key": "one, two", "content": "y", "delayUntilRecursion": true}}}));
    let [entry] = file.unwrap().entries.try_into().unwrap();
    assert_eq!(entry.keys, ["one", "two"], "one text stands for a list");
    assert_eq!(
        (entry.position, entry.selective),
        (LorePosition::BeforeChar, true),
        "the world file's own defaults"
    );
    assert_eq!(entry.recursion.delay, Some(1), "yes is the first level");
}

#[test]
fn probability_counts_only_where_it_is_used() {
    let read = |extensions: Value| {
        in_card(&json!({"entries": [{"keys": [], "content": "y", "extensions": extensions}]})).entries[0]
            .probability
    };
    assert_eq!(read(json!({"probability": 40, "useProbability": false})), 100);
    assert_eq!(read(json!({"probability": 40})), 40);
    assert_eq!(read(json!({"probability": 400})), 100);
}

#[test]
fn every_position_number_has_its_place() {
    let read = |number: i64| {
        let file = json!({"entries": {"0": {"key": ["a"], "content": "b", "position": number, "role": 1}}});
        world(&file).unwrap().entries[0].position
    };
    let read: Vec<_> = (0..9).map(read).collect();
    assert_eq!(
        read,
        [
            LorePosition::BeforeChar,
            LorePosition::AfterChar,
            LorePosition::NoteTop,
            LorePosition::NoteBottom,
            LorePosition::AtDepth { depth: 4, role: Role::User },
            LorePosition::BeforeExamples,
            LorePosition::AfterExamples,
            LorePosition::Outlet,
            LorePosition::AfterChar,
        ]
    );
}

#[test]
fn a_v3_file_and_a_bare_book_are_read() {
    let data = json!({"name": "n", "extensions": {}, "entries": [
        {"keys": ["^hi"], "content": "x", "use_regex": true, "secondary_keys": ["b"], "selective": true,
         "case_sensitive": false, "priority": 5, "enabled": true, "insertion_order": 1, "extensions": {}}]});
    let book = world(&json!({"spec": "lorebook_v3", "data": data})).unwrap();
    let entry = &book.entries[0];
    assert!(entry.keys[0].is_regex() && !entry.keys[0].is_broken());
    assert!(entry.secondary_keys.is_empty(), "with expressions they do not count");
    assert_eq!(entry.priority, Some(5));
    assert_eq!(super::fired(book.entries.clone(), &["HI there"]), ["^hi"]);
    assert_eq!(world(&data).unwrap(), book);
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend(data.to_string().bytes());
    assert_eq!(parse_lorebook(&marked).unwrap(), book);
}

#[test]
fn exported_entries_have_plain_keys_unless_they_stand_between_slashes() {
    let entry = |extensions: Value| {
        json!({"keys": ["C++ (old)", "Mr. Smith", "/wrecks?/i"], "secondary_keys": ["lamp"], "selective": true,
            "content": "x", "use_regex": true, "enabled": true, "insertion_order": 1, "extensions": extensions})
    };
    let exported = json!({"position": 1, "exclude_recursion": false, "display_index": 0, "probability": 100,
        "useProbability": true, "depth": 4, "selectiveLogic": 0, "match_whole_words": null});
    let book = world(&json!({"entries": [entry(exported)]})).unwrap();
    let [plain, dotted, slashed] = &book.entries[0].keys[..] else { panic!("three keys") };
    assert!(!plain.is_regex() && !dotted.is_regex() && slashed.is_regex());
    assert_eq!(book.entries[0].secondary_keys, ["lamp"]);
    let fires = |text: &str| !super::fired(book.entries.clone(), &[text]).is_empty();
    assert!(fires("a lamp for C++ (old)") && fires("the lamp of the WRECK"));
    assert!(!fires("C++ (old)"), "the second key is missing");
    assert!(!fires("the lamp of MrX Smith"), "a point is a point");
    // The same words of another program mean what V3 says.
    let book = world(&json!({"entries": [entry(json!({}))]})).unwrap();
    assert!(book.entries[0].keys.iter().all(domain::lore::Key::is_regex));
}

#[test]
fn what_is_no_lorebook_is_said_so() {
    let problem = |file: Value| world(&file).unwrap_err();
    assert_eq!(problem(json!([])), CardError::NotALorebook);
    assert_eq!(problem(json!({"name": "x"})), CardError::NotALorebook);
    assert_eq!(problem(json!({"spec": "other", "entries": []})), CardError::UnknownSpec("other".to_owned()));
    assert!(matches!(parse_lorebook(b"{"), Err(CardError::NotJson(_))));
    let large = vec![b' '; LOREBOOK_BYTES + 1];
    assert_eq!(parse_lorebook(&large), Err(CardError::LorebookTooLarge(LOREBOOK_BYTES + 1)));
    let field = |path: &str, problem| CardError::Field { path: path.to_owned(), problem };
    assert_eq!(problem(json!({"entries": 3})), field("entries", Problem::NotA("a list")));
    assert_eq!(
        problem(json!({"entries": {"12": {"key": ["a"], "content": 5}}})),
        field("entries.12.content", Problem::NotA("a text"))
    );
    let patterns: Vec<Value> =
        (0..3).map(|_| json!({"key": (0..100).map(|n| format!("/a{n}/")).collect::<Vec<_>>()})).collect();
    assert_eq!(
        problem(json!({"entries": patterns})),
        field("entries", Problem::TooManyPatterns { length: 300, most: 200 })
    );
    let entries: Vec<Value> = (0..2_001).map(|_| json!({"key": []})).collect();
    assert_eq!(
        problem(json!({"entries": entries})),
        field("entries", Problem::TooMany { length: 2_001, most: 2_000 })
    );
}

#[test]
fn both_formats_are_written_so_that_they_read_the_same() {
    let decorated = json!({"entries": [{"keys": ["a/b", "(x"], "use_regex": true, "case_sensitive": false,
        "priority": 7, "name": "d", "content": "@@position scenario\n@@activate_only_after 2\n@@activate_only_every 3\n\
        @@keep_activate_after_match\n@@is_greeting 1\n@@is_user_icon hat\n@@exclude_keys p,q\n\
        @@disable_ui_prompt system_prompt\n@@ignore_on_max_context\ntext"}]});
    let mut book = world(&decorated).unwrap();
    book.entries.push(expected());
    for number in 0..8 {
        let file = json!({"entries": {"0": {"key": ["a"], "content": "b", "position": number, "role": 1}}});
        book.entries.extend(world(&file).unwrap().entries);
    }
    book = Lorebook { name: Some("n".into()), scan_depth: Some(2), token_budget: Some(9), ..book };
    let again = world(&lorebook_v3(&book)).unwrap();
    assert_eq!(again.entries[0].keys, [r"/a\/b/i", "/(x/i"]);
    // The expressions have slashes now; everything else is as it was.
    book.entries[0].keys.clone_from(&again.entries[0].keys);
    assert_eq!(again, book);
    let mut from_world = world(&world_file(&book)).unwrap();
    assert_eq!(from_world.entries[0].priority, None, "world files have no priority");
    from_world.entries[0].priority = book.entries[0].priority;
    assert_eq!(from_world, book);
    assert_eq!(in_card(&lorebook_v3(&book)["data"]), book);
    assert_eq!(
        super::fired(again.entries[..1].to_vec(), &["A/B"]),
        Vec::<String>::new(),
        "it waits for two answers"
    );
}
