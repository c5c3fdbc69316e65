//! Guilds: channels, members, roles.

use serde_json::{Value, json};

use super::form::Form;
use super::reply::Reply;
use super::{Call, channels, snowflake, threads};
use crate::clock::parse_timestamp;
use crate::errors::ApiError;
use crate::world::{MemberPatch, RolePatch};

type Outcome = Option<Result<Reply, ApiError>>;

/// `/guilds/{id}…`
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    let (guild, rest) = path.split_first()?;
    let place = || Ok((call.me()?, snowflake(guild)?));
    let run = |work: &dyn Fn(u64, u64) -> Result<Reply, ApiError>| {
        Some(place().and_then(|(me, guild)| work(me, guild)))
    };
    let world = call.world();
    match (call.method.as_str(), rest) {
        ("GET", []) => run(&|me, id| {
            world.with(|core| core.guild_for(me, id, call.flag("with_counts"))).map(Reply::json)
        }),
        ("GET", ["channels"]) => {
            run(&|me, id| world.with(|core| core.list_channels(me, id)).map(|all| Reply::json(all.into())))
        }
        ("POST", ["channels"]) => run(&|me, id| channels::create(call, me, id)),
        ("GET", ["threads", "active"]) => run(&|_, id| threads::active(call, id)),
        ("GET", ["webhooks"]) => {
            run(&|me, id| world.with(|core| core.guild_webhooks(me, id)).map(|all| Reply::json(all.into())))
        }
        ("GET", ["roles"]) => {
            run(&|me, id| world.with(|core| core.list_roles(me, id)).map(|all| Reply::json(all.into())))
        }
        ("POST", ["roles"]) => run(&|me, id| {
            let patch = role(call)?;
            world.with(|core| core.create_role(me, id, patch.clone())).map(Reply::json)
        }),
        ("GET", ["roles", role]) => run(&|me, id| {
            let role = snowflake(role)?;
            world.with(|core| core.role_for(me, id, role)).map(Reply::json)
        }),
        ("PATCH", ["roles", id]) => run(&|me, guild| {
            let (id, patch) = (snowflake(id)?, role(call)?);
            world.with(|core| core.patch_role(me, guild, id, patch.clone())).map(Reply::json)
        }),
        ("DELETE", ["roles", role]) => run(&|me, id| {
            let role = snowflake(role)?;
            world.with(|core| core.delete_role(me, id, role)).map(|()| Reply::empty())
        }),
        ("GET", ["emojis" | "stickers" | "invites" | "regions" | "scheduled-events"]) => {
            run(&|me, id| world.with(|core| core.guild_for(me, id, false)).map(|_| Reply::json(json!([]))))
        }
        (_, ["members", rest @ ..]) => members(call, guild, rest),
        _ => None,
    }
}

fn members(call: &Call<'_>, guild: &str, rest: &[&str]) -> Outcome {
    let place = || Ok((call.me()?, snowflake(guild)?));
    let run = |work: &dyn Fn(u64, u64) -> Result<Reply, ApiError>| {
        Some(place().and_then(|(me, guild)| work(me, guild)))
    };
    let world = call.world();
    match (call.method.as_str(), rest) {
        ("GET", []) => run(&|me, id| {
            let (after, limit) =
                (call.query_id("after")?.unwrap_or(0), call.query_number("limit", 1, 1, 1_000)?);
            world.with(|core| core.list_members(me, id, after, limit)).map(|all| Reply::json(all.into()))
        }),
        ("GET", ["search"]) => run(&|me, id| {
            let text = call.query("query").unwrap_or_default();
            let limit = call.query_number("limit", 1, 1, 1_000)?;
            world.with(|core| core.search_members(me, id, text, limit)).map(|all| Reply::json(all.into()))
        }),
        ("PATCH", ["@me"]) => run(&|me, id| {
            let form = call.form(&["nick", "avatar", "banner", "bio"])?;
            let patch = MemberPatch { nick: nick(&form), ..MemberPatch::default() };
            form.finish()?;
            world.with(|core| core.patch_member(me, me, id, patch)).map(Reply::json)
        }),
        ("GET", [user]) => run(&|me, id| {
            let user = snowflake(user)?;
            world.with(|core| core.member_for(me, user, id)).map(Reply::json)
        }),
        ("PATCH", [user]) => run(&|me, id| {
            let (user, patch) = (snowflake(user)?, member(call)?);
            world.with(|core| core.patch_member(me, user, id, patch.clone())).map(Reply::json)
        }),
        ("DELETE", [user]) => run(&|me, id| {
            let user = snowflake(user)?;
            world.with(|core| core.kick(me, user, id)).map(|()| Reply::empty())
        }),
        (method @ ("PUT" | "DELETE"), [user, "roles", role]) => run(&|me, id| {
            let (user, role) = (snowflake(user)?, snowflake(role)?);
            world.with(|core| core.set_role(me, user, id, role, method == "PUT"))?;
            Ok(Reply::empty())
        }),
        _ => None,
    }
}

#[expect(clippy::option_option, reason = "absent leaves, null clears: two different requests")]
fn nick(form: &Form<'_>) -> Option<Option<String>> {
    form.has("nick").then(|| form.text("nick", 0, 32).filter(|n| !n.is_empty()))
}

fn member(call: &Call<'_>) -> Result<MemberPatch, ApiError> {
    let keys = ["nick", "roles", "mute", "deaf", "channel_id", "communication_disabled_until", "flags"];
    let form = call.form(&keys)?;
    let until = "communication_disabled_until";
    let patch = MemberPatch {
        nick: nick(&form),
        roles: form.ids("roles"),
        mute: form.flag("mute"),
        deaf: form.flag("deaf"),
        timeout_until_ms: form
            .has(until)
            .then(|| form.get(until).and_then(Value::as_str).and_then(parse_timestamp)),
    };
    form.finish()?;
    Ok(patch)
}

fn role(call: &Call<'_>) -> Result<RolePatch, ApiError> {
    let keys = ["name", "permissions", "color", "colors", "hoist", "icon", "unicode_emoji", "mentionable"];
    let form = call.form(&keys)?;
    let primary = form.object("colors").and_then(|c| c.get("primary_color")).and_then(Value::as_u64);
    let patch = RolePatch {
        name: form.text("name", 1, 100),
        permissions: form.permissions("permissions"),
        color: form.number("color", 0, 0xFF_FFFF).or(primary).map(|c| c as u32),
        hoist: form.flag("hoist"),
        mentionable: form.flag("mentionable"),
    };
    form.finish()?;
    Ok(patch)
}
