//! Waiting for something to happen: by subscription, never by polling or sleeping.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{MemberError, Post};
use crate::dispatch::{Dispatch, Scope, Subscription};
use crate::world::{State, World};

/// Events that may wait for a watcher which does something else at the moment.
const CAPACITY: usize = 65_536;

/// Sees everything that happens from the moment when it was made. Make it first, then act, then wait.
#[derive(Debug)]
pub struct Watch {
    subscription: Subscription,
}

impl World {
    /// Begins to watch.
    pub fn watch(&self) -> Watch {
        Watch { subscription: self.subscribe(Scope::Everything, CAPACITY) }
    }

    /// Watches from now on (not from the first poll) for a message, new or edited, that `wanted` likes.
    /// `within` is a safety net for tests that would otherwise hang.
    pub fn next_message<F>(
        &self,
        within: Duration,
        wanted: F,
    ) -> impl Future<Output = Result<Post, MemberError>> + Send + use<F>
    where
        F: FnMut(&Post) -> bool + Send,
    {
        let mut watch = self.watch();
        async move { watch.message(within, wanted).await }
    }

    /// Waits until the state is as wished: `look` is asked now and after every event.
    pub async fn until<T>(
        &self,
        within: Duration,
        mut look: impl FnMut(&State) -> Option<T>,
    ) -> Result<T, MemberError> {
        let deadline = Instant::now() + within;
        let mut subscription = self.subscribe(Scope::Everything, CAPACITY);
        loop {
            if let Some(found) = self.read(&mut look) {
                return Ok(found);
            }
            let next = timeout_at(deadline, subscription.recv()).await;
            if next.map_err(|_| MemberError::TimedOut(within))?.is_none() {
                // Cut off for being slow: the state is looked at anyway, so nothing is lost.
                subscription = self.subscribe(Scope::Everything, CAPACITY);
            }
            while subscription.try_recv().is_some() {}
        }
    }
}

impl Watch {
    /// The next event that `wanted` likes.
    pub async fn event(
        &mut self,
        within: Duration,
        mut wanted: impl FnMut(&Dispatch) -> bool,
    ) -> Result<Arc<Dispatch>, MemberError> {
        let deadline = Instant::now() + within;
        loop {
            let next = timeout_at(deadline, self.subscription.recv()).await;
            let event = next.map_err(|_| MemberError::TimedOut(within))?.ok_or(MemberError::CutOff)?;
            if wanted(&event) {
                return Ok(event);
            }
        }
    }

    /// The next message, new or edited, that `wanted` likes.
    pub async fn message(
        &mut self,
        within: Duration,
        mut wanted: impl FnMut(&Post) -> bool,
    ) -> Result<Post, MemberError> {
        let is_message = |e: &Dispatch| matches!(e.name, "MESSAGE_CREATE" | "MESSAGE_UPDATE");
        let event = self.event(within, |e| is_message(e) && wanted(&Post::from_json(&e.data))).await?;
        Ok(Post::from_json(&event.data))
    }
}
