//! JSON fields that know where they are, for errors that say so.

use std::fmt;

use serde_json::{Map, Value};

use super::CardError;

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It must be there.
    Missing,
    /// It holds nothing.
    Empty,
    /// It is of another type.
    NotA(&'static str),
    /// Too many characters.
    TooLong {
        /// How many there are.
        length: usize,
        /// How many there may be.
        most: usize,
    },
    /// Too many items.
    TooMany {
        /// How many there are.
        length: usize,
        /// How many there may be.
        most: usize,
    },
    /// Too many keys that are regular expressions.
    TooManyPatterns {
        /// How many there are.
        length: usize,
        /// How many there may be.
        most: usize,
    },
    /// The number is outside its bounds.
    OutOfRange {
        /// The bounds, as text.
        allowed: String,
    },
    /// Control characters where a name should be.
    Unprintable,
    /// Not a slug.
    NotAnId,
    /// Not `#rrggbb`.
    NotAColor,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Empty => f.write_str("is empty"),
            Self::NotA(wanted) => write!(f, "must be {wanted}"),
            Self::TooLong { length, most } => write!(f, "has {length} characters; at most {most} are taken"),
            Self::TooMany { length, most } => write!(f, "has {length} items; at most {most} are taken"),
            Self::TooManyPatterns { length, most } => {
                write!(f, "has {length} regular expressions as keys; at most {most} are taken")
            }
            Self::OutOfRange { allowed } => write!(f, "must be {allowed}"),
            Self::Unprintable => f.write_str("holds control characters"),
            Self::NotAnId => f.write_str("must be 1 to 64 of a-z, 0-9, - and _"),
            Self::NotAColor => f.write_str("must be a colour like #7bbf3a"),
        }
    }
}

/// A value and where it is.
pub(super) struct Field<'a> {
    path: String,
    value: &'a Value,
}

/// An object and where it is.
pub(super) struct Fields<'a> {
    path: String,
    map: Option<&'a Map<String, Value>>,
}

