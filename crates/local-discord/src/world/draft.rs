//! What a message is made from: drafts, edits, and the numbering of components.

use serde_json::Value;

use super::files::NewFile;
use super::mentions::AllowedMentions;
use super::model::InteractionOrigin;

/// A message to be.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of one request")]
pub struct Draft {
    /// The message's id, where it is not a fresh one: a forum post's first message.
    pub id: Option<u64>,
    pub content: String,
    pub tts: bool,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub files: Vec<NewFile>,
    pub allowed_mentions: Option<AllowedMentions>,
    pub nonce: Option<Value>,
    /// The same nonce again gives the message that it made before.
    pub enforce_nonce: bool,
    pub flags: u64,
    pub reference: Option<DraftReference>,
    /// Set by the interaction that this answers.
    pub interaction: Option<InteractionOrigin>,
    /// Set for webhooks and interactions.
    pub application_id: Option<u64>,
    /// Message type if not an ordinary one.
    pub kind: Option<u8>,
    /// Ephemeral: only for this user.
    pub visible_to: Option<u64>,
    /// A deferred response may be empty.
    pub may_be_empty: bool,
    /// A poll's question counts as content.
    pub has_poll: bool,
}

impl Draft {
    /// A message of words alone.
    pub fn text(content: impl Into<String>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }
}

/// What a message replies to, or forwards.
#[derive(Debug, Clone)]
pub struct DraftReference {
    /// 0 reply, 1 forward.
    pub kind: u8,
    pub message_id: u64,
    pub channel_id: Option<u64>,
    pub fail_if_not_exists: bool,
}

/// A message that was just made or changed.
#[derive(Debug, Clone)]
pub struct Posted {
    pub id: u64,
    /// As REST gives it to the author.
    pub json: Value,
    /// False if a nonce named a message that was there already.
    pub new: bool,
}

/// An attachment that an edit keeps.
#[derive(Debug, Clone)]
pub struct KeptAttachment {
    pub id: u64,
    pub description: Option<String>,
}

/// Changes of a message; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub content: Option<String>,
    pub embeds: Option<Vec<Value>>,
    pub components: Option<Vec<Value>>,
    pub flags: Option<u64>,
    pub allowed_mentions: Option<AllowedMentions>,
    /// Attachments to keep; all if `None`.
    pub keep: Option<Vec<KeptAttachment>>,
    pub files: Vec<NewFile>,
}

/// Which part of a channel's history to list; at most one of the three.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page {
    pub before: Option<u64>,
    pub after: Option<u64>,
    pub around: Option<u64>,
    pub limit: usize,
}

/// Gives every component an `id`, as Discord does: those without one are numbered from 1 in order.
pub(crate) fn number_components(mut components: Vec<Value>) -> Vec<Value> {
    fn used(component: &Value, ids: &mut Vec<u64>) {
        ids.extend(component["id"].as_u64());
        for list in ["components", "items"] {
            component[list].as_array().into_iter().flatten().for_each(|c| used(c, ids));
        }
        for single in ["accessory", "component"] {
            component.get(single).into_iter().for_each(|c| used(c, ids));
        }
    }
    fn assign(component: &mut Value, taken: &[u64], next: &mut u64) {
        let Some(map) = component.as_object_mut() else { return };
        if map.get("id").and_then(Value::as_u64).unwrap_or(0) == 0 {
            while taken.contains(next) {
                *next += 1;
            }
            map.insert("id".to_owned(), Value::from(*next));
            *next += 1;
        }
        if let Some(list) = map.get_mut("components").and_then(Value::as_array_mut) {
            for child in list {
                assign(child, taken, next);
            }
        }
        for single in ["accessory", "component"] {
            if let Some(child) = map.get_mut(single) {
                assign(child, taken, next);
            }
        }
    }
    let mut taken = Vec::new();
    for component in &components {
        used(component, &mut taken);
    }
    let mut next = 1;
    for component in &mut components {
        assign(component, &taken, &mut next);
    }
    components
}
