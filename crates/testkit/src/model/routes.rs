//! The server's paths.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, extract::DefaultBodyLimit};
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value, json};

use super::embedding::embed;
use super::reply::{Act, End, Piece, Speech};
use super::{Asked, Dialect, Stage};

/// Bytes of a request.
const BODY_BYTES: usize = 4 << 20;

pub(super) fn router(stage: Arc<Stage>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(openai_chat))
        .route("/v1/embeddings", post(openai_embed))
        .route("/v1/models", get(openai_models))
        .route("/api/chat", post(ollama_chat))
        .route("/api/embed", post(ollama_embed))
        .route("/api/tags", get(ollama_tags))
        .route("/api/version", get(ollama_version))
        .route("/api/show", post(ollama_show))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(stage)
}

async fn openai_chat(State(stage): State<Arc<Stage>>, headers: HeaderMap, body: Bytes) -> Response {
    perform(stage, &Asked::new(Dialect::OpenAi, &headers, body)).await
}

async fn ollama_chat(State(stage): State<Arc<Stage>>, headers: HeaderMap, body: Bytes) -> Response {
    perform(stage, &Asked::new(Dialect::Ollama, &headers, body)).await
}

async fn openai_embed(State(stage): State<Arc<Stage>>, headers: HeaderMap, body: Bytes) -> Response {
    embed(&stage, Dialect::OpenAi, &headers, body)
}

async fn ollama_embed(State(stage): State<Arc<Stage>>, headers: HeaderMap, body: Bytes) -> Response {
    embed(&stage, Dialect::Ollama, &headers, body)
}

async fn openai_models(State(stage): State<Arc<Stage>>, headers: HeaderMap) -> Response {
    let key = stage.lock().key.clone();
    if key.is_some() && key.as_deref() != Asked::new(Dialect::OpenAi, &headers, Bytes::new()).key() {
        return refusal(Dialect::OpenAi, 401, None, "scripted status 401");
    }
    let sees = stage.lock().sees;
    let model = |id: String| {
        let mut model = json!({ "id": id, "object": "model", "context_length": 8_192 });
        if let Some(sees) = sees {
            let takes: &[&str] = if sees { &["text", "image"] } else { &["text"] };
            model["architecture"] = json!({ "input_modalities": takes });
        }
        model
    };
    let models: Vec<Value> = stage.model_names().into_iter().map(model).collect();
    Json(json!({ "object": "list", "data": models })).into_response()
}

async fn ollama_tags(State(stage): State<Arc<Stage>>) -> Json<Value> {
    let tag = |name: String| {
        json!({
            "name": name, "model": name, "size": 1_000_000,
            "details": { "family": "scripted", "parameter_size": "1B" },
        })
    };
    let tags: Vec<Value> = stage.model_names().into_iter().map(tag).collect();
    Json(json!({ "models": tags }))
}

async fn ollama_version() -> Json<Value> {
    Json(json!({ "version": "0.0.0-scripted" }))
}

async fn ollama_show(State(stage): State<Arc<Stage>>, Json(request): Json<Value>) -> Json<Value> {
    let embeds = request["model"].as_str().is_some_and(|model| model.contains("embed"));
    let mut can = vec![if embeds { "embedding" } else { "completion" }];
    can.extend((stage.lock().sees == Some(true)).then_some("vision"));
    Json(json!({ "capabilities": can }))
}

async fn perform(stage: Arc<Stage>, asked: &Asked) -> Response {
    let dialect = asked.dialect();
    match stage.next(asked).0 {
        Act::Refuse { status, retry_after, message } => refusal(dialect, status, retry_after, &message),
        Act::Document(json) => document(json),
        Act::Speak(speech) => {
            let mut listener = Listener { stage: Some(stage) };
            if let Some(gate) = &speech.gate_before {
                gate.pass().await;
            }
            if speech.is_instant() {
                listener.satisfied();
                at_once(dialect, &speech, asked.body_bytes())
            } else {
                in_pieces(dialect, speech, asked.body_bytes(), listener)
            }
        }
    }
}

/// A JSON document under the status 200.
pub(super) fn document(json: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}

pub(super) fn refusal(dialect: Dialect, status: u16, retry_after: Option<u32>, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = dialect.error_body(status.as_u16(), message);
    let mut response = (status, [(CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The whole answer in one buffer.
fn at_once(dialect: Dialect, speech: &Speech, prompt_bytes: usize) -> Response {
    let mut out = String::with_capacity(512 + speech.pieces.len() * 192);
    out.push_str(dialect.preamble());
    for piece in &speech.pieces {
        dialect.write_piece(&mut out, piece);
    }
    dialect.write_end(&mut out, speech, prompt_bytes);
    ([(CONTENT_TYPE, dialect.content_type())], out).into_response()
}

/// The answer piece by piece, with its gates and its breaks.
fn in_pieces(dialect: Dialect, speech: Speech, prompt_bytes: usize, listener: Listener) -> Response {
    let state = Some((0, speech, listener));
    let pieces = stream::unfold(state, move |state| async move {
        let (index, speech, mut listener) = state?;
        let mut out = String::new();
        match speech.pieces.get(index) {
            Some(Piece::Wait(gate)) => gate.pass().await,
            Some(Piece::Pause(pause)) => tokio::time::sleep(*pause).await,
            Some(piece) => dialect.write_piece(&mut out, piece),
            None => {
                listener.satisfied();
                if matches!(speech.end, End::Cut) {
                    // Without a pause the server would throw away what it has not written yet.
                    tokio::task::yield_now().await;
                    return Some((Err(io::Error::other("scripted cut")), None));
                }
                dialect.write_end(&mut out, &speech, prompt_bytes);
                return Some((Ok(Bytes::from(out)), None));
            }
        }
        Some((Ok(Bytes::from(out)), Some((index + 1, speech, listener))))
    });
    let preamble = Bytes::from_static(dialect.preamble().as_bytes());
    let pieces = stream::iter([Ok(preamble)]).chain(pieces);
    ([(CONTENT_TYPE, dialect.content_type())], Body::from_stream(pieces)).into_response()
}

/// Counts as a hang-up if it is dropped before the answer was whole.
struct Listener {
    stage: Option<Arc<Stage>>,
}

impl Listener {
    fn satisfied(&mut self) {
        self.stage = None;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(stage) = &self.stage {
            stage.hung_up();
        }
    }
}
