//! Interactions from the application's side: callback, original response, follow-ups.

use serde_json::{Value, json};

use super::Core;
use super::draft::{Draft, Edit, Posted};
use super::interactions::{TOKEN_MS, claimed_id, is_ephemeral};
use super::model::{Interaction, InteractionOrigin, interaction_type, message_flag};
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;

/// An interaction must be answered within three seconds.
const ANSWER_MS: u64 = 3_000;
/// Types of callback.
const PONG: u8 = 1;
const MESSAGE: u8 = 4;
const DEFERRED_MESSAGE: u8 = 5;
const DEFERRED_UPDATE: u8 = 6;
const UPDATE: u8 = 7;
const AUTOCOMPLETE: u8 = 8;
const MODAL: u8 = 9;

/// What the application answers.
#[derive(Debug, Clone)]
pub struct Callback {
    /// 1 pong, 4 message, 5 deferred message, 6 deferred update, 7 update, 8 autocomplete, 9 modal.
    pub kind: u8,
    /// Of 4 and 5.
    pub draft: Draft,
    /// Of 7.
    pub edit: Edit,
    /// Of 8.
    pub choices: Vec<Value>,
    /// Of 9.
    pub modal: Option<Value>,
}

impl Core {
    /// Answers an interaction, once and within three seconds. Returns the body of `with_response=true`.
    pub fn answer_interaction(
        &mut self,
        id: u64,
        token: &str,
        callback: Callback,
    ) -> Result<Value, ApiError> {
        let now = self.now_ms();
        let found = self.state.interactions.get(&id).filter(|i| i.token == token);
        let interaction = found.ok_or(ApiError::UNKNOWN_INTERACTION)?.clone();
        if interaction.callback.is_some() {
            return Err(ApiError::ALREADY_ACKNOWLEDGED);
        }
        if interaction.created_ms + ANSWER_MS < now {
            return Err(ApiError::UNKNOWN_INTERACTION);
        }
        fits(&interaction, callback.kind)?;
        let kind = callback.kind;
        let mut answered = interaction.clone();
        let mut resource = Value::Null;
        match kind {
            MESSAGE | DEFERRED_MESSAGE => {
                let posted = self.post_answer(&interaction, callback.draft, kind == DEFERRED_MESSAGE)?;
                answered.original = Some(posted.id);
                answered.deferred_ephemeral = posted.json["flags"].as_u64().unwrap_or(0) & 64 != 0;
                // A deferral has made nothing yet that could be shown.
                if kind == MESSAGE {
                    resource = json!({"type": kind, "message": posted.json});
                }
            }
            UPDATE => {
                let message_id = interaction.message_id.ok_or(ApiError::UNKNOWN_MESSAGE)?;
                let posted = self.edit_answer(&interaction, message_id, callback.edit)?;
                answered.original = Some(message_id);
                resource = json!({"type": kind, "message": posted.json});
            }
            DEFERRED_UPDATE => answered.original = interaction.message_id,
            AUTOCOMPLETE => answered.choices = callback.choices,
            MODAL => answered.modal = callback.modal,
            _ => {}
        }
        answered.callback = Some(kind);
        self.tell_user(&answered);
        let original = answered.original;
        self.state.interactions.insert(id, answered);
        Ok(self.callback_json(&interaction, original, resource))
    }

    /// The interaction of a token that still lives: 10015 if there is none, 50027 after 15 minutes.
    pub fn interaction_by_token(&self, application_id: u64, token: &str) -> Result<&Interaction, ApiError> {
        let claimed = claimed_id(token).and_then(|id| self.state.interactions.get(&id));
        let found = claimed.filter(|i| i.application_id == application_id && i.token == token);
        let interaction = found.ok_or(ApiError::UNKNOWN_WEBHOOK)?;
        if interaction.created_ms + TOKEN_MS <= self.now_ms() {
            return Err(ApiError::INVALID_WEBHOOK_TOKEN);
        }
        Ok(interaction)
    }

