//! Documents as passages: pieces that each look whole, small enough to be found by what they say.
//!
//! A passage never crosses a heading and knows the headings above it. Paragraphs are packed together, lists, tables
//! and code stay whole where they fit, and a sentence is cut only when it alone is too long. Nothing is lost:
//! between two passages there is only white space, and every passage knows its bytes. The work grows with the
//! length of the text and with nothing else, whatever stands in it: a parser of all of Markdown keeps a tree, whose
//! size the author of a hostile file chooses.

mod atoms;
mod blocks;

use std::ops::Range;

use atoms::{Atoms, SPACE_CHARS, words};
use blocks::{Block, Blocks, Shape};

/// Words from which on a passage is long enough to stand alone.
const ENOUGH: usize = 120;

/// Words of a passage of prose: what an embedding model of 512 tokens reads whole, in wordy languages too.
const MOST: usize = 200;

/// Words of a passage that would otherwise tear a table, a list or code apart, or leave a crumb behind.
const WHOLE: usize = 300;

/// A paragraph is cut between sentences rather than that a passage with fewer words stays alone before it.
const FEW: usize = 60;

/// A rest with fewer words joins the passage before it.
const CRUMB: usize = 30;

/// Bytes of white space between a heading and what it has nothing to do with.
const FAR: usize = 256;

/// Characters of one heading, and of all that stand above a passage.
const HEADING_CHARS: usize = 120;
const PATH_CHARS: usize = 240;

/// Between the headings of a path.
const BELOW: &str = " › ";

/// How a text is marked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Only with empty lines, underlined headings, lists and tables.
    Plain,
    /// Markdown: also with `#` headings and fenced code.
    Markdown,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Its bytes in the text, with the headings that stand right above it. Passages follow each other; between
    /// two of them there is only white space.
    pub range: Range<usize>,
    /// The bytes of its words, without those headings, where [`Passage::heading`] tells all of them.
    pub body: Range<usize>,
    /// The headings above it, the outermost first: `Rules › Trading`.
    pub heading: String,
}

impl Passage {
    /// Its words, in the text that it was made of.
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.body.clone()).unwrap_or_default()
    }
}

/// Cuts a text into passages; none if it takes more than so many.
pub fn passages(text: &str, form: Form, most: usize) -> Option<Vec<Passage>> {
    let mut cutter =
        Cutter { text, most, done: Vec::new(), path: Vec::new(), above: None, open: None, same: false };
    for block in Blocks::new(text, form) {
        cutter.take(&block);
        if cutter.done.len() > most {
            return None;
        }
    }
    cutter.end();
    let passages: Vec<_> = cutter.done.into_iter().map(|(passage, _)| passage).collect();
    (passages.len() <= most).then_some(passages)
}

/// A passage that still grows.
struct Open {
    body: Range<usize>,
    words: usize,
}

/// Headings since the last passage.
struct Above {
    start: usize,
    /// Where those begin that do not stand above what comes next, and so must be told as text.
    kept: Option<usize>,
    last: Range<usize>,
    words: usize,
    /// How many of them stand above what comes next.
    count: usize,
}

struct Cutter<'a> {
    text: &'a str,
    most: usize,
    /// With their words.
    done: Vec<(Passage, usize)>,
    /// Levels and texts of the headings that hold here.
    path: Vec<(u8, &'a str)>,
    above: Option<Above>,
    open: Option<Open>,
    /// Whether the last passage stands under the same headings as what comes next.
    same: bool,
}

