//! The REST API, v10. One entry reads the request, checks token and limits, finds the handler, and answers.

mod applications;
mod body;
mod cdn;
mod channels;
mod commands;
mod form;
mod guilds;
mod interactions;
mod messages;
mod payloads;
mod record;
mod reply;
mod route;
mod threads;
mod users;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, request::Parts};
use axum::response::Response;
use axum::routing::{any, get};

pub(crate) use record::Records;
pub use record::{RecordedRequest, Violation};
pub(crate) use reply::{Content, Reply};

use crate::errors::ApiError;
use crate::rate_limit::{Verdict, bucket_of};
use crate::server::Shared;
use crate::world::{Identity, World};
use body::Body;
use form::Form;

/// The routes of the API and of the files it points to.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/{*path}", any(entry))
        .route("/attachments/{channel}/{id}/{name}", get(cdn::attachment))
        .route("/avatars/{owner}/{file}", get(cdn::avatar))
        .route("/embed/avatars/{file}", get(cdn::default_avatar))
}

/// One request on its way to a handler.
pub(crate) struct Call<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) method: &'a Method,
    /// Path with query, for records.
    pub(crate) path: &'a str,
    pub(crate) query: Vec<(String, String)>,
    identity: Option<Identity>,
    pub(crate) body: Body,
}

impl Call<'_> {
    pub(crate) fn world(&self) -> &World {
        &self.shared.world
    }

    /// The bot of the request's token.
    pub(crate) fn bot(&self) -> Result<Identity, ApiError> {
        self.identity.ok_or(ApiError::Unauthorized)
    }

    /// The bot's user id.
    pub(crate) fn me(&self) -> Result<u64, ApiError> {
        self.bot().map(|bot| bot.bot_user_id)
    }

    /// The bot, if the path's application is its own.
    pub(crate) fn own_application(&self, id: &str) -> Result<u64, ApiError> {
        let bot = self.bot()?;
        let id = snowflake(id)?;
        if bot.application_id == id { Ok(id) } else { Err(ApiError::NOT_AUTHORIZED_FOR_APPLICATION) }
    }

    pub(crate) fn query(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.query(key).is_some_and(|v| matches!(v, "true" | "True" | "1"))
    }

    /// A snowflake of the query.
    pub(crate) fn query_id(&self, key: &str) -> Result<Option<u64>, ApiError> {
        let wrong = |_| ApiError::field(key, "NUMBER_TYPE_COERCE", "Value is not snowflake.");
        self.query(key).map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// A number of the query within bounds, or the default.
    pub(crate) fn query_number(
        &self,
        key: &str,
        default: usize,
        min: usize,
        max: usize,
    ) -> Result<usize, ApiError> {
        let Some(text) = self.query(key) else { return Ok(default) };
        let number: usize =
            text.parse().map_err(|_| ApiError::field(key, "NUMBER_TYPE_COERCE", "Value is not an int."))?;
        let text = if number > max {
            format!("int value should be less than or equal to {max}.")
        } else if number < min {
            format!("int value should be greater than or equal to {min}.")
        } else {
            return Ok(number);
        };
        let code = if number > max { "NUMBER_TYPE_MAX" } else { "NUMBER_TYPE_MIN" };
        Err(ApiError::field(key, code, text))
    }

    /// The JSON body as a form; keys that no documentation names are reported.
    pub(crate) fn form(&self, keys: &[&str]) -> Result<Form<'_>, ApiError> {
        let map = self.body.object()?;
        let form = Form::new(map);
        form.report_unknown(keys, &|what| self.report(what));
        Ok(form)
    }

    /// Notes a violation of the protocol.
    pub(crate) fn report(&self, what: String) {
        let (method, path) = (self.method.to_string(), self.path.to_owned());
        self.shared.records.violation(Violation { method, path, what });
    }
}

/// A snowflake of the path; Discord answers a malformed one with a form error.
pub(crate) fn snowflake(text: &str) -> Result<u64, ApiError> {
    let code = "NUMBER_TYPE_COERCE";
    text.parse().map_err(|_| ApiError::field("", code, format!("Value \"{text}\" is not snowflake.")))
}

async fn entry(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let decoded: Vec<String> = below_root(parts.uri.path()).map(body::percent_decode).collect();
    let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let identity = identity(&shared, &parts);
    let limited = shared.limiter.limits().map(|limits| {
        let bucket = bucket_of(limits, parts.method.as_str(), &segments);
        shared.limiter.check(identity.map_or(0, |i| i.bot_user_id), bucket)
    });
    // Read the body in any case: closing on an unread one would reset the connection.
    let method = parts.method.clone();
    let body = Body::read(parts, body).await;
    let spent = match limited {
        Some(Verdict::Pass(spent)) => spent,
        Some(verdict) => return finish_limited(&shared, &method, &path, identity, body, &verdict),
        None => None,
    };
    let query = body::parse_query(&path);
    let call = Call { shared: &shared, method: &method, path: &path, query, identity, body };
    let outcome =
        if call.body.too_large { Err(ApiError::ENTITY_TOO_LARGE) } else { route::route(&call, &segments) };
    let mut reply = outcome.unwrap_or_else(|error| Reply::error(&error));
    if let Some(openapi) = &shared.openapi {
        openapi.check(&call, &segments, &reply, &|what| call.report(what));
    }
    if let Some(spent) = spent {
        reply.spend(&spent);
    }
    let json = call.body.json;
    finish(&shared, &method, &path, identity, json, reply)
}

fn finish_limited(
    shared: &Shared,
    method: &Method,
    path: &str,
    identity: Option<Identity>,
    body: Body,
    verdict: &Verdict,
) -> Response {
    finish(shared, method, path, identity, body.json, Reply::limited(verdict))
}

fn finish(
    shared: &Shared,
    method: &Method,
    path: &str,
    identity: Option<Identity>,
    body: Option<serde_json::Value>,
    reply: Reply,
) -> Response {
    shared.limiter.note_status(reply.status);
    if shared.record_requests {
        shared.records.request(RecordedRequest {
            method: method.to_string(),
            path: path.to_owned(),
            status: reply.status,
            body,
            at_ms: shared.world.clock().now_ms(),
            bot_user_id: identity.map(|i| i.bot_user_id),
        });
    }
    reply.into_response()
}

/// Segments below `/api`, `/api/v9` or `/api/v10`.
fn below_root(path: &str) -> impl Iterator<Item = &str> {
    let rest = path.strip_prefix("/api").unwrap_or(path);
    let versioned = ["/v10/", "/v9/"].iter().find_map(|v| rest.strip_prefix(v));
    versioned.unwrap_or(rest).split('/').filter(|s| !s.is_empty())
}

fn identity(shared: &Shared, parts: &Parts) -> Option<Identity> {
    let header = parts.headers.get("authorization")?.to_str().ok()?;
    shared.world.identify(header.strip_prefix("Bot ")?.trim())
}
