//! What the server does with one request.

use std::time::Duration;

use super::Gate;

/// One reply of a script.
#[derive(Clone, Debug)]
pub struct Reply(pub(super) Act);

#[derive(Clone, Debug)]
pub(super) enum Act {
    Speak(Speech),
    /// An HTTP error.
    Refuse {
        status: u16,
        retry_after: Option<u32>,
        message: String,
    },
    /// A JSON document under the status 200.
    Document(String),
}

/// An answer with the status 200, however it ends.
#[derive(Clone, Debug)]
pub(super) struct Speech {
    /// Waited for before the head of the response is sent.
    pub(super) gate_before: Option<Gate>,
    pub(super) pieces: Vec<Piece>,
    pub(super) end: End,
    pub(super) usage: Option<(u32, u32)>,
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(String),
    Reasoning(String),
    /// Something that is not of the dialect.
    Raw(String),
    Wait(Gate),
    /// Nothing for a while.
    Pause(Duration),
}

#[derive(Clone, Debug)]
pub(super) enum End {
    /// The dialect's end, with this reason.
    Whole { finish: String },
    /// The connection breaks.
    Cut,
    /// The response ends in good order but without the dialect's end.
    Unfinished,
    /// An error object in the stream.
    Error { code: u16, message: String },
}

impl Reply {
    /// An answer in pieces of one word each.
    pub fn text(text: &str) -> Self {
        Self::of(text.split_inclusive(' ').map(|word| Piece::Text(word.to_owned())))
    }

    /// An answer in these pieces.
    pub fn chunks<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of(pieces.into_iter().map(|piece| Piece::Text(piece.to_owned())))
    }

    /// Thinking, then an answer.
    pub fn reasoning(thought: &str, text: &str) -> Self {
        Self::of([Piece::Reasoning(thought.to_owned()), Piece::Text(text.to_owned())])
    }

    /// An answer in these pieces with a pause before each, as a model writes that is not the quickest.
    pub fn paced<'a>(pieces: impl IntoIterator<Item = &'a str>, pause: Duration) -> Self {
        Self::of(pieces.into_iter().flat_map(|piece| [Piece::Pause(pause), Piece::Text(piece.to_owned())]))
    }

    /// An answer whose connection breaks after this text.
    pub fn cut_after(text: &str) -> Self {
        Self::text(text).ending(End::Cut)
    }

    /// An answer that ends in good order after this text, but without the mark of its end.
    pub fn unfinished(text: &str) -> Self {
        Self::text(text).ending(End::Unfinished)
    }

    /// An HTTP error.
    pub fn status(status: u16) -> Self {
        let message = format!("scripted status {status}");
        Self(Act::Refuse { status, retry_after: None, message })
    }

    /// A JSON document under the status 200 instead of a stream.
    pub fn document(json: &str) -> Self {
        Self(Act::Document(json.to_owned()))
    }

    /// A line that is not of the dialect, inside a stream.
    pub fn garbage(line: &str) -> Self {
        Self::of([Piece::Raw(line.to_owned())])
    }

    /// An error object in the stream, under the status 200, after this text.
    pub fn error_after(text: &str, code: u16, message: &str) -> Self {
        Self::text(text).ending(End::Error { code, message: message.to_owned() })
    }

    /// An answer whose first piece waits for the gate; the head of the response is sent before.
    pub fn slow_first_token(gate: &Gate) -> Self {
        Self::of([Piece::Wait(gate.clone()), Piece::Text("Finally.".to_owned())])
    }

    /// An answer that stops in the middle, after `before`, until the gate opens, and goes on with `after`.
    pub fn paused(before: &str, gate: &Gate, after: &str) -> Self {
        Self::of([Piece::Text(before.to_owned()), Piece::Wait(gate.clone()), Piece::Text(after.to_owned())])
    }

    /// Makes any answer wait for the gate before even the head of the response is sent, as a server does that
    /// loads its model first.
    #[must_use]
    pub fn held_by(mut self, gate: &Gate) -> Self {
        if let Act::Speak(speech) = &mut self.0 {
            speech.gate_before = Some(gate.clone());
        }
        self
    }

    /// The `Retry-After` header of an HTTP error, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        if let Act::Refuse { retry_after, .. } = &mut self.0 {
            *retry_after = Some(seconds);
        }
        self
    }

    /// The explanation of an HTTP error.
    #[must_use]
    pub fn saying(mut self, text: &str) -> Self {
        if let Act::Refuse { message, .. } = &mut self.0 {
            text.clone_into(message);
        }
        self
    }

    /// The reason to finish, such as "length", instead of "stop".
    #[must_use]
    pub fn finish(self, reason: &str) -> Self {
        self.ending(End::Whole { finish: reason.to_owned() })
    }

    /// Tokens of prompt and answer, instead of an estimate.
    #[must_use]
    pub fn usage(mut self, input: u32, output: u32) -> Self {
        if let Act::Speak(speech) = &mut self.0 {
            speech.usage = Some((input, output));
        }
        self
    }

    fn of(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self(Act::Speak(Speech {
            gate_before: None,
            pieces: pieces.into_iter().collect(),
            end: End::Whole { finish: "stop".to_owned() },
            usage: None,
        }))
    }

    fn ending(mut self, end: End) -> Self {
        if let Act::Speak(speech) = &mut self.0 {
            speech.end = end;
        }
        self
    }
}

impl Speech {
    /// Whether it can be sent at once.
    pub(super) fn is_instant(&self) -> bool {
        !matches!(self.end, End::Cut)
            && !self.pieces.iter().any(|piece| matches!(piece, Piece::Wait(_) | Piece::Pause(_)))
    }
}
