//! Answers to commands, components and modals.

use domain::{
    MessageId,
    command::Interaction,
    outbound::{Answer, Modal},
};
use serde_json::{Value, json};

use super::{
    Speaker, components,
    panels::{self, EPHEMERAL, cut},
};
use crate::{
    error::SpeakError,
    rest::{Body, route::Route},
    wire,
};

/// Proposals that Discord shows at most.
const PROPOSALS: usize = 25;

/// Each interaction takes one first answer, within three seconds: [`Speaker::defer`], [`Speaker::defer_update`],
/// [`Speaker::respond`], [`Speaker::update`], [`Speaker::open_modal`] or [`Speaker::propose`]. For 15 minutes
/// [`Speaker::answer`] changes it and [`Speaker::follow_up`] adds to it.
///
/// Source: Discord documentation, "Interaction Callback Type".
impl Speaker {
    /// Tells Discord that an answer follows: due within three seconds of the command. Whether only the caller sees
    /// the answer is decided here.
    pub async fn defer(&self, interaction: &Interaction, private: bool) -> Result<(), SpeakError> {
        let data = if private { json!({ "flags": EPHEMERAL }) } else { json!({}) };
        let answer = Body::json(&json!({ "type": 5, "data": data }))?;
        self.callback("deferring an answer", interaction, answer).await
    }

    /// Tells Discord that a component's message will change, or will stay as it is; [`Speaker::answer`] changes it.
    pub async fn defer_update(&self, interaction: &Interaction) -> Result<(), SpeakError> {
        self.callback("deferring a change", interaction, Body::json(&json!({ "type": 6 }))?).await
    }

    /// Answers at once with a message of its own.
    pub async fn respond(&self, interaction: &Interaction, answer: &Answer) -> Result<(), SpeakError> {
        let body = panels::body(&json!({ "type": 4, "data": panels::new_message(answer)? }), answer)?;
        self.callback("answering at once", interaction, body).await
    }

    /// Changes the message that a component hangs on, at once. Who sees the message stays as it is.
    pub async fn update(&self, interaction: &Interaction, answer: &Answer) -> Result<(), SpeakError> {
        let body = panels::body(&json!({ "type": 7, "data": panels::message(answer)? }), answer)?;
        self.callback("changing a panel", interaction, body).await
    }

    /// Opens a form. Only a command or a component can: no modal after a modal.
    pub async fn open_modal(&self, interaction: &Interaction, modal: &Modal) -> Result<(), SpeakError> {
        let body = Body::json(&json!({ "type": 9, "data": components::modal(modal)? }))?;
        self.callback("opening a form", interaction, body).await
    }

    /// Puts the answer in the place of the deferred one, of an earlier answer, or of the message whose component was
    /// used. Possible for 15 minutes.
    pub async fn answer(&self, interaction: &Interaction, answer: &Answer) -> Result<(), SpeakError> {
        let body = panels::body(&panels::message(answer)?, answer)?;
        let route = Route::edit_original(self.inner.identity.application, interaction);
        self.inner.rest.send(&route, body).await.map(drop)
    }

    /// Adds a message to the answer. Possible for 15 minutes after the first answer.
    ///
    /// [`SpeakError::Uncertain`] means that it may stand there.
    pub async fn follow_up(
        &self,
        interaction: &Interaction,
        answer: &Answer,
    ) -> Result<MessageId, SpeakError> {
        let body = panels::body(&panels::new_message(answer)?, answer)?;
        let route = Route::follow_up(self.inner.identity.application, interaction);
        let said: wire::Only = self.inner.rest.fetch(&route, body).await.map_err(super::posts::after_post)?;
        Ok(MessageId(said.id.0))
    }

    /// Proposes values, as label and value, for the option that is being typed; at most 25 are shown. One whose
    /// value is longer than the 100 characters that Discord takes is left out: cut, it would mean something else.
    pub async fn propose(
        &self,
        interaction: &Interaction,
        proposals: Vec<(String, String)>,
    ) -> Result<(), SpeakError> {
        let choices: Vec<Value> = proposals
            .into_iter()
            .filter(|(name, value)| !name.trim().is_empty() && value.chars().count() <= 100)
            .take(PROPOSALS)
            .map(|(name, value)| json!({ "name": cut(&name, 100), "value": value }))
            .collect();
        let answer = Body::json(&json!({ "type": 8, "data": { "choices": choices } }))?;
        self.callback("proposing values", interaction, answer).await
    }

    async fn callback(
        &self,
        operation: &'static str,
        interaction: &Interaction,
        answer: Body,
    ) -> Result<(), SpeakError> {
        let route = Route::callback(operation, interaction);
        match self.inner.rest.send(&route, answer).await {
            // 40060: answered already, by an earlier attempt whose answer was lost.
            Ok(_) | Err(SpeakError::Rejected { code: 40_060, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
