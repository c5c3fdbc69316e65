//! An interaction that a member started, and what the application makes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{MemberError, Post};
use crate::world::{Interaction, State, World};

/// Discord gives an application three seconds for its first answer.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// A started interaction.
#[derive(Clone, Debug)]
pub struct Running {
    world: World,
    id: u64,
    channel_id: u64,
}

/// The first answer of an application.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Callback type: 4 message, 5 deferred message, 6 deferred update, 7 update, 8 choices, 9 modal.
    pub kind: u8,
    /// The response, or the component's message; of a deferral still empty.
    pub message: Option<Post>,
    pub modal: Option<Modal>,
    pub choices: Vec<Choice>,
}

/// One choice that autocomplete offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub name: String,
    pub value: Value,
}

/// A modal that an application opened.
#[derive(Clone, Debug)]
pub struct Modal {
    pub(crate) opened_by: u64,
    pub(crate) application_id: u64,
    pub(crate) channel_id: u64,
    pub title: String,
    pub custom_id: String,
    /// `custom_id`, `title` and `components` as the application sent them.
    pub json: Value,
}

impl Running {
    pub(crate) fn new(world: World, id: u64, channel_id: u64) -> Self {
        Self { world, id, channel_id }
    }

    /// The interaction's id.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The first answer, a deferral included.
    pub async fn answered(&self, within: Duration) -> Result<Answer, MemberError> {
        let look = |state: &State| {
            let interaction = state.interactions.get(&self.id)?;
            let kind = interaction.callback?;
            Some(Answer {
                kind,
                message: interaction.original.and_then(|id| self.post(state, id)),
                modal: Modal::of(interaction),
                choices: interaction.choices.iter().map(choice).collect(),
            })
        };
        self.world.until(within, look).await
    }

    /// The finished response: after a deferral the edit that filled it. Later edits are not waited for.
    pub async fn message(&self, within: Duration) -> Result<Post, MemberError> {
        let look = |state: &State| {
            let original = state.interactions.get(&self.id)?.original?;
            self.post(state, original).filter(|post| !post.loading)
        };
        self.world.until(within, look).await
    }

    /// At least so many follow-ups, oldest first.
    pub async fn follow_ups(&self, count: usize, within: Duration) -> Result<Vec<Post>, MemberError> {
        let look = |state: &State| {
            let ids = &state.interactions.get(&self.id)?.followups;
            let posts: Vec<Post> = ids.iter().filter_map(|id| self.post(state, *id)).collect();
            (posts.len() >= count).then_some(posts)
        };
        self.world.until(within, look).await
    }

    /// The modal that it opened.
    pub async fn modal(&self, within: Duration) -> Result<Modal, MemberError> {
        self.answered(within).await?.modal.ok_or(MemberError::OtherAnswer("a modal"))
    }

    /// The choices that autocomplete offers.
    pub async fn choices(&self, within: Duration) -> Result<Vec<Choice>, MemberError> {
        let answer = self.answered(within).await?;
        if answer.kind == 8 { Ok(answer.choices) } else { Err(MemberError::OtherAnswer("a list of choices")) }
    }

    /// Response and follow-ups as they are now.
    pub fn messages(&self) -> Vec<Post> {
        self.world.read(|state| {
            let Some(interaction) = state.interactions.get(&self.id) else { return Vec::new() };
            let ids = interaction.original.iter().chain(&interaction.followups);
            ids.filter_map(|id| self.post(state, *id)).collect()
        })
    }

    fn post(&self, state: &State, id: u64) -> Option<Post> {
        let message = state.messages.get(&self.channel_id)?.get(&id)?;
        Some(Post::from_json(&state.message_json(message, 0)))
    }
}

fn choice(value: &Value) -> Choice {
    Choice { name: value["name"].as_str().unwrap_or_default().to_owned(), value: value["value"].clone() }
}

impl Modal {
    /// The modal of an interaction, if it opened one.
    pub(crate) fn of(interaction: &Interaction) -> Option<Self> {
        let json = interaction.modal.clone()?;
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        Some(Self {
            opened_by: interaction.id,
            application_id: interaction.application_id,
            channel_id: interaction.channel_id,
            title: text("title"),
            custom_id: text("custom_id"),
            json,
        })
    }

    /// The modal's components as they are submitted. Fields without a value submit what the modal began with.
    pub(crate) fn filled(&self, fields: &BTreeMap<String, Value>) -> Vec<Value> {
        let components = self.json["components"].as_array().map_or(&[][..], Vec::as_slice);
        components.iter().map(|component| submitted(component, fields)).collect()
    }
}

/// One component of a modal with what was filled in.
/// <https://docs.discord.com/developers/components/reference#component-object-component-types>
fn submitted(component: &Value, fields: &BTreeMap<String, Value>) -> Value {
    let mut out = json!({"type": component["type"]});
    if component["id"].is_u64() {
        out["id"] = component["id"].clone();
    }
    if let Some(children) = component["components"].as_array() {
        out["components"] = children.iter().map(|c| submitted(c, fields)).collect();
    }
    if component["component"].is_object() {
        out["component"] = submitted(&component["component"], fields);
    }
    let Some(custom_id) = component["custom_id"].as_str() else { return out };
    out["custom_id"] = Value::from(custom_id);
    let given = fields.get(custom_id);
    if component["type"] == 4 {
        let initial = || component["value"].as_str().map_or_else(|| json!(""), Value::from);
        out["value"] = given.cloned().unwrap_or_else(initial);
    } else {
        out["values"] = match given {
            Some(Value::Array(list)) => Value::Array(list.clone()),
            Some(one) => json!([one]),
            None => json!([]),
        };
    }
    out
}
