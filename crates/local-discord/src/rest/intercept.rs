//! A hook before and after the handlers, through which faults are injected.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;

use super::reply::Reply;

/// What the hook is told about a request.
#[derive(Debug, Clone)]
pub struct Intercepted {
    pub method: Method,
    /// Path with query.
    pub path: String,
    pub bot_user_id: Option<u64>,
}

/// What the hook wants.
#[derive(Debug, Clone, Default)]
pub struct Intercept {
    /// Wait before anything else.
    pub delay: Option<Duration>,
    /// Answer this; the request has no effect.
    pub instead: Option<Reply>,
    /// Handle the request, then answer this: the effect is there, the client learns something else.
    pub after: Option<Reply>,
}

/// The hook.
pub type Interceptor = Arc<dyn Fn(&Intercepted) -> Intercept + Send + Sync>;

/// Where the hook hangs.
#[derive(Default)]
pub(crate) struct InterceptorSlot {
    hook: Mutex<Option<Interceptor>>,
}

impl std::fmt::Debug for InterceptorSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InterceptorSlot").finish_non_exhaustive()
    }
}

impl InterceptorSlot {
    pub(crate) fn set(&self, hook: Option<Interceptor>) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = hook;
    }

    pub(crate) fn ask(&self, request: &Intercepted) -> Intercept {
        let hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner).clone();
        hook.map_or_else(Intercept::default, |hook| hook(request))
    }
}
