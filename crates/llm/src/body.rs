//! The body of a streamed answer: bounded, watched by time-outs, and ended in exactly one way.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::chat::ChatEvent;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use reqwest::Response;
use tokio::time::{Instant, timeout, timeout_at};

use crate::http::innermost;
use crate::{ChatStream, LlmError, Waited};

/// Bytes of one line of a stream.
pub(crate) const LINE_BYTES: usize = 1 << 20;

/// Bytes of a whole stream. A token costs some 300 bytes on the wire, so this is 50,000 tokens.
const STREAM_BYTES: usize = 16 << 20;

/// Whether the answer has begun. The reader of bytes and the reader of events share it, because keep-alive
/// lines count for the time-out between chunks but not as a first token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Begun(Arc<AtomicBool>);

impl Begun {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The chunks of a response. Ends with an error if a line or the whole is too long, if the connection breaks, or
/// if nothing comes for `idle` once the answer has begun.
pub(crate) fn chunks(
    response: Response,
    idle: Duration,
    begun: Begun,
) -> BoxStream<'static, Result<Bytes, LlmError>> {
    let state = Some((response, Bound::default()));
    stream::unfold(state, move |state| {
        let begun = begun.clone();
        async move {
            let (mut response, mut bound) = state?;
            let next = if begun.get() {
                match timeout(idle, response.chunk()).await {
                    Ok(next) => next,
                    Err(_) => return Some((Err(LlmError::Timeout { which: Waited::Idle }), None)),
                }
            } else {
                response.chunk().await
            };
            match next {
                Ok(Some(chunk)) => match bound.add(&chunk) {
                    Ok(()) => Some((Ok(chunk), Some((response, bound)))),
                    Err(error) => Some((Err(error), None)),
                },
                Ok(None) => None,
                Err(error) => Some((Err(LlmError::CutStream { cause: innermost(&error) }), None)),
            }
        }
    })
    .boxed()
}

/// Makes an answer of the events that a dialect's reader finds: the first must come before `deadline`, it ends
/// with the first `Done` or error, and an end without either is a cut stream.
pub(crate) fn answer(
    events: impl Stream<Item = Result<ChatEvent, LlmError>> + Send + 'static,
    begun: Begun,
    deadline: Instant,
) -> ChatStream {
    let events: Pin<Box<dyn Stream<Item = Result<ChatEvent, LlmError>> + Send>> = Box::pin(events);
    stream::unfold(Some(events), move |events| {
        let begun = begun.clone();
        async move {
            let mut events = events?;
            let next = if begun.get() {
                events.next().await
            } else {
                match timeout_at(deadline, events.next()).await {
                    Ok(next) => next,
                    Err(_) => Some(Err(LlmError::Timeout { which: Waited::FirstToken })),
                }
            };
            begun.set();
            match next {
                Some(Ok(event @ (ChatEvent::Delta(_) | ChatEvent::Reasoning(_)))) => {
                    Some((Ok(event), Some(events)))
                }
                Some(last) => Some((last, None)),
                None => {
                    let cause = "the connection ended before the answer did".to_owned();
                    Some((Err(LlmError::CutStream { cause }), None))
                }
            }
        }
    })
    .boxed()
}

#[derive(Debug, Default)]
struct Bound {
    line: usize,
    whole: usize,
}

impl Bound {
    fn add(&mut self, chunk: &[u8]) -> Result<(), LlmError> {
        self.whole += chunk.len();
        for part in chunk.split_inclusive(|&byte| byte == b'\n') {
            self.line += part.len();
            if self.line > LINE_BYTES {
                return Err(LlmError::Malformed {
                    cause: format!("a line has more than {LINE_BYTES} bytes"),
                });
            }
            if part.ends_with(b"\n") {
                self.line = 0;
            }
        }
        if self.whole > STREAM_BYTES {
            return Err(LlmError::Malformed { cause: format!("more than {STREAM_BYTES} bytes in all") });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_the_whole_are_bounded() {
        let mut bound = Bound::default();
        let half = vec![b'x'; LINE_BYTES / 2];
        assert!(bound.add(&half).is_ok());
        assert!(bound.add(b"\n").is_ok());
        assert!(bound.add(&half).is_ok());
        assert!(bound.add(&half).is_ok());
        assert_eq!(bound.add(b"x").unwrap_err().kind(), "malformed");

        let mut bound = Bound::default();
        let line = [vec![b'x'; LINE_BYTES - 1], vec![b'\n']].concat();
        for _ in 0..STREAM_BYTES / LINE_BYTES {
            assert!(bound.add(&line).is_ok());
        }
        assert!(bound.add(b"x").is_err());
    }

    #[tokio::test]
    async fn nothing_follows_the_end() {
        let done =
            || ChatEvent::Done { finish: domain::chat::Finish::Stop, usage: domain::chat::Usage::default() };
        let events = stream::iter(vec![
            Ok(ChatEvent::Delta("a".into())),
            Ok(done()),
            Ok(ChatEvent::Delta("b".into())),
        ]);
        let far = Instant::now() + Duration::from_mins(1);
        let all: Vec<_> = answer(events, Begun::default(), far).collect().await;
        assert_eq!(all, [Ok(ChatEvent::Delta("a".into())), Ok(done())]);

        let all: Vec<_> = answer(stream::empty(), Begun::default(), far).collect().await;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].as_ref().unwrap_err().kind(), "cut_stream");
    }
}
