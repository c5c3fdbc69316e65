//! What members do, as POST requests.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::{self, Failure, parse};
use super::{Control, done};
use crate::errors::ApiError;
use crate::members::{ANSWER_WITHIN, CommandSpec, Modal, Post, Running};
use crate::world::{Draft, DraftReference, NewFile};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/say", post(say))
        .route("/reply", post(say))
        .route("/edit", post(edit))
        .route("/delete", post(delete))
        .route("/react", post(react))
        .route("/typing", post(typing))
        .route("/command", post(command))
        .route("/autocomplete", post(autocomplete))
        .route("/press", post(press))
        .route("/select", post(press))
        .route("/modal", post(modal))
        .route("/voice", post(voice))
        .route("/presence", post(presence))
        .route("/dm", post(dm))
}

type Answer = Result<Json<Value>, Failure>;

/// Something to write. With `message` it is a reply.
#[derive(Debug, Deserialize)]
struct Say {
    #[serde(rename = "as")]
    who: Option<String>,
    channel: String,
    #[serde(default)]
    content: String,
    message: Option<String>,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Debug, Deserialize)]
struct File {
    filename: String,
    content_type: Option<String>,
    /// Base64.
    data: String,
}

async fn say(State(control): State<Control>, body: Bytes) -> Answer {
    let say: Say = parse(&body)?;
    let reference = say.message.as_deref().map(|id| failure::id("message", id)).transpose()?;
    let reference = reference.map(|id| DraftReference {
        kind: 0,
        message_id: id,
        channel_id: None,
        fail_if_not_exists: true,
    });
    let files = say.files.into_iter().map(file).collect::<Result<_, _>>()?;
    let draft = Draft { content: say.content, files, reference, ..Draft::default() };
    let posted = control.member(say.who.as_deref()).posts(&say.channel, draft).await?;
    Ok(Json(posted.json))
}

fn file(file: File) -> Result<NewFile, Failure> {
    let bytes = STANDARD.decode(&file.data);
    let bytes = bytes.map_err(|_| Failure::new(StatusCode::BAD_REQUEST, "a file's data must be base64"))?;
    Ok(NewFile {
        filename: file.filename,
        description: None,
        content_type: file.content_type,
        bytes: bytes.into(),
    })
}

/// A message, and what to do to it.
#[derive(Debug, Deserialize)]
struct OnMessage {
    #[serde(rename = "as")]
    who: Option<String>,
    channel: String,
    message: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    emoji: String,
    #[serde(default)]
    remove: bool,
    #[serde(default)]
    custom_id: String,
    #[serde(default)]
    values: Vec<String>,
}

impl OnMessage {
    fn target(&self, control: &Control) -> Result<Post, Failure> {
        let channel = control.member(self.who.as_deref()).channel_id(&self.channel)?;
        let id = failure::id("message", &self.message)?;
        Ok(Post::from_json(&json!({"id": id.to_string(), "channel_id": channel.to_string()})))
    }
}

async fn edit(State(control): State<Control>, body: Bytes) -> Answer {
    let on: OnMessage = parse(&body)?;
    let target = on.target(&control)?;
    Ok(Json(control.member(on.who.as_deref()).edits(&target, &on.content).await?.json))
}

async fn delete(State(control): State<Control>, body: Bytes) -> Answer {
    let on: OnMessage = parse(&body)?;
    let target = on.target(&control)?;
    control.member(on.who.as_deref()).deletes(&target).await?;
    Ok(done())
}

async fn react(State(control): State<Control>, body: Bytes) -> Answer {
    let on: OnMessage = parse(&body)?;
    let target = on.target(&control)?;
    let member = control.member(on.who.as_deref());
    if on.remove {
        member.unreacts(&target, &on.emoji).await?;
    } else {
        member.reacts(&target, &on.emoji).await?;
    }
    Ok(done())
}

/// A button's press, or a choice in a select.
async fn press(State(control): State<Control>, body: Bytes) -> Answer {
    let on: OnMessage = parse(&body)?;
    let target = on.target(&control)?;
    let running = control.member(on.who.as_deref()).selects(&target, &on.custom_id, on.values).await?;
    outcome(&running).await
}

#[derive(Debug, Deserialize)]
struct InChannel {
    #[serde(rename = "as")]
    who: Option<String>,
    channel: Option<String>,
    user: Option<String>,
    status: Option<String>,
}

