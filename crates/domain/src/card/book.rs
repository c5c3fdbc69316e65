//! Lorebooks: the `character_book` of cards, `lorebook_v3` files, and the world files of `SillyTavern`.
//!
//! `SillyTavern` writes the same switches in two spellings: `prevent_recursion` under `extensions` in a card,
//! `preventRecursion` beside the keys in a world file. Both are read by the same code.

use serde_json::Value;

use super::{CardError, Field, Fields, LORE_ENTRIES, Problem};
use crate::{
    chat::Role,
    lore::{
        self, CharacterFilter, Key, Logic, LoreEntry, LorePosition, Lorebook, Recursion, Sources, Timed,
        Trigger,
    },
};

/// Bytes of a lorebook file at most.
pub const LOREBOOK_BYTES: usize = 4 * 1024 * 1024;

/// Entries of a lorebook file at most.
pub const LOREBOOK_ENTRIES: usize = 2_000;

/// Expressions among the keys of a book at most: each takes memory.
pub const LORE_PATTERNS: usize = 200;

/// Fields that an entry of a world file has and one of a card has not.
pub(super) const WORLD_KEYS: [&str; 2] = ["key", "keysecondary"];

/// Depth of entries that stand within the chat without saying where.
const DEPTH: u32 = 4;

/// Reads a lorebook file: V3's `lorebook_v3`, `SillyTavern`'s world file, or the bare `character_book` of a card.
pub fn parse_lorebook(json: &[u8]) -> Result<Lorebook, CardError> {
    if json.len() > LOREBOOK_BYTES {
        return Err(CardError::LorebookTooLarge(json.len()));
    }
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let value: Value = serde_json::from_slice(json).map_err(|e| CardError::NotJson(e.to_string()))?;
    let file = Field::root(&value).object().map_err(|_| CardError::NotALorebook)?;
    match file.field("spec") {
        Some(spec) if spec.text()? == "lorebook_v3" => match file.field("data") {
            Some(data) => lorebook(&data.object()?, LOREBOOK_ENTRIES),
            None => Err(file.problem("data", Problem::Missing)),
        },
        Some(spec) => Err(CardError::UnknownSpec(spec.text()?.chars().take(80).collect())),
        None if file.has("entries") => lorebook(&file, LOREBOOK_ENTRIES),
        None => Err(CardError::NotALorebook),
    }
}

/// The book of a card.
pub(super) fn of_card(book: &Fields<'_>) -> Result<Lorebook, CardError> {
    lorebook(book, LORE_ENTRIES)
}

fn lorebook(book: &Fields<'_>, most: usize) -> Result<Lorebook, CardError> {
    let mut entries = Vec::new();
    for (index, entry) in book.items("entries", most)?.iter().enumerate() {
        let entry = entry.object()?;
        entries.push(if WORLD_KEYS.iter().any(|name| entry.has(name)) {
            world_entry(&entry, index)?
        } else {
            card_entry(&entry, index)?
        });
    }
    let patterns = entries
        .iter()
        .flat_map(|entry| {
            let rules = &entry.rules;
            [&entry.keys, &entry.secondary_keys, &rules.additional_keys, &rules.exclude_keys]
        })
        .flatten()
        .filter(|key| key.is_regex())
        .count();
    if patterns > LORE_PATTERNS {
        return Err(
            book.problem("entries", Problem::TooManyPatterns { length: patterns, most: LORE_PATTERNS })
        );
    }
    // An author who says how entries wake each other wants them to.
    let speaks_of_it = entries.iter().any(|entry| entry.recursion != Recursion::default());
    Ok(Lorebook {
        name: Some(book.string("name")?).filter(|name| !name.trim().is_empty()),
        scan_depth: book.count("scan_depth")?,
        token_budget: book.count("token_budget")?.filter(|budget| *budget > 0),
        recursive_scanning: book.flag("recursive_scanning")?.unwrap_or(speaks_of_it),
        entries,
    })
}

