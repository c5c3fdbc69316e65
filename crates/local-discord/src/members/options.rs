//! From what a person typed to the options of an interaction, by the command's definition.
//! <https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-type>

use serde_json::{Value, json};

use super::MemberError;
use crate::world::{Command, State};

/// For commands without options.
pub const NO_OPTIONS: [(&str, &str); 0] = [];

const SUB_COMMAND: u64 = 1;
const GROUP: u64 = 2;
const INTEGER: u64 = 4;
const BOOLEAN: u64 = 5;
const USER: u64 = 6;
const CHANNEL: u64 = 7;
const ROLE: u64 = 8;
const MENTIONABLE: u64 = 9;
const NUMBER: u64 = 10;
const ATTACHMENT: u64 = 11;

/// Command types.
const CHAT_INPUT: u8 = 1;
pub(crate) const ON_USER: u8 = 2;
pub(crate) const ON_MESSAGE: u8 = 3;

/// A command and its options, as given.
#[derive(Clone, Debug)]
pub struct CommandSpec {
    /// Id, or name without the slash.
    command: String,
    /// Types that it may have.
    kinds: &'static [u8],
    /// Names of group and sub-command.
    path: Vec<String>,
    /// `{name, value}`, or nested `{name, options}`.
    options: Vec<Value>,
}

impl CommandSpec {
    /// `/name`, `/name sub`, `/name group sub` or an id. `options` hold `{name, value}`; those of sub-commands may also
    /// come nested as `{name, options}`.
    pub fn flat(command: &str, options: Vec<Value>) -> Self {
        let mut words = command.trim().trim_start_matches('/').split_whitespace().map(str::to_owned);
        let kinds = &[CHAT_INPUT];
        Self { command: words.next().unwrap_or_default(), kinds, path: words.collect(), options }
    }

    /// A command of a context menu by id or by its name, which may have spaces.
    pub(crate) fn of_menu(command: &str, kinds: &'static [u8]) -> Self {
        Self { command: command.trim().to_owned(), kinds, path: Vec::new(), options: Vec::new() }
    }

    /// Adds an option of the innermost sub-command.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.options.push(json!({"name": name, "value": value.into()}));
    }
}

/// A command found, with options ready to be sent.
pub(crate) struct Resolved {
    pub(crate) application_id: u64,
    pub(crate) command_id: u64,
    pub(crate) options: Vec<Value>,
}

