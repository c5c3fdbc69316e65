//! Files: attachments and avatars.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use crate::server::Shared;
use crate::world::Image;

/// An attachment's bytes; the address must name all three parts right.
pub(crate) async fn attachment(
    State(shared): State<Arc<Shared>>,
    Path((channel, id, name)): Path<(u64, u64, String)>,
) -> Response {
    let found = shared.world.read(|state| {
        let file = state.files.by_id.get(&id)?;
        (file.channel_id == channel && file.filename == name)
            .then(|| (file.content_type.clone(), file.bytes.0.clone()))
    });
    match found {
        Some((kind, bytes)) => bytes_response(kind.as_deref().unwrap_or("application/octet-stream"), bytes),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `/avatars/{user or webhook}/{hash}.png`
pub(crate) async fn avatar(
    State(shared): State<Arc<Shared>>,
    Path((_, file)): Path<(String, String)>,
) -> Response {
    let hash = file.split('.').next().unwrap_or_default().to_owned();
    match shared.world.read(|state| state.images.by_hash.get(&hash).cloned()) {
        Some(Image::Bytes { content_type, bytes }) => bytes_response(&content_type, bytes.0),
        Some(Image::Url(url)) => redirect(&url),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `/embed/avatars/{n}.png`: a plain disc in one of six colours.
pub(crate) async fn default_avatar(Path(file): Path<String>) -> Response {
    const COLOURS: [&str; 6] = ["#5865f2", "#757e8a", "#3ba55c", "#faa61a", "#ed4245", "#eb459f"];
    let number: usize = file.split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let colour = COLOURS[number % COLOURS.len()];
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><rect width=\"64\" height=\"64\" fill=\"{colour}\"/>\
         <circle cx=\"32\" cy=\"25\" r=\"11\" fill=\"#fff\"/><path d=\"M10 62a22 22 0 0 1 44 0z\" fill=\"#fff\"/></svg>"
    );
    bytes_response("image/svg+xml", Bytes::from(svg))
}

fn bytes_response(kind: &str, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let fallback = HeaderValue::from_static("application/octet-stream");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap_or(fallback));
    // Served to a browser beside the web client: nothing in a file may run there.
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("content-security-policy", HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=31536000, immutable"));
    response
}

fn redirect(url: &str) -> Response {
    let Ok(target) = HeaderValue::from_str(url) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = StatusCode::FOUND.into_response();
    response.headers_mut().insert(header::LOCATION, target);
    response
}