impl<'a> Field<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    pub(super) fn problem(&self, problem: Problem) -> CardError {
        CardError::Field { path: self.path.clone(), problem }
    }

    pub(super) fn object(&self) -> Result<Fields<'a>, CardError> {
        match self.value {
            Value::Object(map) => Ok(Fields { path: self.path.clone(), map: Some(map) }),
            _ => Err(self.problem(Problem::NotA("an object"))),
        }
    }

    pub(super) fn text(&self) -> Result<&'a str, CardError> {
        self.value.as_str().ok_or_else(|| self.problem(Problem::NotA("a text")))
    }

    /// A whole number, if it is one.
    pub(super) fn number(&self) -> Option<i64> {
        self.value.as_i64().or_else(|| self.value.as_f64().map(|number| number as i64))
    }

    fn limited(&self, most: usize) -> Result<String, CardError> {
        let text = self.text()?.trim();
        let length = text.chars().count();
        if length > most { Err(self.problem(Problem::TooLong { length, most })) } else { Ok(text.to_owned()) }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn empty(path: &str) -> Self {
        Self { path: path.to_owned(), map: None }
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(super) fn problem(&self, name: &str, problem: Problem) -> CardError {
        CardError::Field { path: self.path(name), problem }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// A field that is there and not `null`.
    pub(super) fn field(&self, name: &str) -> Option<Field<'a>> {
        let value = self.map?.get(name).filter(|value| !value.is_null())?;
        Some(Field { path: self.path(name), value })
    }

    /// An object; an absent one has no fields.
    pub(super) fn object(&self, name: &str) -> Result<Fields<'a>, CardError> {
        match self.field(name) {
            Some(field) => field.object(),
            None => Ok(Self::empty(&self.path(name))),
        }
    }

    /// An object as it stands.
    pub(super) fn map(&self, name: &str) -> Result<Option<Map<String, Value>>, CardError> {
        Ok(self.object(name)?.map.cloned())
    }

    /// A text of any length; absent is empty. Line ends become `\n`.
    pub(super) fn string(&self, name: &str) -> Result<String, CardError> {
        match self.field(name) {
            Some(field) => Ok(field.text()?.replace("\r\n", "\n")),
            None => Ok(String::new()),
        }
    }

    /// A trimmed text of at most so many characters; absent is empty.
    pub(super) fn limited(&self, name: &str, most: usize) -> Result<String, CardError> {
        self.field(name).map_or_else(|| Ok(String::new()), |field| field.limited(most))
    }

    pub(super) fn list(&self, name: &str, most: usize) -> Result<Vec<Field<'a>>, CardError> {
        let Some(field) = self.field(name) else {
            return Ok(Vec::new());
        };
        let Value::Array(items) = field.value else {
            return Err(field.problem(Problem::NotA("a list")));
        };
        if items.len() > most {
            return Err(field.problem(Problem::TooMany { length: items.len(), most }));
        }
        let item = |(index, value)| Field { path: format!("{}[{index}]", field.path), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// The items of a list, or the values of an object in its order.
    pub(super) fn items(&self, name: &str, most: usize) -> Result<Vec<Field<'a>>, CardError> {
        let Some(field) = self.field(name) else {
            return Ok(Vec::new());
        };
        let Value::Object(map) = field.value else {
            return self.list(name, most);
        };
        if map.len() > most {
            return Err(field.problem(Problem::TooMany { length: map.len(), most }));
        }
        let item = |(key, value)| Field { path: format!("{}.{key}", field.path), value };
        Ok(map.iter().map(item).collect())
    }

    /// The second name if a field has it, else the first.
    pub(super) fn spelled(&self, names: [&'static str; 2]) -> &'static str {
        if self.has(names[1]) { names[1] } else { names[0] }
    }

    /// As [`Fields::short_texts`]; one text with commas stands for a list.
    pub(super) fn texts_or_text(
        &self,
        name: &str,
        most: usize,
        chars: usize,
    ) -> Result<Vec<String>, CardError> {
        let Some(text) = self.field(name).and_then(|field| field.value.as_str()) else {
            return self.short_texts(name, most, chars);
        };
        let mut texts: Vec<String> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if texts.len() < most && !texts.iter().any(|text| text == part) {
                texts.push(part.chars().take(chars).collect());
            }
        }
        Ok(texts)
    }

    /// A level: `true` is 1; `false` and 0 are none.
    pub(super) fn level(&self, name: &str) -> Result<Option<u32>, CardError> {
        match self.field(name).map(|field| field.value.as_bool()) {
            Some(Some(on)) => Ok(on.then_some(1)),
            _ => Ok(self.count(name)?.filter(|level| *level > 0)),
        }
    }

    /// A list of trimmed texts; blank ones and repetitions are left out.
    pub(super) fn short_texts(
        &self,
        name: &str,
        most: usize,
        chars: usize,
    ) -> Result<Vec<String>, CardError> {
        let mut texts: Vec<String> = Vec::new();
        for item in self.list(name, most)? {
            let text = item.limited(chars)?;
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        Ok(texts)
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, CardError> {
        let Some(field) = self.field(name) else {
            return Ok(None);
        };
        field.value.as_bool().map(Some).ok_or_else(|| field.problem(Problem::NotA("true or false")))
    }

    /// A whole number; one written as `10.0` counts as well.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, CardError> {
        let Some(field) = self.field(name) else {
            return Ok(None);
        };
        let number = field.value.as_f64().ok_or_else(|| field.problem(Problem::NotA("a number")))?;
        Ok(Some(field.value.as_i64().unwrap_or(number as i64)))
    }

    /// A number that cannot be negative; larger ones than fit count as the largest.
    pub(super) fn count(&self, name: &str) -> Result<Option<u32>, CardError> {
        match self.integer(name)? {
            Some(number) if number < 0 => {
                Err(self.problem(name, Problem::OutOfRange { allowed: "0 or more".to_owned() }))
            }
            Some(number) => Ok(Some(u32::try_from(number).unwrap_or(u32::MAX))),
            None => Ok(None),
        }
    }

    pub(super) fn fraction(&self, name: &str, least: f32, most: f32) -> Result<Option<f32>, CardError> {
        let Some(field) = self.field(name) else {
            return Ok(None);
        };
        let number = field.value.as_f64().ok_or_else(|| field.problem(Problem::NotA("a number")))? as f32;
        if (least..=most).contains(&number) {
            Ok(Some(number))
        } else {
            Err(field.problem(Problem::OutOfRange { allowed: format!("between {least} and {most}") }))
        }
    }
}