    /// A response's id: the original one (`None`) or a follow-up.
    pub fn response_id(&self, application_id: u64, token: &str, id: Option<u64>) -> Result<u64, ApiError> {
        let interaction = self.interaction_by_token(application_id, token)?;
        match id {
            None => interaction.original.ok_or(ApiError::UNKNOWN_MESSAGE),
            Some(id) if interaction.original == Some(id) || interaction.followups.contains(&id) => Ok(id),
            Some(_) => Err(ApiError::UNKNOWN_MESSAGE),
        }
    }

    /// Flags of a response, to know whether it uses components v2.
    pub fn response_flags(&self, application_id: u64, token: &str, id: Option<u64>) -> Result<u64, ApiError> {
        let id = self.response_id(application_id, token, id)?;
        let interaction = self.interaction_by_token(application_id, token)?;
        Ok(self.message(interaction.channel_id, id)?.flags)
    }

    /// Flags of the message whose component was used; none if there is no such message.
    pub fn component_message_flags(&self, interaction_id: u64) -> u64 {
        let interaction = self.state.interactions.get(&interaction_id);
        let message = interaction.and_then(|i| self.message(i.channel_id, i.message_id?).ok());
        message.map_or(0, |m| m.flags)
    }

    pub fn read_response(
        &self,
        application_id: u64,
        token: &str,
        id: Option<u64>,
    ) -> Result<Value, ApiError> {
        let id = self.response_id(application_id, token, id)?;
        let interaction = self.interaction_by_token(application_id, token)?;
        let message = self.message(interaction.channel_id, id)?;
        Ok(self.state.message_json(message, message.author.id()))
    }

    pub fn edit_response(
        &mut self,
        application_id: u64,
        token: &str,
        id: Option<u64>,
        edit: Edit,
    ) -> Result<Value, ApiError> {
        let id = self.response_id(application_id, token, id)?;
        let interaction = self.interaction_by_token(application_id, token)?.clone();
        self.edit_answer(&interaction, id, edit).map(|posted| posted.json)
    }

    pub fn delete_response(
        &mut self,
        application_id: u64,
        token: &str,
        id: Option<u64>,
    ) -> Result<(), ApiError> {
        let id = self.response_id(application_id, token, id)?;
        let channel = self.interaction_by_token(application_id, token)?.channel_id;
        self.message(channel, id)?;
        self.remove_message(channel, id);
        Ok(())
    }

    /// Posts a follow-up. The first one after a deferral takes the deferred message's place.
    pub fn follow_up(&mut self, application_id: u64, token: &str, draft: Draft) -> Result<Posted, ApiError> {
        let interaction = self.interaction_by_token(application_id, token)?.clone();
        if interaction.callback.is_none() {
            return Err(ApiError::UNKNOWN_WEBHOOK);
        }
        let waiting = interaction.original.and_then(|id| self.message(interaction.channel_id, id).ok());
        let loading = waiting.filter(|m| m.flags & message_flag::LOADING != 0).map(|m| m.id);
        if let Some(id) = loading {
            let edit = Edit {
                content: Some(draft.content),
                embeds: Some(draft.embeds),
                components: Some(draft.components),
                flags: Some(draft.flags),
                allowed_mentions: draft.allowed_mentions,
                keep: None,
                files: draft.files,
            };
            return self.edit_answer(&interaction, id, edit);
        }
        let posted = self.post_answer(&interaction, draft, false)?;
        if let Some(interaction) = self.state.interactions.get_mut(&interaction.id) {
            interaction.followups.push(posted.id);
        }
        Ok(posted)
    }

