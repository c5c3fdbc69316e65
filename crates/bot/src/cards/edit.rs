//! Changing a card's texts: only the changed values are written anew, every other byte stays as its author's program
//! wrote it, unknown fields, order and spacing included.

use std::ops::Range;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{Card, Problem, Version, from_text, png};

/// The card with other texts in these fields of it; an absent field is added.
///
/// Cards of V2 and V3 often carry their V1 fields a second time at the top; where such a copy said the same, it goes
/// on saying the same.
pub fn with_texts(card: &Card, changes: &[(&str, &str)]) -> Result<Card, Problem> {
    let mut text = card.text.clone();
    for (field, value) in changes {
        text = with_text(&text, field, value);
    }
    Ok(Card { portrait: card.portrait.clone(), notes: card.notes.clone(), ..from_text(text)? })
}

/// A text field of the card as it stands, if it is one.
pub fn text_of<'a>(card: &'a Card, field: &str) -> Option<&'a str> {
    let fields = if card.version().is_some() { card.json.get("data")? } else { &card.json };
    fields.get(field)?.as_str()
}

/// The card as one file from which [`super::read`] reads the same card: its picture with the text in it, letter for
/// letter, or the text alone.
pub fn pack(card: &Card) -> Result<Vec<u8>, Problem> {
    let Some(portrait) = card.portrait() else { return Ok(card.text.clone().into_bytes()) };
    let keyword = if card.version() == Some(Version::V3) { "ccv3" } else { "chara" };
    png::with_texts(portrait, &[(keyword, &BASE64_STANDARD.encode(card.text.as_bytes()))])
}

/// The text was read as a card before, so it is one JSON object.
fn with_text(text: &str, field: &str, value: &str) -> String {
    let root = members(text, 0);
    let wrapped = root.iter().any(|(name, value)| name == "spec" && text[value.clone()].starts_with('"'));
    let data = root.iter().rfind(|(name, _)| wrapped && name == "data").map(|(_, value)| value.start);
    let Some(data) = data else { return replaced(text, &[change(text, 0, &root, field, value)]) };
    let fields = members(text, data);
    let before = said(text, &fields, field);
    let copy = before.is_some() && said(text, &root, field) == before;
    let mut changes = vec![change(text, data, &fields, field, value)];
    if copy {
        changes.push(change(text, 0, &root, field, value));
    }
    replaced(text, &changes)
}

/// Where in the text what is to be put.
fn change(
    text: &str,
    object: usize,
    fields: &[(String, Range<usize>)],
    field: &str,
    value: &str,
) -> (Range<usize>, String) {
    let value = Value::from(value).to_string();
    if let Some((_, place)) = fields.iter().rfind(|(name, _)| name == field) {
        return (place.clone(), value);
    }
    let inside = begin(text, object) + 1;
    let comma = if fields.is_empty() { "" } else { "," };
    (inside..inside, format!("{}:{value}{comma}", Value::from(field)))
}

fn replaced(text: &str, changes: &[(Range<usize>, String)]) -> String {
    let mut changes: Vec<_> = changes.iter().collect();
    changes.sort_by_key(|(place, _)| place.start);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (place, value) in changes {
        out.push_str(&text[from..place.start]);
        out.push_str(value);
        from = place.end;
    }
    out.push_str(&text[from..]);
    out
}

fn said(text: &str, fields: &[(String, Range<usize>)], field: &str) -> Option<String> {
    let (_, place) = fields.iter().rfind(|(name, _)| name == field)?;
    serde_json::from_str(&text[place.clone()]).ok()
}

/// The fields of the object that begins at or after a place, with where their values stand.
fn members(text: &str, object: usize) -> Vec<(String, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut fields = Vec::new();
    let mut at = begin(text, object) + 1;
    loop {
        at = skip(bytes, at, |byte| byte.is_ascii_whitespace() || byte == b',');
        if bytes.get(at) != Some(&b'"') {
            return fields;
        }
        let end = value_end(bytes, at);
        let name = serde_json::from_str(&text[at..end]).unwrap_or_default();
        at = skip(bytes, end, |byte| byte.is_ascii_whitespace() || byte == b':');
        let end = value_end(bytes, at);
        fields.push((name, at..end));
        at = end;
    }
}

/// The object's brace.
fn begin(text: &str, at: usize) -> usize {
    skip(text.as_bytes(), at, |byte| byte != b'{')
}

fn skip(bytes: &[u8], from: usize, over: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !over(*byte)).unwrap_or(rest.len())
}

/// The byte after the value that begins here.
fn value_end(bytes: &[u8], from: usize) -> usize {
    let (mut depth, mut quoted, mut at) = (0_u32, false, from);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
        let closed = matches!(bytes.get(at - 1), Some(b'}' | b']' | b'"'));
        if closed && depth == 0 && !quoted {
            return at;
        }
    }
    bytes.len()
}
