//! Answers to slash commands.

use domain::{
    command::Interaction,
    outbound::{Answer, Panel},
};
use serde_json::{Map, Value, json};

use super::{Speaker, posts::NOBODY};
use crate::{
    error::SpeakError,
    rest::{Body, route::Route, to_json},
};

/// Only the caller sees the answer. Source: Discord documentation, "Message Flags".
const EPHEMERAL: u32 = 1 << 6;
/// Proposals that Discord shows at most.
const PROPOSALS: usize = 25;

impl Speaker {
    /// Tells Discord that an answer follows: due within three seconds of the command. Whether only the caller sees
    /// the answer is decided here.
    pub async fn defer(&self, interaction: &Interaction, private: bool) -> Result<(), SpeakError> {
        let data = if private { json!({ "flags": EPHEMERAL }) } else { json!({}) };
        self.callback("deferring an answer", interaction, &json!({ "type": 5, "data": data })).await
    }

    /// Puts the answer in the place of the deferred one, or of an earlier answer. Possible for 15 minutes.
    pub async fn answer(&self, interaction: &Interaction, answer: &Answer) -> Result<(), SpeakError> {
        let body = if answer.files.is_empty() {
            Body::json(&message(answer))?
        } else {
            Body::Files { payload: to_json(&message(answer))?, files: answer.files.clone() }
        };
        let route = Route::edit_original(self.inner.identity.application, interaction);
        self.inner.rest.send(&route, body).await.map(drop)
    }

    /// Proposes values, as label and value, for the option that is being typed; at most 25 are shown.
    pub async fn propose(
        &self,
        interaction: &Interaction,
        proposals: Vec<(String, String)>,
    ) -> Result<(), SpeakError> {
        let choices: Vec<Value> = proposals
            .into_iter()
            .take(PROPOSALS)
            .map(|(name, value)| json!({ "name": cut(&name, 100), "value": cut(&value, 100) }))
            .collect();
        let answer = json!({ "type": 8, "data": { "choices": choices } });
        self.callback("proposing values", interaction, &answer).await
    }

    async fn callback(
        &self,
        operation: &'static str,
        interaction: &Interaction,
        answer: &Value,
    ) -> Result<(), SpeakError> {
        let route = Route::callback(operation, interaction);
        match self.inner.rest.send(&route, Body::json(answer)?).await {
            // 40060: answered already, by an earlier attempt whose answer was lost.
            Ok(_) | Err(SpeakError::Rejected { code: 40_060, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Source: Discord documentation, "Edit Webhook Message".
fn message(answer: &Answer) -> Value {
    let attachments: Vec<Value> = answer
        .files
        .iter()
        .enumerate()
        .map(|(n, file)| json!({ "id": n.to_string(), "filename": file.name }))
        .collect();
    json!({
        "content": cut(&answer.text, domain::limits::MESSAGE_CHARS),
        "embeds": answer.panels.iter().take(10).map(panel).collect::<Vec<_>>(),
        "attachments": attachments,
        "allowed_mentions": NOBODY,
    })
}

/// Source: Discord documentation, "Embed Object" and "Embed Limits". Empty parts are left out: Discord refuses them.
fn panel(panel: &Panel) -> Value {
    let mut embed = Map::new();
    if !panel.title.is_empty() {
        embed.insert("title".into(), cut(&panel.title, 256).into());
    }
    if !panel.body.is_empty() {
        embed.insert("description".into(), cut(&panel.body, 4_096).into());
    }
    if let Some(color) = panel.color {
        embed.insert("color".into(), color.into());
    }
    if !panel.fields.is_empty() {
        let fields = panel.fields.iter().take(25).map(|(name, value, inline)| {
            json!({ "name": cut(name, 256), "value": cut(value, 1_024), "inline": inline })
        });
        embed.insert("fields".into(), fields.collect());
    }
    if let Some(name) = &panel.thumbnail {
        embed.insert("thumbnail".into(), json!({ "url": format!("attachment://{name}") }));
    }
    if !panel.footer.is_empty() {
        embed.insert("footer".into(), json!({ "text": cut(&panel.footer, 2_048) }));
    }
    Value::Object(embed)
}

fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}