/// An entry of V2 and V3.
fn card_entry(entry: &Fields<'_>, index: usize) -> Result<LoreEntry, CardError> {
    let more = entry.object("extensions")?;
    let regex = entry.flag("use_regex")?.unwrap_or(false) && !from_world_info(&more);
    let ignore_case = entry.flag("case_sensitive")? == Some(false);
    let key = |text: &String| if regex { Key::regex(text, ignore_case) } else { Key::new(text) };
    let mut read = LoreEntry {
        keys: entry.short_texts("keys", 200, 1_000)?.iter().map(key).collect(),
        // V3: with expressions, secondary keys do not count.
        secondary_keys: if regex {
            Vec::new()
        } else {
            entry.short_texts("secondary_keys", 200, 1_000)?.iter().map(key).collect()
        },
        content: entry.string("content")?,
        enabled: entry.flag("enabled")?.unwrap_or(true),
        constant: entry.flag("constant")?.unwrap_or(false),
        selective: entry.flag("selective")?.unwrap_or(false),
        insertion_order: entry.integer("insertion_order")?.unwrap_or(100),
        priority: entry.integer("priority")?,
        position: match entry.field("position") {
            // Programs write numbers and empty texts here, too: those mean their default.
            Some(position) if position.text() == Ok("before_char") => LorePosition::BeforeChar,
            _ => LorePosition::AfterChar,
        },
        ..switches(&more)?
    };
    if let Some(position) = position(&more)? {
        read.position = position;
    }
    if let Some(case_sensitive) = entry.flag("case_sensitive")? {
        read.case_sensitive = Some(case_sensitive);
    }
    read.label = label(entry, &read.keys, index)?;
    lore::apply_decorators(&mut read, regex);
    Ok(read)
}

/// Whether an entry was written by `SillyTavern`, which sets `use_regex` on every entry it puts into a card, whatever
/// the keys are: there a key is an expression only between slashes. Its extensions tell.
fn from_world_info(extensions: &Fields<'_>) -> bool {
    ["selectiveLogic", "exclude_recursion", "display_index"].into_iter().any(|name| extensions.has(name))
}

/// An entry of a world file.
fn world_entry(entry: &Fields<'_>, index: usize) -> Result<LoreEntry, CardError> {
    let mut read = LoreEntry {
        keys: entry.texts_or_text("key", 200, 1_000)?.iter().map(|key| Key::new(key)).collect(),
        secondary_keys: entry
            .texts_or_text("keysecondary", 200, 1_000)?
            .iter()
            .map(|key| Key::new(key))
            .collect(),
        content: entry.string("content")?,
        enabled: !entry.flag("disable")?.unwrap_or(false),
        constant: entry.flag("constant")?.unwrap_or(false),
        selective: entry.flag("selective")?.unwrap_or(true),
        insertion_order: entry.integer("order")?.unwrap_or(100),
        position: position(entry)?.unwrap_or(LorePosition::BeforeChar),
        ..switches(entry)?
    };
    read.label = label(entry, &read.keys, index)?;
    lore::apply_decorators(&mut read, false);
    Ok(read)
}

fn label(entry: &Fields<'_>, keys: &[Key], index: usize) -> Result<String, CardError> {
    Ok([entry.string("name")?, entry.string("comment")?]
        .into_iter()
        .map(|label| label.trim().chars().take(80).collect::<String>())
        .chain(keys.first().map(|key| key.text().chars().take(80).collect()))
        .find(|label| !label.is_empty())
        .unwrap_or_else(|| format!("entry {}", index + 1)))
}

