//! Lorebooks as other programs write them.

use domain::{
    card::{CardError, LOREBOOK_BYTES, LorebookForm, Problem, lorebook_as, parse, parse_lorebook},
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

const WORLD: &str = r#"{"entries": {"0": {
        "uid": 0, "key": ["gate", "/door(s)?/i"], "keysecondary": ["iron"], "comment": "the gate",
        "content": "It is shut.", "constant": true, "vectorized": true, "selective": true, "selectiveLogic": 3,
        "addMemo": true, "order": 42, "position": 4, "disable": true, "ignoreBudget": true,
        "excludeRecursion": true, "preventRecursion": true, "matchPersonaDescription": true,
        "matchCharacterDescription": true, "matchCharacterPersonality": true, "matchCharacterDepthPrompt": true,
        "matchScenario": true, "matchCreatorNotes": true, "delayUntilRecursion": 2, "probability": 40,
        "useProbability": true, "depth": 3, "outletName": "doors", "group": "a, b c", "groupOverride": true,
        "groupWeight": 30, "scanDepth": 7, "caseSensitive": true, "matchWholeWords": false,
        "useGroupScoring": true, "automationId": "open-the-gate", "role": 2, "sticky": 3, "cooldown": 2, "delay": 1,
        "characterFilter": {"isExclude": true, "names": ["Mira"], "tags": ["pirate"]},
        "triggers": ["normal", "swipe", "unheard of"], "displayIndex": 0}}, "originalData": {}}"#;

const IN_CARD: &str = r#"{"name": "Harbour", "scan_depth": 6, "token_budget": 300, "recursive_scanning": true,
        "extensions": {}, "entries": [{
        "id": 1, "keys": ["gate", "/door(s)?/i"], "secondary_keys": ["iron"], "comment": "the gate",
        "content": "It is shut.", "constant": true, "selective": true, "insertion_order": 42, "enabled": false,
        "position": "after_char", "use_regex": false, "extensions": {
            "position": 4, "exclude_recursion": true, "display_index": 0, "probability": 40, "useProbability": true,
            "depth": 3, "selectiveLogic": 3, "outlet_name": "doors", "group": "a, b c", "group_override": true,
            "group_weight": 30, "prevent_recursion": true, "delay_until_recursion": 2, "scan_depth": 7,
            "match_whole_words": false, "use_group_scoring": true, "case_sensitive": true, "automation_id": "open-the-gate",
            "role": 2, "vectorized": true, "sticky": 3, "cooldown": 2, "delay": 1, "ignore_budget": true,
            "match_persona_description": true, "match_character_description": true,
            "match_character_personality": true, "match_character_depth_prompt": true, "match_scenario": true,
            "match_creator_notes": true, "triggers": ["normal", "swipe"],
            "character_filter": {"isExclude": true, "names": ["Mira"], "tags": ["pirate"]}}}]}"#;

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
        automation_id: Some("open-the-gate".to_owned()),
        ..LoreEntry::default()
    }
}

#[test]
fn a_world_file_is_read_with_all_its_fields() {
    let file: Value = serde_json::from_str(WORLD).unwrap();
    let book = world(&file).unwrap();
    assert_eq!(book.entries, [expected()]);
    assert!(book.recursive_scanning, "an author who speaks of recursion wants it");
    assert_eq!((book.name, book.scan_depth, book.token_budget), (None, None, None));
}

