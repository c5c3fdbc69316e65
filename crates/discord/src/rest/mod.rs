//! The REST client: one request with everything that Discord demands around it.

mod download;
pub(crate) mod governor;
mod headers;
mod pace;
pub(crate) mod route;

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use domain::outbound::File;
use reqwest::{
    Client, Method, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::{Form, Part},
};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use twilight_http_ratelimiting as limits;

use self::{
    governor::{Admission, Answered, BACKGROUND_PATIENCE, Governor},
    headers::ErrorBody,
    pace::Pace,
    route::{Repeat, Route},
};
use crate::{
    config::Config,
    error::{ConnectError, SpeakError},
};

/// How often a request is sent at most, whatever the reasons.
const ATTEMPTS: u32 = 5;
/// How long one request may take, its answer included.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The same for setting up a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An answer that is longer is not read to its end: a page of 100 messages stays far below.
const ANSWER_BYTES: usize = 16 << 20;

/// What a request carries. Cheap to send again.
#[derive(Clone, Default)]
pub(crate) enum Body {
    #[default]
    Empty,
    Json(Bytes),
    Files {
        payload: Bytes,
        files: Vec<File>,
    },
}

impl Body {
    pub(crate) fn json(value: &impl serde::Serialize) -> Result<Self, SpeakError> {
        to_json(value).map(Self::Json)
    }
}

pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<Bytes, SpeakError> {
    serde_json::to_vec(value)
        .map(Bytes::from)
        .map_err(|error| SpeakError::Unreadable { operation: "writing a request", cause: error.to_string() })
}

/// Sends requests to Discord within its limits.
pub(crate) struct Rest {
    client: Client,
    base: Box<str>,
    authorization: HeaderValue,
    limiter: limits::RateLimiter,
    pace: Option<Pace>,
    governor: Governor,
    dice: Mutex<fastrand::Rng>,
    shutdown: CancellationToken,
}

/// How one attempt ended.
enum Attempt {
    Answer(Bytes),
    /// May be tried again after a pause that the governor knows.
    Paused(SpeakError),
    /// May be tried again after a moment.
    Failed(SpeakError),
    Final(SpeakError),
}

