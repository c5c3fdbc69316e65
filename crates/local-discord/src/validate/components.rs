//! Message components, both generations.
//! <https://docs.discord.com/developers/components/reference>

use serde_json::{Map, Value};

use super::{Report, length, link, required, unknown_keys};
use crate::errors::FormErrors;

const ROW: u64 = 1;
const BUTTON: u64 = 2;
const STRING_SELECT: u64 = 3;
const CHANNEL_SELECT: u64 = 8;
const SECTION: u64 = 9;
const TEXT: u64 = 10;
const THUMBNAIL: u64 = 11;
const GALLERY: u64 = 12;
const FILE: u64 = 13;
const SEPARATOR: u64 = 14;
const CONTAINER: u64 = 17;

/// Components of a v2 message, nested ones counted.
const MAX_V2: usize = 40;
/// Characters of all text displays of a v2 message together.
const MAX_V2_TEXT: usize = 4_000;
const MEDIA: &[&str] = &["http://", "https://", "attachment://"];

/// What the message allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// `IS_COMPONENTS_V2` is set.
    pub(crate) v2: bool,
    /// Interactive components are allowed: not for webhooks without an application.
    pub(crate) interactive: bool,
}

struct Walk<'a> {
    rules: Rules,
    errors: &'a mut FormErrors,
    report: Report<'a>,
    custom_ids: Vec<String>,
    count: usize,
    text: usize,
}

