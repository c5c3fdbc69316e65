//! Messages of a channel, their reactions and pins, typing.

use serde_json::Value;

use super::payloads::{self, Sender};
use super::reply::Reply;
use super::{Call, snowflake};
use crate::clock::parse_timestamp;
use crate::errors::ApiError;
use crate::world::{Actor, Emoji, Page};

type Outcome = Option<Result<Reply, ApiError>>;

/// `/channels/{id}/messages…`, `…/pins…`, `…/typing`
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    let (channel, rest) = path.split_first()?;
    let place = || Ok((call.me()?, snowflake(channel)?));
    let run = |work: &dyn Fn(u64, u64) -> Result<Reply, ApiError>| {
        Some(place().and_then(|(me, channel)| work(me, channel)))
    };
    match (call.method.as_str(), rest) {
        ("GET", ["messages"]) => run(&|me, channel| list(call, me, channel)),
        ("POST", ["messages"]) => run(&|me, channel| create(call, me, channel)),
        ("POST", ["messages", "bulk-delete"]) => run(&|me, channel| bulk_delete(call, me, channel)),
        ("GET", ["messages", "pins"]) => run(&|me, channel| page_pins(call, me, channel)),
        ("PUT", ["messages", "pins", id] | ["pins", id]) => run(&|me, channel| {
            let id = snowflake(id)?;
            call.world().with(|core| core.pin(me, channel, id)).map(|()| Reply::empty())
        }),
        ("DELETE", ["messages", "pins", id] | ["pins", id]) => run(&|me, channel| {
            let id = snowflake(id)?;
            call.world().with(|core| core.unpin(me, channel, id)).map(|()| Reply::empty())
        }),
        ("GET", ["pins"]) => run(&|me, channel| {
            call.world().with(|core| core.list_pins(me, channel)).map(|all| Reply::json(all.into()))
        }),
        ("POST", ["typing"]) => run(&|me, channel| {
            call.world().with(|core| core.start_typing(me, channel)).map(|()| Reply::empty())
        }),
        ("GET", ["messages", id]) => run(&|me, channel| {
            let id = snowflake(id)?;
            call.world().with(|core| core.read_message(me, channel, id)).map(Reply::json)
        }),
        ("PATCH", ["messages", id]) => run(&|me, channel| edit(call, me, channel, snowflake(id)?)),
        ("DELETE", ["messages", id]) => run(&|me, channel| {
            let id = snowflake(id)?;
            call.world().with(|core| core.delete_message(&Actor::User(me), channel, id))?;
            Ok(Reply::empty())
        }),
        (_, ["messages", id, "reactions", rest @ ..]) => reactions(call, channel, id, rest),
        _ => None,
    }
}

fn reactions(call: &Call<'_>, channel: &str, message: &str, rest: &[&str]) -> Outcome {
    let place = || Ok((call.me()?, snowflake(channel)?, snowflake(message)?));
    let run = |work: &dyn Fn(u64, u64, u64) -> Result<Reply, ApiError>| {
        Some(place().and_then(|(me, channel, message)| work(me, channel, message)))
    };
    match (call.method.as_str(), rest) {
        ("PUT", [emoji, "@me"]) => run(&|me, channel, message| {
            let emoji = Emoji::parse(emoji)?;
            call.world().with(|core| core.add_reaction(me, channel, message, &emoji)).map(|()| Reply::empty())
        }),
        ("DELETE", [emoji, user]) => run(&|me, channel, message| {
            let emoji = Emoji::parse(emoji)?;
            let of = if *user == "@me" { me } else { snowflake(user)? };
            call.world().with(|core| core.remove_reaction(me, of, channel, message, &emoji))?;
            Ok(Reply::empty())
        }),
        ("GET", [emoji]) => run(&|me, channel, message| {
            let emoji = Emoji::parse(emoji)?;
            let (after, limit) =
                (call.query_id("after")?.unwrap_or(0), call.query_number("limit", 25, 1, 100)?);
            let users =
                call.world().with(|core| core.list_reactions(me, channel, message, &emoji, after, limit))?;
            Ok(Reply::json(users.into()))
        }),
        ("DELETE", []) => run(&|me, channel, message| {
            call.world().with(|core| core.clear_reactions(me, channel, message, None))?;
            Ok(Reply::empty())
        }),
        ("DELETE", [emoji]) => run(&|me, channel, message| {
            let emoji = Emoji::parse(emoji)?;
            call.world().with(|core| core.clear_reactions(me, channel, message, Some(&emoji)))?;
            Ok(Reply::empty())
        }),
        _ => None,
    }
}

fn list(call: &Call<'_>, me: u64, channel: u64) -> Result<Reply, ApiError> {
    let page = Page {
        before: call.query_id("before")?,
        after: call.query_id("after")?,
        around: call.query_id("around")?,
        limit: call.query_number("limit", 50, 1, 100)?,
    };
    let messages = call.world().with(|core| core.list_messages(me, channel, page))?;
    Ok(Reply::json(messages.into()))
}

fn create(call: &Call<'_>, me: u64, channel: u64) -> Result<Reply, ApiError> {
    let draft = payloads::draft(call, call.body.object()?, payloads::CREATE, Sender::Bot)?;
    let posted = call.world().with(|core| core.create_message(&Actor::User(me), channel, draft))?;
    Ok(Reply::json(posted.json))
}

fn edit(call: &Call<'_>, me: u64, channel: u64, id: u64) -> Result<Reply, ApiError> {
    let before = call.world().with(|core| core.message(channel, id).map(|m| m.flags))?;
    let edit = payloads::edit(call, call.body.object()?, before, Sender::Bot)?;
    let posted = call.world().with(|core| core.edit_message(&Actor::User(me), channel, id, edit))?;
    Ok(Reply::json(posted.json))
}

fn bulk_delete(call: &Call<'_>, me: u64, channel: u64) -> Result<Reply, ApiError> {
    let form = call.form(&["messages"])?;
    form.require("messages");
    let ids = form.ids("messages").unwrap_or_default();
    form.finish()?;
    call.world().with(|core| core.bulk_delete(me, channel, &ids))?;
    Ok(Reply::empty())
}

fn page_pins(call: &Call<'_>, me: u64, channel: u64) -> Result<Reply, ApiError> {
    let before = call.query("before").and_then(parse_timestamp);
    let limit = call.query_number("limit", 50, 1, 50)?;
    let page: Value = call.world().with(|core| core.page_pins(me, channel, before, limit))?;
    Ok(Reply::json(page))
}