/// Finds the command among those that can be used in the channel and types its options. With `focused` the options
/// are those of an autocomplete request: they may be incomplete.
pub(crate) fn resolve(
    state: &State,
    channel_id: u64,
    spec: &CommandSpec,
    focused: Option<&str>,
) -> Result<Resolved, MemberError> {
    let slash = if spec.kinds == [CHAT_INPUT] { "/" } else { "" };
    let unknown = || MemberError::UnknownCommand(format!("{slash}{}", spec.command));
    let channel = state.channels.get(&channel_id);
    let guild = channel.and_then(|c| c.guild_id);
    let here = |bot: u64| match (guild, channel) {
        (Some(guild), _) => state.is_member(bot, guild),
        (None, Some(dm)) => dm.recipients.contains(&bot),
        (None, None) => false,
    };
    let usable = |c: &Command| c.guild_id.is_none() || c.guild_id == guild;
    let named = |c: &Command| {
        spec.kinds.contains(&c.kind) && (c.name == spec.command || c.id.to_string() == spec.command)
    };
    let mut found = state
        .applications
        .values()
        .filter(|a| here(a.bot_user_id))
        .flat_map(|a| a.commands.iter().filter(|c| usable(c) && named(c)).map(move |c| (a.id, c)));
    let (application_id, command) = found.next().ok_or_else(unknown)?;
    let nested = spec
        .path
        .iter()
        .rev()
        .fold(spec.options.clone(), |inner, name| vec![json!({"name": name, "options": inner})]);
    let definitions = list(command.body.get("options"));
    let options = typed(state, definitions, &nested, focused)?;
    Ok(Resolved { application_id, command_id: command.id, options })
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn typed(
    state: &State,
    definitions: &[Value],
    given: &[Value],
    focused: Option<&str>,
) -> Result<Vec<Value>, MemberError> {
    let mut out = Vec::new();
    for option in given {
        let name = option["name"].as_str().unwrap_or_default();
        let wrong =
            |problem: &str| MemberError::WrongOption { option: name.to_owned(), problem: problem.to_owned() };
        let definition = definitions
            .iter()
            .find(|d| d["name"] == name)
            .ok_or_else(|| wrong("the command has no such option"))?;
        let kind = definition["type"].as_u64().unwrap_or(3);
        if matches!(kind, SUB_COMMAND | GROUP) {
            let inner = typed(state, list(definition.get("options")), list(option.get("options")), focused)?;
            out.push(json!({"name": name, "type": kind, "options": inner}));
            continue;
        }
        if focused == Some(name) {
            out.push(
                json!({"name": name, "type": kind, "value": text_of(&option["value"]), "focused": true}),
            );
            continue;
        }
        match value_of(state, kind, &option["value"]) {
            Some(value) => {
                let value = checked(state, definition, value).map_err(|problem| wrong(&problem))?;
                out.push(json!({"name": name, "type": kind, "value": value}));
            }
            // While somebody is still typing elsewhere, a half-written value is left out.
            None if focused.is_some() => {}
            None => return Err(wrong(&format!("{} does not fit", option["value"]))),
        }
    }
    let chosen = |d: &Value| {
        let kind = d["type"].as_u64().unwrap_or(0);
        matches!(kind, SUB_COMMAND | GROUP) && !out.iter().any(|o| o["name"] == d["name"])
    };
    // A command with sub-commands cannot be used by itself.
    if !definitions.is_empty() && definitions.iter().all(chosen) {
        let option = definitions[0]["name"].as_str().unwrap_or_default().to_owned();
        return Err(MemberError::WrongOption { option, problem: "a sub-command must be chosen".to_owned() });
    }
    if focused.is_none() {
        let missing =
            definitions.iter().find(|d| d["required"] == true && !out.iter().any(|o| o["name"] == d["name"]));
        if let Some(definition) = missing {
            let option = definition["name"].as_str().unwrap_or_default().to_owned();
            return Err(MemberError::WrongOption { option, problem: "it is required".to_owned() });
        }
    }
    Ok(out)
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The value in the type of its option; `None` if it cannot be.
fn value_of(state: &State, kind: u64, value: &Value) -> Option<Value> {
    let text = text_of(value);
    let text = text.trim();
    let role = || {
        state
            .guilds
            .values()
            .flat_map(|g| g.roles.values())
            .find(|r| r.id.to_string() == text || r.name == text)
            .map(|r| r.id)
    };
    let id = |found: Option<u64>| found.map(|id| Value::from(id.to_string()));
    match kind {
        INTEGER => text.parse::<i64>().ok().map(Value::from),
        NUMBER => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from),
        BOOLEAN => text.to_lowercase().parse::<bool>().ok().map(Value::from),
        USER => id(state.anybody(text)),
        CHANNEL => {
            let by_id = text.parse().ok().filter(|id| state.channels.contains_key(id));
            id(by_id.or_else(|| state.channel_named(text).map(|c| c.id)))
        }
        ROLE => id(role()),
        ATTACHMENT => id(text.parse().ok().filter(|id| state.files.by_id.contains_key(id))),
        MENTIONABLE => id(state.anybody(text).or_else(role)),
        _ => Some(Value::from(text_of(value))),
    }
}

/// Holds a value against choices and bounds, as Discord's client does before it sends anything.
fn checked(state: &State, definition: &Value, value: Value) -> Result<Value, String> {
    let kinds = list(definition.get("channel_types"));
    if definition["type"].as_u64() == Some(CHANNEL) && !kinds.is_empty() {
        let id = value.as_str().and_then(|id| id.parse().ok());
        let channel = id.and_then(|id: u64| state.channels.get(&id));
        if !channel.is_some_and(|c| kinds.iter().any(|k| k.as_u64() == Some(u64::from(c.kind)))) {
            return Err("a channel of that type does not fit".to_owned());
        }
    }
    let choices = list(definition.get("choices"));
    if !choices.is_empty() {
        let chosen = choices.iter().find(|c| c["value"] == value || c["name"] == value);
        return chosen.map(|c| c["value"].clone()).ok_or_else(|| format!("{value} is none of its choices"));
    }
    if let Some(number) = value.as_f64() {
        let low = definition["min_value"].as_f64().is_some_and(|min| number < min);
        let high = definition["max_value"].as_f64().is_some_and(|max| number > max);
        if low || high {
            return Err(format!("{value} is out of bounds"));
        }
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        let short = definition["min_length"].as_u64().is_some_and(|min| length < min);
        let long = definition["max_length"].as_u64().is_some_and(|max| length > max);
        if short || long {
            return Err(format!("a text of {length} characters is out of bounds"));
        }
    }
    Ok(value)
}