#[test]
fn a_card_s_book_is_read_with_the_extensions_of_other_programs() {
    let book = in_card(&serde_json::from_str(IN_CARD).unwrap());
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

/// A file in another form.
fn written_as(file: &Value, form: LorebookForm) -> Value {
    serde_json::from_str(&lorebook_as(&file.to_string(), form).unwrap()).unwrap()
}

/// Files of both forms with everything that entries can say.
fn files() -> Vec<Value> {
    let decorated = json!({"spec": "lorebook_v3", "data": {"name": "n", "scan_depth": 2, "token_budget": 9,
        "extensions": {}, "entries": [{"keys": ["a/b", "(x"], "use_regex": true, "case_sensitive": false,
        "priority": 7, "name": "d", "id": 12, "enabled": true, "insertion_order": 3,
        "content": "@@position scenario\n@@activate_only_after 2\n@@activate_only_every 3\n@@unheard of\n\
        @@keep_activate_after_match\n@@is_greeting 1\n@@is_user_icon hat\n@@additional_keys x/,z\n@@exclude_keys p,q\n\
        @@disable_ui_prompt system_prompt\n@@ignore_on_max_context\ntext\n@@additional_keys of the text"},
        {"keys": ["plain"], "content": "c", "extensions": {"case_sensitive": false}, "case_sensitive": true}]}});
    let places: serde_json::Map<String, Value> = (0..9)
        .map(|number| {
            let entry = json!({"uid": number, "key": ["a"], "content": "b", "position": number, "role": 1});
            (number.to_string(), entry)
        })
        .collect();
    let in_card: Value = serde_json::from_str(IN_CARD).unwrap();
    let rest = json!({"entries": [{"keys": ["a"], "content": "at rest"}]});
    vec![decorated, json!({"entries": places}), in_card, serde_json::from_str(WORLD).unwrap(), rest]
}

#[test]
fn both_formats_are_written_so_that_they_read_the_same() {
    for file in files() {
        let mut book = world(&file).unwrap();
        for form in [LorebookForm::V3, LorebookForm::World] {
            let mut again = world(&written_as(&file, form)).unwrap();
            for (entry, again) in book.entries.iter_mut().zip(&mut again.entries) {
                if form == LorebookForm::World {
                    assert_eq!(again.priority, None, "world files have no priority");
                    again.priority = entry.priority;
                }
                // Expressions have slashes then; everything else is as it was.
                let plain = |key: &domain::lore::Key| domain::lore::Key::new(&key.written());
                for keys in [&mut entry.keys, &mut entry.rules.additional_keys, &mut entry.rules.exclude_keys]
                {
                    *keys = keys.iter().map(plain).collect();
                }
                for keys in [&mut again.keys, &mut again.rules.additional_keys, &mut again.rules.exclude_keys]
                {
                    *keys = keys.iter().map(plain).collect();
                }
            }
            assert_eq!(again, book, "{form:?} of {file}");
        }
        let v3 = written_as(&file, LorebookForm::V3);
        assert_eq!(v3["spec"], "lorebook_v3");
        assert_eq!(in_card(&v3["data"]).entries.len(), book.entries.len());
        assert!(v3["data"]["entries"].is_array() && v3["data"]["extensions"].is_object());
    }
    let slashed = world(&written_as(&files()[0], LorebookForm::World)).unwrap();
    assert_eq!(slashed.entries[0].keys, [r"/a\/b/i", "/(x/i"]);
    assert_eq!(slashed.entries[0].rules.additional_keys, [r"/x\//", "/z/"]);
    assert!(slashed.entries[0].content.ends_with("text\n@@additional_keys of the text"));
}

#[test]
fn a_file_that_has_the_form_comes_back_byte_for_byte() {
    for (file, form) in files().iter().zip([LorebookForm::V3, LorebookForm::World]) {
        let text = format!("\n {file:#} \n");
        assert_eq!(lorebook_as(&text, form).unwrap(), text);
    }
    let refused = lorebook_as("{\"entries\": 7}", LorebookForm::V3);
    assert!(matches!(refused, Err(CardError::Field { .. })), "{refused:?}");
}

#[test]
fn fields_that_no_rule_knows_are_kept_in_both_formats() {
    let file: Value = serde_json::from_str(
        r#"{"name": "Tides", "description": "of the sea", "theirs": {"a": [1, null, "ö"]}, "extensions": {"x": 1},
        "originalData": {"entries": [7]}, "entries": {
        "4": {"uid": 4, "key": ["sea"], "keysecondary": [], "content": "Salt.", "order": 1, "disable": false,
            "constant": false, "selective": true, "position": 4, "depth": 2, "comment": "c", "addMemo": true,
            "displayIndex": 9, "useProbability": false, "probability": 40, "triggers": ["swipe", "unheard of"],
            "automationId": "open-the-gate", "theirs": [true, {"deep": 1.5}], "empty": null,
            "extensions": {"risu": {"loreCache": "x"}}},
        "7": {"uid": 7, "key": ["hill"], "keysecondary": [], "content": "High.", "order": 1, "disable": false,
            "constant": false, "selective": true, "position": 1, "keys": "taken", "id": "text"}}}"#,
    )
    .unwrap();
    let v3 = written_as(&file, LorebookForm::V3);
    let [sea, hill] = v3["data"]["entries"].as_array().unwrap().as_slice() else { panic!("two entries") };
    for name in ["name", "description", "theirs", "extensions", "originalData"] {
        assert_eq!(v3["data"][name], file[name], "{name}");
    }
    let raw = &file["entries"]["4"];
    for name in ["theirs", "addMemo", "comment", "empty"] {
        assert_eq!(sea.get(name), raw.get(name), "{name}");
    }
    for (there, here) in [
        ("automation_id", "automationId"),
        ("display_index", "displayIndex"),
        ("probability", "probability"),
        ("useProbability", "useProbability"),
        ("triggers", "triggers"),
    ] {
        assert_eq!(sea["extensions"][there], raw[here], "{there}");
    }
    assert_eq!(sea["extensions"]["risu"], raw["extensions"]["risu"]);
    // What means something else there is kept where programs keep what is their own.
    assert_eq!((&hill["keys"], &hill["extensions"]["keys"]), (&json!(["hill"]), &json!("taken")));

    // And back again everything is where it was.
    let back = written_as(&v3, LorebookForm::World);
    assert_eq!(back["entries"]["4"], *raw);
    let mut top = (back, file.clone());
    for file in [&mut top.0, &mut top.1] {
        file.as_object_mut().unwrap().remove("entries");
    }
    assert_eq!(top.0, top.1);

    // Those of a card's book and of a V3 file likewise.
    let card = json!({"spec": "lorebook_v3", "outside": 1, "data": {"entries": [{"id": "one", "keys": ["sea"],
        "secondary_keys": [], "content": "Salt.", "enabled": true, "insertion_order": 5, "constant": false,
        "selective": false, "use_regex": false, "position": "after_char", "priority": 3, "order": "theirs",
        "extensions": {"position": 1, "other": {"deep": [1]}, "automation_id": "x"}, "more": "kept"}]}});
    let there = written_as(&card, LorebookForm::World);
    let entry = &there["entries"]["0"];
    assert_eq!((&there["outside"], &entry["more"], &entry["id"]), (&json!(1), &json!("kept"), &json!("one")));
    assert_eq!((&entry["order"], &entry["automationId"]), (&json!(5), &json!("x")));
    assert_eq!(entry["extensions"], json!({"other": {"deep": [1]}, "order": "theirs"}));
    let back = written_as(&there, LorebookForm::V3);
    let (mut entry, raw) = (back["data"]["entries"][0].clone(), &card["data"]["entries"][0]);
    let moved = entry["extensions"].as_object_mut().unwrap().remove("order");
    assert_eq!(moved.as_ref(), raw.get("order"), "it stays where it went");
    entry["order"] = raw["order"].clone();
    assert_eq!(entry, *raw);
}

#[test]
fn automation_ids_are_read_kept_and_told() {
    for (file, form) in [
        (
            json!({"entries": {"0": {"key": ["a"], "content": "b", "automationId": " open-the-gate "}}}),
            LorebookForm::V3,
        ),
        (
            json!({"entries": [{"keys": ["a"], "content": "b", "extensions": {"automation_id": "open-the-gate"}}]}),
            LorebookForm::World,
        ),
    ] {
        for book in [world(&file).unwrap(), world(&written_as(&file, form)).unwrap()] {
            assert_eq!(book.entries[0].automation_id.as_deref(), Some("open-the-gate"));
        }
    }
    // Empty is what SillyTavern writes where there is none; what it does not write is no reason to refuse a book.
    for nothing in [json!(""), json!(null), json!(7)] {
        let file = json!({"entries": {"0": {"key": ["a"], "content": "b", "automationId": nothing}}});
        assert_eq!(world(&file).unwrap().entries[0].automation_id, None);
    }
}