/// Checks the components of a message.
pub(crate) fn check(components: &[Value], rules: Rules, errors: &mut FormErrors, report: Report<'_>) {
    let mut walk = Walk { rules, errors, report, custom_ids: Vec::new(), count: 0, text: 0 };
    let top: &[u64] =
        if rules.v2 { &[ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER] } else { &[ROW] };
    if !rules.v2 && components.len() > 5 {
        walk.errors.add("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
    }
    walk.list(components, "components", top);
    if rules.v2 && walk.count > MAX_V2 {
        let text = format!("Must be {MAX_V2} or fewer in total.");
        walk.errors.add("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", text);
    }
    if rules.v2 && walk.text > MAX_V2_TEXT {
        let text = format!("Text of all components must be {MAX_V2_TEXT} or fewer in length.");
        walk.errors.add("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text);
    }
}

impl Walk<'_> {
    fn list(&mut self, components: &[Value], path: &str, allowed: &[u64]) {
        for (n, component) in components.iter().enumerate() {
            self.one(component, &format!("{path}.{n}"), allowed);
        }
    }

    fn one(&mut self, component: &Value, path: &str, allowed: &[u64]) {
        self.count += 1;
        let Some(map) = component.as_object() else {
            self.errors.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
            return;
        };
        let Some(kind) = component["type"].as_u64().filter(|kind| allowed.contains(kind)) else {
            let names: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            let text = format!("Value of field \"type\" must be one of ({}).", names.join(", "));
            self.errors.add(&format!("{path}.type"), "UNION_TYPE_CHOICES", text);
            return;
        };
        match kind {
            ROW => self.row(component, map, path),
            BUTTON => self.button(component, map, path),
            STRING_SELECT..=CHANNEL_SELECT => self.select(kind, component, map, path),
            SECTION => self.section(component, map, path),
            TEXT => {
                self.keys(map, &["type", "id", "content"], path);
                let at = format!("{path}.content");
                self.text += required(&component["content"], &at, 1, MAX_V2_TEXT, self.errors);
            }
            THUMBNAIL => {
                self.keys(map, &["type", "id", "media", "description", "spoiler"], path);
                self.media(&component["media"], &format!("{path}.media"));
                length(&component["description"], &format!("{path}.description"), 0, 1_024, self.errors);
            }
            GALLERY => self.gallery(component, map, path),
            FILE => {
                self.keys(map, &["type", "id", "file", "spoiler", "name", "size"], path);
                let at = format!("{path}.file.url");
                link(&component["file"]["url"], &at, &["attachment://"], self.errors);
            }
            SEPARATOR => self.keys(map, &["type", "id", "divider", "spacing"], path),
            CONTAINER => {
                self.keys(map, &["type", "id", "components", "accent_color", "spoiler"], path);
                let children = children(component);
                self.list(
                    children,
                    &format!("{path}.components"),
                    &[ROW, TEXT, SECTION, GALLERY, SEPARATOR, FILE],
                );
            }
            _ => {}
        }
    }

    fn row(&mut self, component: &Value, map: &Map<String, Value>, path: &str) {
        self.keys(map, &["type", "id", "components"], path);
        let children = children(component);
        let inside = format!("{path}.components");
        if children.is_empty() || children.len() > 5 {
            self.errors.add(&inside, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
        }
        self.list(children, &inside, &[BUTTON, STRING_SELECT, 5, 6, 7, CHANNEL_SELECT]);
        let selects = children.iter().filter(|c| c["type"].as_u64().is_some_and(|t| t != BUTTON)).count();
        if selects > 0 && children.len() > 1 {
            let text = "The specified component exceeds the maximum width";
            self.errors.add(&inside, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", text);
        }
    }

    fn button(&mut self, button: &Value, map: &Map<String, Value>, path: &str) {
        let keys = ["type", "id", "style", "label", "emoji", "custom_id", "sku_id", "url", "disabled"];
        self.keys(map, &keys, path);
        let at = |key: &str| format!("{path}.{key}");
        length(&button["label"], &at("label"), 0, 80, self.errors);
        match button["style"].as_u64() {
            Some(1..=4) => {
                self.custom_id(button, path);
                if !button["url"].is_null() {
                    let text = "A custom id and url cannot both be specified";
                    self.errors.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", text);
                }
            }
            Some(5) => {
                required(&button["url"], &at("url"), 1, 512, self.errors);
                link(&button["url"], &at("url"), &["http://", "https://", "discord://"], self.errors);
                if !button["custom_id"].is_null() {
                    let text = "A custom id and url cannot both be specified";
                    self.errors.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", text);
                }
            }
            Some(6) => {
                required(&button["sku_id"], &at("sku_id"), 1, 20, self.errors);
            }
            _ => {
                self.errors.add(
                    &at("style"),
                    "BASE_TYPE_CHOICES",
                    "Value must be one of (1, 2, 3, 4, 5, 6).",
                );
            }
        }
        let bare = button["label"].as_str().unwrap_or("").is_empty() && button["emoji"].is_null();
        if bare && button["style"] != 6 {
            let text = "A button must have a label or an emoji";
            self.errors.add(path, "BUTTON_COMPONENT_INVALID_LABEL_OR_EMOJI", text);
        }
    }

    fn select(&mut self, kind: u64, select: &Value, map: &Map<String, Value>, path: &str) {
        let keys = [
            "type",
            "id",
            "custom_id",
            "options",
            "placeholder",
            "min_values",
            "max_values",
            "disabled",
            "default_values",
            "channel_types",
            "required",
        ];
        self.keys(map, &keys, path);
        self.custom_id(select, path);
        select_body(kind, select, path, self.errors, self.report);
    }

    fn section(&mut self, section: &Value, map: &Map<String, Value>, path: &str) {
        self.keys(map, &["type", "id", "components", "accessory"], path);
        let texts = children(section);
        let inside = format!("{path}.components");
        if texts.is_empty() || texts.len() > 3 {
            self.errors.add(&inside, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 3 in length.");
        }
        self.list(texts, &inside, &[TEXT]);
        let accessory = format!("{path}.accessory");
        if section["accessory"].is_null() {
            self.errors.add(&accessory, "BASE_TYPE_REQUIRED", "This field is required");
        } else {
            self.one(&section["accessory"], &accessory, &[BUTTON, THUMBNAIL]);
        }
    }

    fn gallery(&mut self, gallery: &Value, map: &Map<String, Value>, path: &str) {
        self.keys(map, &["type", "id", "items"], path);
        let items = gallery["items"].as_array().map_or(&[][..], Vec::as_slice);
        if items.is_empty() || items.len() > 10 {
            let at = format!("{path}.items");
            self.errors.add(&at, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 10 in length.");
        }
        for (n, item) in items.iter().enumerate() {
            self.media(&item["media"], &format!("{path}.items.{n}.media"));
            let at = format!("{path}.items.{n}.description");
            length(&item["description"], &at, 0, 1_024, self.errors);
        }
    }

    fn media(&mut self, media: &Value, path: &str) {
        let at = format!("{path}.url");
        required(&media["url"], &at, 1, 2_048, self.errors);
        link(&media["url"], &at, MEDIA, self.errors);
    }

    /// Custom ids have 1-100 characters and are unique in a message.
    fn custom_id(&mut self, component: &Value, path: &str) {
        let at = format!("{path}.custom_id");
        if !self.rules.interactive {
            let text = "Only application-owned webhooks may use interactive components";
            self.errors.add(path, "COMPONENT_NOT_ALLOWED_FOR_WEBHOOK", text);
        }
        required(&component["custom_id"], &at, 1, 100, self.errors);
        let Some(id) = component["custom_id"].as_str() else { return };
        if self.custom_ids.iter().any(|known| known == id) {
            let text = "Component custom id cannot be duplicated";
            self.errors.add(&at, "COMPONENT_CUSTOM_ID_DUPLICATED", text);
        }
        self.custom_ids.push(id.to_owned());
    }

    fn keys(&self, map: &Map<String, Value>, known: &[&str], path: &str) {
        unknown_keys(map, known, path, self.report);
    }
}

/// Options and bounds of a select, in messages and in modals.
pub(crate) fn select_body(
    kind: u64,
    select: &Value,
    path: &str,
    errors: &mut FormErrors,
    report: Report<'_>,
) {
    let at = |key: &str| format!("{path}.{key}");
    length(&select["placeholder"], &at("placeholder"), 0, 150, errors);
    let (min, max) = (select["min_values"].as_u64().unwrap_or(1), select["max_values"].as_u64().unwrap_or(1));
    if min > 25 || !(1..=25).contains(&max) || min > max {
        errors.add(
            &at("max_values"),
            "COMPONENT_SELECT_MIN_MAX_INVALID",
            "Must be between 1 and 25, not below min.",
        );
    }
    if kind != STRING_SELECT {
        return;
    }
    let options = select["options"].as_array().map_or(&[][..], Vec::as_slice);
    // One cannot choose more than there is.
    let least = max.clamp(1, 25);
    if !(least..=25).contains(&(options.len() as u64)) {
        let text = format!("Must be between {least} and 25 in length.");
        errors.add(&at("options"), "BASE_TYPE_BAD_LENGTH", text);
    }
    let defaults = options.iter().filter(|o| o["default"] == true).count();
    if defaults as u64 > max {
        let text = format!("At most {max} options can be the default.");
        errors.add(&at("options"), "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", text);
    }
    let mut seen: Vec<&str> = Vec::new();
    for (n, option) in options.iter().enumerate() {
        let one = |key: &str| format!("{path}.options.{n}.{key}");
        required(&option["label"], &one("label"), 1, 100, errors);
        required(&option["value"], &one("value"), 1, 100, errors);
        length(&option["description"], &one("description"), 0, 100, errors);
        if let Some(map) = option.as_object() {
            unknown_keys(map, &["label", "value", "description", "emoji", "default"], path, report);
        }
        let Some(value) = option["value"].as_str() else { continue };
        if seen.contains(&value) {
            let text = "The specified option value is already used";
            errors.add(&one("value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", text);
        }
        seen.push(value);
    }
}

fn children(component: &Value) -> &[Value] {
    component["components"].as_array().map_or(&[], Vec::as_slice)
}
