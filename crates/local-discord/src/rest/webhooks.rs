//! Webhooks, and the follow-ups of interactions that live under the same path.

use super::form::Form;
use super::payloads::{self, Sender};
use super::reply::Reply;
use super::users::avatar;
use super::{Call, snowflake};
use crate::errors::ApiError;
use crate::world::{Actor, Image, NewThread, WebhookPatch};

type Outcome = Option<Result<Reply, ApiError>>;

/// Names that a webhook may not bear in any part.
const FORBIDDEN: [&str; 2] = ["clyde", "discord"];

/// `/webhooks/…`
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    let (id, rest) = path.split_first()?;
    let Ok(id) = snowflake(id) else { return Some(Err(ApiError::UNKNOWN_WEBHOOK)) };
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            Some(call.me().and_then(|me| call.world().with(|core| core.webhook_for(me, id)).map(Reply::json)))
        }
        ("PATCH", []) => Some(modify(call, id)),
        ("DELETE", []) => {
            Some(call.me().and_then(|me| {
                call.world().with(|core| core.delete_webhook(me, id)).map(|()| Reply::empty())
            }))
        }
        (_, [token, rest @ ..]) if is_application(call, id) => follow_up(call, id, token, rest),
        (_, [token, rest @ ..]) => with_token(call, id, token, rest),
        _ => None,
    }
}

/// `POST /channels/{id}/webhooks`
pub(crate) fn create(call: &Call<'_>, me: u64, channel: u64) -> Result<Reply, ApiError> {
    let form = call.form(&["name", "avatar"])?;
    let name = form.required_text("name", 1, 80);
    check_name(&form, "name", &name);
    let image = avatar(&form, "avatar").flatten();
    form.finish()?;
    call.world().with(|core| {
        let hash = image.map(|image| core.store_image(image));
        core.create_webhook(me, channel, name, hash).map(Reply::json)
    })
}

fn check_name(form: &Form<'_>, key: &str, name: &str) {
    let lower = name.to_lowercase();
    for word in FORBIDDEN.iter().filter(|word| lower.contains(*word)) {
        let code = "USERNAME_INVALID_CONTAINS";
        form.error(key, code, format!("Username cannot contain \"{word}\""));
    }
}

fn is_application(call: &Call<'_>, id: u64) -> bool {
    // An application's id may be a webhook's too only in theory: ids are unique.
    call.world().read(|state| state.applications.contains_key(&id))
}

fn modify(call: &Call<'_>, id: u64) -> Result<Reply, ApiError> {
    let me = call.me()?;
    let (patch, image) = read_patch(call, &["name", "avatar", "channel_id"])?;
    call.world().with(|core| {
        let avatar = image.map(|image| image.map(|image| core.store_image(image)));
        core.patch_webhook(me, id, WebhookPatch { avatar, ..patch }).map(Reply::json)
    })
}

#[expect(clippy::option_option, reason = "absent leaves, null clears: two different requests")]
fn read_patch(call: &Call<'_>, keys: &[&str]) -> Result<(WebhookPatch, Option<Option<Image>>), ApiError> {
    let form = call.form(keys)?;
    let name = form.text("name", 1, 80);
    check_name(&form, "name", name.as_deref().unwrap_or_default());
    let image = avatar(&form, "avatar");
    let patch = WebhookPatch { name, avatar: None, channel_id: form.id("channel_id") };
    form.finish()?;
    Ok((patch, image))
}

/// Everything that a webhook's token opens.
fn with_token(call: &Call<'_>, id: u64, token: &str, rest: &[&str]) -> Outcome {
    let known =
        || call.world().with(|core| core.webhook_by_token(id, token).map(|h| h.application_id.is_some()));
    let run = |work: &dyn Fn(bool) -> Result<Reply, ApiError>| Some(known().and_then(work));
    match (call.method.as_str(), rest) {
        ("GET", []) => run(&|_| Ok(Reply::json(call.world().with(|core| core.webhook_json_by_token(id))))),
        ("PATCH", []) => run(&|_| {
            let (patch, image) = read_patch(call, &["name", "avatar"])?;
            call.world().with(|core| {
                let avatar = image.clone().map(|image| image.map(|image| core.store_image(image)));
                let patch = WebhookPatch { avatar, ..patch.clone() };
                core.patch_webhook_by_token(id, token, patch).map(Reply::json)
            })
        }),
        ("DELETE", []) => run(&|_| {
            call.world().with(|core| core.delete_webhook_by_token(id, token)).map(|()| Reply::empty())
        }),
        ("POST", []) => run(&|owned| execute(call, id, owned)),
        ("GET", ["messages", message]) => run(&|_| {
            let (message, thread) = (snowflake(message)?, call.query_id("thread_id")?);
            call.world().with(|core| {
                let found = core.webhook_message(id, thread, message)?;
                Ok(Reply::json(core.state.message_json(found, id)))
            })
        }),
        ("PATCH", ["messages", message]) => run(&|owned| edit(call, id, owned, snowflake(message)?)),
        ("DELETE", ["messages", message]) => run(&|_| {
            let (message, thread) = (snowflake(message)?, call.query_id("thread_id")?);
            call.world().with(|core| {
                let channel = core.webhook_message(id, thread, message)?.channel_id;
                core.remove_message(channel, message);
                Ok(Reply::empty())
            })
        }),
        _ => None,
    }
}

