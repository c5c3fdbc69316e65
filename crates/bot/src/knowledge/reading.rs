//! What a document says: text, Markdown, web pages and PDFs become passages.

use std::time::Duration;

use domain::{
    limits,
    memory::chunks::{Form, Passage, passages},
};

use super::html;
use crate::attachments::{
    Kind, pdf,
    readers::{Readers, Unread},
    text,
};

/// Pages of a PDF that are read: a thick handbook.
const PAGES: usize = 1_000;

/// Documents that are read at once: one of 50 MB takes 200 MB for a while.
const AT_ONCE: usize = 1;

/// Readers that may go on after nobody waits for them any more.
const ASTRAY: usize = 2;

/// How long reading one may take.
const READING: Duration = Duration::from_mins(2);

/// Spaces and ends of lines in a row that stay: code is indented, paragraphs stand apart.
const SPACES: usize = 12;
const LINES: usize = 3;

static READERS: Readers = Readers::new(AT_ONCE, ASTRAY, READING);

/// What a document is, by its name's ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Text,
    Markdown,
    Page,
    Pdf,
}

impl Ending {
    /// None if such files are not read.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "txt" | "text" => Some(Self::Text),
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" | "xhtml" => Some(Self::Page),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }

    /// Bytes of such a file that are read.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Text | Self::Markdown => limits::DOCUMENT_TEXT_BYTES,
            Self::Page => limits::DOCUMENT_PAGE_BYTES,
            Self::Pdf => limits::DOCUMENT_PDF_BYTES,
        }
    }
}

/// A document that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) pieces: Vec<Piece>,
    /// What of it is missing, in a sentence.
    pub(super) missing: Option<String>,
}

/// A passage's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) heading: String,
    pub(super) text: String,
}

/// Reads a document in a thread of its own.
///
/// # Errors
/// Why not, as the rest of a sentence that begins with the file's name.
pub(super) async fn read(bytes: Vec<u8>, ending: Ending) -> Result<Known, String> {
    READERS.run(move |waits| known(bytes, ending, waits)).await.map_err(Unread::why)?
}

fn known(bytes: Vec<u8>, ending: Ending, waits: &dyn Fn() -> bool) -> Result<Known, String> {
    if bytes.is_empty() {
        return Err("is empty".to_owned());
    }
    if bytes.len() > ending.most() {
        return Err(format!("is larger than {} MB", ending.most() >> 20));
    }
    let (text, form, missing) = text_of(&bytes, ending, waits)?;
    drop(bytes);
    if text.trim().is_empty() {
        return Err(nothing(ending));
    }
    let most = limits::DOCUMENT_PASSAGES * limits::DOCUMENT_PARTS;
    let found = passages(&text, form, most)
        .ok_or_else(|| format!("has more than {most} passages; split it into several files"))?;
    let pieces: Vec<Piece> = found.iter().map(|passage| piece(passage, &text)).filter(said).collect();
    if pieces.is_empty() { Err(nothing(ending)) } else { Ok(Known { pieces, missing }) }
}

fn nothing(ending: Ending) -> String {
    match ending {
        Ending::Pdf => "holds no text that can be read; pictures of pages are not".to_owned(),
        _ => "holds no text".to_owned(),
    }
}

fn text_of(
    bytes: &[u8],
    ending: Ending,
    waits: &dyn Fn() -> bool,
) -> Result<(String, Form, Option<String>), String> {
    match (Kind::found(bytes), ending) {
        (Kind::Pdf, _) => {
            let written = pdf::written(bytes, PAGES, limits::DOCUMENT_PDF_BYTES, waits)?;
            let missing = written.more.then(|| format!("only its first {PAGES} pages were read"));
            Ok((written.text, Form::Plain, missing))
        }
        (_, Ending::Pdf) => Err("is damaged".to_owned()),
        (Kind::Picture, _) => Err("is a picture".to_owned()),
        (Kind::Other(what), ending) if ending != Ending::Page => Err(format!("is {what}")),
        (_, Ending::Page) => Ok((html::read(&text::decoded(bytes)?, waits)?, Form::Markdown, None)),
        (_, Ending::Markdown) => Ok((text::decoded(bytes)?, Form::Markdown, None)),
        (_, Ending::Text) => Ok((text::decoded(bytes)?, Form::Plain, None)),
    }
}

fn piece(passage: &Passage, text: &str) -> Piece {
    Piece { heading: shown(&passage.heading), text: shown(passage.text(text)) }
}

/// Without what no reader sees: control characters, marks that turn the direction of what follows, and white space
/// without end.
fn shown(text: &str) -> String {
    let (mut out, mut spaces, mut lines) = (String::with_capacity(text.len()), 0, 0);
    for c in text.trim().chars() {
        let hidden = (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{FEFF}' | '\u{FFFD}');
        if hidden {
            continue;
        }
        if c == '\n' {
            (spaces, lines) = (0, lines + 1);
            if lines <= LINES {
                out.push(c);
            }
        } else if c.is_whitespace() {
            spaces += 1;
            if spaces <= SPACES {
                out.push(if c == '\t' { c } else { ' ' });
            }
        } else {
            (spaces, lines) = (0, 0);
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether a passage says anything at all: rules and rows of dots do not.
fn said(piece: &Piece) -> bool {
    piece.text.chars().any(char::is_alphanumeric)
}
