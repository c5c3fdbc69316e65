//! Reads the fields of a JSON object, collecting Discord's form errors.

use std::cell::RefCell;

use serde_json::{Map, Value};

use crate::errors::{ApiError, FormErrors};
use crate::permissions::Permissions;

/// A view on a JSON object. Absent and `null` read as `None`; wrong types and bounds are collected.
pub(crate) struct Form<'a> {
    map: &'a Map<String, Value>,
    errors: RefCell<FormErrors>,
}

impl<'a> Form<'a> {
    pub(crate) fn new(map: &'a Map<String, Value>) -> Self {
        Self { map, errors: RefCell::default() }
    }

    pub(crate) fn report_unknown(&self, known: &[&str], report: &dyn Fn(String)) {
        for key in self.map.keys().filter(|k| !known.contains(&k.as_str())) {
            report(format!("unknown key `{key}` in the body"));
        }
    }

    /// `Ok` if no field was wrong.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        self.errors.into_inner().into_result()
    }

    pub(crate) fn error(&self, key: &str, code: &str, message: impl Into<String>) {
        self.errors.borrow_mut().add(key, code, message);
    }

    /// True if the key is there, even as `null`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|v| !v.is_null())
    }

    /// Text with bounds in characters.
    pub(crate) fn text(&self, key: &str, min: usize, max: usize) -> Option<String> {
        let value = self.get(key)?;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => {
                self.error(key, "STRING_TYPE_CONVERT", "Could not interpret value as string.");
                return None;
            }
        };
        // Fewer bytes than the bound are fewer characters too.
        let length =
            if text.len() <= max && text.len() >= min.max(1) * 4 { max } else { text.chars().count() };
        if length < min || length > max {
            let (code, message) = if min == 0 {
                ("BASE_TYPE_MAX_LENGTH", format!("Must be {max} or fewer in length."))
            } else {
                ("BASE_TYPE_BAD_LENGTH", format!("Must be between {min} and {max} in length."))
            };
            self.error(key, code, message);
            return None;
        }
        Some(text)
    }

    /// As [`Form::text`], but it must be there.
    pub(crate) fn required_text(&self, key: &str, min: usize, max: usize) -> String {
        self.require(key);
        self.text(key, min, max).unwrap_or_default()
    }

    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        if value.as_bool().is_none() {
            self.error(key, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
        }
        value.as_bool()
    }

    pub(crate) fn number(&self, key: &str, min: u64, max: u64) -> Option<u64> {
        let value = self.get(key)?;
        let Some(number) = value.as_u64().or_else(|| value.as_str().and_then(|v| v.parse().ok())) else {
            self.error(key, "NUMBER_TYPE_COERCE", format!("Value \"{value}\" is not int."));
            return None;
        };
        if number < min {
            self.error(
                key,
                "NUMBER_TYPE_MIN",
                format!("int value should be greater than or equal to {min}."),
            );
        } else if number > max {
            self.error(key, "NUMBER_TYPE_MAX", format!("int value should be less than or equal to {max}."));
        }
        (min..=max).contains(&number).then_some(number)
    }

    pub(crate) fn signed(&self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        if value.as_i64().is_none() {
            self.error(key, "NUMBER_TYPE_COERCE", format!("Value \"{value}\" is not int."));
        }
        value.as_i64()
    }

    /// A snowflake, as text or as a number.
    pub(crate) fn id(&self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
        let id = id_of(value);
        if id.is_none() {
            self.error(key, "NUMBER_TYPE_COERCE", format!("Value \"{value}\" is not snowflake."));
        }
        id
    }

    pub(crate) fn ids(&self, key: &str) -> Option<Vec<u64>> {
        let list = self.list(key, usize::MAX)?;
        Some(list.iter().filter_map(id_of).collect())
    }

    pub(crate) fn permissions(&self, key: &str) -> Option<Permissions> {
        self.id(key).map(Permissions)
    }

    pub(crate) fn list(&self, key: &str, max: usize) -> Option<&'a Vec<Value>> {
        let value = self.get(key)?;
        let Some(list) = value.as_array() else {
            self.error(key, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
            return None;
        };
        if list.len() > max {
            self.error(key, "BASE_TYPE_MAX_LENGTH", format!("Must be {max} or fewer in length."));
            return None;
        }
        Some(list)
    }

    pub(crate) fn object(&self, key: &str) -> Option<&'a Map<String, Value>> {
        let value = self.get(key)?;
        if !value.is_object() {
            let text = "Only dictionaries may be used in a ModelType";
            self.error(key, "MODEL_TYPE_CONVERT", text);
        }
        value.as_object()
    }

    pub(crate) fn require(&self, key: &str) {
        if self.get(key).is_none() {
            self.error(key, "BASE_TYPE_REQUIRED", "This field is required");
        }
    }
}

/// A snowflake in JSON.
pub(crate) fn id_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(|v| v.parse().ok()))
}
