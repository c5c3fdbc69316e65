//! Why an answer did not come, in the words of the operator; what a member is told is decided elsewhere.

use std::time::Duration;

use thiserror::Error;

/// Characters of a provider's own explanation that are kept.
const CAUSE_CHARS: usize = 300;

/// What was waited for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waited {
    /// The connection.
    Connect,
    /// The first piece of the answer.
    FirstToken,
    /// The next piece of an answer that had begun.
    Idle,
}

impl std::fmt::Display for Waited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection",
            Self::FirstToken => "the first token",
            Self::Idle => "the next token",
        })
    }
}

/// Why a model did not answer. `cause` is for the operator's log and never holds a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LlmError {
    /// No connection could be made, or it broke before an answer.
    #[error("the model cannot be reached: {cause}")]
    Unreachable {
        /// What the network said.
        cause: String,
    },
    /// A time-out of the settings ran out.
    #[error("the model did not answer: waited for {which} in vain")]
    Timeout {
        /// What was waited for.
        which: Waited,
    },
    /// The provider asks to come back later.
    #[error("the provider limits the rate: {cause}")]
    RateLimited {
        /// When, if it says so.
        retry_after: Option<Duration>,
        /// Its words.
        cause: String,
    },
    /// The provider, or the queue of the model in this process, has no room now.
    #[error("the model is overloaded: {cause}")]
    Overloaded {
        /// When to come back, if it says so.
        retry_after: Option<Duration>,
        /// Its words.
        cause: String,
    },
    /// The key is missing or wrong.
    #[error("the provider does not accept the key: {cause}")]
    Unauthorized {
        /// Its words.
        cause: String,
    },
    /// The account has no credit left.
    #[error("the provider wants to be paid: {cause}")]
    NoCredit {
        /// Its words.
        cause: String,
    },
    /// The provider does not have the model of the settings.
    #[error("the model is not there: {cause}")]
    ModelMissing {
        /// Its words.
        cause: String,
    },
    /// The provider will not answer this request, whatever the number of tries (moderation, region).
    #[error("the provider refuses: {cause}")]
    Refused {
        /// Its words.
        cause: String,
    },
    /// The provider does not understand the request.
    #[error("the request is wrong (status {status}): {cause}")]
    BadRequest {
        /// HTTP status.
        status: u16,
        /// Its words.
        cause: String,
    },
    /// System message and latest message alone are longer than the context of the model.
    #[error("the prompt has {tokens} tokens where {limit} fit")]
    PromptTooLong {
        /// Tokens of the shortest prompt that could be made.
        tokens: usize,
        /// Tokens that fit beside the answer.
        limit: usize,
    },
    /// The provider failed.
    #[error("the provider failed (status {status}): {cause}")]
    Server {
        /// HTTP status, or the one named inside the stream.
        status: u16,
        /// Its words.
        cause: String,
    },
    /// The stream ended before the answer did.
    #[error("the answer was cut: {cause}")]
    CutStream {
        /// How.
        cause: String,
    },
    /// What came is not the dialect that was expected.
    #[error("the answer cannot be read: {cause}")]
    Malformed {
        /// What is wrong with it.
        cause: String,
    },
    /// The settings cannot work: a bad address, an unreadable model file, a build without the feature.
    #[error("the model cannot be set up: {cause}")]
    Setup {
        /// What is wrong with them.
        cause: String,
    },
}

impl LlmError {
    /// Whether the same request may well succeed a moment later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Timeout { which: Waited::Connect }
            | Self::RateLimited { .. }
            | Self::Overloaded { .. }
            | Self::Server { .. }
            | Self::CutStream { .. }
            // A proxy's page, half a document: servers under load send such things.
            | Self::Malformed { .. } => true,
            // After a vain minute nobody wants to wait another one; the rest stays wrong however often it is tried.
            Self::Timeout { which: Waited::FirstToken | Waited::Idle }
            | Self::Unauthorized { .. }
            | Self::NoCredit { .. }
            | Self::ModelMissing { .. }
            | Self::Refused { .. }
            | Self::BadRequest { .. }
            | Self::PromptTooLong { .. }
            | Self::Setup { .. } => false,
        }
    }

    /// A short constant name for logs and metrics (`error.type`).
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { which: Waited::Connect } => "timeout_connect",
            Self::Timeout { which: Waited::FirstToken } => "timeout_first_token",
            Self::Timeout { which: Waited::Idle } => "timeout_idle",
            Self::RateLimited { .. } => "rate_limited",
            Self::Overloaded { .. } => "overloaded",
            Self::Unauthorized { .. } => "unauthorized",
            Self::NoCredit { .. } => "no_credit",
            Self::ModelMissing { .. } => "model_missing",
            Self::Refused { .. } => "refused",
            Self::BadRequest { .. } => "bad_request",
            Self::PromptTooLong { .. } => "prompt_too_long",
            Self::Server { .. } => "server",
            Self::CutStream { .. } => "cut_stream",
            Self::Malformed { .. } => "malformed",
            Self::Setup { .. } => "setup",
        }
    }

    /// How long the provider asks to wait, where it says so.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Overloaded { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The error of an HTTP status, or of the `code` of an error object inside a stream, which uses the same
    /// numbers. `model_missing` says that the explanation names the model as what is not there.
    pub(crate) fn from_status(
        status: u16,
        retry_after: Option<Duration>,
        model_missing: bool,
        cause: &str,
    ) -> Self {
        let cause = shorten(cause);
        match status {
            401 => Self::Unauthorized { cause },
            402 => Self::NoCredit { cause },
            403 => Self::Refused { cause },
            _ if model_missing => Self::ModelMissing { cause },
            429 => Self::RateLimited { retry_after, cause },
            // 529 is what several providers send for "overloaded".
            503 | 529 => Self::Overloaded { retry_after, cause },
            408 | 500.. => Self::Server { status, cause },
            _ => Self::BadRequest { status, cause },
        }
    }
}

/// The beginning of a foreign text on one line: explanations can be whole web pages.
pub(crate) fn shorten(text: &str) -> String {
    let mut line = String::new();
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > CAUSE_CHARS {
            break;
        }
    }
    match line.char_indices().nth(CAUSE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_become_what_callers_branch_on() {
        let kind = |status, missing| LlmError::from_status(status, None, missing, "why").kind();
        assert_eq!(kind(400, false), "bad_request");
        assert_eq!(kind(400, true), "model_missing");
        assert_eq!(kind(401, true), "unauthorized");
        assert_eq!(kind(402, false), "no_credit");
        assert_eq!(kind(403, false), "refused");
        assert_eq!(kind(404, false), "bad_request");
        assert_eq!(kind(408, false), "server");
        assert_eq!(kind(429, false), "rate_limited");
        assert_eq!(kind(500, false), "server");
        assert_eq!(kind(503, false), "overloaded");
        assert_eq!(kind(529, false), "overloaded");
        assert_eq!(kind(301, false), "bad_request");
    }

    #[test]
    fn long_explanations_are_one_short_line() {
        assert_eq!(shorten(" a\n  b\t"), "a b");
        let long = "ä".repeat(10_000);
        assert_eq!(shorten(&long).chars().count(), CAUSE_CHARS + 1);
        assert!(shorten(&"word ".repeat(10_000)).chars().count() <= CAUSE_CHARS + 1);
    }
}
