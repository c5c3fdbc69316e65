//! How a model's answer is read: whatever it is, it does no harm, and what can be understood of it counts.

use serde_json::Value;

use super::{Batch, Learned, NOTES, sound, speaker};
use crate::memory::Aspect;

/// Places in an answer where JSON is looked for.
const TRIES: usize = 16;

/// Characters of an answer that are read.
const ANSWER_CHARS: usize = 32_000;

/// The notes of an answer; none where it is no answer. Fences, a preamble, thoughts and a list without its object are
/// borne; a note about nobody, from no line, or of no words is left out.
pub fn read(answer: &str, batch: Batch<'_>) -> Option<Vec<Learned>> {
    let answer = answer.rsplit("</think>").next().unwrap_or(answer);
    let end = answer.char_indices().nth(ANSWER_CHARS).map_or(answer.len(), |(end, _)| end);
    let notes = notes(&answer[..end])?;
    Some(notes.iter().take(NOTES).filter_map(|note| learned(note, batch)).collect())
}

/// The list of notes in a text.
fn notes(answer: &str) -> Option<Vec<Value>> {
    let starts = answer.char_indices().filter(|(_, c)| matches!(c, '{' | '[')).map(|(at, _)| at);
    for start in starts.take(TRIES) {
        let mut documents = serde_json::Deserializer::from_str(&answer[start..]).into_iter::<Value>();
        match documents.next() {
            Some(Ok(Value::Object(mut object))) => {
                if let Some(Value::Array(notes)) = object.remove("notes") {
                    return Some(notes);
                }
                // A single note without its list.
                if object.contains_key("note") {
                    return Some(vec![Value::Object(object)]);
                }
            }
            Some(Ok(Value::Array(notes))) if notes.iter().all(Value::is_object) => return Some(notes),
            _ => {}
        }
    }
    None
}

fn learned(note: &Value, batch: Batch<'_>) -> Option<Learned> {
    let text =
        |key: &str| note.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let people = batch.people();
    let label = text("person")?;
    let number = label.trim_start_matches(['P', 'p']).parse::<usize>().ok();
    let by_label = number.and_then(|number| people.get(number.checked_sub(1)?));
    // Some models write the name instead.
    let mut by_name = people.iter().filter(|(_, name)| crate::names::escape_name(name.raw()) == label);
    let (person, name) = by_label.or_else(|| by_name.next().filter(|_| by_name.next().is_none()))?;
    let mut lines: Vec<usize> = match note.get("lines") {
        Some(Value::Array(lines)) => lines.iter().filter_map(number_of).collect(),
        Some(line) => number_of(line).into_iter().collect(),
        None => Vec::new(),
    };
    // The characters' own lines are no evidence about people.
    lines.retain(|line| batch.lines.get(*line).is_some_and(|line| speaker(line).is_some()));
    lines.sort_unstable();
    lines.dedup();
    lines.truncate(8);
    let said_by: Vec<_> = lines.iter().filter_map(|line| speaker(batch.lines.get(*line)?)).collect();
    let learned = Learned {
        person: *person,
        name: (*name).clone(),
        aspect: text("aspect").and_then(Aspect::named).unwrap_or(Aspect::Fact),
        attribute: text("attribute").unwrap_or_default().to_owned(),
        single: note.get("only_one").and_then(Value::as_bool).unwrap_or_default(),
        text: text("note")?.to_owned(),
        importance: share(note, "importance", 5),
        confidence: share(note, "sure", 60),
        lines,
    };
    sound(learned, &said_by)
}

fn number_of(value: &Value) -> Option<usize> {
    let number = value.as_u64().or_else(|| value.as_str()?.trim_matches(['[', ']', ' ']).parse().ok())?;
    usize::try_from(number).ok()
}

fn share(note: &Value, key: &str, usual: u8) -> u8 {
    let number = note.get(key).and_then(Value::as_f64);
    number.filter(|number| number.is_finite()).map_or(usual, |number| number.clamp(0.0, 100.0) as u8)
}
