//! Embeds. <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>

use serde_json::{Value, json};

use super::{Report, length, link, required, unknown_keys};
use crate::errors::FormErrors;

/// Characters of all embeds of a message together.
const MAX_TOTAL: usize = 6_000;
const MEDIA: &[&str] = &["http://", "https://", "attachment://"];
const WEB: &[&str] = &["http://", "https://"];
const KEYS: &[&str] = &[
    "title",
    "type",
    "description",
    "url",
    "timestamp",
    "color",
    "footer",
    "image",
    "thumbnail",
    "video",
    "provider",
    "author",
    "fields",
    "flags",
];

/// Keys of an embed's parts; clients may send back what they once received.
const PARTS: &[(&str, &[&str])] = &[
    ("footer", &["text", "icon_url", "proxy_icon_url"]),
    ("author", &["name", "url", "icon_url", "proxy_icon_url"]),
    ("image", MEDIA_KEYS),
    ("thumbnail", MEDIA_KEYS),
];
const MEDIA_KEYS: &[&str] = &[
    "url",
    "proxy_url",
    "width",
    "height",
    "content_type",
    "placeholder",
    "placeholder_version",
    "description",
    "flags",
];

/// Checks embeds and gives them as Discord stores them.
pub(crate) fn check(embeds: &[Value], errors: &mut FormErrors, report: Report<'_>) -> Vec<Value> {
    let mut total = 0;
    let stored = embeds
        .iter()
        .enumerate()
        .map(|(n, embed)| {
            total += one(embed, &format!("embeds.{n}"), errors, report);
            normalise(embed)
        })
        .collect();
    if total > MAX_TOTAL {
        let text = format!("Embed size exceeds maximum size of {MAX_TOTAL}");
        errors.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", text);
    }
    stored
}

/// Checks one embed and counts the characters that matter for the sum.
fn one(embed: &Value, path: &str, errors: &mut FormErrors, report: Report<'_>) -> usize {
    let Some(map) = embed.as_object() else {
        errors.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
        return 0;
    };
    unknown_keys(map, KEYS, path, report);
    let at = |key: &str| format!("{path}.{key}");
    let mut sum = length(&embed["title"], &at("title"), 0, 256, errors);
    sum += length(&embed["description"], &at("description"), 0, 4_096, errors);
    sum += length(&embed["footer"]["text"], &at("footer.text"), 0, 2_048, errors);
    sum += length(&embed["author"]["name"], &at("author.name"), 0, 256, errors);
    link(&embed["url"], &at("url"), WEB, errors);
    for (part, key, schemes) in [
        ("image", "url", MEDIA),
        ("thumbnail", "url", MEDIA),
        ("footer", "icon_url", MEDIA),
        ("author", "icon_url", MEDIA),
        ("author", "url", WEB),
    ] {
        link(&embed[part][key], &at(&format!("{part}.{key}")), schemes, errors);
    }
    for (part, keys) in PARTS {
        if let Some(map) = embed[*part].as_object() {
            unknown_keys(map, keys, &at(part), report);
        }
    }
    if embed["color"].as_u64().is_some_and(|c| c > 0xFF_FFFF) {
        errors.add(&at("color"), "NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215.");
    }
    let fields = embed["fields"].as_array().map_or(&[][..], Vec::as_slice);
    if fields.len() > 25 {
        errors.add(&at("fields"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    }
    for (n, field) in fields.iter().enumerate() {
        sum += required(&field["name"], &at(&format!("fields.{n}.name")), 1, 256, errors);
        sum += required(&field["value"], &at(&format!("fields.{n}.value")), 1, 1_024, errors);
        if let Some(map) = field.as_object() {
            unknown_keys(map, &["name", "value", "inline"], &at("fields"), report);
        }
    }
    let empty = KEYS.iter().all(|key| matches!(*key, "type" | "color" | "flags") || embed[key].is_null());
    if empty && embed["color"].is_null() {
        errors.add(&at("description"), "BASE_TYPE_REQUIRED", "This field is required");
    }
    sum
}

/// Bots can only make rich embeds; absent parts stay absent.
fn normalise(embed: &Value) -> Value {
    let mut stored = json!({"type": "rich"});
    for (key, value) in embed.as_object().into_iter().flatten() {
        if KEYS.contains(&key.as_str())
            && !value.is_null()
            && !matches!(key.as_str(), "type" | "video" | "provider" | "flags")
        {
            stored[key] = value.clone();
        }
    }
    if let Some(at) = stored["timestamp"].as_str().and_then(crate::clock::parse_timestamp) {
        stored["timestamp"] = Value::from(crate::clock::timestamp(at));
    } else if let Some(map) = stored.as_object_mut() {
        map.shift_remove("timestamp");
    }
    if let Some(fields) = stored.get_mut("fields").and_then(Value::as_array_mut) {
        for field in fields {
            if !field["inline"].is_boolean() {
                field["inline"] = Value::Bool(false);
            }
        }
    }
    stored
}
