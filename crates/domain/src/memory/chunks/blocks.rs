//! A text's blocks: headings, paragraphs, lists, tables and code, one after the other.

use std::ops::Range;

use super::Form;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A heading of a level from 1.
    Heading(u8),
    Text,
    List,
    Table,
    Code,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) shape: Shape,
    /// Without the white space around it.
    pub(super) range: Range<usize>,
    /// What a heading says; the same as `range` for others.
    pub(super) title: Range<usize>,
}

/// Lines of a file's head that may stand between two `---`.
const HEAD_LINES: usize = 60;

/// Bytes of a line that can be a heading by being underlined.
const UNDERLINED_BYTES: usize = 400;

/// A text's blocks in order. Between them there is only white space.
pub(super) struct Blocks<'a> {
    text: &'a str,
    form: Form,
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Blank,
    Heading(u8),
    /// Which mark, and how often.
    Fence(u8, usize),
    Item,
    Row,
    Prose {
        indented: bool,
    },
}

impl<'a> Blocks<'a> {
    pub(super) fn new(text: &'a str, form: Form) -> Self {
        Self { text, form, at: 0 }
    }

    /// The line that begins there, with its end of line; empty behind the last.
    fn line(&self, at: usize) -> &'a str {
        let rest = &self.text[at..];
        rest.find('\n').map_or(rest, |end| &rest[..=end])
    }

    /// What stands between two `---` at the very beginning.
    fn head(&self) -> Option<Block> {
        let fence = |line: &str| line.trim_end() == "---";
        if self.at > 0 || self.form != Form::Markdown || !fence(self.line(0)) {
            return None;
        }
        let mut at = self.line(0).len();
        for _ in 0..HEAD_LINES {
            let line = self.line(at);
            at += line.len();
            if fence(line) {
                return Some(block(self.text, Shape::Code, 0..at));
            }
        }
        None
    }

    /// A heading that is underlined, if one begins there.
    fn underlined(&self, at: usize) -> Option<Block> {
        let line = self.line(at);
        if line.len() > UNDERLINED_BYTES || underline(line).is_some() {
            return None;
        }
        let below = at + line.len();
        let end = below + self.line(below).len();
        let shape = Shape::Heading(underline(&self.text[below..end])?);
        Some(Block { title: trimmed(self.text, at..below), ..block(self.text, shape, at..end) })
    }

    /// The end of the code whose fence is the line before.
    fn fenced(&self, mark: u8, width: usize, mut at: usize) -> usize {
        while at < self.text.len() {
            let line = self.line(at);
            at += line.len();
            let closing = line.trim();
            if closing.len() >= width && closing.bytes().all(|byte| byte == mark) {
                break;
            }
        }
        at
    }

    /// The end of the lines from there on that belong together.
    fn run(&self, shape: Shape, mut at: usize) -> usize {
        let (mut end, mut blank) = (at, false);
        while at < self.text.len() {
            let line = self.line(at);
            let goes_on = match (shape, classify(line, self.form)) {
                // Items may stand apart.
                (Shape::List, Line::Blank) => {
                    blank = true;
                    at += line.len();
                    continue;
                }
                (Shape::List, Line::Prose { indented }) => indented || !blank,
                (Shape::List, Line::Item) | (Shape::Table, Line::Row) | (Shape::Text, Line::Prose { .. }) => {
                    true
                }
                _ => false,
            };
            if !goes_on {
                break;
            }
            at += line.len();
            (end, blank) = (at, false);
        }
        end
    }
}

impl Iterator for Blocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        if let Some(head) = self.head() {
            self.at = head.range.end;
            return Some(head);
        }
        loop {
            let (start, line) = (self.at, self.line(self.at));
            if line.is_empty() {
                return None;
            }
            let after = start + line.len();
            let (shape, end) = match classify(line, self.form) {
                Line::Blank => {
                    self.at = after;
                    continue;
                }
                Line::Heading(level) => {
                    self.at = after;
                    return Some(hashed(self.text, level, start..after));
                }
                Line::Fence(mark, width) => (Shape::Code, self.fenced(mark, width, after)),
                Line::Item => (Shape::List, self.run(Shape::List, start)),
                Line::Row => (Shape::Table, self.run(Shape::Table, start)),
                Line::Prose { .. } => {
                    if let Some(heading) = self.underlined(start) {
                        self.at = heading.range.end;
                        return Some(heading);
                    }
                    (Shape::Text, self.run(Shape::Text, start))
                }
            };
            self.at = end;
            return Some(block(self.text, shape, start..end));
        }
    }
}

fn block(text: &str, shape: Shape, range: Range<usize>) -> Block {
    let range = trimmed(text, range);
    Block { shape, title: range.clone(), range }
}

/// A heading behind `#`, which may be closed by some more.
fn hashed(text: &str, level: u8, range: Range<usize>) -> Block {
    let block = block(text, Shape::Heading(level), range);
    let line = &text[block.range.clone()];
    let from = block.range.start + (line.len() - line.trim_start_matches('#').len());
    let to = block.range.start + line.trim_end_matches('#').len();
    // Nothing but marks: then they are what it says.
    if from >= to {
        return block;
    }
    Block { title: trimmed(text, from..to), ..block }
}

/// The same without the white space at both ends.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start.max(range.start + part.trim_end().len())
}

fn classify(line: &str, form: Form) -> Line {
    let said = line.trim_start();
    let Some(first) = said.bytes().next() else { return Line::Blank };
    let marks = said.bytes().take_while(|byte| *byte == first).count();
    let behind = said.as_bytes().get(marks);
    match first {
        b'#' if form == Form::Markdown && marks <= 6 && behind.is_none_or(u8::is_ascii_whitespace) => {
            Line::Heading(marks as u8)
        }
        b'`' | b'~' if form == Form::Markdown && marks >= 3 => Line::Fence(first, marks),
        b'-' | b'*' | b'+' if marks == 1 && behind.is_some_and(u8::is_ascii_whitespace) => Line::Item,
        b'0'..=b'9' if numbered(said) => Line::Item,
        b'|' => Line::Row,
        _ if said.starts_with("• ") => Line::Item,
        _ => Line::Prose { indented: line.starts_with("  ") || line.starts_with('\t') },
    }
}

/// `12. ` or `12) `, as Markdown has it with at most nine digits.
fn numbered(line: &str) -> bool {
    let digits = line.bytes().take(10).take_while(u8::is_ascii_digit).count();
    let behind = line.as_bytes().get(digits..).unwrap_or_default();
    digits < 10
        && matches!(behind.first(), Some(b'.' | b')'))
        && behind.get(1).is_some_and(u8::is_ascii_whitespace)
}

/// Whether a line underlines the one above it, and what it makes of it.
fn underline(line: &str) -> Option<u8> {
    let line = line.trim_end();
    let mark = line.bytes().next()?;
    let level = match mark {
        b'=' => 1,
        b'-' => 2,
        _ => return None,
    };
    (line.len() >= 3 && line.bytes().all(|byte| byte == mark)).then_some(level)
}
