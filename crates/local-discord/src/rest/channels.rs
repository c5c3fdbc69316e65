//! Channels and permission overwrites.

use serde_json::{Value, json};

use super::form::{Form, id_of};
use super::reply::Reply;
use super::{Call, snowflake, webhooks};
use crate::errors::ApiError;
use crate::permissions::{Overwrite, OverwriteKind, Permissions};
use crate::world::{ChannelPatch, NewChannel};

type Outcome = Option<Result<Reply, ApiError>>;

/// Keys of a channel in requests.
const KEYS: &[&str] = &[
    "name",
    "type",
    "topic",
    "bitrate",
    "user_limit",
    "rate_limit_per_user",
    "position",
    "permission_overwrites",
    "parent_id",
    "nsfw",
    "rtc_region",
    "video_quality_mode",
    "default_auto_archive_duration",
    "default_reaction_emoji",
    "available_tags",
    "default_sort_order",
    "default_forum_layout",
    "default_thread_rate_limit_per_user",
    "flags",
    "archived",
    "auto_archive_duration",
    "locked",
    "invitable",
    "applied_tags",
];

/// `/channels/{id}` and what is neither message nor thread below it.
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    let (channel, rest) = path.split_first()?;
    let place = || Ok((call.me()?, snowflake(channel)?));
    let run = |work: &dyn Fn(u64, u64) -> Result<Reply, ApiError>| {
        Some(place().and_then(|(me, channel)| work(me, channel)))
    };
    match (call.method.as_str(), rest) {
        ("GET", []) => run(&|me, id| {
            call.world().with(|core| {
                let object = core.channel_for(me, id)?;
                let dm = core.state.channels.get(&id).is_some_and(crate::world::Channel::is_dm);
                Ok(Reply::json(if dm { core.dm_json(me, id) } else { object }))
            })
        }),
        ("PATCH", []) => run(&|me, id| {
            let patch = patch(call)?;
            call.world().with(|core| core.patch_channel(me, id, patch.clone())).map(Reply::json)
        }),
        ("DELETE", []) => {
            run(&|me, id| call.world().with(|core| core.delete_channel(me, id)).map(Reply::json))
        }
        ("PUT", ["permissions", target]) => run(&|me, id| put_overwrite(call, me, id, snowflake(target)?)),
        ("DELETE", ["permissions", target]) => run(&|me, id| {
            let target = snowflake(target)?;
            call.world().with(|core| core.delete_overwrite(me, id, target)).map(|()| Reply::empty())
        }),
        ("GET", ["invites"]) => run(&|me, id| {
            call.world().with(|core| {
                core.state.require(me, id, Permissions::MANAGE_CHANNELS, core.now_ms())?;
                Ok(Reply::json(json!([])))
            })
        }),
        ("GET", ["webhooks"]) => run(&|me, id| {
            call.world().with(|core| core.channel_webhooks(me, id)).map(|all| Reply::json(all.into()))
        }),
        ("POST", ["webhooks"]) => run(&|me, id| webhooks::create(call, me, id)),
        ("PUT", ["voice-status"]) => run(&|me, id| {
            let form = call.form(&["status"])?;
            let status = form.text("status", 0, 500);
            form.finish()?;
            call.world()
                .with(|core| core.set_voice_status(me, id, status.as_deref()))
                .map(|()| Reply::empty())
        }),
        _ => None,
    }
}

/// `POST /guilds/{id}/channels`
pub(crate) fn create(call: &Call<'_>, me: u64, guild: u64) -> Result<Reply, ApiError> {
    let form = call.form(KEYS)?;
    let new = NewChannel {
        name: form.required_text("name", 1, 100),
        kind: form.number("type", 0, 16).unwrap_or(0) as u8,
        topic: form.text("topic", 0, 1_024).filter(|t| !t.is_empty()),
        parent_id: form.id("parent_id"),
        nsfw: form.flag("nsfw").unwrap_or(false),
        rate_limit_per_user: form.number("rate_limit_per_user", 0, 21_600).unwrap_or(0),
        position: form.signed("position"),
        overwrites: overwrites(&form).unwrap_or_default(),
    };
    if matches!(new.kind, 1 | 3 | 10..=12) {
        form.error("type", "BASE_TYPE_CHOICES", "Value must be one of (0, 2, 4, 5, 13, 15, 16).");
    }
    form.finish()?;
    let mut reply = Reply::json(call.world().with(|core| core.create_channel(me, guild, new))?);
    reply.status = 201;
    Ok(reply)
}

fn patch(call: &Call<'_>) -> Result<ChannelPatch, ApiError> {
    let form = call.form(KEYS)?;
    let patch = ChannelPatch {
        name: form.text("name", 1, 100),
        topic: form.has("topic").then(|| form.text("topic", 0, 4_096).filter(|t| !t.is_empty())),
        nsfw: form.flag("nsfw"),
        position: form.signed("position"),
        parent_id: form.has("parent_id").then(|| form.id("parent_id")),
        rate_limit_per_user: form.number("rate_limit_per_user", 0, 21_600),
        bitrate: form.number("bitrate", 8_000, 384_000),
        user_limit: form.number("user_limit", 0, 99),
        overwrites: overwrites(&form),
        available_tags: form.list("available_tags", 20).cloned(),
        default_auto_archive_duration: form.number("default_auto_archive_duration", 60, 10_080),
        archived: form.flag("archived"),
        locked: form.flag("locked"),
        invitable: form.flag("invitable"),
        auto_archive_duration: form.number("auto_archive_duration", 60, 10_080),
        applied_tags: form.ids("applied_tags"),
    };
    form.finish()?;
    Ok(patch)
}

fn overwrites(form: &Form<'_>) -> Option<Vec<Overwrite>> {
    let list = form.list("permission_overwrites", 1_000)?;
    let one = |value: &Value| {
        Some(Overwrite {
            id: id_of(&value["id"])?,
            kind: if id_of(&value["type"]) == Some(1) { OverwriteKind::Member } else { OverwriteKind::Role },
            allow: Permissions(id_of(&value["allow"]).unwrap_or(0)),
            deny: Permissions(id_of(&value["deny"]).unwrap_or(0)),
        })
    };
    Some(list.iter().filter_map(one).collect())
}

fn put_overwrite(call: &Call<'_>, me: u64, channel: u64, target: u64) -> Result<Reply, ApiError> {
    let form = call.form(&["type", "allow", "deny", "id"])?;
    form.require("type");
    let member = form.number("type", 0, 1) == Some(1);
    let overwrite = Overwrite {
        id: target,
        kind: if member { OverwriteKind::Member } else { OverwriteKind::Role },
        allow: form.permissions("allow").unwrap_or_default(),
        deny: form.permissions("deny").unwrap_or_default(),
    };
    form.finish()?;
    call.world().with(|core| core.put_overwrite(me, channel, overwrite))?;
    Ok(Reply::empty())
}
