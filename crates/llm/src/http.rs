//! What both wire dialects share: the client, errors of the transport, bounded bodies.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use crate::error::shorten;
use crate::{ApiKey, LlmError, Timeouts, Waited};

/// Bytes of a body that is read whole. The longest known one is a public provider's list of models, under 1 MiB.
const BODY_BYTES: usize = 4 << 20;

/// How long a list of models or a version may take.
const QUICK: Duration = Duration::from_secs(10);

/// One server and how it is talked to.
#[derive(Clone)]
pub(crate) struct Server {
    client: Client,
    base: Url,
    key: Option<ApiKey>,
    timeouts: Timeouts,
}

impl Server {
    /// A client for the server at `base`, which may end with a slash or not.
    pub(crate) fn new(base: &str, key: Option<ApiKey>, timeouts: Timeouts) -> Result<Self, LlmError> {
        let setup = |cause: String| LlmError::Setup { cause };
        let mut base = Url::parse(base.trim()).map_err(|error| setup(format!("address: {error}")))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(setup("address: it must start with http:// or https://".to_owned()));
        }
        base.set_query(None);
        base.set_fragment(None);
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        let client = client(&base, &timeouts).map_err(|error| setup(innermost(&error)))?;
        Ok(Self { client, base, key, timeouts })
    }

    /// The address without user name or password.
    pub(crate) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.with_key(self.client.post(self.url(path)))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.with_key(self.client.get(self.url(path)))
    }

    /// Reads a small JSON document.
    pub(crate) async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, LlmError> {
        self.read_within(request, QUICK).await
    }

    /// Reads a JSON document that may take longer.
    pub(crate) async fn read_within<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<T, LlmError> {
        let deadline = Instant::now() + patience;
        let response = self.send(request, deadline).await?;
        let body = timeout_at(deadline, bounded_body(response))
            .await
            .map_err(|_| LlmError::Timeout { which: Waited::Idle })?
            .map_err(|cause| LlmError::CutStream { cause })?;
        serde_json::from_slice(&body).map_err(|error| LlmError::Malformed { cause: error.to_string() })
    }

    /// Sends a request and waits for the head of a successful response.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        deadline: Instant,
    ) -> Result<Response, LlmError> {
        let response = timeout_at(deadline, request.send())
            .await
            .map_err(|_| LlmError::Timeout { which: Waited::FirstToken })?
            .map_err(|error| transport(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let body = timeout_at(deadline, bounded_body(response)).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        Err(self.refusal(status, retry_after, &body))
    }

    /// Removes the key from a text of the provider.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text))
    }

    fn refusal(&self, status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> LlmError {
        let text = String::from_utf8_lossy(body);
        let explanation = serde_json::from_str::<serde_json::Value>(&text).ok().and_then(|body| {
            let error = body.get("error")?;
            Some(Explanation::of(error))
        });
        let (cause, model_missing) = match explanation {
            Some(Explanation { message, model_missing, .. }) => {
                // A server that knows the path and answers "not found" with an explanation means the model.
                (message, model_missing || status == StatusCode::NOT_FOUND)
            }
            None if text.trim().is_empty() => (status.to_string(), false),
            None => (text.into_owned(), false),
        };
        LlmError::from_status(status.as_u16(), retry_after, model_missing, &self.redact(&cause))
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.key {
            Some(key) => request.bearer_auth(key.expose()),
            None => request,
        }
    }
}

impl std::fmt::Debug for Server {
    /// The address may hold a password, so only its host is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("host", &self.host()).finish_non_exhaustive()
    }
}

/// What an error object says: a text (Ollama) or an object with a message and a code, which is a number at
/// `OpenRouter` and a word at `OpenAI`.
pub(crate) struct Explanation {
    pub(crate) message: String,
    pub(crate) status: Option<u16>,
    pub(crate) model_missing: bool,
}

impl Explanation {
    pub(crate) fn of(error: &serde_json::Value) -> Self {
        let message = error.as_str().or_else(|| error.get("message")?.as_str());
        let code = error.get("code");
        let status = code.and_then(|code| match code {
            serde_json::Value::String(code) => code.parse().ok(),
            code => u16::try_from(code.as_u64()?).ok(),
        });
        Self {
            message: message.map_or_else(|| error.to_string(), str::to_owned),
            status,
            model_missing: code.and_then(serde_json::Value::as_str) == Some("model_not_found"),
        }
    }
}

