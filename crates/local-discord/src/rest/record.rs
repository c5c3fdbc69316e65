//! What the server noticed: requests for tests to read, and violations of the protocol.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

const MAX_REQUESTS: usize = 20_000;
const MAX_VIOLATIONS: usize = 1_000;

/// Something that real Discord would silently ignore or answer differently, but a correct client never does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub method: String,
    pub path: String,
    /// What is wrong and where.
    pub what: String,
}

/// One REST request that was answered.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    pub method: String,
    /// Path with its query, from `/api` on.
    pub path: String,
    pub status: u16,
    /// JSON body, or the `payload_json` of a multipart one.
    pub body: Option<Value>,
    /// Unix milliseconds.
    pub at_ms: u64,
    /// The bot whose token was used.
    pub bot_user_id: Option<u64>,
}

/// Bounded logs; the oldest entries go first.
#[derive(Debug, Default)]
pub(crate) struct Records {
    requests: Mutex<VecDeque<RecordedRequest>>,
    violations: Mutex<VecDeque<Violation>>,
}

impl Records {
    pub(crate) fn request(&self, request: RecordedRequest) {
        let mut all = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_REQUESTS {
            all.pop_front();
        }
        all.push_back(request);
    }

    pub(crate) fn violation(&self, violation: Violation) {
        let mut all = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_VIOLATIONS {
            all.pop_front();
        }
        all.push_back(violation);
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
