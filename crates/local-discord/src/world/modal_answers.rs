//! What was filled into a modal, held against the modal's own rules.
//! <https://docs.discord.com/developers/components/reference#text-input>

use serde_json::Value;

use super::interaction_data::chosen;
use super::interactions::find_component;
use crate::errors::ApiError;

const TEXT_INPUT: u64 = 4;
const FILE_UPLOAD: u64 = 19;
/// Longest text of an input without a `max_length` of its own.
const MAX_TEXT: u64 = 4_000;

/// Checks that every field of the modal is answered as it allows, and that nothing else is.
pub(super) fn check(modal: &Value, answers: &[Value]) -> Result<(), ApiError> {
    let fields = fields(list(modal, "components"));
    for answer in self::fields(answers) {
        let id = answer["custom_id"].as_str().unwrap_or_default();
        if !fields.iter().any(|f| f["custom_id"] == id) {
            return Err(wrong(id, "The modal has no such field."));
        }
    }
    for field in fields {
        let id = field["custom_id"].as_str().unwrap_or_default();
        let answer = find_component(answers, id).unwrap_or(&Value::Null);
        let required = field["required"] != false;
        if field["type"].as_u64() == Some(TEXT_INPUT) {
            let text = answer["value"].as_str().unwrap_or_default();
            check_text(field, text, required).map_err(|problem| wrong(id, &problem))?;
        } else if field["type"].as_u64().is_some_and(|kind| (3..=8).contains(&kind) || kind == FILE_UPLOAD) {
            let values: Vec<String> =
                list(answer, "values").iter().filter_map(Value::as_str).map(str::to_owned).collect();
            if required || !values.is_empty() {
                chosen(field, &values).map_err(|problem| wrong(id, &problem))?;
            }
        }
    }
    Ok(())
}

fn check_text(field: &Value, text: &str, required: bool) -> Result<(), String> {
    let length = text.chars().count() as u64;
    if length == 0 {
        return if required { Err("This field is required".to_owned()) } else { Ok(()) };
    }
    let min = field["min_length"].as_u64().unwrap_or(0);
    let max = field["max_length"].as_u64().unwrap_or(MAX_TEXT);
    if (min..=max).contains(&length) {
        Ok(())
    } else {
        Err(format!("Must be between {min} and {max} in length."))
    }
}

/// Everything that has a custom id, at any depth.
fn fields(components: &[Value]) -> Vec<&Value> {
    let mut found = Vec::new();
    for component in components {
        if component["custom_id"].is_string() {
            found.push(component);
        }
        found.extend(fields(list(component, "components")));
        found.extend(component.get("component").map_or(Vec::new(), |c| fields(std::slice::from_ref(c))));
    }
    found
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key].as_array().map_or(&[], Vec::as_slice)
}

fn wrong(custom_id: &str, problem: &str) -> ApiError {
    ApiError::field(&format!("data.components.{custom_id}"), "COMPONENT_VALIDATION_FAILED", problem)
}
