//! Modals. <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal>

use serde_json::Value;

use super::components::select_body;
use super::{Report, length, required, unknown_keys};
use crate::errors::FormErrors;

const ROW: u64 = 1;
const TEXT_INPUT: u64 = 4;
const TEXT: u64 = 10;
const LABEL: u64 = 18;
/// File upload, radio group, checkbox group, checkbox.
const NEWER: std::ops::RangeInclusive<u64> = 19..=23;

/// Keys of all kinds of inputs.
const INPUT_KEYS: &[&str] = &[
    "type",
    "id",
    "custom_id",
    "label",
    "style",
    "min_length",
    "max_length",
    "required",
    "value",
    "placeholder",
    "options",
    "min_values",
    "max_values",
    "default_values",
    "channel_types",
    "disabled",
    "default",
];

/// Checks a modal: title, custom id, one to five rows or labels.
pub(crate) fn check(modal: &Value, errors: &mut FormErrors, report: Report<'_>) {
    if let Some(map) = modal.as_object() {
        unknown_keys(map, &["custom_id", "title", "components"], "data", report);
    }
    required(&modal["custom_id"], "data.custom_id", 1, 100, errors);
    required(&modal["title"], "data.title", 1, 45, errors);
    let rows = modal["components"].as_array().map_or(&[][..], Vec::as_slice);
    if rows.is_empty() || rows.len() > 5 {
        errors.add("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
    }
    let mut ids: Vec<&str> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let path = format!("data.components.{n}");
        let inner = row.get("component").or_else(|| row["components"].get(0));
        if let Some(id) = inner.and_then(|i| i["custom_id"].as_str()) {
            if ids.contains(&id) {
                let text = "Component custom id cannot be duplicated";
                errors.add(&format!("{path}.custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", text);
            }
            ids.push(id);
        }
        match row["type"].as_u64() {
            Some(ROW) => {
                let inputs = row["components"].as_array().map_or(&[][..], Vec::as_slice);
                if inputs.len() != 1 {
                    let at = format!("{path}.components");
                    errors.add(&at, "BASE_TYPE_BAD_LENGTH", "Must be 1 in length.");
                }
                for input in inputs {
                    field(input, &format!("{path}.components.0"), true, errors, report);
                }
            }
            Some(LABEL) => {
                required(&row["label"], &format!("{path}.label"), 1, 45, errors);
                length(&row["description"], &format!("{path}.description"), 0, 100, errors);
                field(&row["component"], &format!("{path}.component"), false, errors, report);
            }
            Some(TEXT) => {
                required(&row["content"], &format!("{path}.content"), 1, 4_000, errors);
            }
            _ => {
                errors.add(
                    &format!("{path}.type"),
                    "UNION_TYPE_CHOICES",
                    "Value must be one of (1, 10, 18).",
                );
            }
        }
    }
}

/// An input of a modal. Text inputs have a label of their own only inside a row.
fn field(input: &Value, path: &str, in_row: bool, errors: &mut FormErrors, report: Report<'_>) {
    let at = |key: &str| format!("{path}.{key}");
    let kind = input["type"].as_u64().unwrap_or(0);
    if let Some(map) = input.as_object() {
        unknown_keys(map, INPUT_KEYS, path, report);
    }
    required(&input["custom_id"], &at("custom_id"), 1, 100, errors);
    match kind {
        TEXT_INPUT => {
            if in_row {
                required(&input["label"], &at("label"), 1, 45, errors);
            }
            length(&input["placeholder"], &at("placeholder"), 0, 100, errors);
            length(&input["value"], &at("value"), 0, 4_000, errors);
            let (min, max) =
                (input["min_length"].as_u64().unwrap_or(0), input["max_length"].as_u64().unwrap_or(4_000));
            if min > max || !(1..=4_000).contains(&max) {
                let text = "Must be between 1 and 4000, not below min_length.";
                errors.add(&at("max_length"), "TEXT_INPUT_LENGTH_INVALID", text);
            }
            let begun = input["value"].as_str().map_or(0, |v| v.chars().count() as u64);
            if begun > max {
                let text = format!("Must be {max} or fewer in length.");
                errors.add(&at("value"), "BASE_TYPE_MAX_LENGTH", text);
            }
            if !matches!(input["style"].as_u64(), Some(1 | 2)) {
                errors.add(&at("style"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2).");
            }
        }
        3 | 5..=8 => select_body(kind, input, path, errors, report),
        _ if NEWER.contains(&kind) => {}
        _ => errors.add(&at("type"), "UNION_TYPE_CHOICES", "Value is not a component of a modal."),
    }
}
