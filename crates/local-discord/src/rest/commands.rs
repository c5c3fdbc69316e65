//! Application commands, global and of a guild.

use serde_json::{Value, json};

use super::reply::Reply;
use super::{Call, snowflake};
use crate::errors::{ApiError, FormErrors};
use crate::validate;
use crate::world::NewCommand;

type Outcome = Option<Result<Reply, ApiError>>;

/// `/applications/{id}/commands…` and `/applications/{id}/guilds/{guild}/commands…`
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    let (application, guild, rest) = match path {
        [application, "commands", rest @ ..] => (application, None, rest),
        [application, "guilds", guild, "commands", rest @ ..] => (application, Some(guild), rest),
        _ => return None,
    };
    let scope = || {
        let id = call.own_application(application)?;
        Ok((id, guild.map(|g| snowflake(g)).transpose()?))
    };
    let method = call.method.as_str();
    let run = |work: &dyn Fn(u64, Option<u64>) -> Result<Reply, ApiError>| {
        Some(scope().and_then(|(id, guild)| work(id, guild)))
    };
    match (method, rest) {
        ("GET", []) => run(&|id, guild| list(call, id, guild)),
        ("POST", []) => run(&|id, guild| create(call, id, guild)),
        ("PUT", []) => run(&|id, guild| overwrite(call, id, guild)),
        ("GET", ["permissions"]) if guild.is_some() => run(&|_, _| Ok(Reply::json(json!([])))),
        ("GET", [_, "permissions"]) if guild.is_some() => {
            run(&|_, _| Err(ApiError::UNKNOWN_COMMAND_PERMISSIONS))
        }
        ("GET", [command]) => run(&|id, guild| {
            let command = snowflake(command)?;
            call.world().with(|core| core.command(id, guild, command)).map(Reply::json)
        }),
        ("PATCH", [command]) => run(&|id, guild| edit(call, id, guild, snowflake(command)?)),
        ("DELETE", [command]) => run(&|id, guild| {
            let command = snowflake(command)?;
            call.world().with(|core| core.delete_command(id, guild, command))?;
            Ok(Reply::empty())
        }),
        _ => None,
    }
}

fn list(call: &Call<'_>, id: u64, guild: Option<u64>) -> Result<Reply, ApiError> {
    let localized = call.flag("with_localizations");
    call.world().with(|core| core.list_commands(id, guild, localized)).map(|all| Reply::json(all.into()))
}

/// 201 for a new command, 200 if it replaced the one of the same name.
fn create(call: &Call<'_>, id: u64, guild: Option<u64>) -> Result<Reply, ApiError> {
    let body = Value::Object(call.body.object()?.clone());
    let command = checked(call, &body)?;
    let (new, object) = call.world().with(|core| core.upsert_command(id, guild, command))?;
    let mut reply = Reply::json(object);
    reply.status = if new { 201 } else { 200 };
    Ok(reply)
}

fn overwrite(call: &Call<'_>, id: u64, guild: Option<u64>) -> Result<Reply, ApiError> {
    let Some(list) = call.body.json.as_ref().and_then(Value::as_array) else {
        let text = "Only iterables may be used in a ListType";
        return Err(ApiError::field("", "LIST_TYPE_CONVERT", text));
    };
    let mut errors = FormErrors::default();
    let report = |what| call.report(what);
    let commands: Vec<NewCommand> = list
        .iter()
        .enumerate()
        .filter_map(|(n, command)| validate::commands::check(command, &n.to_string(), &mut errors, &report))
        .collect();
    validate::commands::unique(&commands, &mut errors);
    for (kind, most) in [(1, 100), (2, 15), (3, 15)] {
        if commands.iter().filter(|c| c.kind == kind).count() > most {
            return Err(ApiError::MAX_GLOBAL_COMMANDS);
        }
    }
    errors.into_result()?;
    let objects = call.world().with(|core| core.overwrite_commands(id, guild, commands))?;
    Ok(Reply::json(objects.into()))
}

fn edit(call: &Call<'_>, id: u64, guild: Option<u64>, command: u64) -> Result<Reply, ApiError> {
    let (name, kind, body) = call.world().with(|core| core.command_parts(id, guild, command))?;
    let mut merged = body;
    merged.insert("name".into(), json!(name));
    merged.insert("type".into(), json!(kind));
    for (key, value) in call.body.object()? {
        merged.insert(key.clone(), value.clone());
    }
    let new = checked(call, &Value::Object(merged))?;
    call.world().with(|core| core.replace_command(id, guild, command, new)).map(Reply::json)
}

fn checked(call: &Call<'_>, body: &Value) -> Result<NewCommand, ApiError> {
    let mut errors = FormErrors::default();
    let command = validate::commands::check(body, "", &mut errors, &|what| call.report(what));
    errors.into_result()?;
    command.ok_or(ApiError::INVALID_FORM)
}
