use std::path::Path;

use domain::{
    card::{CardError, Problem, parse},
    character::LorePosition,
    chat::Role,
};
use serde_json::{Value, json};

fn v2(data: impl Into<Value>) -> Value {
    let mut card = json!({"spec": "chara_card_v2", "spec_version": "2.0", "data": {"name": "Mira"}});
    card["data"].as_object_mut().unwrap().extend(object(data.into()));
    card
}

/// The fields of an object.
fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("not an object: {other}"),
    }
}

fn read(card: &Value) -> Result<domain::character::Character, CardError> {
    parse(card.to_string().as_bytes())
}

fn problem(card: &Value) -> (String, Problem) {
    match read(card) {
        Err(CardError::Field { path, problem }) => (path, problem),
        other => panic!("expected a problem with a field, got {other:?}"),
    }
}

#[test]
fn a_card_without_our_fields_gets_them() {
    let character = read(&v2(json!({
        "name": "  Old Tom  ",
        "description": "{{char}} minds the gate. He is patient. ".to_owned() + &"He waits. ".repeat(60),
        "mes_example": "<START>\n{{user}}: open up\n{{char}}: It is open.\n{{user}}: oh\nHe nods.\n{{char}}: Yes.",
        "character_book": null,
        "unknown": {"kept": "not"},
    })))
    .unwrap();
    assert_eq!(character.id.as_str(), "old-tom");
    assert_eq!(character.name, "Old Tom");
    assert!(
        character.small.description.starts_with("You are {{char}}. {{char}} minds the gate. He is patient.")
    );
    assert!(character.small.description.chars().count() <= 240);
    assert_eq!(character.small.lines.len(), 2);
    assert_eq!(character.small.lines[0].char, "It is open.");
    assert!(character.book.is_none());
}

#[test]
fn names_without_latin_letters_get_a_steady_id() {
    let id = |name: &str| read(&v2(json!({"name": name}))).unwrap().id;
    assert_eq!(id("美咲"), id("美咲"));
    assert_ne!(id("美咲"), id("美月"));
    assert_eq!(id("Zoë's Cat!").as_str(), "zo-s-cat");
    assert_eq!(id(&"a ".repeat(40)).as_str().len(), 63);
}

#[test]
fn all_three_versions_are_read() {
    let v1 = json!({"name": "Mira", "description": "d", "personality": "p", "scenario": "", "first_mes": "", "mes_example": ""});
    assert_eq!(read(&v1).unwrap().personality, "p");
    let mut v3 = v2(json!({"nickname": "Mi", "group_only_greetings": []}));
    v3["spec"] = json!("chara_card_v3");
    assert_eq!(read(&v3).unwrap().called(), "Mi");
    let mut with_mark = b"\xEF\xBB\xBF".to_vec();
    with_mark.extend(v3.to_string().bytes());
    assert!(parse(&with_mark).is_ok());
}

#[test]
fn lorebooks_of_other_programs_are_read() {
    let card = v2(json!({"character_book": {
        "name": "b", "scan_depth": 3, "token_budget": 200.0, "extensions": {},
        "entries": [
            {"keys": ["a", " ", "a", "b"], "content": "@@depth 4\n@@@role system\ntext", "enabled": true,
             "insertion_order": 7, "position": "before_char", "extensions": {"match_whole_words": false}},
            {"keys": [], "secondary_keys": null, "content": "c", "enabled": false, "position": 4,
             "case_sensitive": null, "constant": true, "comment": "note", "extensions": {"match_whole_words": null}},
        ],
    }}));
    let book = read(&card).unwrap().book.unwrap();
    assert_eq!((book.scan_depth, book.token_budget), (Some(3), Some(200)));
    let [first, second] = book.entries.as_slice() else { panic!("two entries") };
    assert_eq!(first.keys, ["a", "b"]);
    assert_eq!((first.label.as_str(), first.content.as_str(), first.insertion_order), ("a", "text", 7));
    assert_eq!(
        (first.position, first.whole_words),
        (LorePosition::AtDepth { depth: 4, role: Role::System }, Some(false))
    );
    assert_eq!(
        (second.label.as_str(), second.enabled, second.constant, second.whole_words),
        ("note", false, true, None)
    );
    assert_eq!(second.position, LorePosition::AfterChar);
}

