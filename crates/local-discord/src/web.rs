//! The web client's files, embedded: the page needs no build step and nothing from elsewhere.

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Scripts and styles only from here. Pictures of embeds and of a host program may come from elsewhere, as on Discord.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob: https: http://127.0.0.1:* http://localhost:*; \
    media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! files {
    ($($name:literal as $kind:expr),* $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("../web/", $name)))),*]
    };
}

const FILES: &[(&str, &str, &str)] = files![
    "index.html" as HTML,
    "style.css" as STYLE,
    "message.css" as STYLE,
    "icon.svg" as "image/svg+xml",
    "api.js" as SCRIPT,
    "app.js" as SCRIPT,
    "components.js" as SCRIPT,
    "composer.js" as SCRIPT,
    "dialog.js" as SCRIPT,
    "dom.js" as SCRIPT,
    "embeds.js" as SCRIPT,
    "log.js" as SCRIPT,
    "markdown.js" as SCRIPT,
    "menu.js" as SCRIPT,
    "message.js" as SCRIPT,
    "message_menu.js" as SCRIPT,
    "picker.js" as SCRIPT,
    "popup.js" as SCRIPT,
    "sidebar.js" as SCRIPT,
    "state.js" as SCRIPT,
    "theme.js" as SCRIPT,
    "upload.js" as SCRIPT,
];

/// The page.
pub(crate) async fn index() -> Response {
    file("index.html")
}

/// One of its files.
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    file(&name)
}

fn file(name: &str) -> Response {
    let Some((_, kind, text)) = FILES.iter().find(|(n, _, _)| *n == name) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let headers: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // A new version of the program brings new files under the same names.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let mut response = text.into_response();
    for (key, value) in headers {
        response.headers_mut().insert(key, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every module that a script imports, and every file that the page names, is embedded.
    #[test]
    fn nothing_is_missing() {
        for (name, _, text) in FILES {
            let parts = text.split(['\'', '"', '(', ')', ' ']);
            let named = parts.filter_map(|p| p.strip_prefix("./").or_else(|| p.strip_prefix("/web/")));
            for wanted in named.filter(|n| n.contains('.')) {
                assert!(FILES.iter().any(|(n, _, _)| *n == wanted), "{name} wants {wanted}");
            }
        }
    }

    /// Untrusted text never becomes markup.
    #[test]
    fn no_script_writes_markup() {
        for (name, kind, text) in FILES {
            let code: String =
                text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            for forbidden in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
            {
                assert!(*kind != SCRIPT || !code.contains(forbidden), "{name} has {forbidden}");
            }
        }
    }
}
