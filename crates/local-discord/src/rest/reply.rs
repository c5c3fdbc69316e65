//! Answers: JSON, nothing, or bytes, with their headers.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::errors::ApiError;
use crate::rate_limit::{Spent, Verdict};

/// An answer of the API.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content: Content,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What an answer carries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    Html(String),
}

impl Reply {
    /// 200 with JSON.
    pub(crate) fn json(value: Value) -> Self {
        Self::with(200, Content::Json(value))
    }

    /// 204.
    pub(crate) fn empty() -> Self {
        Self::with(204, Content::Empty)
    }

    /// Any status and content.
    pub(crate) fn with(status: u16, content: Content) -> Self {
        Self { status, content, headers: Vec::new() }
    }

    /// Discord's body of an error.
    pub(crate) fn error(error: &ApiError) -> Self {
        let mut reply = Self::with(error.status(), Content::Json(error.body()));
        if reply.status == 429 {
            // Slow mode is the one numbered error with a waiting time.
            if let Content::Json(body) = &mut reply.content {
                body["retry_after"] = json!(1.0);
                body["global"] = json!(false);
            }
            reply.headers.push(("retry-after", "1".to_owned()));
            reply.headers.push(("x-ratelimit-scope", "shared".to_owned()));
        }
        reply
    }

    pub(crate) fn limited(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass(_) => Self::empty(),
            Verdict::Banned { retry_after } => {
                let page =
                    "<html><head><title>Access denied</title></head><body>error code: 1015</body></html>";
                let mut reply = Self::with(429, Content::Html(page.to_owned()));
                reply.headers.push(("retry-after", retry_after.as_secs().max(1).to_string()));
                reply.headers.push(("server", "cloudflare".to_owned()));
                reply
            }
            Verdict::Limited { retry_after, global, spent } => {
                let body = json!({
                    "message": "You are being rate limited.",
                    "retry_after": retry_after.as_secs_f64(),
                    "global": global,
                });
                let mut reply = Self::with(429, Content::Json(body));
                let whole = retry_after.as_millis().div_ceil(1_000).max(1);
                reply.headers.push(("retry-after", whole.to_string()));
                reply.headers.push(("via", "1.1 google".to_owned()));
                if let Some(spent) = spent {
                    reply.spend(spent);
                }
                if *global {
                    reply.headers.push(("x-ratelimit-global", "true".to_owned()));
                }
                reply.headers.push(("x-ratelimit-scope", if *global { "global" } else { "user" }.to_owned()));
                reply
            }
        }
    }

    /// Adds the headers of a bucket.
    pub(crate) fn spend(&mut self, spent: &Spent) {
        let after = spent.reset_ms.saturating_sub(spent.now_ms) as f64 / 1_000.0;
        self.headers.push(("x-ratelimit-limit", spent.limit.to_string()));
        self.headers.push(("x-ratelimit-remaining", spent.remaining.to_string()));
        self.headers.push(("x-ratelimit-reset", format!("{:.3}", spent.reset_ms as f64 / 1_000.0)));
        self.headers.push(("x-ratelimit-reset-after", format!("{after:.3}")));
        self.headers.push(("x-ratelimit-bucket", format!("{:016x}", spent.route)));
    }

    pub(crate) fn into_response(self) -> Response {
        let (kind, body) = match self.content {
            Content::Empty => (None, Body::empty()),
            Content::Json(value) => (Some("application/json"), Body::from(value.to_string())),
            Content::Html(page) => (Some("text/html; charset=UTF-8"), Body::from(page)),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}
