//! A message as a person sees it.

use serde_json::Value;

use crate::world::message_flag;

/// A button that can be pressed, or could if it were not disabled. Links are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub custom_id: String,
    /// Empty if it has only an emoji.
    pub label: String,
    /// Its emoji's name; empty without one.
    pub emoji: String,
    pub disabled: bool,
}

/// A select menu. Those of entities (users, roles, channels) have no options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    pub custom_id: String,
    pub placeholder: String,
    /// Label and value.
    pub options: Vec<(String, String)>,
    pub disabled: bool,
}

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

impl Post {
    /// Its buttons in reading order, without links.
    pub fn buttons(&self) -> Vec<Button> {
        let button = |c: &&Value| c["type"] == 2 && c["custom_id"].is_string();
        let found = self.components().into_iter().filter(button);
        found
            .map(|c| Button {
                custom_id: text(&c["custom_id"]),
                label: text(&c["label"]),
                emoji: text(&c["emoji"]["name"]),
                disabled: c["disabled"] == true,
            })
            .collect()
    }

    /// Its select menus in reading order.
    pub fn selects(&self) -> Vec<Select> {
        let select = |c: &&Value| c["type"] == 3 || (5..=8).any(|kind| c["type"] == kind);
        let found = self.components().into_iter().filter(select);
        found
            .map(|c| Select {
                custom_id: text(&c["custom_id"]),
                placeholder: text(&c["placeholder"]),
                options: (c["options"].as_array().into_iter().flatten())
                    .map(|o| (text(&o["label"]), text(&o["value"])))
                    .collect(),
                disabled: c["disabled"] == true,
            })
            .collect()
    }

    /// Addresses of its attachments.
    pub fn files(&self) -> Vec<String> {
        self.json["attachments"].as_array().into_iter().flatten().map(|a| text(&a["url"])).collect()
    }

    /// Emoji of its reactions with their number, in the order in which they came.
    pub fn reactions(&self) -> Vec<(String, u64)> {
        let all = self.json["reactions"].as_array().into_iter().flatten();
        all.map(|r| (text(&r["emoji"]["name"]), r["count"].as_u64().unwrap_or(0))).collect()
    }

    fn components(&self) -> Vec<&Value> {
        fn walk<'a>(of: &'a Value, found: &mut Vec<&'a Value>) {
            for component in of.as_array().into_iter().flatten() {
                found.push(component);
                walk(&component["components"], found);
                found.extend(component.get("accessory"));
            }
        }
        let mut found = Vec::new();
        walk(&self.json["components"], &mut found);
        found
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn id(value: &Value) -> Option<u64> {
    value.as_str().and_then(|text| text.parse().ok())
}