impl Cutter<'_> {
    fn take(&mut self, block: &Block) {
        match block.shape {
            Shape::Heading(level) => self.heading(level, block),
            shape => self.body(shape, block.range.clone()),
        }
    }

    fn heading(&mut self, level: u8, block: &Block) {
        self.flush();
        self.same = false;
        let words = words(&self.text[block.range.clone()]);
        let gap = |above: &Above| (block.range.start - above.last.end) / SPACE_CHARS;
        if self.above.as_ref().is_some_and(|above| above.words + gap(above) + words > MOST) {
            self.alone();
        }
        let line = &self.text[block.title.clone()];
        // A heading as long as a page is a page.
        if words > MOST {
            self.path.retain(|(of, _)| *of < level);
            self.body(Shape::Text, block.range.clone());
            self.flush();
            return;
        }
        let range = block.range.clone();
        match &mut self.above {
            Some(above) => {
                above.words += (range.start - above.last.end) / SPACE_CHARS + words;
                // The heading before has nothing below it.
                if self.path.last().is_some_and(|(last, _)| *last >= level) && above.kept.is_none() {
                    above.kept = Some(above.start);
                }
                above.count += 1;
                above.last = range;
            }
            None => self.above = Some(Above { start: range.start, kept: None, last: range, words, count: 1 }),
        }
        self.path.retain(|(of, _)| *of < level);
        self.path.push((level, line));
    }

    fn body(&mut self, shape: Shape, range: Range<usize>) {
        let size = words(&self.text[range.clone()]);
        let has = self.words_before(range.start);
        let whole = shape != Shape::Text;
        // What belongs together may be longer; before it there is room for the line that announces it.
        let room = if whole && has < FEW { WHOLE } else { MOST };
        if has + size <= room {
            self.add(range, size);
        } else if has >= FEW && size <= if whole { WHOLE } else { MOST } {
            self.flush();
            self.add(range, size);
        } else {
            self.pieces(shape, range);
        }
    }

    /// A block that is too long, or that fills up what is too short.
    fn pieces(&mut self, shape: Shape, range: Range<usize>) {
        for atom in Atoms::new(self.text, range, shape, MOST) {
            let has = self.words_before(atom.range.start);
            if has + atom.words > MOST || (has >= ENOUGH && atom.begins) {
                self.flush();
            }
            self.add(atom.range, atom.words);
            // The rest cannot fill anything but memory.
            if self.done.len() > self.most {
                return;
            }
        }
    }

    /// The words of the passage that grows, with the white space up to a place.
    fn words_before(&self, start: usize) -> usize {
        self.open.as_ref().map_or(0, |open| open.words + (start - open.body.end) / SPACE_CHARS)
    }

    fn add(&mut self, range: Range<usize>, words: usize) {
        if let Some(open) = &mut self.open {
            open.words += (range.start - open.body.end) / SPACE_CHARS + words;
            open.body.end = range.end;
            return;
        }
        // Headings that would be told as text stand too far away.
        let far = |above: &Above| above.kept.is_some() && range.start - above.last.end > FAR;
        if self.above.as_ref().is_some_and(far) {
            self.alone();
        }
        self.open = Some(Open { body: range, words });
    }

    fn flush(&mut self) {
        let Some(Open { body, words }) = self.open.take() else { return };
        let above = self.above.take();
        if above.is_none()
            && self.same
            && words < CRUMB
            && let Some((last, has)) = self.done.last_mut()
            && *has + words + (body.start - last.body.end) / SPACE_CHARS <= WHOLE
        {
            *has += words + (body.start - last.body.end) / SPACE_CHARS;
            last.range.end = body.end;
            last.body.end = body.end;
            return;
        }
        let start = above.as_ref().map_or(body.start, |above| above.start);
        let (heading, shown) = self.heading_path();
        let told = above.and_then(|above| if above.count > shown { Some(above.start) } else { above.kept });
        let passage = Passage { range: start..body.end, body: told.unwrap_or(body.start)..body.end, heading };
        self.done.push((passage, words));
        self.same = true;
    }

    /// Headings with nothing below them, as a passage of their own.
    fn alone(&mut self) {
        let Some(above) = self.above.take() else { return };
        let range = above.start..above.last.end;
        self.done.push((Passage { body: range.clone(), range, heading: String::new() }, above.words));
        self.same = false;
    }

    fn end(&mut self) {
        self.flush();
        self.alone();
    }

    /// The path, and how many of the innermost headings it tells in full.
    fn heading_path(&self) -> (String, usize) {
        let (mut path, mut full, mut cut) = (String::new(), 0, false);
        // The innermost say most: the outer ones go when there is no room.
        for (_, heading) in self.path.iter().rev() {
            let (heading, whole) = shortened(heading);
            if path.is_empty() {
                path = heading;
            } else if path.chars().count() + BELOW.chars().count() + heading.chars().count() <= PATH_CHARS {
                path = heading + BELOW + &path;
            } else {
                break;
            }
            cut |= !whole;
            full += usize::from(!cut);
        }
        (path, full)
    }
}

/// The beginning of a heading, and whether that is all of it.
fn shortened(heading: &str) -> (String, bool) {
    let plain = heading.split_whitespace().collect::<Vec<_>>().join(" ");
    match plain.char_indices().nth(HEADING_CHARS) {
        None => (plain, true),
        Some((end, _)) => (format!("{}…", &plain[..end]), false),
    }
}
