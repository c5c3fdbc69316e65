//! Refusals of the control API: a status and one sentence for a person.

use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::errors::ApiError;
use crate::members::MemberError;

/// Why a request was refused.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    message: String,
    /// Discord's own error body, if it refused.
    error: Option<Value>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), error: None }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut body = json!({"message": self.message});
        if let Some(error) = self.error {
            body["discord"] = error;
        }
        (self.status, Json(body)).into_response()
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let body = error.body();
        let inner = body.get("errors").and_then(first_message).map(str::to_owned);
        Self {
            status: StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST),
            message: inner.unwrap_or_else(|| error.to_string()),
            error: Some(body),
        }
    }
}

impl From<MemberError> for Failure {
    fn from(error: MemberError) -> Self {
        let status = match error {
            MemberError::Refused(refused) => return refused.into(),
            MemberError::UnknownChannel(_) | MemberError::UnknownUser(_) | MemberError::UnknownCommand(_) => {
                StatusCode::NOT_FOUND
            }
            MemberError::WrongOption { .. } | MemberError::OtherAnswer(_) | MemberError::NoButton(_) => {
                StatusCode::BAD_REQUEST
            }
            MemberError::TimedOut(_) => {
                return Self::new(StatusCode::GATEWAY_TIMEOUT, "The application did not respond.");
            }
            MemberError::CutOff => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}

/// The first sentence in Discord's tree of form errors.
fn first_message(errors: &Value) -> Option<&str> {
    if let Some(list) = errors["_errors"].as_array() {
        return list.first()?["message"].as_str();
    }
    errors.as_object()?.values().find_map(first_message)
}

/// Reads a body, naming what is wrong with it.
pub(super) fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text)
        .map_err(|e| Failure::new(StatusCode::BAD_REQUEST, format!("the body is wrong: {e}")))
}

/// Reads a snowflake.
pub(super) fn id(field: &str, text: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| {
        Failure::new(StatusCode::BAD_REQUEST, format!("{field} must be a snowflake, not {text:?}"))
    })
}
