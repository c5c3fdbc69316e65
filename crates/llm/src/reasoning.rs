//! Keeps a model's thinking apart where its server does not.

use domain::chat::ChatEvent;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Splits the text of an answer that starts with `<think>`. Such a block counts only at the very start, so that
/// a character who talks about the tag loses no text.
#[derive(Debug, Default)]
pub(crate) struct Thinking {
    state: State,
    held: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    /// Nothing but the possible beginning of the tag was seen.
    #[default]
    Start,
    /// Between the tags.
    Inside,
    /// After the closing tag, before any text: line ends there belong to nobody.
    Gap,
    /// The answer.
    Text,
}

impl Thinking {
    /// What a piece of text adds; pieces that may be part of a tag are held back.
    pub(crate) fn push(&mut self, piece: &str) -> Vec<ChatEvent> {
        let mut events = Vec::new();
        self.held.push_str(piece);
        loop {
            match self.state {
                State::Start => {
                    let text = self.held.trim_start();
                    if let Some(rest) = text.strip_prefix(OPEN) {
                        self.held = rest.to_owned();
                        self.state = State::Inside;
                    } else if OPEN.starts_with(text) {
                        return events;
                    } else {
                        self.state = State::Text;
                    }
                }
                State::Inside => {
                    if let Some((thought, rest)) = self.held.split_once(CLOSE) {
                        push(&mut events, ChatEvent::Reasoning, thought.to_owned());
                        self.held = rest.to_owned();
                        self.state = State::Gap;
                    } else {
                        let safe = self.held.len() - tail_that_starts(CLOSE, &self.held);
                        let held = self.held.split_off(safe);
                        push(&mut events, ChatEvent::Reasoning, std::mem::replace(&mut self.held, held));
                        return events;
                    }
                }
                State::Gap => {
                    self.held = self.held.trim_start().to_owned();
                    if self.held.is_empty() {
                        return events;
                    }
                    self.state = State::Text;
                }
                State::Text => {
                    push(&mut events, ChatEvent::Delta, std::mem::take(&mut self.held));
                    return events;
                }
            }
        }
    }

    /// What was held back when the answer ended.
    pub(crate) fn finish(&mut self) -> Option<ChatEvent> {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return None;
        }
        Some(if self.state == State::Inside { ChatEvent::Reasoning(held) } else { ChatEvent::Delta(held) })
    }
}

fn push(events: &mut Vec<ChatEvent>, kind: fn(String) -> ChatEvent, text: String) {
    if !text.is_empty() {
        events.push(kind(text));
    }
}

/// Bytes at the end of `text` that could be the beginning of `tag`.
fn tail_that_starts(tag: &str, text: &str) -> usize {
    (1..tag.len()).rev().find(|&length| text.ends_with(&tag[..length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&str]) -> (String, String) {
        let mut thinking = Thinking::default();
        let mut events: Vec<ChatEvent> = pieces.iter().flat_map(|piece| thinking.push(piece)).collect();
        events.extend(thinking.finish());
        let (mut thoughts, mut text) = (String::new(), String::new());
        for event in events {
            match event {
                ChatEvent::Reasoning(piece) => thoughts.push_str(&piece),
                ChatEvent::Delta(piece) => text.push_str(&piece),
                ChatEvent::Done { .. } => unreachable!("a splitter never ends an answer"),
            }
        }
        (thoughts, text)
    }

    fn both(thoughts: &str, text: &str) -> (String, String) {
        (thoughts.to_owned(), text.to_owned())
    }

    #[test]
    fn a_block_at_the_start_is_thinking_however_it_is_cut() {
        let whole = "\n<think>hm, <b>2</b> < 3</think>\n\nHello!";
        for cut in 0..whole.len() {
            let (head, tail) = whole.split_at(cut);
            assert_eq!(split(&[head, tail]), both("hm, <b>2</b> < 3", "Hello!"), "cut at {cut}");
        }
        let letters: Vec<String> = whole.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        assert_eq!(split(&letters), both("hm, <b>2</b> < 3", "Hello!"));
    }

    #[test]
    fn text_without_a_block_is_untouched() {
        assert_eq!(split(&["Hi ", "there"]), both("", "Hi there"));
        assert_eq!(split(&["I <think>", " so"]), both("", "I <think> so"));
        assert_eq!(split(&["<thi", "s>"]), both("", "<this>"));
        assert_eq!(split(&["<thi"]), both("", "<thi"));
    }

    #[test]
    fn an_unclosed_block_is_thinking() {
        assert_eq!(split(&["<think>and so on </thi"]), both("and so on </thi", ""));
    }
}
