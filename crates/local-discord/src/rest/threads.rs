//! Threads and forum posts.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::payloads::{self, Sender};
use super::reply::Reply;
use super::{Call, snowflake};
use crate::errors::ApiError;
use crate::world::{Actor, Channel, NewThread, channel_type};

type Outcome = Option<Result<Reply, ApiError>>;

/// Minutes after which an idle thread may be archived.
const DURATIONS: [u64; 4] = [60, 1_440, 4_320, 10_080];

/// `/channels/{id}/threads…` and `…/thread-members…`
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    let (channel, rest) = path.split_first()?;
    let place = || Ok((call.me()?, snowflake(channel)?));
    let run = |work: &dyn Fn(u64, u64) -> Result<Reply, ApiError>| {
        Some(place().and_then(|(me, channel)| work(me, channel)))
    };
    match (call.method.as_str(), rest) {
        ("POST", ["messages", id, "threads"]) => run(&|me, channel| {
            let (id, new) = (snowflake(id)?, new_thread(call, call.body.object()?, true)?);
            let thread = call.world().with(|core| core.thread_from_message(me, channel, id, new))?;
            Ok(created(thread))
        }),
        ("POST", ["threads"]) => run(&|me, channel| create(call, me, channel)),
        ("GET", ["threads", "archived", kind @ ("public" | "private")]) => {
            run(&|me, channel| archived(call, me, channel, *kind == "private", false))
        }
        ("GET", ["users", "@me", "threads", "archived", "private"]) => {
            run(&|me, channel| archived(call, me, channel, true, true))
        }
        ("GET", ["thread-members"]) => run(&|me, thread| {
            call.world().with(|core| core.thread_members(me, thread)).map(|all| Reply::json(all.into()))
        }),
        ("GET", ["thread-members", user]) => run(&|me, thread| {
            let user = if *user == "@me" { me.to_string() } else { (*user).to_owned() };
            let all = call.world().with(|core| core.thread_members(me, thread))?;
            all.into_iter().find(|m| m["user_id"] == user).map(Reply::json).ok_or(ApiError::UNKNOWN_MEMBER)
        }),
        ("PUT", ["thread-members", user]) => run(&|me, thread| {
            let user = if *user == "@me" { me } else { snowflake(user)? };
            call.world().with(|core| core.join_thread(me, user, thread)).map(|()| Reply::empty())
        }),
        ("DELETE", ["thread-members", user]) => run(&|me, thread| {
            let user = if *user == "@me" { me } else { snowflake(user)? };
            call.world().with(|core| core.leave_thread(me, user, thread)).map(|()| Reply::empty())
        }),
        _ => None,
    }
}

/// `/guilds/{id}/threads/active`
pub(crate) fn active(call: &Call<'_>, guild: u64) -> Result<Reply, ApiError> {
    let me = call.me()?;
    let open = |c: &Channel| c.guild_id == Some(guild) && c.thread.as_ref().is_some_and(|t| !t.archived);
    let (threads, members) = call.world().with(|core| {
        if core.state.is_member(me, guild) {
            Ok(core.list_threads(me, open))
        } else {
            Err(ApiError::UNKNOWN_GUILD)
        }
    })?;
    Ok(Reply::json(json!({"threads": threads, "members": members, "has_more": false})))
}

fn archived(call: &Call<'_>, me: u64, channel: u64, private: bool, joined: bool) -> Result<Reply, ApiError> {
    let limit = call.query_number("limit", 50, 2, 100)?;
    let wanted = |c: &Channel| {
        let kind = (c.kind == channel_type::PRIVATE_THREAD) == private;
        let mine = |t: &crate::world::Thread| t.archived && (!joined || t.members.contains_key(&me));
        c.parent_id == Some(channel) && kind && c.thread.as_ref().is_some_and(mine)
    };
    let (mut threads, members) = call.world().with(|core| {
        core.state.visible_channel(me, channel)?;
        Ok(core.list_threads(me, wanted))
    })?;
    let has_more = threads.len() > limit;
    threads.truncate(limit);
    Ok(Reply::json(json!({"threads": threads, "members": members, "has_more": has_more})))
}

fn create(call: &Call<'_>, me: u64, channel: u64) -> Result<Reply, ApiError> {
    let body = call.body.object()?;
    let forum = call.world().read(|state| state.channels.get(&channel).is_some_and(Channel::is_forum));
    let new = new_thread(call, body, !forum)?;
    if !forum {
        let thread = call.world().with(|core| core.thread_without_message(me, channel, new))?;
        return Ok(created(thread));
    }
    let Some(message) = body.get("message").and_then(Value::as_object) else {
        return Err(ApiError::field("message", "BASE_TYPE_REQUIRED", "This field is required"));
    };
    let draft = payloads::draft(call, message, &[payloads::ANSWER, &["sticker_ids"]].concat(), Sender::Bot)?;
    let (_, thread, _) = call.world().with(|core| core.forum_post(&Actor::User(me), channel, new, draft))?;
    Ok(created(thread))
}

fn created(thread: Value) -> Reply {
    let mut reply = Reply::json(thread);
    reply.status = 201;
    reply
}

fn new_thread(call: &Call<'_>, body: &Map<String, Value>, plain: bool) -> Result<NewThread, ApiError> {
    let form = Form::new(body);
    let keys = [
        "name",
        "auto_archive_duration",
        "type",
        "invitable",
        "rate_limit_per_user",
        "applied_tags",
        "message",
    ];
    form.report_unknown(if plain { &keys[..5] } else { &keys }, &|what| call.report(what));
    let name = form.required_text("name", 1, 100);
    let duration = form.number("auto_archive_duration", 0, u64::MAX >> 1);
    if duration.is_some_and(|d| !DURATIONS.contains(&d)) {
        let text = "Value must be one of (60, 1440, 4320, 10080).";
        form.error("auto_archive_duration", "BASE_TYPE_CHOICES", text);
    }
    let new = NewThread {
        name,
        kind: form.number("type", 10, 12).map(|k| k as u8),
        auto_archive_duration: duration,
        rate_limit_per_user: form.number("rate_limit_per_user", 0, 21_600).unwrap_or(0),
        invitable: form.flag("invitable").unwrap_or(true),
        applied_tags: form.ids("applied_tags").unwrap_or_default(),
    };
    form.finish()?;
    Ok(new)
}