    fn post_answer(&mut self, to: &Interaction, draft: Draft, deferred: bool) -> Result<Posted, ApiError> {
        let ephemeral = draft.flags & message_flag::EPHEMERAL != 0;
        let origin = InteractionOrigin {
            id: to.id,
            kind: to.kind,
            user_id: to.user_id,
            name: full_name(&to.data),
            command_kind: to.data["type"].as_u64().unwrap_or(0) as u8,
            target_id: to.data["target_id"].as_str().and_then(|id| id.parse().ok()),
        };
        let kind = match (to.kind, to.data["type"].as_u64()) {
            (interaction_type::COMMAND, Some(1)) => 20,
            (interaction_type::COMMAND, _) => 23,
            (interaction_type::COMPONENT, _) => 19,
            _ => 0,
        };
        let draft = Draft {
            kind: Some(if kind == 19 { 0 } else { kind }),
            interaction: Some(origin),
            application_id: Some(to.application_id),
            visible_to: ephemeral.then_some(to.user_id),
            may_be_empty: deferred,
            ..draft
        };
        self.create_message(&Self::answering(to.application_id), to.channel_id, draft)
    }

    fn edit_answer(&mut self, to: &Interaction, message_id: u64, edit: Edit) -> Result<Posted, ApiError> {
        self.edit_message(&Self::answering(to.application_id), to.channel_id, message_id, edit)
    }

    fn callback_json(&self, to: &Interaction, original: Option<u64>, resource: Value) -> Value {
        let message = original.and_then(|id| self.message(to.channel_id, id).ok());
        let mut about = json!({"id": to.id.to_string(), "type": to.kind});
        if let Some(message) = message {
            about["response_message_id"] = json!(message.id.to_string());
            about["response_message_loading"] = json!(message.flags & message_flag::LOADING != 0);
            about["response_message_ephemeral"] = json!(is_ephemeral(message));
        }
        let mut body = json!({"interaction": about});
        if !resource.is_null() {
            body["resource"] = resource;
        }
        body
    }

    /// What the user's own client learns: that it worked, a modal, or choices. Never sent to bots.
    fn tell_user(&mut self, interaction: &Interaction) {
        let id = interaction.id.to_string();
        let (name, data) = match interaction.callback {
            Some(AUTOCOMPLETE) => (
                "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE",
                json!({"interaction_id": id, "choices": interaction.choices}),
            ),
            Some(MODAL) => {
                let mut data = interaction.modal.clone().unwrap_or_default();
                data["id"] = json!(id);
                data["interaction_id"] = json!(id);
                data["application"] = json!({"id": interaction.application_id.to_string()});
                data["channel_id"] = json!(interaction.channel_id.to_string());
                ("INTERACTION_MODAL_CREATE", data)
            }
            _ => ("INTERACTION_SUCCESS", json!({"id": id})),
        };
        let audience = Audience::Users(vec![interaction.user_id]);
        let dispatch = Dispatch::new(name, Intents::NONE, audience, data);
        self.emit(dispatch.guild(interaction.guild_id).channel(interaction.channel_id));
    }
}

/// A command's name with group and sub-command.
fn full_name(data: &Value) -> Option<String> {
    let mut name = data["name"].as_str()?.to_owned();
    let mut inner = &data["options"][0];
    while matches!(inner["type"].as_u64(), Some(1 | 2)) {
        name = format!("{name} {}", inner["name"].as_str().unwrap_or_default());
        inner = &inner["options"][0];
    }
    Some(name)
}

/// Which callbacks an interaction takes.
fn fits(interaction: &Interaction, callback: u8) -> Result<(), ApiError> {
    let with_message = interaction.message_id.is_some();
    let fits = match interaction.kind {
        interaction_type::PING => callback == PONG,
        interaction_type::AUTOCOMPLETE => callback == AUTOCOMPLETE,
        interaction_type::COMMAND => matches!(callback, MESSAGE | DEFERRED_MESSAGE | MODAL),
        interaction_type::COMPONENT => {
            matches!(callback, MESSAGE | DEFERRED_MESSAGE | DEFERRED_UPDATE | UPDATE | MODAL)
        }
        interaction_type::MODAL_SUBMIT => match callback {
            MESSAGE | DEFERRED_MESSAGE => true,
            DEFERRED_UPDATE | UPDATE => with_message,
            _ => false,
        },
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let text = "Value is not a valid response type for this interaction.";
    Err(ApiError::field("type", "INTERACTION_CALLBACK_TYPE_INVALID", text))
}