/// The error of a request that got no response.
pub(crate) fn transport(error: &reqwest::Error) -> LlmError {
    if error.is_connect() && error.is_timeout() {
        LlmError::Timeout { which: Waited::Connect }
    } else {
        LlmError::Unreachable { cause: innermost(error) }
    }
}

/// The last cause of an error; the outer ones repeat the address, which may hold a password.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    shorten(&inner.to_string())
}

/// The whole body, or why there is none.
pub(crate) async fn bounded_body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| innermost(&error))? {
        if body.len() + chunk.len() > BODY_BYTES {
            return Err(format!("longer than {BODY_BYTES} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn client(base: &Url, timeouts: &Timeouts) -> reqwest::Result<Client> {
    install_tls();
    let mut builder = Client::builder()
        .user_agent(concat!("acore/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        // A redirected POST becomes a GET or carries the prompt to a host that nobody named.
        .redirect(redirect::Policy::none())
        .tcp_nodelay(true);
    let local = match base.host_str() {
        Some(host) => {
            let host = host.trim_matches(['[', ']']);
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    };
    if local {
        builder = builder.no_proxy();
    }
    builder.build()
}

/// reqwest is built without a provider of cryptography and panics if there is none when a client is made. The
/// program installs one first thing; this is for tests and for other users of the crate.
fn install_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error says that another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// `Retry-After` in either of its forms (RFC 9110, 10.2.3). A date is compared with the response's own `Date`,
/// so that the clock of this machine does not matter.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let parse = |date| jiff::fmt::rfc2822::parse(date).ok().map(|date| date.timestamp());
    let wait = parse(value)?.duration_since(parse(text(DATE)?)?);
    Some(Duration::try_from(wait).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(base: &str) -> Result<Server, LlmError> {
        Server::new(base, Some(ApiKey::new("sk-1")), Timeouts::default())
    }

    #[test]
    fn addresses_are_joined_with_or_without_a_slash() {
        for base in ["http://localhost:1/v1", "http://localhost:1/v1/", " http://localhost:1/v1?x=1#y"] {
            assert_eq!(server(base).unwrap().url("models").as_str(), "http://localhost:1/v1/models");
        }
        assert_eq!(server("http://h").unwrap().url("api/chat").as_str(), "http://h/api/chat");
        for bad in ["", "localhost:11434", "ftp://h/", "/v1"] {
            assert_eq!(server(bad).unwrap_err().kind(), "setup", "{bad}");
        }
    }

    #[test]
    fn a_server_hides_its_secrets() {
        let shown = format!("{:?}", server("http://nova:hunter2@h/").unwrap());
        assert!(!shown.contains("sk-1") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let wait = |pairs: &[(reqwest::header::HeaderName, &'static str)]| {
            retry_after(
                &pairs
                    .iter()
                    .map(|(name, value)| (name.clone(), reqwest::header::HeaderValue::from_static(value)))
                    .collect(),
            )
        };
        assert_eq!(wait(&[(RETRY_AFTER, "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[(RETRY_AFTER, "0.5")]), Some(Duration::from_millis(500)));
        let date = (DATE, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(
            wait(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:57 GMT"), date.clone()]),
            Some(Duration::from_secs(20))
        );
        assert_eq!(
            wait(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:07 GMT"), date.clone()]),
            Some(Duration::ZERO)
        );
        assert_eq!(wait(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:57 GMT")]), None);
        assert_eq!(wait(&[(RETRY_AFTER, "soon"), date]), None);
        assert_eq!(wait(&[(RETRY_AFTER, "-1")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn explanations_come_in_three_shapes() {
        let of = |json: &str| Explanation::of(&serde_json::from_str(json).unwrap());
        assert_eq!(of(r#""model 'x' not found""#).message, "model 'x' not found");
        let numbered = of(r#"{"code":429,"message":"slow down"}"#);
        assert_eq!((numbered.message.as_str(), numbered.status), ("slow down", Some(429)));
        assert!(of(r#"{"code":"model_not_found","message":"no"}"#).model_missing);
        assert_eq!(of(r#"{"odd":true}"#).message, r#"{"odd":true}"#);
    }
}
