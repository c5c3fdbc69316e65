//! Writes lorebooks for other programs. What was not read is not written: to give a file back as it came, keep it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::{
    chat::Role,
    lore::{Key, Logic, LoreEntry, LorePosition, Lorebook, Trigger},
};

/// The book as a V3 file, `lorebook_v3`; its `data` is a card's `character_book`. `SillyTavern`'s switches stand under
/// `extensions`.
pub fn lorebook_v3(book: &Lorebook) -> Value {
    let entries: Vec<Value> =
        book.entries.iter().enumerate().map(|(id, entry)| v3_entry(id, entry)).collect();
    let mut data = head(book);
    data.insert("extensions".to_owned(), json!({}));
    data.insert("entries".to_owned(), entries.into());
    json!({"spec": "lorebook_v3", "data": data})
}

/// The book as a world file of `SillyTavern`.
pub fn world_file(book: &Lorebook) -> Value {
    let entries: Map<String, Value> = book
        .entries
        .iter()
        .enumerate()
        .map(|(id, entry)| (id.to_string(), Value::Object(world_entry(id, entry))))
        .collect();
    let mut file = head(book);
    file.insert("entries".to_owned(), entries.into());
    file.into()
}

fn head(book: &Lorebook) -> Map<String, Value> {
    let mut head = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            head.insert(name.to_owned(), value);
        }
    };
    put("name", book.name.clone().map(Value::from));
    put("scan_depth", book.scan_depth.map(Value::from));
    put("token_budget", book.token_budget.map(Value::from));
    put("recursive_scanning", Some(book.recursive_scanning.into()));
    head
}

