//! Discord's rules for what a request may contain, beyond what its schema says.

pub(crate) mod commands;
pub(crate) mod components;
pub(crate) mod embeds;
pub(crate) mod modals;
pub(crate) mod openapi;

use serde_json::{Map, Value};

use crate::errors::FormErrors;

/// A message's text, in characters. The schema says 4,000, which only some humans may use.
pub(crate) const MAX_CONTENT: usize = 2_000;

/// Where violations go.
pub(crate) type Report<'a> = &'a dyn Fn(String);

/// Reports keys that no documentation names.
pub(crate) fn unknown_keys(map: &Map<String, Value>, known: &[&str], place: &str, report: Report<'_>) {
    for key in map.keys().filter(|k| !known.contains(&k.as_str())) {
        report(format!("unknown key `{key}` in {place}"));
    }
}

/// Checks a text's length in characters, if the field is there. Returns the length.
pub(crate) fn length(value: &Value, path: &str, min: usize, max: usize, errors: &mut FormErrors) -> usize {
    if value.is_null() {
        return 0;
    }
    let Some(text) = value.as_str() else {
        errors.add(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.");
        return 0;
    };
    let count = text.chars().count();
    if count > max && min == 0 {
        errors.add(path, "BASE_TYPE_MAX_LENGTH", format!("Must be {max} or fewer in length."));
    } else if count < min || count > max {
        errors.add(path, "BASE_TYPE_BAD_LENGTH", format!("Must be between {min} and {max} in length."));
    }
    count
}

/// As [`length`], but the field must be there.
pub(crate) fn required(value: &Value, path: &str, min: usize, max: usize, errors: &mut FormErrors) -> usize {
    if value.is_null() {
        errors.add(path, "BASE_TYPE_REQUIRED", "This field is required");
    }
    length(value, path, min, max, errors)
}

/// A link must be http, https or an attachment (where a file may stand).
pub(crate) fn link(value: &Value, path: &str, schemes: &[&str], errors: &mut FormErrors) {
    let Some(text) = value.as_str() else { return };
    let fits = schemes.iter().any(|s| text.strip_prefix(s).is_some_and(|rest| !rest.is_empty()));
    if !fits || text.len() > 2_048 || text.contains(char::is_whitespace) {
        let names: Vec<&str> = schemes.iter().map(|s| s.trim_end_matches("://")).collect();
        let text = format!("Scheme \"\" must be one of ({}).", names.join(", "));
        errors.add(path, "URL_TYPE_INVALID_SCHEME", text);
    }
}
