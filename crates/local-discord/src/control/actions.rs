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
use crate::members::{ANSWER_WITHIN, Activity, CommandSpec, Member, Modal, Post, Running};
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
        .route("/guild", post(guild))
        .route("/thread", post(thread))
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
    #[serde(default)]
    activities: Vec<Doing>,
    #[serde(default)]
    leave: bool,
}

/// `{"game": …}`, `{"song": …, "artist": …}`, `{"watching": …}`, `{"custom": …}`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Doing {
    Game {
        game: String,
    },
    Song {
        song: String,
        #[serde(default)]
        artist: String,
    },
    Watching {
        watching: String,
    },
    Custom {
        custom: String,
    },
}

impl From<Doing> for Activity {
    fn from(doing: Doing) -> Self {
        match doing {
            Doing::Game { game } => Self::Game(game),
            Doing::Song { song, artist } => Self::Song { title: song, artist },
            Doing::Watching { watching } => Self::Watching(watching),
            Doing::Custom { custom } => Self::Custom(custom),
        }
    }
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

/// A status, and what is done meanwhile.
async fn presence(State(control): State<Control>, body: Bytes) -> Answer {
    let here: InChannel = parse(&body)?;
    let doing: Vec<Activity> = here.activities.into_iter().map(Activity::from).collect();
    let status = here.status.or_else(|| (!doing.is_empty()).then(|| "online".to_owned()));
    let status = status.ok_or_else(|| missing("status"))?;
    control.member(here.who.as_deref()).shows(&status, &doing)?;
    Ok(done())
}

/// Joins the guild; with `leave` leaves it.
async fn guild(State(control): State<Control>, body: Bytes) -> Answer {
    let here: InChannel = parse(&body)?;
    let member = control.member(here.who.as_deref());
    if here.leave {
        member.leaves_guild().await?;
    } else {
        member.joins_guild().await?;
    }
    Ok(done())
}

/// Opens a thread: on a message, in a channel, or (with `content`) a post of a forum.
#[derive(Debug, Deserialize)]
struct Open {
    #[serde(rename = "as")]
    who: Option<String>,
    channel: String,
    name: String,
    message: Option<String>,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    content: String,
    #[serde(default)]
    files: Vec<File>,
}

async fn thread(State(control): State<Control>, body: Bytes) -> Answer {
    let open: Open = parse(&body)?;
    let member = control.member(open.who.as_deref());
    if !(1..=100).contains(&open.name.trim().chars().count()) {
        let text = "Must be between 1 and 100 in length.";
        return Err(ApiError::field("name", "BASE_TYPE_BAD_LENGTH", text).into());
    }
    let id = if let Some(message) = &open.message {
        let channel = member.channel_id(&open.channel)?;
        let id = failure::id("message", message)?;
        let on = Post::from_json(&json!({"id": id.to_string(), "channel_id": channel.to_string()}));
        member.opens_thread_on(&on, &open.name).await?
    } else if !open.content.is_empty() || !open.files.is_empty() {
        let files = open.files.into_iter().map(file).collect::<Result<_, _>>()?;
        let first = Draft { content: open.content, files, ..Draft::default() };
        member.opens_post(&open.channel, &open.name, first).await?.channel_id
    } else if open.private {
        member.opens_private_thread(&open.channel, &open.name).await?
    } else {
        member.opens_thread(&open.channel, &open.name).await?
    };
    Ok(Json(control.world().with(|core| core.channel_for(member.id(), id))?))
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
    /// The command's options; files among them are sent ahead.
    fn spec(&mut self, member: &Member) -> Result<CommandSpec, Failure> {
        let mut options = match std::mem::take(&mut self.options) {
            Options::List(list) => list,
            Options::Map(map) => {
                map.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
            }
        };
        upload_files(member, &mut options)?;
        Ok(CommandSpec::flat(&self.command, options))
    }
}

/// `{filename, data}` as an option's value becomes the id of the attachment.
fn upload_files(member: &Member, options: &mut [Value]) -> Result<(), Failure> {
    for option in options {
        if let Some(inner) = option.get_mut("options").and_then(Value::as_array_mut) {
            upload_files(member, inner)?;
        }
        option.get_mut("value").map_or(Ok(()), |value| upload_file(member, value))?;
    }
    Ok(())
}

fn upload_file(member: &Member, value: &mut Value) -> Result<(), Failure> {
    if !value.is_object() {
        return Ok(());
    }
    let given: File = serde_json::from_value(value.take())
        .map_err(|e| Failure::new(StatusCode::BAD_REQUEST, format!("the body is wrong: {e}")))?;
    *value = Value::from(member.uploads(file(given)?)?.to_string());
    Ok(())
}

async fn command(State(control): State<Control>, body: Bytes) -> Answer {
    let mut run: Run = parse(&body)?;
    let target = run.target.as_deref().map(|id| failure::id("target", id)).transpose()?;
    let member = control.member(run.who.as_deref()).at(&run.channel);
    let running = match target {
        Some(target) => member.runs_of_menu(&run.command, target)?,
        None => member.runs_spec(&run.spec(&member)?, None)?,
    };
    outcome(&running).await
}

async fn autocomplete(State(control): State<Control>, body: Bytes) -> Answer {
    let mut run: Run = parse(&body)?;
    let member = control.member(run.who.as_deref()).at(&run.channel);
    outcome(&member.autocompletes_spec(&run.spec(&member)?, &run.focused)?).await
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
    let member = control.member(submit.who.as_deref()).at(modal.channel_id);
    let mut fields = submit.fields;
    for value in fields.values_mut().filter_map(|v| v.as_array_mut()).flatten() {
        upload_file(&member, value)?;
    }
    outcome(&member.submits(&modal, fields).await?).await
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
