//! Cards on their way out: the text as it came where the version fits, else converted; into JSON or a picture.
//!
//! A conversion changes `spec` and `spec_version` and adds the fields that the version demands and the card lacks.
//! Everything else stays, fields of the other version included, so that nothing is lost on the way back.

use std::borrow::Cow;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use super::{Card, Problem, Version, png};

/// The card's JSON text in a version: letter for letter as it came if that is its version.
pub fn write_json(card: &Card, version: Version) -> Cow<'_, str> {
    if card.version() == Some(version) {
        return Cow::Borrowed(&card.text);
    }
    // Two spaces a level and a line end, as most programs write it.
    let text = format!("{:#}\n", converted(&card.json, version));
    Cow::Owned(text)
}

/// The picture with the card in it, as V2 in `chara` and as V3 in `ccv3`, so that every program finds one it knows.
pub fn write_png(card: &Card, portrait: &[u8]) -> Result<Vec<u8>, Problem> {
    let text = |version| BASE64_STANDARD.encode(write_json(card, version).as_bytes());
    png::with_texts(portrait, &[("chara", &text(Version::V2)), ("ccv3", &text(Version::V3))])
}

fn converted(card: &Value, version: Version) -> Value {
    let mut card = card.clone();
    let Value::Object(mut fields) = card.take() else { return card };
    if !fields.get("spec").is_some_and(Value::is_string) {
        // The bare fields become `data`, those included that V1 does not have.
        fields.remove("spec");
        fields = Map::from_iter([("data".to_owned(), Value::Object(fields))]);
    }
    let (spec, number) = match version {
        Version::V3 => ("chara_card_v3", "3.0"),
        Version::V2 => ("chara_card_v2", "2.0"),
    };
    let mut whole =
        Map::from_iter([("spec".to_owned(), json!(spec)), ("spec_version".to_owned(), json!(number))]);
    for (name, value) in fields {
        if name != "spec" && name != "spec_version" {
            whole.insert(name, value);
        }
    }
    if let Some(Value::Object(data)) = whole.get_mut("data") {
        complete(data, version);
    }
    Value::Object(whole)
}

/// Adds what the version demands.
fn complete(data: &mut Map<String, Value>, version: Version) {
    let texts = [
        "name",
        "description",
        "personality",
        "scenario",
        "first_mes",
        "mes_example",
        "creator_notes",
        "system_prompt",
        "post_history_instructions",
        "creator",
        "character_version",
    ];
    for name in texts {
        data.entry(name).or_insert_with(|| json!(""));
    }
    data.entry("alternate_greetings").or_insert_with(|| json!([]));
    data.entry("tags").or_insert_with(|| json!([]));
    data.entry("extensions").or_insert_with(|| json!({}));
    if version == Version::V3 {
        data.entry("group_only_greetings").or_insert_with(|| json!([]));
    }
    let Some(Value::Object(book)) = data.get_mut("character_book") else { return };
    book.entry("extensions").or_insert_with(|| json!({}));
    let entries = book.entry("entries").or_insert_with(|| json!([]));
    for entry in entries.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        entry.entry("extensions").or_insert_with(|| json!({}));
        if version == Version::V3 {
            // What an absent one means.
            entry.entry("use_regex").or_insert_with(|| json!(false));
        }
    }
}
