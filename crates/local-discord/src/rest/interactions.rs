//! Answers to interactions.

use serde_json::{Map, Value};

use super::payloads::{self, Sender};
use super::reply::Reply;
use super::{Call, snowflake};
use crate::errors::{ApiError, FormErrors};
use crate::validate;
use crate::world::{Callback, Draft, Edit, number_components};

type Outcome = Option<Result<Reply, ApiError>>;

/// `/interactions/{id}/{token}/callback`
pub(crate) fn route(call: &Call<'_>, path: &[&str]) -> Outcome {
    match (call.method.as_str(), path) {
        ("POST", [id, token, "callback"]) => Some(answer(call, id, token)),
        _ => None,
    }
}

fn answer(call: &Call<'_>, id: &str, token: &str) -> Result<Reply, ApiError> {
    let id = snowflake(id)?;
    let form = call.form(&["type", "data"])?;
    form.require("type");
    let kind = form.number("type", 1, 12).unwrap_or(0) as u8;
    let empty = Map::new();
    let data = form.object("data").unwrap_or(&empty);
    form.finish()?;
    let mut callback =
        Callback { kind, draft: Draft::default(), edit: Edit::default(), choices: Vec::new(), modal: None };
    match kind {
        4 => callback.draft = payloads::draft(call, data, payloads::ANSWER, Sender::Interaction)?,
        5 => callback.draft.flags = data.get("flags").and_then(Value::as_u64).unwrap_or(0),
        7 => {
            let before = call.world().with(|core| core.component_message_flags(id));
            callback.edit = payloads::edit(call, data, before, Sender::Interaction)?;
        }
        8 => callback.choices = choices(data)?,
        9 => {
            let mut modal = Value::Object(data.clone());
            let mut errors = FormErrors::default();
            validate::modals::check(&modal, &mut errors, &|what| call.report(what));
            errors.into_result()?;
            let components = modal["components"].as_array().cloned().unwrap_or_default();
            modal["components"] = number_components(components).into();
            callback.modal = Some(modal);
        }
        _ => {}
    }
    let body = call.world().with(|core| core.answer_interaction(id, token, callback))?;
    Ok(if call.flag("with_response") { Reply::json(body) } else { Reply::empty() })
}

fn choices(data: &Map<String, Value>) -> Result<Vec<Value>, ApiError> {
    let list = data.get("choices").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut errors = FormErrors::default();
    if list.len() > 25 {
        errors.add("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    }
    for (n, choice) in list.iter().enumerate() {
        let path = format!("data.choices.{n}.name");
        validate::required(&choice["name"], &path, 1, 100, &mut errors);
        if choice["value"].is_string() {
            validate::length(&choice["value"], &format!("data.choices.{n}.value"), 0, 100, &mut errors);
        }
    }
    errors.into_result()?;
    Ok(list)
}
