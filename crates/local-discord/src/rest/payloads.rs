//! Message payloads: from JSON and files to drafts and edits, validated.

use serde_json::{Map, Value};

use super::Call;
use super::form::{Form, id_of};
use crate::errors::{ApiError, FormErrors};
use crate::validate;
use crate::world::{AllowedMentions, Draft, DraftReference, Edit, KeptAttachment, NewFile, message_flag};

/// Keys of a new message in a channel.
pub(crate) const CREATE: &[&str] = &[
    "content",
    "nonce",
    "enforce_nonce",
    "tts",
    "embeds",
    "allowed_mentions",
    "message_reference",
    "components",
    "sticker_ids",
    "attachments",
    "flags",
    "poll",
    "shared_client_theme",
];
/// Keys of an interaction's message and of a follow-up.
pub(crate) const ANSWER: &[&str] =
    &["content", "tts", "embeds", "allowed_mentions", "components", "attachments", "flags", "poll"];
/// Keys of a webhook's message.
pub(crate) const EXECUTE: &[&str] = &[
    "content",
    "tts",
    "embeds",
    "allowed_mentions",
    "components",
    "attachments",
    "flags",
    "poll",
    "username",
    "avatar_url",
    "thread_name",
    "applied_tags",
];
/// Keys of an edit.
pub(crate) const EDIT: &[&str] =
    &["content", "embeds", "flags", "allowed_mentions", "components", "attachments", "poll"];

/// Who sends: that decides which components and flags are open to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    Bot,
    Interaction,
    /// A webhook of an application may use interactive components.
    Webhook {
        owned: bool,
        with_components: bool,
    },
}

const MAX_FILES: usize = 10;