impl Rest {
    /// A client for the base address and token of `config`. Waits end when `shutdown` is cancelled.
    pub(crate) fn new(config: &Config, shutdown: CancellationToken) -> Result<Self, ConnectError> {
        let bad_address =
            || ConnectError::BadAddress { what: "REST base address", address: config.api_base.clone() };
        let base = reqwest::Url::parse(&config.api_base).map_err(|_| bad_address())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(bad_address());
        }
        let mut authorization = HeaderValue::from_str(&format!("Bot {}", config.token.reveal()))
            .map_err(|_| ConnectError::WrongToken)?;
        authorization.set_sensitive(true);
        let mut client = Client::builder();
        if base.host_str().is_some_and(is_loopback) {
            // A proxy that the environment names cannot reach a server on this machine.
            client = client.no_proxy();
        }
        let client = client
            .user_agent(format!("DiscordBot ({}, {})", config.homepage, env!("CARGO_PKG_VERSION")))
            .http1_only()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(Duration::from_mins(1))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ConnectError::Unreachable {
                what: "Discord: TLS cannot be set up".into(),
                cause: describe(&error),
            })?;
        let limit = config.global_limit.map_or(u16::MAX, std::num::NonZero::get);
        Ok(Self {
            client,
            base: config.api_base.trim_end_matches('/').into(),
            authorization,
            limiter: limits::RateLimiter::new(limit),
            pace: config.global_limit.map(Pace::within),
            governor: Governor::new(),
            dice: Mutex::new(fastrand::Rng::with_seed(config.seed)),
            shutdown,
        })
    }

    /// The base address.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Invalid answers within the last ten minutes.
    pub(crate) fn invalid(&self) -> usize {
        self.governor.invalid(Instant::now())
    }

    /// Permissions changed for channels with such ids: see [`Governor::forgive`].
    pub(crate) fn forgive(&self, concerns: impl Fn(u64) -> bool) {
        self.governor.forgive(Instant::now(), concerns);
    }

    /// Sends a request and reads its answer's JSON.
    pub(crate) async fn fetch<T: DeserializeOwned>(
        &self,
        route: &Route,
        body: Body,
    ) -> Result<T, SpeakError> {
        let answer = self.send(route, body).await?;
        serde_json::from_slice(&answer).map_err(|error| SpeakError::Unreadable {
            operation: route.key.operation,
            cause: error.to_string(),
        })
    }

    /// Sends a request until Discord has taken it, refused it for good, or enough attempts were made.
    pub(crate) async fn send(&self, route: &Route, body: Body) -> Result<Bytes, SpeakError> {
        let mut attempts = 0;
        loop {
            self.admitted(route).await?;
            let permit = match &route.bucket {
                None => None,
                Some(path) => {
                    let endpoint =
                        limits::Endpoint { method: limiter_method(&route.method), path: path.clone() };
                    let permit = self.limiter.acquire(endpoint).await;
                    self.paced(route).await?;
                    // The queue may have been long: look again, and give the permit back while waiting.
                    if self.governor.admit(Instant::now(), route) != Admission::Go {
                        drop(permit);
                        continue;
                    }
                    Some(permit)
                }
            };
            attempts += 1;
            let error = match self.attempt(route, body.clone(), permit).await {
                Attempt::Answer(answer) => return Ok(answer),
                Attempt::Paused(error) if attempts < ATTEMPTS => {
                    tracing::info!(%error, "Discord wants a pause");
                    continue;
                }
                Attempt::Paused(error) | Attempt::Final(error) => return Err(error),
                Attempt::Failed(error) => error,
            };
            if attempts >= ATTEMPTS || route.background {
                return Err(error);
            }
            let pause = Duration::from_millis(250 << attempts).mul_f64(0.5 + self.roll());
            tracing::info!(%error, ?pause, "trying again");
            self.wait(route, pause).await?;
        }
    }

    /// Waits until the governor lets the request go.
    async fn admitted(&self, route: &Route) -> Result<(), SpeakError> {
        loop {
            match self.governor.admit(Instant::now(), route) {
                Admission::Go => return Ok(()),
                Admission::Wait(pause) => self.wait(route, pause).await?,
                Admission::Refuse(error) => return Err(error),
            }
        }
    }

    /// Waits for a request's place among all that carry the token.
    async fn paced(&self, route: &Route) -> Result<(), SpeakError> {
        let Some(pace) = self.pace.as_ref().filter(|_| route.authorized) else { return Ok(()) };
        let at_most = route.background.then_some(BACKGROUND_PATIENCE);
        match pace.reserve(Instant::now(), at_most) {
            Some(Duration::ZERO) => Ok(()),
            Some(pause) => self.wait(route, pause).await,
            None => Err(SpeakError::Shed { operation: route.key.operation }),
        }
    }

    async fn wait(&self, route: &Route, pause: Duration) -> Result<(), SpeakError> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.shutdown.cancelled() => Err(SpeakError::ShuttingDown { operation: route.key.operation }),
        }
    }

    async fn attempt(&self, route: &Route, body: Body, permit: Option<limits::Permit>) -> Attempt {
        let mut request = self.client.request(route.method.clone(), format!("{}{}", self.base, route.path));
        if route.authorized {
            request = request.header(AUTHORIZATION, self.authorization.clone());
        }
        request = match body {
            Body::Empty => request,
            Body::Json(json) => {
                request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(json)
            }
            Body::Files { payload, files } => match form(payload, files) {
                Ok(form) => request.multipart(form),
                Err(error) => return Attempt::Final(unsent(route, &error)),
            },
        };
        // A failure drops the permit, which cancels it.
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return failed(route, &error),
        };
        let status = response.status();
        let headers = response.headers().clone();
        if let Some(permit) = permit {
            permit.complete(headers::bucket(&headers, Instant::now()));
        }
        match read(response).await {
            Ok(answer) if status.is_success() => Attempt::Answer(answer),
            Ok(answer) => self.refused(route, status.as_u16(), &headers, &answer),
            Err(error) if status.is_success() || status.is_server_error() => failed(route, &error),
            Err(_) => self.refused(route, status.as_u16(), &headers, &Bytes::new()),
        }
    }

    /// What an answer other than 2xx means.
    fn refused(&self, route: &Route, status: u16, headers: &HeaderMap, answer: &[u8]) -> Attempt {
        let operation = route.key.operation;
        let body = serde_json::from_slice::<ErrorBody>(answer).ok();
        let answered = headers::answered(status, headers, body.as_ref());
        self.governor.note(Instant::now(), route, answered, self.roll());
        let Answered { code, .. } = answered;
        match status {
            401 if route.authorized => Attempt::Final(SpeakError::WrongToken),
            // A webhook's or interaction's own token is no longer good.
            401 | 404 => Attempt::Final(SpeakError::Gone { operation, code }),
            403 => Attempt::Final(SpeakError::Forbidden { operation, code }),
            429 => {
                let retry_after = Governor::pause(answered);
                Attempt::Paused(SpeakError::RateLimited { operation, retry_after })
            }
            500.. => {
                let cause = format!("Discord answered with status {status}");
                match route.repeat {
                    Repeat::Safe => Attempt::Failed(SpeakError::Unreachable { operation, cause }),
                    Repeat::OnlyUnsent => Attempt::Final(SpeakError::Uncertain { operation, cause }),
                }
            }
            _ => {
                let body = body.unwrap_or_default();
                let details = if body.errors.is_null() { String::new() } else { format!(" {}", body.errors) };
                let message = format!("{}{details}", body.message).chars().take(300).collect();
                Attempt::Final(SpeakError::Rejected { operation, status, code, message })
            }
        }
    }

    fn roll(&self) -> f64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}