fn missing(what: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, format!("the body is wrong: missing field `{what}`"))
}

async fn typing(State(control): State<Control>, body: Bytes) -> Answer {
    let here: InChannel = parse(&body)?;
    let channel = here.channel.ok_or_else(|| missing("channel"))?;
    control.member(here.who.as_deref()).types_in(&channel).await?;
    Ok(done())
}

/// Joins the voice channel; without one it leaves.
async fn voice(State(control): State<Control>, body: Bytes) -> Answer {
    let here: InChannel = parse(&body)?;
    let member = control.member(here.who.as_deref());
    match here.channel {
        Some(channel) => member.joins_voice(&channel).await?,
        None => member.leaves_voice().await?,
    }
    Ok(done())
}

async fn presence(State(control): State<Control>, body: Bytes) -> Answer {
    let here: InChannel = parse(&body)?;
    let status = here.status.ok_or_else(|| missing("status"))?;
    control.member(here.who.as_deref()).sets_presence(&status).await?;
    Ok(done())
}

/// Opens direct messages and gives the channel.
async fn dm(State(control): State<Control>, body: Bytes) -> Answer {
    let here: InChannel = parse(&body)?;
    let user = here.user.ok_or_else(|| missing("user"))?;
    let member = control.member(here.who.as_deref());
    let channel = member.dm_channel(&user)?;
    Ok(Json(control.world().with(|core| core.dm_json(member.id(), channel))))
}

/// A command to run. `command` is `/name`, `/name sub` or an id.
#[derive(Debug, Deserialize)]
struct Run {
    #[serde(rename = "as")]
    who: Option<String>,
    channel: String,
    command: String,
    #[serde(default)]
    options: Options,
    /// User or message that a context menu command is about.
    target: Option<String>,
    #[serde(default)]
    focused: String,
}

/// `{"name": value}`, or a list of `{name, value}` that may nest.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Options {
    List(Vec<Value>),
    Map(serde_json::Map<String, Value>),
}

impl Default for Options {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Run {
    fn spec(&mut self) -> CommandSpec {
        let options = match std::mem::take(&mut self.options) {
            Options::List(list) => list,
            Options::Map(map) => {
                map.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
            }
        };
        CommandSpec::flat(&self.command, options)
    }
}

async fn command(State(control): State<Control>, body: Bytes) -> Answer {
    let mut run: Run = parse(&body)?;
    let target = run.target.as_deref().map(|id| failure::id("target", id)).transpose()?;
    let member = control.member(run.who.as_deref()).at(&run.channel);
    outcome(&member.runs_spec(&run.spec(), target)?).await
}

async fn autocomplete(State(control): State<Control>, body: Bytes) -> Answer {
    let mut run: Run = parse(&body)?;
    let member = control.member(run.who.as_deref()).at(&run.channel);
    outcome(&member.autocompletes_spec(&run.spec(), &run.focused)?).await
}

/// A modal's fields by custom id; a select's are a list.
#[derive(Debug, Deserialize)]
struct Submit {
    #[serde(rename = "as")]
    who: Option<String>,
    interaction: String,
    #[serde(default)]
    fields: BTreeMap<String, Value>,
}

async fn modal(State(control): State<Control>, body: Bytes) -> Answer {
    let submit: Submit = parse(&body)?;
    let id = failure::id("interaction", &submit.interaction)?;
    let modal = control.world().read(|state| state.interactions.get(&id).and_then(Modal::of));
    let modal = modal.ok_or(ApiError::UNKNOWN_INTERACTION)?;
    outcome(&control.member(submit.who.as_deref()).submits(&modal, submit.fields).await?).await
}

/// Waits for the application's first answer, as Discord's own client does. Messages also arrive as events.
async fn outcome(running: &Running) -> Answer {
    let answer = running.answered(ANSWER_WITHIN).await?;
    let choices = answer.choices.iter().map(|c| json!({"name": c.name, "value": c.value}));
    Ok(Json(json!({
        "interaction": running.id().to_string(),
        "type": answer.kind,
        "message": answer.message.map(|m| m.json),
        "modal": answer.modal.map(|m| m.json),
        "choices": choices.collect::<Value>(),
    })))
}
