//! Application commands: names, options, limits.
//! <https://docs.discord.com/developers/interactions/application-commands#application-command-object>

use serde_json::{Map, Value, json};

use super::{Report, length, required, unknown_keys};
use crate::errors::FormErrors;
use crate::world::NewCommand;

const CHAT_INPUT: u64 = 1;
/// Characters of names, descriptions and values of one command together.
const MAX_TOTAL: usize = 8_000;
const KEYS: &[&str] = &[
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "dm_permission",
    "default_permission",
    "integration_types",
    "contexts",
    "type",
    "nsfw",
    "handler",
    "id",
];
const OPTION_KEYS: &[&str] = &[
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "required",
    "choices",
    "options",
    "channel_types",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "autocomplete",
];

/// Checks a command at a path (empty for a single one, its index in a bulk overwrite).
pub(crate) fn check(
    command: &Value,
    path: &str,
    errors: &mut FormErrors,
    report: Report<'_>,
) -> Option<NewCommand> {
    let at = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let Some(map) = command.as_object() else {
        errors.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
        return None;
    };
    unknown_keys(map, KEYS, "the command", report);
    let kind = if command["type"].is_null() { Some(CHAT_INPUT) } else { command["type"].as_u64() };
    let Some(kind) = kind.filter(|k| (1..=4).contains(k)) else {
        errors.add(&at("type"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4).");
        return None;
    };
    required(&command["name"], &at("name"), 1, 32, errors);
    let name = command["name"].as_str().unwrap_or_default();
    audience(command, &at, errors);
    if kind == CHAT_INPUT {
        valid_name(name, &at("name"), errors);
        required(&command["description"], &at("description"), 1, 100, errors);
        options(&command["options"], &at("options"), 0, errors, report);
        if size(command) > MAX_TOTAL {
            let text = format!("Command exceeds maximum size ({MAX_TOTAL})");
            errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", text);
        }
    } else {
        for key in ["description", "options"] {
            let given = &command[key];
            let empty = given.is_null() || given == "" || given.as_array().is_some_and(Vec::is_empty);
            if !empty {
                let text = "Context menu commands cannot have description or options";
                errors.add(&at(key), "APPLICATION_COMMAND_CONTEXT_MENU_INVALID", text);
            }
        }
    }
    Some(NewCommand { name: name.to_owned(), kind: kind as u8, body: normalise(map, kind) })
}

/// Who may use it, and where.
fn audience(command: &Value, at: &dyn Fn(&str) -> String, errors: &mut FormErrors) {
    let needed = &command["default_member_permissions"];
    let bits = needed.as_str().is_some_and(|b| !b.is_empty() && b.parse::<u64>().is_ok());
    if !needed.is_null() && !bits {
        errors.add(&at("default_member_permissions"), "BIT_SET_TYPE_COERCE", "Value is not a bit set.");
    }
    let contexts = command["contexts"].as_array().map_or(&[][..], Vec::as_slice);
    if contexts.iter().any(|c| c.as_u64().is_none_or(|c| c > 2)) {
        errors.add(&at("contexts"), "BASE_TYPE_CHOICES", "Value must be one of (0, 1, 2).");
    }
}

/// Reports names that appear twice for the same type in a bulk overwrite.
pub(crate) fn unique(commands: &[NewCommand], errors: &mut FormErrors) {
    for (n, command) in commands.iter().enumerate() {
        if commands[..n].iter().any(|c| c.name == command.name && c.kind == command.kind) {
            let text = "Application command names must be unique";
            errors.add(&n.to_string(), "APPLICATION_COMMANDS_DUPLICATE_NAME", text);
        }
    }
}

fn valid_name(name: &str, path: &str, errors: &mut FormErrors) {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '\'') || is_mark(c);
    if !name.chars().all(fits) || name.to_lowercase() != name {
        errors.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
}

/// Devanagari and Thai vowel signs are allowed, though they are no letters of their own.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0900}'..='\u{097F}' | '\u{0E00}'..='\u{0E7F}')
}