/// A request without an answer: was it sent?
fn failed(route: &Route, error: &reqwest::Error) -> Attempt {
    let operation = route.key.operation;
    // Without a connection nothing can have been sent.
    if error.is_connect() || error.is_builder() {
        return Attempt::Failed(unsent(route, error));
    }
    let cause = describe(error);
    match route.repeat {
        Repeat::Safe => Attempt::Failed(SpeakError::Unreachable { operation, cause }),
        Repeat::OnlyUnsent => Attempt::Final(SpeakError::Uncertain { operation, cause }),
    }
}

fn unsent(route: &Route, error: &reqwest::Error) -> SpeakError {
    SpeakError::Unreachable { operation: route.key.operation, cause: describe(error) }
}

/// The innermost cause: it names what failed, and unlike the outer layers never the address with its secrets.
fn describe(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::addr_eq(cause, error) {
        return if error.is_timeout() { "no answer in time".into() } else { "the request failed".into() };
    }
    cause.to_string()
}

async fn read(mut response: Response) -> Result<Bytes, reqwest::Error> {
    // Nearly every answer is a single chunk: no copy then.
    let Some(first) = response.chunk().await? else { return Ok(Bytes::new()) };
    let mut whole: Option<BytesMut> = None;
    while let Some(more) = response.chunk().await? {
        let whole = whole.get_or_insert_with(|| BytesMut::from(first.as_ref()));
        whole.extend_from_slice(&more);
        if whole.len() > ANSWER_BYTES {
            break;
        }
    }
    Ok(whole.map_or(first, BytesMut::freeze))
}

/// Source: Discord documentation, "Uploading Files".
fn form(payload: Bytes, files: Vec<File>) -> Result<Form, reqwest::Error> {
    let length = payload.len() as u64;
    let part = Part::stream_with_length(payload, length).mime_str("application/json")?;
    Ok(files.into_iter().enumerate().fold(Form::new().part("payload_json", part), |form, (n, file)| {
        let length = file.bytes.len() as u64;
        let part = Part::stream_with_length(Bytes::from_owner(file.bytes), length).file_name(file.name);
        form.part(format!("files[{n}]"), part)
    }))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn limiter_method(method: &Method) -> limits::Method {
    match method.as_str() {
        "POST" => limits::Method::Post,
        "PATCH" => limits::Method::Patch,
        "PUT" => limits::Method::Put,
        "DELETE" => limits::Method::Delete,
        _ => limits::Method::Get,
    }
}
