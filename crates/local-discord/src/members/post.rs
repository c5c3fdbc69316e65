//! A message as a person sees it.

use serde_json::Value;

use crate::world::message_flag;

/// A message. It shows the moment at which it was read: look again for later edits.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks that a reader sees")]
pub struct Post {
    pub id: u64,
    pub channel_id: u64,
    /// The shown name: of a webhook message the name that it was sent under.
    pub author: String,
    pub author_id: u64,
    /// Sent by a bot, a webhook or an interaction.
    pub from_app: bool,
    pub content: String,
    /// Only one person sees it.
    pub ephemeral: bool,
    /// A deferred response that waits for its content.
    pub loading: bool,
    pub edited: bool,
    pub reply_to: Option<u64>,
    /// The message object as Discord's API gives it.
    pub json: Value,
}

impl Post {
    /// Reads a message object. What is missing is empty or 0.
    pub fn from_json(json: &Value) -> Self {
        let author = &json["author"];
        let name = author["global_name"].as_str().or_else(|| author["username"].as_str()).unwrap_or_default();
        let flags = json["flags"].as_u64().unwrap_or(0);
        Self {
            id: id(&json["id"]).unwrap_or(0),
            channel_id: id(&json["channel_id"]).unwrap_or(0),
            author: name.to_owned(),
            author_id: id(&author["id"]).unwrap_or(0),
            from_app: author["bot"] == true,
            content: json["content"].as_str().unwrap_or_default().to_owned(),
            ephemeral: flags & message_flag::EPHEMERAL != 0,
            loading: flags & message_flag::LOADING != 0,
            edited: json["edited_timestamp"].is_string(),
            reply_to: id(&json["message_reference"]["message_id"]),
            json: json.clone(),
        }
    }
}

fn id(value: &Value) -> Option<u64> {
    value.as_str().and_then(|text| text.parse().ok())
}