fn options(value: &Value, path: &str, depth: usize, errors: &mut FormErrors, report: Report<'_>) {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    if list.len() > 25 {
        errors.add(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    }
    let mut optional_seen = false;
    let mut names: Vec<&str> = Vec::new();
    let nested = list.iter().filter(|o| matches!(o["type"].as_u64(), Some(1 | 2))).count();
    if nested > 0 && nested < list.len() {
        let text = "Sub-command and sub-command group option types are mutually exclusive to all other types";
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text);
    }
    // A group holds sub-commands and nothing else, at least one.
    if depth == 1 && (list.is_empty() || list.iter().any(|o| o["type"] != 1)) {
        let text = "Sub-command groups hold sub-commands";
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text);
    }
    for (n, option) in list.iter().enumerate() {
        let at = format!("{path}.{n}");
        one_option(option, &at, depth, errors, report);
        let name = option["name"].as_str().unwrap_or_default();
        if names.contains(&name) {
            let text = "Option name already exists";
            errors.add(&format!("{at}.name"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", text);
        }
        names.push(name);
        let required = option["required"] == true;
        if required && optional_seen {
            let text = "Required options must be placed before non-required options";
            errors.add(&at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text);
        }
        optional_seen |= !required && nested == 0;
    }
}

fn one_option(option: &Value, path: &str, depth: usize, errors: &mut FormErrors, report: Report<'_>) {
    let at = |key: &str| format!("{path}.{key}");
    if let Some(map) = option.as_object() {
        unknown_keys(map, OPTION_KEYS, path, report);
    }
    required(&option["name"], &at("name"), 1, 32, errors);
    valid_name(option["name"].as_str().unwrap_or_default(), &at("name"), errors);
    required(&option["description"], &at("description"), 1, 100, errors);
    match option["type"].as_u64() {
        Some(2) if depth == 0 => options(&option["options"], &at("options"), 1, errors, report),
        Some(1) if depth <= 1 => options(&option["options"], &at("options"), 2, errors, report),
        Some(1 | 2) => {
            let text = "Sub-commands cannot be nested this deep";
            errors.add(&at("type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text);
        }
        Some(3..=11) => {}
        _ => errors.add(&at("type"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2, ..., 11)."),
    }
    fitting_keys(option, path, errors);
    choices(option, path, errors);
}

/// Keys that only some types of options have.
fn fitting_keys(option: &Value, path: &str, errors: &mut FormErrors) {
    const STRING: u64 = 3;
    const INTEGER: u64 = 4;
    const CHANNEL: u64 = 7;
    const NUMBER: u64 = 10;
    let kind = option["type"].as_u64().unwrap_or(0);
    let keys: [(&str, &[u64]); 7] = [
        ("choices", &[STRING, INTEGER, NUMBER]),
        ("autocomplete", &[STRING, INTEGER, NUMBER]),
        ("min_value", &[INTEGER, NUMBER]),
        ("max_value", &[INTEGER, NUMBER]),
        ("min_length", &[STRING]),
        ("max_length", &[STRING]),
        ("channel_types", &[CHANNEL]),
    ];
    for (key, kinds) in keys {
        let given = &option[key];
        let absent = given.is_null() || given == false || given.as_array().is_some_and(Vec::is_empty);
        if !absent && !kinds.contains(&kind) {
            let text = format!("Options of type {kind} have no {key}");
            errors.add(&format!("{path}.{key}"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text);
        }
    }
    for (low, high) in [("min_value", "max_value"), ("min_length", "max_length")] {
        if option[low].as_f64().zip(option[high].as_f64()).is_some_and(|(low, high)| low > high) {
            let text = "The minimum is above the maximum";
            errors.add(&format!("{path}.{high}"), "APPLICATION_COMMAND_OPTIONS_RANGE_INVALID", text);
        }
    }
}

fn choices(option: &Value, path: &str, errors: &mut FormErrors) {
    let at = |key: &str| format!("{path}.{key}");
    let choices = option["choices"].as_array().map_or(&[][..], Vec::as_slice);
    if choices.len() > 25 {
        errors.add(&at("choices"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    }
    for (n, choice) in choices.iter().enumerate() {
        required(&choice["name"], &at(&format!("choices.{n}.name")), 1, 100, errors);
        let path = at(&format!("choices.{n}.value"));
        let value = &choice["value"];
        let fits = match option["type"].as_u64() {
            Some(3) => value.is_string(),
            Some(4) => value.is_i64() || value.is_u64(),
            _ => value.is_number(),
        };
        if value.is_null() {
            errors.add(&path, "BASE_TYPE_REQUIRED", "This field is required");
        } else if !fits {
            let text = "The value is not of the option's type";
            errors.add(&path, "APPLICATION_COMMAND_OPTIONS_CHOICE_TYPE_INVALID", text);
        } else if value.is_string() {
            length(value, &path, 1, 100, errors);
        }
        if choices[..n].iter().any(|c| c["name"] == choice["name"]) {
            let text = "Option choice name already exists";
            let at = at(&format!("choices.{n}.name"));
            errors.add(&at, "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", text);
        }
    }
    if option["autocomplete"] == true && !choices.is_empty() {
        let text = "Autocomplete cannot be set with choices";
        errors.add(&at("autocomplete"), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", text);
    }
}

/// Characters of name, description, and of choices' values, nested options included.
fn size(node: &Value) -> usize {
    let own: usize =
        ["name", "description"].iter().filter_map(|k| node[k].as_str()).map(|t| t.chars().count()).sum();
    let each = |list: &Value| list.as_array().map_or(0, |l| l.iter().map(size).sum());
    let value = node["value"].as_str().map_or(0, |t| t.chars().count());
    own + value + each(&node["options"]) + each(&node["choices"])
}

/// Fills in the defaults that Discord's answer shows; keys stand in a fixed order, so that equal commands compare equal.
fn normalise(map: &Map<String, Value>, kind: u64) -> Map<String, Value> {
    let given = |key: &str| map.get(key).filter(|v| !v.is_null()).cloned();
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("name_localizations", given("name_localizations").unwrap_or(Value::Null));
    put("description", given("description").unwrap_or_else(|| json!("")));
    put("description_localizations", given("description_localizations").unwrap_or(Value::Null));
    put("default_member_permissions", given("default_member_permissions").unwrap_or(Value::Null));
    put("dm_permission", given("dm_permission").unwrap_or(json!(true)));
    put("integration_types", given("integration_types").unwrap_or(json!([0])));
    put("contexts", given("contexts").unwrap_or(Value::Null));
    put("nsfw", given("nsfw").unwrap_or(json!(false)));
    if kind == CHAT_INPUT
        && let Some(options) = given("options").filter(|o| o.as_array().is_some_and(|l| !l.is_empty()))
    {
        put("options", options.as_array().into_iter().flatten().map(option_of).collect());
    }
    body
}

/// An option without what is null or false by default.
fn option_of(option: &Value) -> Value {
    let mut out = json!({});
    for key in OPTION_KEYS {
        let value = &option[key];
        let default = value.is_null()
            || (matches!(*key, "required" | "autocomplete") && value == false)
            || (matches!(*key, "options" | "choices" | "channel_types")
                && value.as_array().is_some_and(Vec::is_empty));
        if default {
            continue;
        }
        out[*key] = if *key == "options" {
            value.as_array().into_iter().flatten().map(option_of).collect()
        } else {
            value.clone()
        };
    }
    out
}
