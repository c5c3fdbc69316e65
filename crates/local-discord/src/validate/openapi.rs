//! Checks every request and response against Discord's `OpenAPI` document.
//!
//! The document is not ours: its path is an option. Schemas are compiled when first needed and kept.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::rest::{Call, Content, Reply};

const URN: &str = "urn:discord";
/// Messages per mismatch; one is rarely enough, all are too many.
const MAX_ERRORS: usize = 4;

/// Why the document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenApiError {
    #[error("cannot read the OpenAPI document {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the OpenAPI document {} is not JSON: {source}", path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("the OpenAPI document {} cannot be resolved: {reason}", path.display())]
    Schema { path: PathBuf, reason: String },
}

/// One operation of the document.
#[derive(Debug)]
struct Operation {
    /// Literal segments, or `None` for a parameter.
    segments: Vec<Option<String>>,
    template: String,
    method: String,
    /// Query parameter to the pointer of its schema.
    query: HashMap<String, String>,
    /// Pointer of the JSON body's schema.
    body: Option<String>,
    body_required: bool,
    /// Status (or `default`, `4XX`) to the pointer of the JSON schema; `None`: no content.
    responses: HashMap<String, Option<String>>,
}

/// The document, ready to check.
pub(crate) struct OpenApi {
    operations: Vec<Operation>,
    registry: Registry<'static>,
    compiled: Mutex<HashMap<String, Option<Arc<Validator>>>>,
}

impl std::fmt::Debug for OpenApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenApi").field("operations", &self.operations.len()).finish_non_exhaustive()
    }
}

impl OpenApi {
    pub(crate) fn load(path: &Path) -> Result<Self, OpenApiError> {
        let own = || path.to_owned();
        let text =
            std::fs::read_to_string(path).map_err(|source| OpenApiError::Read { path: own(), source })?;
        let document: Value =
            serde_json::from_str(&text).map_err(|source| OpenApiError::Json { path: own(), source })?;
        let operations = operations(&document);
        let failed = |reason: String| OpenApiError::Schema { path: own(), reason };
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(URN, document)
            .map_err(|e| failed(e.to_string()))?
            .prepare()
            .map_err(|e| failed(e.to_string()))?;
        Ok(Self { operations, registry, compiled: Mutex::default() })
    }

    /// Checks a request with its answer and reports what does not fit.
    pub(crate) fn check(&self, call: &Call<'_>, segments: &[&str], reply: &Reply, report: &dyn Fn(String)) {
        let method = call.method.as_str().to_lowercase();
        let Some(operation) = self.find(&method, segments) else {
            report("no such route in the OpenAPI document".to_owned());
            return;
        };
        // What we refused may be wrong: then the refusal is the answer to it.
        if reply.status < 400 {
            self.check_request(call, operation, report);
        }
        let status = reply.status.to_string();
        let class = format!("{}XX", reply.status / 100);
        let found = [&status, &class, "default"].into_iter().find_map(|key| operation.responses.get(key));
        match (found, &reply.content) {
            (Some(Some(pointer)), Content::Json(body)) => {
                let mut body = Cow::Borrowed(body);
                if reply.status >= 400
                    && let Some(map) = body.to_mut().as_object_mut()
                {
                    // The document says that the codes inside are numbers; they are words.
                    map.shift_remove("errors");
                }
                self.validate(pointer, &as_documented(&body), &format!("response {status}"), report);
            }
            (None, _) => report(format!("response {status} is not in the OpenAPI document")),
            _ => {}
        }
    }

    fn check_request(&self, call: &Call<'_>, operation: &Operation, report: &dyn Fn(String)) {
        for (key, text) in &call.query {
            let Some(pointer) = operation.query.get(key) else {
                report(format!("unknown query parameter `{key}`"));
                continue;
            };
            let typed = serde_json::from_str::<Value>(text).ok();
            let fits = |value: &Value| self.fits(pointer, value);
            if !fits(&json!(text)) && !typed.is_some_and(|v| fits(&v)) {
                report(format!("query parameter `{key}` does not fit its schema: {text}"));
            }
        }
        match (&operation.body, &call.body.json) {
            (Some(pointer), Some(body)) => {
                let mut body = as_documented(body);
                with_bits_of_commands(&mut body);
                self.validate(pointer, &body, "request body", report);
            }
            (Some(_), None) if operation.body_required && call.body.files.is_empty() => {
                report("the request has no body, but needs one".to_owned());
            }
            (None, Some(body)) if body.as_object().is_none_or(|o| !o.is_empty()) => {
                report(format!("{} takes no JSON body", operation.template));
            }
            _ => {}
        }
    }

    /// The operation of a path; literal segments win over parameters.
    fn find(&self, method: &str, segments: &[&str]) -> Option<&Operation> {
        let matches = |operation: &&Operation| {
            operation.method == method
                && operation.segments.len() == segments.len()
                && operation
                    .segments
                    .iter()
                    .zip(segments)
                    .all(|(want, have)| want.as_deref().is_none_or(|w| w == *have))
        };
        let literals = |operation: &&Operation| operation.segments.iter().flatten().count();
        self.operations.iter().filter(matches).max_by_key(literals)
    }

