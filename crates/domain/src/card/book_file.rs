//! Gives lorebook files the form of other programs.
//!
//! A file is rewritten, not read and written anew: what both forms have under different names is renamed, and what no
//! rule of ours knows goes along as it came.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{CardError, book};
use crate::lore::{Key, LoreEntry, LorePosition};

/// A form of lorebook files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LorebookForm {
    /// V3's `lorebook_v3`; its `data` is a card's `character_book`. `SillyTavern`'s switches stand under `extensions`.
    V3,
    /// A world file of `SillyTavern`.
    World,
}

/// What both programs call by names of their own: under an entry's `extensions` in a card, beside the keys in a world
/// file.
const SWITCHES: [[&str; 2]; 32] = [
    ["position"; 2],
    ["depth"; 2],
    ["role"; 2],
    ["outlet_name", "outletName"],
    ["selectiveLogic"; 2],
    ["probability"; 2],
    ["useProbability"; 2],
    ["vectorized"; 2],
    ["group"; 2],
    ["group_override", "groupOverride"],
    ["group_weight", "groupWeight"],
    ["use_group_scoring", "useGroupScoring"],
    ["scan_depth", "scanDepth"],
    ["case_sensitive", "caseSensitive"],
    ["match_whole_words", "matchWholeWords"],
    ["ignore_budget", "ignoreBudget"],
    ["exclude_recursion", "excludeRecursion"],
    ["prevent_recursion", "preventRecursion"],
    ["delay_until_recursion", "delayUntilRecursion"],
    ["sticky"; 2],
    ["cooldown"; 2],
    ["delay"; 2],
    ["match_persona_description", "matchPersonaDescription"],
    ["match_character_description", "matchCharacterDescription"],
    ["match_character_personality", "matchCharacterPersonality"],
    ["match_character_depth_prompt", "matchCharacterDepthPrompt"],
    ["match_scenario", "matchScenario"],
    ["match_creator_notes", "matchCreatorNotes"],
    ["character_filter", "characterFilter"],
    ["triggers"; 2],
    ["display_index", "displayIndex"],
    ["automation_id", "automationId"],
];

/// Switches that are read under a second name, too.
const ALSO: [[&str; 2]; 2] = [["selectiveLogic", "selective_logic"], ["useProbability", "use_probability"]];

/// Fields of an entry of V3 that a world file has under other names.
const V3: [&str; 7] =
    ["id", "keys", "secondary_keys", "enabled", "insertion_order", "use_regex", "case_sensitive"];

/// Fields of an entry of a world file that V3 has under other names.
const WORLD: [&str; 5] = ["uid", "key", "keysecondary", "disable", "order"];

/// A lorebook file in another form: it reads the same there, and fields that are not known are kept, in the place
/// where they stood or, where their name means something else in the other form, under the entry's `extensions`. A
/// file that has the form comes back byte for byte.
///
/// V3's `priority` is kept in world files, too, but nothing reads it there.
pub fn lorebook_as(json: &str, form: LorebookForm) -> Result<String, CardError> {
    let read = book::parse_lorebook(json.as_bytes())?;
    let text = json.strip_prefix('\u{FEFF}').unwrap_or(json);
    let file = serde_json::from_str(text).map_err(|error| CardError::NotJson(error.to_string()))?;
    let Value::Object(file) = file else { return Err(CardError::NotALorebook) };
    let (outer, mut book) = opened(file.clone());
    let entries = book.get("entries").cloned().unwrap_or_default();
    let keyed: Vec<(String, Value)> = match entries {
        Value::Object(entries) => entries.into_iter().collect(),
        Value::Array(entries) => {
            entries.into_iter().enumerate().map(|(index, entry)| (index.to_string(), entry)).collect()
        }
        _ => Vec::new(),
    };
    let rewritten = keyed.into_iter().zip(&read.entries).enumerate().map(|(index, ((key, raw), read))| {
        let entry = match raw {
            Value::Object(raw) if is_of(&raw, form) => raw,
            Value::Object(raw) => match form {
                LorebookForm::V3 => to_v3(raw, read, index),
                LorebookForm::World => to_world(raw, read, index),
            },
            // The reader refuses it.
            _ => Map::new(),
        };
        (key, Value::Object(entry))
    });
    let written = match form {
        LorebookForm::V3 => {
            let entries: Value = rewritten.map(|(_, entry)| entry).collect();
            book.insert("entries".to_owned(), entries);
            if outer.is_none() {
                // The specification wants it there.
                book.entry("extensions").or_insert_with(|| json!({}));
            }
            let mut outer = outer.unwrap_or_else(|| Map::from_iter([("spec".into(), "lorebook_v3".into())]));
            outer.insert("data".to_owned(), book.into());
            outer
        }
        LorebookForm::World => {
            book.insert("entries".to_owned(), numbered(rewritten.collect()).into());
            for (name, value) in outer.into_iter().flatten().filter(|(name, _)| name != "spec") {
                book.entry(name).or_insert(value);
            }
            book
        }
    };
    Ok(if written == file { json.to_owned() } else { format!("{:#}\n", Value::Object(written)) })
}

/// What stands around a V3 file's book, and the book.
fn opened(mut file: Map<String, Value>) -> (Option<Map<String, Value>>, Map<String, Value>) {
    let is_v3 = file.get("spec").is_some_and(Value::is_string);
    match file.shift_remove("data") {
        Some(Value::Object(book)) if is_v3 => (Some(file), book),
        Some(data) => {
            file.insert("data".to_owned(), data);
            (None, file)
        }
        None => (None, file),
    }
}

fn is_of(entry: &Map<String, Value>, form: LorebookForm) -> bool {
    let world = book::WORLD_KEYS.iter().any(|name| entry.get(*name).is_some_and(|value| !value.is_null()));
    world == (form == LorebookForm::World)
}

