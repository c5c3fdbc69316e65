//! Interactions as Discord sends them.
//!
//! Source: Discord documentation, "Receiving and Responding", sections "Interaction Object" and "Interaction Data".

use std::collections::HashMap;

use serde::Deserialize;

use super::{Attachment, Channel, Id, Member, Message, Only, User};

#[derive(Deserialize)]
pub(crate) struct Interaction {
    pub(crate) id: Id,
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    pub(crate) token: String,
    #[serde(default)]
    pub(crate) data: Option<Data>,
    #[serde(default)]
    pub(crate) guild_id: Option<Id>,
    #[serde(default)]
    pub(crate) channel: Option<Channel>,
    #[serde(default)]
    pub(crate) channel_id: Option<Id>,
    #[serde(default)]
    pub(crate) member: Option<Member>,
    #[serde(default)]
    pub(crate) user: Option<User>,
    /// What a component hangs on.
    #[serde(default)]
    pub(crate) message: Option<Only>,
}

/// A command's, component's or modal's data: which fields there are depends on the interaction's type.
#[derive(Deserialize)]
pub(crate) struct Data {
    /// A command's.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// A command's type: 1 slash, 2 user, 3 message.
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<u8>,
    #[serde(default)]
    pub(crate) options: Vec<CommandOption>,
    #[serde(default)]
    pub(crate) resolved: Resolved,
    /// The message whose menu a command was picked from.
    #[serde(default)]
    pub(crate) target_id: Option<Id>,
    /// A component's or modal's.
    #[serde(default)]
    pub(crate) custom_id: Option<String>,
    /// A select's chosen values.
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// A modal's.
    #[serde(default)]
    pub(crate) components: Vec<Component>,
}

/// What the ids in a command's options stand for.
#[derive(Default, Deserialize)]
pub(crate) struct Resolved {
    #[serde(default)]
    pub(crate) attachments: HashMap<String, Attachment>,
    #[serde(default)]
    pub(crate) messages: HashMap<String, Message>,
}

#[derive(Deserialize)]
pub(crate) struct CommandOption {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    #[serde(default)]
    pub(crate) value: serde_json::Value,
    #[serde(default)]
    pub(crate) focused: bool,
    #[serde(default)]
    pub(crate) options: Vec<CommandOption>,
}

/// A part of a modal that was sent off: an action row or a label around a field, or the field.
#[derive(Deserialize)]
pub(crate) struct Component {
    #[serde(default)]
    pub(crate) custom_id: Option<String>,
    #[serde(default)]
    pub(crate) value: Option<String>,
    /// In an action row.
    #[serde(default, rename = "components")]
    pub(crate) row: Vec<Component>,
    /// In a label.
    #[serde(default, rename = "component")]
    pub(crate) labelled: Option<Box<Component>>,
}