    fn validate(&self, pointer: &str, value: &Value, place: &str, report: &dyn Fn(String)) {
        let Some(validator) = self.compiled(pointer) else {
            report(format!("the schema of the {place} does not compile"));
            return;
        };
        if validator.is_valid(value) {
            return;
        }
        for error in validator.iter_errors(value).take(MAX_ERRORS) {
            let mut text = error.to_string();
            if text.len() > 600 {
                text = text.chars().take(600).collect();
            }
            report(format!("{place} does not fit at `{}`: {text}", error.instance_path()));
        }
    }

    fn fits(&self, pointer: &str, value: &Value) -> bool {
        self.compiled(pointer).is_none_or(|validator| validator.is_valid(value))
    }

    fn compiled(&self, pointer: &str) -> Option<Arc<Validator>> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let build = || {
            let schema = json!({"$ref": format!("{URN}#{pointer}")});
            let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&self.registry);
            options.build(&schema).ok().map(Arc::new)
        };
        compiled.entry(pointer.to_owned()).or_insert_with(build).clone()
    }
}

/// Forms that the documentation shows, and the document forgot: permission sets as text, the index of a new
/// attachment as a number, and forwards.
fn as_documented(body: &Value) -> Cow<'_, Value> {
    let mut body = Cow::Borrowed(body);
    for key in ["allow", "deny"] {
        if let Some(bits) = body[key].as_str().and_then(|text| text.parse::<u64>().ok()) {
            body.to_mut()[key] = json!(bits);
        }
    }
    if body["message_reference"]["type"] == 1 {
        body.to_mut()["message_reference"]["type"] = json!(0);
    }
    for pointer in ["/attachments", "/data/attachments", "/message/attachments"] {
        let numbers = |list: &Value| list.as_array().is_some_and(|l| l.iter().any(|a| a["id"].is_number()));
        if body.pointer(pointer).is_some_and(numbers) {
            for attachment in
                body.to_mut().pointer_mut(pointer).and_then(Value::as_array_mut).into_iter().flatten()
            {
                if attachment["id"].is_number() {
                    attachment["id"] = Value::from(attachment["id"].to_string());
                }
            }
        }
    }
    body
}

/// The same for requests that register commands: the pages and everybody's libraries write a text, the document wants
/// a number (in answers it wants the text).
fn with_bits_of_commands(body: &mut Cow<'_, Value>) {
    const KEY: &str = "default_member_permissions";
    let is_text = |command: &Value| command[KEY].is_string();
    if !is_text(body) && !body.as_array().is_some_and(|commands| commands.iter().any(is_text)) {
        return;
    }
    let commands = match body.to_mut() {
        Value::Array(commands) => commands.as_mut_slice(),
        command => std::slice::from_mut(command),
    };
    for command in commands {
        if let Some(bits) = command[KEY].as_str().and_then(|text| text.parse::<u64>().ok()) {
            command[KEY] = json!(bits);
        }
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (template, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if matches!(method.as_str(), "get" | "put" | "post" | "patch" | "delete") {
                all.push(one(document, template, item, method, operation));
            }
        }
    }
    all
}

fn one(document: &Value, template: &str, item: &Value, method: &str, operation: &Value) -> Operation {
    let base = format!("/paths/{}/{method}", escape(template));
    let mut query = HashMap::new();
    let shared = (item["parameters"].as_array(), format!("/paths/{}/parameters", escape(template)));
    let own = (operation["parameters"].as_array(), format!("{base}/parameters"));
    for (list, pointer) in [shared, own] {
        for (n, parameter) in list.into_iter().flatten().enumerate() {
            if parameter["in"] == "query"
                && let Some(name) = parameter["name"].as_str()
            {
                query.insert(name.to_owned(), format!("{pointer}/{n}/schema"));
            }
        }
    }
    let content = &operation["requestBody"]["content"];
    // A multipart body's `payload_json` has the shape of the form without its files.
    let kinds = ["application/json", "multipart/form-data", "application/x-www-form-urlencoded"];
    let kind = kinds.into_iter().find(|kind| !content[*kind].is_null());
    let body = kind.map(|kind| format!("{base}/requestBody/content/{}/schema", escape(kind)));
    let mut responses = HashMap::new();
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let (response, pointer) = follow(document, response, format!("{base}/responses/{status}"));
        let json = &response["content"]["application/json"]["schema"];
        let schema = format!("{pointer}/content/application~1json/schema");
        responses.insert(status.clone(), (!json.is_null()).then_some(schema));
    }
    let segments = template.split('/').filter(|s| !s.is_empty());
    Operation {
        segments: segments.map(|s| (!s.starts_with('{')).then(|| s.to_owned())).collect(),
        template: template.to_owned(),
        method: method.to_owned(),
        query,
        body,
        body_required: operation["requestBody"]["required"] == true,
        responses,
    }
}

/// Follows a `$ref` inside the document.
fn follow<'a>(document: &'a Value, value: &'a Value, pointer: String) -> (&'a Value, String) {
    let target = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    match target.and_then(|t| document.pointer(t).map(|v| (v, t.to_owned()))) {
        Some(found) => found,
        None => (value, pointer),
    }
}

/// A key inside a JSON pointer inside a URI.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D").replace('@', "%40")
}
