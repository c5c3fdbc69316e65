//! Answers as Discord's messages: text, embeds, files, components.

use domain::outbound::{Answer, Panel};
use serde_json::{Map, Value, json};

use super::{components, posts::NOBODY};
use crate::{
    error::SpeakError,
    rest::{Body, to_json},
};

/// Only the caller sees the answer. Source: Discord documentation, "Message Flags".
pub(super) const EPHEMERAL: u32 = 1 << 6;
/// Embeds of a message.
const PANELS: usize = 10;
/// Files of a message. Source: Discord documentation, "Uploading Files".
const FILES: usize = 10;
/// Characters of all embeds of a message together. Source: Discord documentation, "Embed Limits".
const ALL_PANELS_CHARS: usize = 6_000;

/// A message with an answer's text, panels, files and components; what is empty is sent as empty, so that an edit
/// takes away what was there.
///
/// Source: Discord documentation, "Create Message" and "Edit Webhook Message".
pub(super) fn message(answer: &Answer) -> Result<Value, SpeakError> {
    let found = answer.files.len();
    if found > FILES {
        return Err(SpeakError::Limit { what: "files", found, least: 0, most: FILES });
    }
    let attachments: Vec<Value> = answer
        .files
        .iter()
        .enumerate()
        .map(|(n, file)| json!({ "id": n.to_string(), "filename": file.name }))
        .collect();
    let mut room = Room(ALL_PANELS_CHARS);
    let panels: Vec<Value> =
        answer.panels.iter().take(PANELS).filter_map(|shown| panel(shown, &mut room)).collect();
    Ok(json!({
        "content": cut(&answer.text, domain::limits::MESSAGE_CHARS),
        "embeds": panels,
        "attachments": attachments,
        "components": components::rows(&answer.rows)?,
        "allowed_mentions": NOBODY,
    }))
}

/// A message that did not exist before: as [`message`], with a flag when only the caller is to see it.
pub(super) fn new_message(answer: &Answer) -> Result<Value, SpeakError> {
    let mut message = message(answer)?;
    if answer.private {
        message["flags"] = EPHEMERAL.into();
    }
    Ok(message)
}

/// A payload with an answer's files.
pub(super) fn body(payload: &Value, answer: &Answer) -> Result<Body, SpeakError> {
    if answer.files.is_empty() {
        Body::json(payload)
    } else {
        Ok(Body::Files { payload: to_json(payload)?, files: answer.files.clone() })
    }
}

/// The characters that are left for the panels of one message.
struct Room(usize);

impl Room {
    /// As much of a text as fits its own limit and what is left; nothing when that is nothing.
    fn take(&mut self, text: &str, most: usize) -> Option<String> {
        let text = cut(text, most.min(self.0));
        self.0 -= text.chars().count();
        (!text.is_empty()).then_some(text)
    }
}

/// Source: Discord documentation, "Embed Object" and "Embed Limits". Empty parts are left out: Discord refuses them,
/// and a panel of nothing but empty parts.
fn panel(panel: &Panel, room: &mut Room) -> Option<Value> {
    let mut embed = Map::new();
    if let Some(title) = room.take(&panel.title, 256) {
        embed.insert("title".into(), title.into());
    }
    // Before the body: it is short, and a long body would leave nothing for it.
    if let Some(footer) = room.take(&panel.footer, 2_048) {
        embed.insert("footer".into(), json!({ "text": footer }));
    }
    if let Some(body) = room.take(&panel.body, 4_096) {
        embed.insert("description".into(), body.into());
    }
    if let Some(color) = panel.color {
        embed.insert("color".into(), color.into());
    }
    let fields = panel.fields.iter().take(25).map_while(|(name, value, inline)| {
        let name = room.take(name, 256)?;
        Some(json!({ "name": name, "value": room.take(value, 1_024)?, "inline": inline }))
    });
    let fields: Vec<Value> = fields.collect();
    if !fields.is_empty() {
        embed.insert("fields".into(), fields.into());
    }
    for (place, name) in [("thumbnail", &panel.thumbnail), ("image", &panel.image)] {
        if let Some(name) = name {
            embed.insert(place.into(), json!({ "url": format!("attachment://{name}") }));
        }
    }
    (embed.len() > usize::from(panel.color.is_some())).then_some(Value::Object(embed))
}

/// A text of at most so many characters; one that is longer ends with an ellipsis.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.char_indices().nth(most).is_none() {
        return text.to_owned();
    }
    let kept = text.char_indices().nth(most.saturating_sub(1)).map_or(text, |(end, _)| &text[..end]);
    if most == 0 { String::new() } else { format!("{}…", kept.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("häuser", 6), "häuser");
        assert_eq!(cut("häuser", 5), "häus…");
        assert_eq!(cut("two words", 5), "two…");
        assert_eq!(cut("häuser", 1), "…");
        assert_eq!(cut("häuser", 0), "");
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn all_panels_together_stay_within_discord_s_6000_characters() {
        let long = Panel {
            title: "t".repeat(300),
            body: "b".repeat(5_000),
            footer: "the end".into(),
            fields: vec![("n".repeat(300), "v".repeat(2_000), false); 30],
            ..Panel::default()
        };
        let empty = Panel { color: Some(1), ..Panel::default() };
        let answer = Answer { panels: vec![long.clone(), empty, long], ..Answer::default() };
        let message = message(&answer).unwrap();
        let embeds = message["embeds"].as_array().unwrap();
        let count = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
        let all: usize = embeds
            .iter()
            .map(|embed| {
                let fields = embed["fields"].as_array().into_iter().flatten();
                let fields: usize = fields.map(|field| count(&field["name"]) + count(&field["value"])).sum();
                count(&embed["title"])
                    + count(&embed["description"])
                    + count(&embed["footer"]["text"])
                    + fields
            })
            .sum();
        assert!((5_900..=6_000).contains(&all), "{all}");
        assert_eq!(embeds[0]["footer"]["text"], "the end");
        assert_eq!(embeds.len(), 1, "neither an empty panel nor one without room");
    }

    #[test]
    fn more_files_than_discord_takes_are_an_error() {
        let file = domain::outbound::File { name: "a.png".into(), bytes: Vec::new().into() };
        let answer = Answer { files: vec![file; 11], ..Answer::default() };
        assert_eq!(message(&answer), Err(SpeakError::Limit { what: "files", found: 11, least: 0, most: 10 }));
    }
}