/// Entries of a world file, each under its own number where they have different ones.
fn numbered(mut entries: Vec<(String, Value)>) -> Map<String, Value> {
    let numbers: HashSet<u64> = entries.iter().filter_map(|(_, entry)| entry["uid"].as_u64()).collect();
    let different = numbers.len() == entries.len();
    for (key, entry) in &mut entries {
        if different {
            *key = entry["uid"].to_string();
        } else if let (Ok(number), Some(entry)) = (key.parse::<u64>(), entry.as_object_mut()) {
            entry.insert("uid".to_owned(), number.into());
        }
    }
    entries.into_iter().collect()
}

fn is_switch(name: &str) -> bool {
    SWITCHES.iter().chain(&ALSO).flatten().any(|known| *known == name)
}

/// Moves the switches out of one map, in the spelling of cards (0) or of world files (1). As when they are read, a
/// world file's name counts before a card's.
fn switches(from: &mut Map<String, Value>, spelling: usize) -> Map<String, Value> {
    let mut moved = Map::new();
    for names in SWITCHES {
        let also = ALSO.iter().find(|also| also[0] == names[0]).map(|also| also[1]);
        let mut value = Value::Null;
        let mut found = false;
        for name in [names[0], names[1]].into_iter().chain(also) {
            if let Some(other) = from.shift_remove(name) {
                found = true;
                value = if other.is_null() { value } else { other };
            }
        }
        if found {
            moved.insert(names[spelling].to_owned(), value);
        }
    }
    moved
}

fn to_v3(mut raw: Map<String, Value>, read: &LoreEntry, index: usize) -> Map<String, Value> {
    let mut extensions = switches(&mut raw, 0);
    let id = [raw.shift_remove("id"), raw.get("uid").cloned()].into_iter().flatten().find(|id| !id.is_null());
    raw.retain(|name, _| !WORLD.contains(&name.as_str()));
    for (name, value) in taken_out(&mut raw, "extensions") {
        extensions.entry(name).or_insert(value);
    }
    let before = read.position == LorePosition::BeforeChar;
    let written = json!({
        "id": id.unwrap_or_else(|| index.into()),
        "keys": texts(&read.keys),
        "secondary_keys": texts(&read.secondary_keys),
        "enabled": read.enabled,
        "constant": read.constant,
        "selective": read.selective,
        "use_regex": false,
        "insertion_order": read.insertion_order,
        "position": if before { "before_char" } else { "after_char" },
    });
    joined(written, raw, extensions, |name| V3.contains(&name))
}

fn to_world(mut raw: Map<String, Value>, read: &LoreEntry, index: usize) -> Map<String, Value> {
    let mut extensions = taken_out(&mut raw, "extensions");
    let mut written = switches(&mut extensions, 1);
    let id = raw.get("id").filter(|id| id.is_u64()).cloned();
    // Ids that are texts have no place in a world file, and are kept.
    raw.retain(|name, _| {
        (!V3.contains(&name.as_str()) || name == "id" && id.is_none()) && name != "position"
    });
    let before = read.position == LorePosition::BeforeChar;
    if !written.get("position").is_some_and(Value::is_number) {
        written.insert("position".to_owned(), i32::from(!before).into());
    }
    if let Some(case_sensitive) = read.case_sensitive {
        written.insert("caseSensitive".to_owned(), case_sensitive.into());
    }
    let own = json!({
        "uid": id.unwrap_or_else(|| index.into()),
        "key": texts(&read.keys),
        "keysecondary": texts(&read.secondary_keys),
        "constant": read.constant,
        "selective": read.selective,
        "order": read.insertion_order,
        "disable": !read.enabled,
    });
    if let Value::Object(own) = own {
        written.extend(own);
    }
    if let Some(Value::String(content)) = raw.get_mut("content") {
        keys_between_slashes(content, &read.rules.additional_keys);
    }
    joined(written.into(), raw, extensions, |name| WORLD.contains(&name) || is_switch(name))
}

/// An entry's own fields, those that are not known and that mean something else in this form among its extensions.
fn joined(
    written: Value,
    raw: Map<String, Value>,
    mut extensions: Map<String, Value>,
    taken: impl Fn(&str) -> bool,
) -> Map<String, Value> {
    let mut entry = if let Value::Object(written) = written { written } else { Map::new() };
    let is_v3 = entry.contains_key("use_regex");
    for (name, value) in raw {
        let place = if taken(&name) { &mut extensions } else { &mut entry };
        place.entry(name).or_insert(value);
    }
    if is_v3 || !extensions.is_empty() {
        entry.insert("extensions".to_owned(), extensions.into());
    }
    entry
}

fn taken_out(from: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match from.shift_remove(name) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// With V3's `use_regex` the keys of a decorator are expressions as well; elsewhere those stand between slashes.
fn keys_between_slashes(content: &mut String, additional: &[Key]) {
    if additional.iter().all(|key| key.written() == key.text()) {
        return;
    }
    let keys: Vec<String> = additional.iter().map(Key::written).collect();
    let is_decorator = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with("@@");
    let head = content.lines().take_while(is_decorator).count();
    let rewritten = |(number, line): (usize, &str)| {
        let name = line.trim_start().trim_start_matches('@');
        if number < head && name.starts_with("additional_keys") {
            let signs = &line[..line.len() - name.len()];
            format!("{signs}additional_keys {}", keys.join(","))
        } else {
            line.to_owned()
        }
    };
    *content = content.split('\n').enumerate().map(rewritten).collect::<Vec<_>>().join("\n");
}

fn texts(keys: &[Key]) -> Value {
    keys.iter().map(Key::written).collect()
}
