//! A receipt in words. Receipts of other versions of this program are told as far as they can be read.

use std::fmt::Write as _;

use domain::{
    MessageId, attention,
    memory::{Item, Kind},
    outbound::{Answer, Panel},
    prompt::{self, LoreNote, MemoryNote},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::{Receipt, SettledReceipt};

use crate::commands::shown;

/// Characters of a field's value. Discord documentation, "Embed Limits".
const FIELD_CHARS: usize = 1_000;

/// The account of a reply.
pub(super) fn account(name: &str, receipt: &Receipt, memories: &[String]) -> Answer {
    let name = shown::line(name, 80);
    let Some(settled) = &receipt.settled else {
        return Answer::private(format!("{name} is still writing that, or it is too long ago."));
    };
    let kept = &settled.prompt_receipt;
    let prompt: Option<prompt::Receipt> = part(kept, "prompt");
    let body = match part::<attention::Reason>(kept, "reason") {
        Some(reason) => format!("**Answered because:** {reason}"),
        None => "Why it answered is not known any more.".to_owned(),
    };
    let mut fields = Vec::new();
    let mut field = |name: &str, value: String, beside: bool| {
        if !value.trim().is_empty() {
            fields.push((name.to_owned(), shown::cut(value.trim(), FIELD_CHARS), beside));
        }
    };
    field("How much it was wanted", score(&kept["score"]), false);
    let minded = state(&kept["state"]);
    let minded = if minded.is_empty() { state(&kept["prompt"]["mind"]) } else { minded };
    field("In mind", minded, false);
    if let Some(prompt) = &prompt {
        field("Lore", lore(&prompt.lore), false);
        field("Prompt", sections(prompt), false);
    }
    field("Memories", shown::list(memories.iter().cloned(), FIELD_CHARS), false);
    field("Model", settled.model.clone(), true);
    let usage = settled.usage;
    field("Tokens", format!("{} in, {} out", usage.input_tokens, usage.output_tokens), true);
    field("Cost", cost(&kept["cost"]), true);
    field("Time", times(receipt, settled, &kept["times"]), true);
    let panel = Panel { title: format!("Why {name} said that"), body, fields, ..Panel::default() };
    Answer { panels: vec![panel], private: true, ..Answer::default() }
}

/// A part of a receipt, if it is one that this version knows.
fn part<T: DeserializeOwned>(kept: &Value, name: &str) -> Option<T> {
    let value = kept.get(name)?;
    match T::deserialize(value) {
        Ok(part) => Some(part),
        Err(error) => {
            tracing::debug!(name, %error, "a part of a receipt of another version cannot be read");
            None
        }
    }
}

/// "answered you lately +40, its subject +20 = 60"
fn score(score: &Value) -> String {
    let part = |part: &Value| {
        Some(format!("{} {:+}", part["name"].as_str()?.replace('_', " "), part["points"].as_i64()?))
    };
    let parts: Vec<String> = score["parts"].as_array().into_iter().flatten().filter_map(part).collect();
    match score["total"].as_i64() {
        Some(total) if !parts.is_empty() => format!("{} = **{total}**", parts.join(", ")),
        _ => parts.join(", "),
    }
}

/// Lines as `{kind, text}`, `{label, text}`, `[label, text]` or texts.
fn state(lines: &Value) -> String {
    let text = |line: &Value| {
        let of = |name: &str| line[name].as_str();
        let kind = of("kind").or(of("label")).or(line[0].as_str());
        let text = of("text").or(line[1].as_str()).or(line.as_str())?;
        let text = shown::line(text, 300);
        Some(match kind {
            Some(kind) => format!("{}: {text}", shown::line(&kind.replace('_', " "), 40)),
            None => text,
        })
    };
    let lines = lines.as_array().into_iter().flatten().filter_map(text).take(20);
    lines.collect::<Vec<_>>().join("\n")
}

fn lore(notes: &[LoreNote]) -> String {
    let mut out = String::new();
    for note in notes {
        let mark = match (note.included, &note.reason) {
            (true, _) => "✅",
            (false, Some(reason)) if !reason.starts_with("no room") && !reason.starts_with("too large") => {
                "➖"
            }
            (false, _) => "✂️",
        };
        let cause = note.cause.as_deref().unwrap_or("always in");
        let cause = note
            .key
            .as_ref()
            .map_or_else(|| cause.to_owned(), |key| format!("by “{}”", shown::line(key, 60)));
        // Writing to a String cannot fail.
        let _ = write!(out, "{mark} **{}** {cause}", shown::line(&note.entry, 60));
        if let Some(second) = &note.secondary_key {
            let _ = write!(out, " and “{}”", shown::line(second, 60));
        }
        if note.level > 0 {
            let _ = write!(out, ", level {}", note.level);
        }
        if let Some(by) = &note.woken_by {
            let _ = write!(out, ", woken by “{}”", shown::line(by, 60));
        }
        let _ = write!(out, ", {} tokens", note.tokens);
        if let Some(id) = &note.automation_id {
            let _ = write!(out, ", automation id “{}” (runs nothing here)", shown::line(id, 60));
        }
        if let Some(reason) = &note.reason {
            let _ = write!(out, " · {}", shown::line(reason, 120));
        }
        out.push('\n');
    }
    out
}

fn sections(prompt: &prompt::Receipt) -> String {
    let mut out = format!("{} of {} tokens\n", prompt.prompt_tokens, prompt.budget);
    for section in &prompt.sections {
        let _ = write!(out, "{} {}", section.name, section.tokens);
        if section.left_out > 0 {
            let _ = write!(out, " ({} in, {} left out)", section.included, section.left_out);
        }
        if section.cut_chars > 0 {
            let _ = write!(out, " ({} characters cut)", section.cut_chars);
        }
        out.push_str(" · ");
    }
    let mut out = out.trim_end_matches(" · ").to_owned();
    if prompt.defused > 0 {
        let _ = write!(out, "\n{} imitations of the frame were defused", prompt.defused);
    }
    out
}

/// What came to mind for a reply, as far as its receipt tells.
pub(super) fn memories(settled: &SettledReceipt) -> Vec<MemoryNote> {
    let prompt: Option<prompt::Receipt> = part(&settled.prompt_receipt, "prompt");
    prompt.map(|prompt| prompt.memories).unwrap_or_default()
}

/// One of them in a line: what it is now, and why it was thought of.
pub(super) fn memory(note: &MemoryNote, item: Option<&Item>) -> String {
    let mark = if note.included { "✅" } else { "✂️" };
    let what = match item {
        Some(item) => {
            let who = shown::line(item.draft.who.raw(), 40);
            let who = if who.is_empty() { who } else { format!("{who}: ") };
            format!("{who}“{}”", shown::line(item.draft.text.raw(), 120))
        }
        None => "(forgotten since, or not for everybody here any more)".to_owned(),
    };
    let kind = match note.kind {
        Kind::Line => "said",
        Kind::Fact => "known",
        Kind::Episode => "summary",
        Kind::Passage => "document",
    };
    let hundredths = |number: i32| format!("{:.2}", f64::from(number) / 100.0);
    let parts = note.parts.iter().map(|(name, part)| match part {
        0 => shown::line(name, 40),
        part => format!("{} {}", shown::line(name, 40), hundredths(*part)),
    });
    let parts: Vec<_> = parts.collect();
    let why = if note.score == 0 {
        parts.join(", ")
    } else {
        format!("{} = {}", parts.join(" + "), hundredths(note.score))
    };
    let reason =
        note.reason.as_ref().map_or_else(String::new, |reason| format!(" · {}", shown::line(reason, 80)));
    format!("{mark} {kind} {what} ({why}){reason}")
}

fn cost(cost: &Value) -> String {
    cost.as_f64().map(|cost| format!("{cost:.4}")).or(cost.as_str().map(str::to_owned)).unwrap_or_default()
}

/// From what was said to what was answered, and what a newer version may know besides.
fn times(receipt: &Receipt, settled: &SettledReceipt, more: &Value) -> String {
    let whole = settled.at.since(MessageId(receipt.turn.0).created_at());
    let mut out = format!("{:.1} s", whole.as_secs_f64());
    for (name, time) in more.as_object().into_iter().flatten().take(5) {
        if let Some(millis) = time.as_u64() {
            let _ = write!(out, "\n{} {millis} ms", shown::line(&name.replace('_', " "), 40));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use domain::{ChannelId, CharacterId, Timestamp, chat::Usage};
    use serde_json::json;
    use store::TurnId;

    use super::*;

    fn receipt(kept: Value) -> Receipt {
        let at = Timestamp(MessageId(1 << 40).created_at().as_millis() + 2_340);
        Receipt {
            message: MessageId(9),
            turn: TurnId(1 << 40),
            part: 0,
            character: CharacterId::new("mira").unwrap(),
            channel: ChannelId(1),
            webhook: None,
            settled: Some(SettledReceipt {
                prompt_receipt: kept,
                model: "a model".to_owned(),
                usage: Usage { input_tokens: 12, output_tokens: 3 },
                at,
            }),
        }
    }

    fn fields(kept: Value) -> Vec<(String, String, bool)> {
        account("Mira", &receipt(kept), &[]).panels.remove(0).fields
    }

    #[test]
    fn what_is_known_is_told() {
        let told = fields(json!({
            "score": {"parts": [{"name": "answered_writer", "points": 40}, {"name": "lately", "points": -5}], "total": 35},
            "state": [{"kind": "mood", "text": "glad, *very*"}, ["ties", "likes Tom"]],
            "times": {"first_token": 120}
        }));
        let of = |name: &str| told.iter().find(|field| field.0 == name).unwrap().1.clone();
        assert_eq!(of("How much it was wanted"), "answered writer +40, lately -5 = **35**");
        assert_eq!(of("In mind"), "mood: glad, \\*very\\*\nties: likes Tom");
        assert_eq!(of("Tokens"), "12 in, 3 out");
        assert_eq!(of("Time"), "2.3 s\nfirst token 120 ms");
    }

    #[test]
    fn a_receipt_of_another_version_is_no_error() {
        for kept in [
            json!(null),
            json!([1]),
            json!({"reason": {"new": 1}, "prompt": 7, "score": "high", "state": {}}),
        ] {
            let answer = account("Mira", &receipt(kept), &[]);
            assert!(answer.panels[0].body.contains("not known any more"));
            assert!(answer.panels[0].fields.iter().any(|field| field.0 == "Model"));
        }
    }
}