/// What both formats say in `SillyTavern`'s words.
fn switches(from: &Fields<'_>) -> Result<LoreEntry, CardError> {
    let flag = |names| from.flag(from.spelled(names));
    let on = |names| flag(names).map(|flag| flag == Some(true));
    let count = |names| from.count(from.spelled(names));
    let probability = if on_by_default(from, ["useProbability", "use_probability"])? {
        from.integer("probability")?.map_or(100, |percent| percent.clamp(0, 100) as u8)
    } else {
        100
    };
    Ok(LoreEntry {
        vectorized: on(["vectorized", "vectorized"])?,
        logic: match from.integer(from.spelled(["selectiveLogic", "selective_logic"]))? {
            Some(1) => Logic::NotAll,
            Some(2) => Logic::NotAny,
            Some(3) => Logic::AndAll,
            _ => Logic::AndAny,
        },
        case_sensitive: flag(["case_sensitive", "caseSensitive"])?,
        whole_words: flag(["match_whole_words", "matchWholeWords"])?,
        scan_depth: count(["scan_depth", "scanDepth"])?,
        sources: Sources {
            persona: on(["match_persona_description", "matchPersonaDescription"])?,
            description: on(["match_character_description", "matchCharacterDescription"])?,
            personality: on(["match_character_personality", "matchCharacterPersonality"])?,
            note: on(["match_character_depth_prompt", "matchCharacterDepthPrompt"])?,
            scenario: on(["match_scenario", "matchScenario"])?,
            creator_notes: on(["match_creator_notes", "matchCreatorNotes"])?,
        },
        outlet: from.limited(from.spelled(["outlet_name", "outletName"]), 100)?,
        probability,
        groups: from.texts_or_text("group", 20, 200)?,
        group_weight: count(["group_weight", "groupWeight"])?.unwrap_or(100),
        group_override: on(["group_override", "groupOverride"])?,
        group_scoring: flag(["use_group_scoring", "useGroupScoring"])?,
        ignore_budget: on(["ignore_budget", "ignoreBudget"])?,
        recursion: Recursion {
            excluded: on(["exclude_recursion", "excludeRecursion"])?,
            prevents: on(["prevent_recursion", "preventRecursion"])?,
            delay: from.level(from.spelled(["delay_until_recursion", "delayUntilRecursion"]))?,
        },
        timed: Timed {
            sticky: count(["sticky", "sticky"])?.unwrap_or(0),
            cooldown: count(["cooldown", "cooldown"])?.unwrap_or(0),
            delay: count(["delay", "delay"])?.unwrap_or(0),
        },
        filter: filter(&from.object(from.spelled(["character_filter", "characterFilter"]))?)?,
        triggers: triggers(from)?,
        // It says nothing that we act on: one of another type is no mistake.
        automation_id: from
            .field(from.spelled(["automation_id", "automationId"]))
            .and_then(|id| id.text().ok())
            .map(|id| id.trim().to_owned())
            .filter(|id| !id.is_empty()),
        ..LoreEntry::default()
    })
}

fn on_by_default(from: &Fields<'_>, names: [&'static str; 2]) -> Result<bool, CardError> {
    from.flag(from.spelled(names)).map(|flag| flag.unwrap_or(true))
}

fn filter(from: &Fields<'_>) -> Result<CharacterFilter, CardError> {
    Ok(CharacterFilter {
        names: from.short_texts("names", 200, 200)?,
        tags: from.short_texts("tags", 200, 200)?,
        exclude: from.flag(from.spelled(["isExclude", "is_exclude"]))?.unwrap_or(false),
    })
}

/// Kinds that are not known are passed over; if none is left, the entry fires for all.
fn triggers(from: &Fields<'_>) -> Result<Vec<Trigger>, CardError> {
    let names = from.short_texts("triggers", 20, 40)?;
    Ok(names
        .iter()
        .filter_map(|name| match name.as_str() {
            "normal" => Some(Trigger::Normal),
            "continue" => Some(Trigger::Continue),
            "impersonate" => Some(Trigger::Impersonate),
            "swipe" => Some(Trigger::Swipe),
            "regenerate" => Some(Trigger::Regenerate),
            "quiet" => Some(Trigger::Quiet),
            _ => None,
        })
        .collect())
}

/// `SillyTavern`'s numbers.
fn position(from: &Fields<'_>) -> Result<Option<LorePosition>, CardError> {
    let Some(number) = from.field("position").and_then(|position| position.number()) else {
        return Ok(None);
    };
    Ok(Some(match number {
        0 => LorePosition::BeforeChar,
        2 => LorePosition::NoteTop,
        3 => LorePosition::NoteBottom,
        4 => LorePosition::AtDepth {
            depth: from.count("depth")?.unwrap_or(DEPTH),
            role: match from.integer("role")? {
                Some(1) => Role::User,
                Some(2) => Role::Assistant,
                _ => Role::System,
            },
        },
        5 => LorePosition::BeforeExamples,
        6 => LorePosition::AfterExamples,
        7 => LorePosition::Outlet,
        _ => LorePosition::AfterChar,
    }))
}
