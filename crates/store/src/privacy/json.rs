//! What in a JSON document is about a person.

use domain::UserId;
use serde_json::{Value, json};

/// The parts of a document that name a person, with where they stand: the smallest object, pair or entry around the
/// person's number.
pub fn about(value: &Value, user: UserId) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    if is_about(value, user) {
        found.push((String::new(), value.clone()));
    } else {
        look(value, user, &mut String::new(), &mut found);
    }
    found
}

fn look(value: &Value, user: UserId, path: &mut String, found: &mut Vec<(String, Value)>) {
    let length = path.len();
    match value {
        Value::Array(parts) => {
            for part in parts {
                if is_about(part, user) {
                    found.push((path.clone(), part.clone()));
                } else {
                    look(part, user, path, found);
                }
            }
        }
        Value::Object(fields) => {
            for (name, part) in fields {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                if name_is(name, user) {
                    found.push((path.clone(), json!({ name.as_str(): part })));
                } else if is_about(part, user) {
                    found.push((path.clone(), part.clone()));
                } else {
                    look(part, user, path, found);
                }
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Removes those parts; answers whether there were any. What is about them as a whole becomes `null`.
pub fn scrub(value: &mut Value, user: UserId) -> bool {
    if is_about(value, user) {
        *value = Value::Null;
        return true;
    }
    match value {
        Value::Array(parts) => {
            let before = parts.len();
            parts.retain(|part| !is_about(part, user));
            let removed = parts.len() < before;
            parts.iter_mut().fold(removed, |changed, part| scrub(part, user) || changed)
        }
        Value::Object(fields) => {
            let before = fields.len();
            fields.retain(|name, part| !name_is(name, user) && !is_about(part, user));
            let removed = fields.len() < before;
            fields.values_mut().fold(removed, |changed, part| scrub(part, user) || changed)
        }
        _ => false,
    }
}

/// The number itself, a pair that begins with it (`[id, …]`), or an object with it in one of its fields.
fn is_about(value: &Value, user: UserId) -> bool {
    match value {
        Value::Array(parts) => parts.len() > 1 && is(&parts[0], user) && !parts[1..].iter().all(is_id),
        Value::Object(fields) => fields.values().any(|part| is(part, user)),
        other => is(other, user),
    }
}

/// Whether a value could be another person's number: then its array is a list of people, and no pair.
fn is_id(value: &Value) -> bool {
    const SMALLEST_SNOWFLAKE: u64 = 1 << 50;
    value.as_u64().is_some_and(|number| number >= SMALLEST_SNOWFLAKE)
        || value.as_str().and_then(|text| text.parse::<u64>().ok()).is_some_and(|id| id >= SMALLEST_SNOWFLAKE)
}

fn is(value: &Value, user: UserId) -> bool {
    value.as_u64() == Some(user.get()) || value.as_str().is_some_and(|text| name_is(text, user))
}

fn name_is(text: &str, user: UserId) -> bool {
    text.parse() == Ok(user.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: UserId = UserId(1_154_000_000_000_000_001);

    fn document() -> Value {
        json!({
            "threads": [{"person": ME.get(), "topic": "boats"}, {"person": 1_154_000_000_000_000_002_u64, "topic": "tea"}],
            "people": [1_154_000_000_000_000_002_u64, ME.get()],
            "first": [ME.get(), 1_154_000_000_000_000_002_u64],
            "noticed": [[ME.get(), 17], [1_154_000_000_000_000_002_u64, 18]],
            "speakers": [{"label": "Ann", "id": ME.to_string()}],
            "now": {"id": 3, "asked_by": ME.get()},
            "by": {ME.to_string(): 5, "7": 6},
            "count": 5,
        })
    }

    #[test]
    fn what_is_about_somebody_is_found_and_nothing_of_others() {
        let found = about(&document(), ME);
        let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
        let by = format!("by.{ME}");
        assert_eq!(paths, ["threads", "people", "first", "noticed", "speakers", "now", by.as_str()]);
        let told = serde_json::to_string(&found).unwrap();
        assert!(told.contains("boats") && !told.contains("tea") && !told.contains("000002"), "{told}");
    }

    #[test]
    fn what_is_about_somebody_is_removed_and_nothing_of_others() {
        let mut scrubbed = document();
        assert!(scrub(&mut scrubbed, ME));
        let expected = json!({
            "threads": [{"person": 1_154_000_000_000_000_002_u64, "topic": "tea"}],
            "people": [1_154_000_000_000_000_002_u64],
            "first": [1_154_000_000_000_000_002_u64],
            "noticed": [[1_154_000_000_000_000_002_u64, 18]],
            "speakers": [],
            "by": {"7": 6},
            "count": 5,
        });
        assert_eq!(scrubbed, expected);
        assert!(!scrub(&mut scrubbed, ME));
        let mut own = json!({"person": ME.get()});
        assert!(scrub(&mut own, ME) && own.is_null());
    }
}