fn v3_entry(id: usize, entry: &LoreEntry) -> Value {
    let before = entry.position == LorePosition::BeforeChar;
    let mut written = json!({
        "id": id,
        "name": entry.label,
        "keys": texts(&entry.keys),
        "secondary_keys": texts(&entry.secondary_keys),
        "selective": entry.selective,
        "content": content(entry),
        "enabled": entry.enabled,
        "constant": entry.constant,
        "use_regex": false,
        "insertion_order": entry.insertion_order,
        "position": if before { "before_char" } else { "after_char" },
    });
    let own = [
        ("priority", entry.priority.map(Value::from)),
        ("case_sensitive", entry.case_sensitive.map(Value::from)),
        ("extensions", Some(switches(entry, 0).into())),
    ];
    if let Some(map) = written.as_object_mut() {
        map.extend(own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    written
}

fn world_entry(id: usize, entry: &LoreEntry) -> Map<String, Value> {
    let mut written = Map::new();
    for (name, value) in [
        ("uid", Value::from(id)),
        ("key", texts(&entry.keys)),
        ("keysecondary", texts(&entry.secondary_keys)),
        ("comment", entry.label.clone().into()),
        ("content", content(entry).into()),
        ("constant", entry.constant.into()),
        ("selective", entry.selective.into()),
        ("order", entry.insertion_order.into()),
        ("disable", (!entry.enabled).into()),
        ("displayIndex", id.into()),
    ] {
        written.insert(name.to_owned(), value);
    }
    written.extend(switches(entry, 1));
    written
}

fn texts(keys: &[Key]) -> Value {
    keys.iter().map(Key::written).collect()
}

/// `SillyTavern`'s switches, in the spelling of cards (0) or of world files (1).
fn switches(entry: &LoreEntry, spelling: usize) -> Map<String, Value> {
    let (position, depth, role) = place(entry.position);
    let logic = match entry.logic {
        Logic::AndAny => 0,
        Logic::NotAll => 1,
        Logic::NotAny => 2,
        Logic::AndAll => 3,
    };
    let triggers: Vec<&str> = entry.triggers.iter().map(|trigger| named(*trigger)).collect();
    let filter =
        json!({"isExclude": entry.filter.exclude, "names": entry.filter.names, "tags": entry.filter.tags});
    let (recursion, timed, sources) = (entry.recursion, entry.timed, entry.sources);
    let all: [([&str; 2], Value); 32] = [
        (["position"; 2], position.into()),
        (["depth"; 2], depth.into()),
        (["role"; 2], role.into()),
        (["outlet_name", "outletName"], entry.outlet.clone().into()),
        (["selectiveLogic"; 2], logic.into()),
        (["probability"; 2], entry.probability.into()),
        (["useProbability"; 2], true.into()),
        (["vectorized"; 2], entry.vectorized.into()),
        (["group"; 2], entry.groups.join(", ").into()),
        (["group_override", "groupOverride"], entry.group_override.into()),
        (["group_weight", "groupWeight"], entry.group_weight.into()),
        (["use_group_scoring", "useGroupScoring"], entry.group_scoring.into()),
        (["scan_depth", "scanDepth"], entry.scan_depth.into()),
        (["case_sensitive", "caseSensitive"], entry.case_sensitive.into()),
        (["match_whole_words", "matchWholeWords"], entry.whole_words.into()),
        (["ignore_budget", "ignoreBudget"], entry.ignore_budget.into()),
        (["exclude_recursion", "excludeRecursion"], recursion.excluded.into()),
        (["prevent_recursion", "preventRecursion"], recursion.prevents.into()),
        (["delay_until_recursion", "delayUntilRecursion"], recursion.delay.unwrap_or(0).into()),
        (["sticky"; 2], timed.sticky.into()),
        (["cooldown"; 2], timed.cooldown.into()),
        (["delay"; 2], timed.delay.into()),
        (["match_persona_description", "matchPersonaDescription"], sources.persona.into()),
        (["match_character_description", "matchCharacterDescription"], sources.description.into()),
        (["match_character_personality", "matchCharacterPersonality"], sources.personality.into()),
        (["match_character_depth_prompt", "matchCharacterDepthPrompt"], sources.note.into()),
        (["match_scenario", "matchScenario"], sources.scenario.into()),
        (["match_creator_notes", "matchCreatorNotes"], sources.creator_notes.into()),
        (["character_filter", "characterFilter"], filter),
        (["triggers"; 2], triggers.into()),
        (["display_index", "addMemo"], if spelling == 0 { Value::Null } else { true.into() }),
        (["automation_id", "automationId"], "".into()),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(names, value)| (names[spelling].to_owned(), value))
        .collect()
}

/// Number, depth and role.
fn place(position: LorePosition) -> (u8, u32, u8) {
    match position {
        LorePosition::BeforeChar => (0, 4, 0),
        // V3 has a decorator for these.
        LorePosition::AfterChar | LorePosition::Personality | LorePosition::Scenario => (1, 4, 0),
        LorePosition::NoteTop => (2, 4, 0),
        LorePosition::NoteBottom => (3, 4, 0),
        LorePosition::AtDepth { depth, role } => {
            let role = match role {
                Role::System => 0,
                Role::User => 1,
                Role::Assistant => 2,
            };
            (4, depth, role)
        }
        LorePosition::BeforeExamples => (5, 4, 0),
        LorePosition::AfterExamples => (6, 4, 0),
        LorePosition::Outlet => (7, 4, 0),
    }
}

fn named(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Normal => "normal",
        Trigger::Continue => "continue",
        Trigger::Impersonate => "impersonate",
        Trigger::Swipe => "swipe",
        Trigger::Regenerate => "regenerate",
        Trigger::Quiet => "quiet",
    }
}

/// The content behind the decorators for what no field says.
fn content(entry: &LoreEntry) -> String {
    let rules = &entry.rules;
    let mut out = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{}", format!("@@{name} {value}").trim_end());
        }
    };
    let on = |on: bool| on.then(String::new);
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let keys = |keys: &[Key]| {
        (!keys.is_empty()).then(|| keys.iter().map(Key::written).collect::<Vec<_>>().join(","))
    };
    line("activate", on(rules.activate));
    line("dont_activate", on(rules.dont_activate));
    line("activate_only_after", number(rules.only_after));
    line("activate_only_every", number(rules.only_every));
    line("keep_activate_after_match", on(rules.keep_after_match));
    line("dont_activate_after_match", on(rules.dont_after_match));
    line("is_greeting", number(rules.greeting));
    line("is_user_icon", rules.user_icon.clone());
    line("additional_keys", keys(&rules.additional_keys));
    line("exclude_keys", keys(&rules.exclude_keys));
    line("ignore_on_max_context", on(rules.ignore_on_max_context));
    let prompt = if rules.without_post_history { "post_history_instructions" } else { "system_prompt" };
    let disables = rules.without_post_history || rules.without_system_prompt;
    line("disable_ui_prompt", disables.then(|| prompt.to_owned()));
    let place = match entry.position {
        LorePosition::Personality => Some("personality"),
        LorePosition::Scenario => Some("scenario"),
        _ => None,
    };
    line("position", place.map(str::to_owned));
    out + &entry.content
}
