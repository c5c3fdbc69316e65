//! A reply as Discord messages: parts of at most 2,000 characters that each look whole.
//!
//! Discord's documentation ("Create Message") says 2,000 characters without saying of what kind. Parts are measured
//! in UTF-16 units here, the largest of the possible counts, so they fit whichever is meant.
//!
//! Nothing is lost: the parts put together are the text, except for the marks that close and reopen a code block
//! at a cut, and for parts that would be only white space, which Discord does not take.

use crate::{limits, outbound::MessageText};

mod cut;

use cut::{Fence, units};

/// Units that are always kept free: enough to look a few characters beyond a cut, so that cuts do not depend on
/// how the text arrived.
const LOOK_AHEAD: usize = 8;

/// `\n` and three backticks.
const CLOSING: usize = 4;

/// Splits a whole text.
pub fn split(text: &str) -> Vec<MessageText> {
    Splitter::new().finish(text)
}

/// Splits a text that still grows: parts once finished never change.
#[derive(Clone, Debug, Default)]
pub struct Splitter {
    finished: Vec<MessageText>,
    /// Bytes of the text that are in finished parts.
    consumed: usize,
    /// The code block that is open at that place.
    fence: Option<Fence>,
}

/// How far a growing text has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Parts that will not change any more.
    pub finished: &'a [MessageText],
    /// The part that still grows; `None` while there is nothing to show of it.
    pub current: Option<MessageText>,
}

impl Splitter {
    /// At the beginning of a text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the text so far; it must begin with all that was given before.
    pub fn update(&mut self, text: &str) -> Parts<'_> {
        let current = loop {
            let rest = text.get(self.consumed..).unwrap_or_default();
            let opening = self.fence.as_ref().map_or(0, |fence| units(&fence.opening()));
            let room = limits::MESSAGE_CHARS - CLOSING - opening;
            if units(rest) <= room {
                break self.render(rest).0;
            }
            let length = cut::place(rest, room - LOOK_AHEAD, self.fence.is_some());
            let (part, fence) = self.render(&rest[..length]);
            self.finished.extend(part);
            self.consumed += length;
            self.fence = fence;
        };
        Parts { finished: &self.finished, current }
    }

    /// Takes the whole text and gives all parts.
    pub fn finish(mut self, text: &str) -> Vec<MessageText> {
        let current = self.update(text).current;
        self.finished.extend(current);
        self.finished
    }

    /// A part as it is shown, and the code block that is open behind it.
    fn render(&self, content: &str) -> (Option<MessageText>, Option<Fence>) {
        let after = Fence::after(self.fence.as_ref(), content);
        if content.trim().is_empty() {
            return (None, after);
        }
        let mut shown = self.fence.as_ref().map(Fence::opening).unwrap_or_default();
        shown.push_str(content);
        if after.is_some() {
            shown.push_str(if shown.ends_with('\n') { "```" } else { "\n```" });
        }
        (MessageText::new(shown).ok(), after)
    }
}