#[test]
fn problems_name_their_field() {
    let acore = |acore: Value| v2(json!({"extensions": {"acore": acore}}));
    let entries = |entries: Value| v2(json!({"character_book": {"entries": entries}}));
    for (card, path, wanted) in [
        (v2(json!({"name": " "})), "data.name", Problem::Empty),
        (v2(json!({"name": null})), "data.name", Problem::Missing),
        (v2(json!({"name": "a\nb"})), "data.name", Problem::Unprintable),
        (v2(json!({"name": "x".repeat(81)})), "data.name", Problem::TooLong { length: 81, most: 80 }),
        (v2(json!({"description": 3})), "data.description", Problem::NotA("a text")),
        (v2(json!({"tags": ["a", 1]})), "data.tags[1]", Problem::NotA("a text")),
        (json!({"spec": "chara_card_v3"}), "data", Problem::Missing),
        (acore(json!({"id": "Not A Slug"})), "data.extensions.acore.id", Problem::NotAnId),
        (acore(json!({"color": "red"})), "data.extensions.acore.color", Problem::NotAColor),
        (acore(json!([])), "data.extensions.acore", Problem::NotA("an object")),
        (
            acore(json!({"small": {"lines": [{"user": "a"}]}})),
            "data.extensions.acore.small.lines[0].char",
            Problem::Missing,
        ),
        (
            entries(json!([{"keys": []}, {"keys": "a"}])),
            "data.character_book.entries[1].keys",
            Problem::NotA("a list"),
        ),
        (
            entries(json!([{"enabled": "yes"}])),
            "data.character_book.entries[0].enabled",
            Problem::NotA("true or false"),
        ),
        (
            entries(json!(vec![json!({}); 501])),
            "data.character_book.entries",
            Problem::TooMany { length: 501, most: 500 },
        ),
    ] {
        assert_eq!(problem(&card), (path.to_owned(), wanted));
    }
    let (path, _) = problem(&acore(json!({"sampling": {"temperature": 9}})));
    assert_eq!(path, "data.extensions.acore.sampling.temperature");
    let error = read(&v2(json!({"name": ""}))).unwrap_err();
    assert_eq!(error.to_string(), "`data.name` is empty");
}

#[test]
fn what_is_no_card_is_said_so() {
    assert_eq!(parse(&vec![b' '; 1024 * 1024 + 1]), Err(CardError::TooLarge(1024 * 1024 + 1)));
    assert!(matches!(parse(b"{\"name\": "), Err(CardError::NotJson(_))));
    assert!(matches!(parse(b"\xff\xfe"), Err(CardError::NotJson(_))));
    assert_eq!(parse(b"[]"), Err(CardError::NotACard));
    assert_eq!(parse(b"{\"name\": \"x\"}"), Err(CardError::NotACard));
    assert_eq!(
        read(&json!({"spec": "lorebook_v3", "data": {}})),
        Err(CardError::UnknownSpec("lorebook_v3".to_owned()))
    );
}

/// Every character we ship can be read, and keeps to what `characters/README.md` promises.
#[test]
fn our_own_cast_keeps_its_limits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../characters");
    let mut cast = Vec::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let character =
            parse(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let id = character.id.to_string();
        assert_eq!(Some(id.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
        assert!(character.small.description.chars().count() <= 240, "{id}");
        assert!((2..=4).contains(&character.small.lines.len()), "{id}");
        for line in &character.small.lines {
            assert!(line.user.chars().count() <= 160 && line.char.chars().count() <= 160, "{id}: {line:?}");
        }
        assert!((1..=80).contains(&character.tagline.chars().count()), "{id}");
        assert!(
            character.color.is_some() && character.framework.is_some() && character.voice.is_some(),
            "{id}"
        );
        assert!(!character.post_history_instructions.is_empty() && !character.mes_example.is_empty(), "{id}");
        assert!(!character.scenario.is_empty() && !character.aliases.is_empty(), "{id}");
        let book = character.book.as_ref().unwrap_or_else(|| panic!("{id} has no lorebook"));
        assert!(book.entries.len() >= 3, "{id}");
        for entry in &book.entries {
            assert!(entry.content.split_whitespace().count() <= 60, "{id}: {}", entry.label);
            assert!(entry.constant || !entry.keys.is_empty(), "{id}: {}", entry.label);
        }
        cast.push(character);
    }
    assert!(cast.len() >= 10, "{} characters", cast.len());
    let mut names: Vec<String> = cast
        .iter()
        .flat_map(|character| character.names().map(str::to_lowercase).collect::<Vec<_>>())
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "two characters share a name: {names:?}");
}
