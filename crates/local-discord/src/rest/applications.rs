//! The bot's own application.

use serde_json::json;

use super::reply::Reply;
use super::{Call, snowflake};
use crate::errors::ApiError;

type Outcome = Option<Result<Reply, ApiError>>;

/// `/oauth2/…`
pub(crate) fn oauth2(call: &Call<'_>, path: &[&str]) -> Outcome {
    (call.method == "GET" && path == ["applications", "@me"]).then(|| me(call))
}

/// `/applications/@me` and `/applications/{id}`
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    Some(match (call.method.as_str(), path) {
        ("GET", ["@me"]) => me(call),
        ("PATCH", ["@me"]) => patch(call),
        ("GET", [id]) => call.own_application(id).and_then(|_| me(call)),
        ("PATCH", [id]) => call.own_application(id).and_then(|_| patch(call)),
        ("GET", [id, "emojis"]) => call.own_application(id).map(|_| Reply::json(json!({"items": []}))),
        ("GET", [id, "entitlements"]) => call.own_application(id).map(|_| Reply::json(json!([]))),
        ("GET", [id, "role-connections", "metadata"]) => snowflake(id).map(|_| Reply::json(json!([]))),
        _ => return None,
    })
}

fn me(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.bot()?.application_id;
    let world = call.world();
    let object = world.read(|state| state.applications.get(&id).map(|a| state.application_json(a)));
    object.map(Reply::json).ok_or(ApiError::UNKNOWN_APPLICATION)
}

fn patch(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.bot()?.application_id;
    let keys = [
        "custom_install_url",
        "description",
        "role_connections_verification_url",
        "install_params",
        "integration_types_config",
        "flags",
        "icon",
        "cover_image",
        "interactions_endpoint_url",
        "tags",
        "event_webhooks_url",
        "event_webhooks_status",
        "event_webhooks_types",
        "team_id",
        "explicit_content_filter",
        "max_participants",
        "type",
    ];
    let form = call.form(&keys)?;
    // The documentation says text, the OpenAPI document an object with a default and localisations: both are taken.
    let default = form.get("description").and_then(|d| d["default"].as_str()).map(str::to_owned);
    let description = default.or_else(|| form.text("description", 0, 400));
    let tags = form.list("tags", 5).cloned();
    form.finish()?;
    call.world().with(|core| {
        let application = core.application_mut(id)?;
        if let Some(text) = description {
            application.description = text;
        }
        if let Some(tags) = tags {
            application.tags = tags.iter().filter_map(|t| t.as_str()).map(str::to_owned).collect();
        }
        Ok(())
    })?;
    me(call)
}