/// Reads a new message.
pub(crate) fn draft(
    call: &Call<'_>,
    map: &Map<String, Value>,
    keys: &[&str],
    sender: Sender,
) -> Result<Draft, ApiError> {
    let form = Form::new(map);
    form.report_unknown(keys, &|what| call.report(what));
    let content = form.text("content", 0, validate::MAX_CONTENT).unwrap_or_default();
    let flags = form.number("flags", 0, u64::MAX >> 1).unwrap_or(0);
    let embeds = read_embeds(call, &form);
    let components = read_components(call, &form, flags, sender);
    let files = take_files(call, &form);
    if form.has("poll") && form.get("poll").is_some() {
        form.error("poll", "POLLS_NOT_AVAILABLE", "The local Discord has no polls.");
    }
    let nonce = form.get("nonce").filter(|_| keys.contains(&"nonce")).cloned();
    if nonce.as_ref().is_some_and(|n| n.as_str().is_some_and(|t| t.chars().count() > 25)) {
        form.error("nonce", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    }
    let draft = Draft {
        content,
        tts: form.flag("tts").unwrap_or(false),
        allowed_mentions: allowed_mentions(call, &form),
        enforce_nonce: form.flag("enforce_nonce").unwrap_or(false) && keys.contains(&"enforce_nonce"),
        reference: if keys.contains(&"message_reference") { reference(call, &form) } else { None },
        flags: if sender == Sender::Interaction { flags } else { flags & !message_flag::EPHEMERAL },
        nonce,
        embeds,
        components,
        files,
        ..Draft::default()
    };
    v2_excludes(&form, draft.flags, !draft.content.is_empty(), !draft.embeds.is_empty());
    form.finish()?;
    Ok(draft)
}

/// Reads an edit. `flags_before` tells whether the message uses components v2 already.
pub(crate) fn edit(
    call: &Call<'_>,
    map: &Map<String, Value>,
    flags_before: u64,
    sender: Sender,
) -> Result<Edit, ApiError> {
    let form = Form::new(map);
    let extra = ["thread_name", "applied_tags", "username", "avatar_url", "tts"];
    let mut keys = EDIT.to_vec();
    if sender != Sender::Bot {
        keys.extend(extra);
    }
    form.report_unknown(&keys, &|what| call.report(what));
    let flags = form.number("flags", 0, u64::MAX >> 1);
    let effective = flags.unwrap_or(0) | flags_before;
    let cleared = |key: &str| form.has(key) && form.get(key).is_none();
    let content = form.text("content", 0, validate::MAX_CONTENT);
    let embeds = form.has("embeds").then(|| read_embeds(call, &form));
    let components = form.has("components").then(|| read_components(call, &form, effective, sender));
    let has_content = content.as_ref().is_some_and(|c| !c.is_empty());
    v2_excludes(&form, effective, has_content, embeds.as_ref().is_some_and(|e| !e.is_empty()));
    let keep = form.list("attachments", MAX_FILES).map(|list| kept(list));
    let edit = Edit {
        content: if cleared("content") { Some(String::new()) } else { content },
        embeds,
        components,
        flags,
        allowed_mentions: allowed_mentions(call, &form),
        keep: if cleared("attachments") { Some(Vec::new()) } else { keep },
        files: take_files(call, &form),
    };
    form.finish()?;
    Ok(edit)
}

fn read_embeds(call: &Call<'_>, form: &Form<'_>) -> Vec<Value> {
    let Some(list) = form.list("embeds", 10) else { return Vec::new() };
    let mut errors = FormErrors::default();
    let embeds = validate::embeds::check(list, &mut errors, &|what| call.report(what));
    merge(form, errors);
    embeds
}

fn read_components(call: &Call<'_>, form: &Form<'_>, flags: u64, sender: Sender) -> Vec<Value> {
    let Some(list) = form.list("components", 40) else { return Vec::new() };
    let v2 = flags & message_flag::IS_COMPONENTS_V2 != 0;
    if let Sender::Webhook { owned, with_components } = sender
        && !owned
        && !with_components
    {
        // Without `with_components` a foreign webhook's components are ignored.
        return Vec::new();
    }
    let mut errors = FormErrors::default();
    let interactive = !matches!(sender, Sender::Webhook { owned: false, .. });
    let rules = validate::components::Rules { v2, interactive };
    validate::components::check(list, rules, &mut errors, &|what| call.report(what));
    merge(form, errors);
    list.clone()
}

fn merge(form: &Form<'_>, errors: FormErrors) {
    for (path, code, message) in errors.into_entries() {
        form.error(&path, &code, message);
    }
}

/// With components v2 there is neither content nor embeds.
fn v2_excludes(form: &Form<'_>, flags: u64, content: bool, embeds: bool) {
    if flags & message_flag::IS_COMPONENTS_V2 == 0 {
        return;
    }
    let code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";
    for (used, key) in [(content, "content"), (embeds, "embeds")] {
        if used {
            let text = format!("The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2");
            form.error(key, code, text);
        }
    }
}

fn allowed_mentions(call: &Call<'_>, form: &Form<'_>) -> Option<AllowedMentions> {
    let map = form.object("allowed_mentions")?;
    let inner = Form::new(map);
    inner.report_unknown(&["parse", "users", "roles", "replied_user"], &|what| {
        call.report(format!("allowed_mentions: {what}"));
    });
    let parse: Vec<&str> =
        inner.list("parse", 3).map(|l| l.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let allowed = AllowedMentions {
        parse_users: parse.contains(&"users"),
        parse_roles: parse.contains(&"roles"),
        parse_everyone: parse.contains(&"everyone"),
        users: inner.ids("users").unwrap_or_default(),
        roles: inner.ids("roles").unwrap_or_default(),
        replied_user: inner.flag("replied_user").unwrap_or(false),
    };
    let both = |parsed: bool, ids: &[u64]| parsed && !ids.is_empty();
    if both(allowed.parse_users, &allowed.users) || both(allowed.parse_roles, &allowed.roles) {
        let text = "parse:[\"users\"] and users: [ids...] are mutually exclusive.";
        form.error("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text);
    }
    for (key, ids) in [("users", &allowed.users), ("roles", &allowed.roles)] {
        if ids.len() > 100 {
            let path = format!("allowed_mentions.{key}");
            form.error(&path, "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.");
        }
    }
    for unknown in parse.iter().filter(|p| !matches!(**p, "users" | "roles" | "everyone")) {
        let text = format!("Value \"{unknown}\" must be one of ('everyone', 'users', 'roles').");
        form.error("allowed_mentions.parse", "BASE_TYPE_CHOICES", text);
    }
    Some(allowed)
}

fn reference(call: &Call<'_>, form: &Form<'_>) -> Option<DraftReference> {
    let map = form.object("message_reference")?;
    let inner = Form::new(map);
    let keys = ["type", "message_id", "channel_id", "guild_id", "fail_if_not_exists", "forward_only"];
    inner.report_unknown(&keys, &|what| call.report(format!("message_reference: {what}")));
    let Some(message_id) = inner.id("message_id") else {
        form.error("message_reference.message_id", "BASE_TYPE_REQUIRED", "This field is required");
        return None;
    };
    Some(DraftReference {
        kind: inner.number("type", 0, 1).unwrap_or(0) as u8,
        message_id,
        channel_id: inner.id("channel_id"),
        fail_if_not_exists: inner.flag("fail_if_not_exists").unwrap_or(true),
    })
}

/// The uploaded files, with the names and descriptions of `attachments`.
fn take_files(call: &Call<'_>, form: &Form<'_>) -> Vec<NewFile> {
    if call.body.files.len() > MAX_FILES {
        form.error("files", "BASE_TYPE_MAX_LENGTH", format!("Must be {MAX_FILES} or fewer in length."));
    }
    let described = form.list("attachments", MAX_FILES);
    let about = |number: u64| described?.iter().find(|a| id_of(&a["id"]) == Some(number));
    let with_name = |(number, file): &(u64, NewFile)| {
        let about = about(*number);
        let text = |key: &str| about.and_then(|a| a[key].as_str()).map(str::to_owned);
        NewFile {
            filename: text("filename").unwrap_or_else(|| file.filename.clone()),
            description: text("description"),
            ..file.clone()
        }
    };
    call.body.files.iter().map(with_name).collect()
}

fn kept(list: &[Value]) -> Vec<KeptAttachment> {
    let one = |a: &Value| {
        let description = a["description"].as_str().map(str::to_owned);
        Some(KeptAttachment { id: id_of(&a["id"])?, description })
    };
    list.iter().filter_map(one).collect()
}