fn sender(call: &Call<'_>, owned: bool) -> Sender {
    Sender::Webhook { owned, with_components: call.flag("with_components") }
}

fn execute(call: &Call<'_>, id: u64, owned: bool) -> Result<Reply, ApiError> {
    let body = call.body.object()?;
    let draft = payloads::draft(call, body, payloads::EXECUTE, sender(call, owned))?;
    let form = Form::new(body);
    let name = form.text("username", 1, 80);
    check_name(&form, "username", name.as_deref().unwrap_or_default());
    let url = form.text("avatar_url", 0, 2_048).filter(|u| !u.is_empty());
    if url.as_ref().is_some_and(|u| !u.starts_with("http://") && !u.starts_with("https://")) {
        let text = "Scheme must be one of ('http', 'https').";
        form.error("avatar_url", "URL_TYPE_INVALID_SCHEME", text);
    }
    let new_thread = form.text("thread_name", 1, 100).map(|name| NewThread {
        name,
        invitable: true,
        applied_tags: form.ids("applied_tags").unwrap_or_default(),
        ..NewThread::default()
    });
    form.finish()?;
    let thread = call.query_id("thread_id")?;
    let posted = call.world().with(|core| {
        let avatar = url.map(|url| core.store_image(Image::Url(url)));
        core.execute_webhook(id, name, avatar, thread, new_thread, draft)
    })?;
    Ok(if call.flag("wait") { Reply::json(posted.json) } else { Reply::empty() })
}

fn edit(call: &Call<'_>, id: u64, owned: bool, message: u64) -> Result<Reply, ApiError> {
    let thread = call.query_id("thread_id")?;
    let (channel, before) = call.world().with(|core| {
        core.webhook_message(id, thread, message).map(|found| (found.channel_id, found.flags))
    })?;
    let edit = payloads::edit(call, call.body.object()?, before, sender(call, owned))?;
    let actor = Actor::Webhook { id, name: String::new(), avatar: None };
    let posted = call.world().with(|core| core.edit_message(&actor, channel, message, edit))?;
    Ok(Reply::json(posted.json))
}

/// Under an application's id the token is an interaction's.
fn follow_up(call: &Call<'_>, application: u64, token: &str, rest: &[&str]) -> Outcome {
    let world = call.world();
    let which = |text: &str| if text == "@original" { Ok(None) } else { snowflake(text).map(Some) };
    match (call.method.as_str(), rest) {
        ("POST", []) => Some((|| {
            world.with(|core| core.interaction_by_token(application, token).map(|_| ()))?;
            let draft = payloads::draft(call, call.body.object()?, payloads::EXECUTE, Sender::Interaction)?;
            let posted = world.with(|core| core.follow_up(application, token, draft))?;
            Ok(Reply::json(posted.json))
        })()),
        ("GET", ["messages", id]) => {
            Some(which(id).and_then(|id| {
                world.with(|core| core.read_response(application, token, id)).map(Reply::json)
            }))
        }
        ("PATCH", ["messages", id]) => Some(which(id).and_then(|id| {
            let before = world.with(|core| core.response_flags(application, token, id))?;
            let edit = payloads::edit(call, call.body.object()?, before, Sender::Interaction)?;
            world.with(|core| core.edit_response(application, token, id, edit)).map(Reply::json)
        })),
        ("DELETE", ["messages", id]) => Some(which(id).and_then(|id| {
            world.with(|core| core.delete_response(application, token, id)).map(|()| Reply::empty())
        })),
        _ => None,
    }
}
