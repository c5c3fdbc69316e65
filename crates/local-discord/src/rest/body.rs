//! Request bodies: JSON, or multipart with `payload_json` and `files[n]`.
//! <https://docs.discord.com/developers/reference#uploading-files>

use axum::body::{self as http_body, Body as HttpBody};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::{header, request::Parts};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::errors::ApiError;
use crate::world::{MAX_FILE, NewFile};

/// Ten files of 10 MiB and the text around them.
const MAX_BODY: usize = 110 << 20;

/// A request's body.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) json: Option<Value>,
    /// Files with the number in their field's name.
    pub(crate) files: Vec<(u64, NewFile)>,
    /// The text was not JSON, or the multipart was broken.
    pub(crate) broken: bool,
    pub(crate) too_large: bool,
}

impl Body {
    /// Reads everything; faults are kept, and told when a handler asks.
    pub(crate) async fn read(parts: Parts, body: HttpBody) -> Self {
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        let multipart = kind.starts_with("multipart/form-data");
        let Ok(bytes) = http_body::to_bytes(body, MAX_BODY).await else {
            return Self { too_large: true, ..Self::default() };
        };
        if multipart {
            return Self::multipart(Request::from_parts(parts, HttpBody::from(bytes))).await;
        }
        if bytes.is_empty() {
            return Self::default();
        }
        match serde_json::from_slice(&bytes) {
            Ok(json) => Self { json: Some(json), ..Self::default() },
            Err(_) => Self { broken: true, ..Self::default() },
        }
    }

    /// The JSON object; an absent body counts as an empty one.
    pub(crate) fn object(&self) -> Result<&Map<String, Value>, ApiError> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        if self.broken {
            return Err(ApiError::InvalidJson);
        }
        match &self.json {
            None => Ok(&EMPTY),
            Some(Value::Object(map)) => Ok(map),
            Some(_) => {
                Err(ApiError::field("", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"))
            }
        }
    }

    async fn multipart(request: Request) -> Self {
        let mut result = Self::default();
        let mut fields = Map::new();
        let Ok(mut form) = Multipart::from_request(request, &()).await else {
            return Self { broken: true, ..result };
        };
        loop {
            let field = match form.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => break,
                Err(_) => return Self { broken: true, ..result },
            };
            let name = field.name().unwrap_or_default().to_owned();
            let filename = field.file_name().map(str::to_owned);
            let content_type = field.content_type().map(str::to_owned);
            let Ok(bytes) = field.bytes().await else { return Self { broken: true, ..result } };
            if let Some(filename) = filename.filter(|_| name.starts_with("file")) {
                result.too_large |= bytes.len() > MAX_FILE;
                let next = result.files.len() as u64;
                let number = name.trim_start_matches("files[").trim_end_matches(']').parse().unwrap_or(next);
                let file = NewFile { filename, description: None, content_type, bytes };
                result.files.push((number, file));
            } else if name == "payload_json" {
                match serde_json::from_slice(&bytes) {
                    Ok(json) => result.json = Some(json),
                    Err(_) => result.broken = true,
                }
            } else {
                fields.insert(name, Value::from(String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        if result.json.is_none() && !fields.is_empty() {
            result.json = Some(Value::Object(fields));
        }
        result
    }
}

/// The pairs of a query string.
pub(crate) fn parse_query(path: &str) -> Vec<(String, String)> {
    let Some((_, query)) = path.split_once('?') else { return Vec::new() };
    let pairs = query.split('&').filter(|p| !p.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(&key.replace('+', " ")), percent_decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Undoes percent-encoding; what is no valid encoding stays.
pub(crate) fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        // `from_str_radix` alone would take a sign.
        let hex = hex.filter(|h| bytes[at] == b'%' && h.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = hex.and_then(|h| u8::from_str_radix(h, 16).ok());
        at += if byte.is_some() { 3 } else { 1 };
        out.push(byte.unwrap_or(bytes[at - 1]));
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Reads `data:image/png;base64,…`.
pub(crate) fn data_uri(text: &str) -> Option<(String, Bytes)> {
    use base64::Engine as _;
    let rest = text.strip_prefix("data:")?;
    let (kind, data) = rest.split_once(";base64,")?;
    if !matches!(kind, "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(data).ok()?;
    Some((kind.to_owned(), Bytes::from(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_paths_and_queries() {
        assert_eq!(percent_decode("%F0%9F%91%8D"), "👍");
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%+1%é"), "%+1%é");
        assert_eq!(parse_query("/x?a=1&b=c%20d"), [("a".into(), "1".into()), ("b".into(), "c d".into())]);
    }
}
