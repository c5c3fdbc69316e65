//! Gateway addresses, users, direct messages, voice regions.

use serde_json::json;

use super::body::data_uri;
use super::reply::Reply;
use super::{Call, snowflake};
use crate::errors::ApiError;
use crate::world::{Image, bytes_base64::Blob, render_current_user};

type Outcome = Option<Result<Reply, ApiError>>;

/// `/gateway` and `/gateway/bot`.
pub(crate) fn gateway(call: &Call<'_>, path: &[&str]) -> Outcome {
    let url = call.shared.gateway_url();
    match (call.method.as_str(), path) {
        ("GET", []) => Some(Ok(Reply::json(json!({"url": url})))),
        ("GET", ["bot"]) => Some(call.bot().map(|bot| {
            Reply::json(json!({
                "url": url,
                "shards": 1,
                "session_start_limit": call.shared.gateway.session_start_limit(bot.application_id),
            }))
        })),
        _ => None,
    }
}

/// `/users/…`
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    Some(match (call.method.as_str(), path) {
        ("GET", ["@me"]) => me(call),
        ("PATCH", ["@me"]) => patch_me(call),
        ("GET", ["@me", "guilds"]) => my_guilds(call),
        ("GET", ["@me", "guilds", guild, "member"]) => {
            find(call, |me| call.world().with(|core| core.member_for(me, me, snowflake(guild)?)))
        }
        ("DELETE", ["@me", "guilds", guild]) => leave(call, guild),
        ("POST", ["@me", "channels"]) => open_dm(call),
        ("GET", [id]) => find(call, |_| {
            let id = snowflake(id)?;
            call.world().read(|state| {
                if state.users.contains_key(&id) {
                    Ok(state.user_json(id))
                } else {
                    Err(ApiError::UNKNOWN_USER)
                }
            })
        }),
        _ => return None,
    })
}

/// `/voice/regions`
pub(crate) fn voice(call: &Call<'_>, path: &[&str]) -> Outcome {
    (call.method == "GET" && path == ["regions"]).then(|| {
        let region =
            json!({"id": "local", "name": "Local", "optimal": true, "deprecated": false, "custom": false});
        Ok(Reply::json(json!([region])))
    })
}

fn find(
    call: &Call<'_>,
    look: impl FnOnce(u64) -> Result<serde_json::Value, ApiError>,
) -> Result<Reply, ApiError> {
    look(call.me()?).map(Reply::json)
}

fn me(call: &Call<'_>) -> Result<Reply, ApiError> {
    let me = call.me()?;
    let object = call.world().read(|state| state.users.get(&me).map(render_current_user));
    object.map(Reply::json).ok_or(ApiError::Unauthorized)
}

fn patch_me(call: &Call<'_>) -> Result<Reply, ApiError> {
    let me = call.me()?;
    let form = call.form(&["username", "avatar", "banner"])?;
    let name = form.text("username", 2, 32);
    let avatar = avatar(&form, "avatar");
    form.finish()?;
    call.world().with(|core| core.patch_self(me, name, avatar)).map(Reply::json)
}

/// A data URI of a form: `Some(None)` clears.
#[expect(clippy::option_option, reason = "absent leaves, null clears: two different requests")]
pub(crate) fn avatar(form: &super::form::Form<'_>, key: &str) -> Option<Option<Image>> {
    if !form.has(key) {
        return None;
    }
    let Some(value) = form.get(key) else { return Some(None) };
    let image = value.as_str().and_then(data_uri);
    if image.is_none() {
        form.error(key, "BASE64_TYPE_INVALID", "Invalid image data");
    }
    image.map(|(content_type, bytes)| Some(Image::Bytes { content_type, bytes: Blob(bytes) }))
}

fn my_guilds(call: &Call<'_>) -> Result<Reply, ApiError> {
    let me = call.me()?;
    let limit = call.query_number("limit", 200, 1, 200)?;
    let after = call.query_id("after")?.unwrap_or(0);
    Ok(Reply::json(call.world().with(|core| core.guilds_of(me, after, limit)).into()))
}

fn leave(call: &Call<'_>, guild: &str) -> Result<Reply, ApiError> {
    let (me, guild) = (call.me()?, snowflake(guild)?);
    call.world().with(|core| core.leave_guild(me, guild))?;
    Ok(Reply::empty())
}

fn open_dm(call: &Call<'_>) -> Result<Reply, ApiError> {
    let me = call.me()?;
    let form = call.form(&["recipient_id", "access_tokens", "nicks"])?;
    form.require("recipient_id");
    let with = form.id("recipient_id").unwrap_or(0);
    form.finish()?;
    call.world().with(|core| {
        let id = core.open_dm(me, with)?;
        Ok(Reply::json(core.dm_json(me, id)))
    })
}
