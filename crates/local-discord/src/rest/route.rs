//! The table of routes: method and path to handler.

use super::reply::Reply;
use super::{
    Call, applications, channels, commands, guilds, interactions, messages, threads, users, webhooks,
};
use crate::errors::ApiError;

type Outcome = Result<Reply, ApiError>;

/// Finds the handler of a path and runs it. Unknown routes are 404 and noted.
pub(crate) fn route(call: &Call<'_>, segments: &[&str]) -> Outcome {
    let (first, rest) = segments.split_first().ok_or(ApiError::NotFound)?;
    let found = match *first {
        "gateway" => users::gateway(call, rest),
        "users" => users::route(call, rest),
        "oauth2" => applications::oauth2(call, rest),
        "applications" => applications::route(call, rest).or_else(|| commands::route(call, rest)),
        "guilds" => guilds::route(call, rest),
        "channels" => messages::route(call, rest)
            .or_else(|| threads::route(call, rest))
            .or_else(|| channels::route(call, rest)),
        "webhooks" => webhooks::route(call, rest),
        "interactions" => interactions::route(call, rest),
        "voice" => users::voice(call, rest),
        "sticker-packs" if rest.is_empty() => Some(Ok(Reply::json(serde_json::json!({"sticker_packs": []})))),
        _ => None,
    };
    found.unwrap_or_else(|| {
        call.report("the local Discord does not have this route".to_owned());
        Err(ApiError::NotFound)
    })
}
