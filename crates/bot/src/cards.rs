//! Character cards in all their containers: JSON, PNG and CHARX, read by content and written back.
//!
//! What a card means is [`domain::card`]'s business; here is what it travels in. Nothing is taken from a file that
//! is not right as a whole. Pictures are decoded only when somebody brings one to a server, within limits. Specifications: Character Card V2 (malfoyslastname) and
//! V3 (kwaroran), PNG (<https://www.w3.org/TR/png-3/>).

mod aside;
mod charx;
pub mod edit;
mod export;
mod png;
mod portrait;
pub mod shelf;
mod text;

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::{card, character::Character};
use serde_json::Value;

pub(crate) use self::aside::{aside, read_aside};
pub use self::export::{write_json, write_png};

/// Bytes of a card's file at most.
pub const FILE_BYTES: usize = 20 * 1024 * 1024;

/// Bytes of a portrait at most: what Discord takes as an avatar.
pub const PORTRAIT_BYTES: usize = 10 * 1024 * 1024;

/// Pixels of a portrait's side at most; larger ones are only good for exhausting whoever decodes them.
pub const PORTRAIT_SIDE: u32 = 8192;

/// Bytes of base64 that can hold a card's JSON, line ends included.
const BASE64_BYTES: usize = card::CARD_BYTES / 3 * 4 + 64 * 1024;

/// The specifications that are written. Both, and the bare fields of V1, are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// `chara_card_v2`.
    V2,
    /// `chara_card_v3`.
    V3,
}

/// A card that was read and found right.
#[derive(Clone, Debug)]
pub struct Card {
    character: Character,
    text: String,
    json: Value,
    portrait: Option<Vec<u8>>,
    notes: Vec<String>,
}

/// A file that cannot be taken as a card. Its text is one sentence that begins with the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct CardFileError {
    /// The file's name, fit to be shown.
    pub file: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a card's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No bytes at all.
    #[error("the file is empty; a character card is JSON, PNG or CHARX")]
    Empty,
    /// The file is too large to be read.
    #[error("the file has {0} bytes; a card may have {FILE_BYTES} at most")]
    TooLarge(usize),
    /// The file cannot be read at all.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// Another kind of file.
    #[error("this is {0}; a character card is JSON, PNG or CHARX")]
    OtherKind(&'static str),
    /// Text in an encoding that is not read.
    #[error("the JSON is neither UTF-8 nor UTF-16 with a byte order mark; save it as UTF-8")]
    NotText,
    /// The text was read, and it is no card.
    #[error(transparent)]
    Card(#[from] card::CardError),
    /// Lore alone.
    #[error("this is a lorebook, not a character card: it has entries, but nobody whom they belong to")]
    Lorebook,
    /// A picture and nothing else.
    #[error(
        "this picture holds no character card: programs that edit, convert or resend pictures drop it, so take the \
         file as it was exported"
    )]
    NoCardInPicture,
    /// The picture's file is damaged.
    #[error("the PNG is damaged: {0}; export or download it again")]
    BrokenPicture(String),
    /// The picture's card is damaged.
    #[error("the card in the PNG's `{chunk}` text {problem}")]
    BrokenText {
        /// `chara` or `ccv3`.
        chunk: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The picture has too many pixels.
    #[error("the picture has {width} × {height} pixels; {PORTRAIT_SIDE} on a side are the most")]
    TooManyPixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The picture has too many pixels to be made smaller.
    #[error(
        "the picture has {width} × {height} pixels, and more than {most} million in all are not read; make it smaller",
        most = portrait::MEGAPIXELS
    )]
    TooLargeToDecode {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The archive is damaged or of a kind that is not read.
    #[error("the CHARX archive cannot be read: {0}")]
    BrokenArchive(String),
    /// The archive has more in it than a card should.
    #[error("the archive has more than {most} files; a CHARX has a card and its pictures", most = charx::ENTRIES)]
    TooManyFiles,
    /// A zip file of something else.
    #[error("this zip file has no card.json at its root; a CHARX must have one")]
    NoCardInArchive,
}

impl Card {
    /// The character.
    pub fn character(&self) -> &Character {
        &self.character
    }

    /// The card's JSON text, letter for letter as it came, in UTF-8.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The card's JSON, unknown fields included.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Which specification it follows; `None` for the bare fields of V1.
    pub fn version(&self) -> Option<Version> {
        match self.json.get("spec")?.as_str()? {
            "chara_card_v3" => Some(Version::V3),
            _ => Some(Version::V2),
        }
    }

    /// The portrait as PNG without a card in it.
    pub fn portrait(&self) -> Option<&[u8]> {
        self.portrait.as_deref()
    }

    /// What the file has that was not taken, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The card with another portrait; a picture that cannot be one is noted and changes nothing.
    #[must_use]
    pub fn with_portrait(mut self, picture: &[u8]) -> Self {
        self.set_portrait(Some(picture));
        self
    }

    /// The character and the portrait, for who needs no more.
    pub fn into_parts(self) -> (Character, Option<Vec<u8>>) {
        (self.character, self.portrait)
    }
}

/// Reads a card from a file's bytes. What they are is told by themselves; the name is only for the error.
pub fn read(bytes: &[u8], filename: &str) -> Result<Card, CardFileError> {
    contents(bytes).map_err(|problem| CardFileError { file: showable(filename), problem })
}

/// A text file's text, in any of the encodings that cards have.
pub(crate) fn text_of_file(bytes: &[u8]) -> Result<String, Problem> {
    text::decode(bytes)
}

/// Reads a card from a file; the error begins with its path.
pub fn open(path: &Path) -> Result<Card, CardFileError> {
    let failed = |problem| CardFileError { file: printable(&path.display().to_string()), problem };
    let unreadable = |error: io::Error| failed(Problem::Unreadable(error.to_string()));
    let length = path.metadata().map_err(unreadable)?.len();
    if length > FILE_BYTES as u64 {
        return Err(failed(Problem::TooLarge(usize::try_from(length).unwrap_or(usize::MAX))));
    }
    contents(&read_limited(path, FILE_BYTES).map_err(unreadable)?).map_err(failed)
}

/// A file's bytes up to a limit and one more.
fn read_limited(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn contents(bytes: &[u8]) -> Result<Card, Problem> {
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if bytes.len() > FILE_BYTES {
        return Err(Problem::TooLarge(bytes.len()));
    }
    if bytes.starts_with(png::SIGNATURE) {
        return from_png(bytes);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return from_charx(bytes);
    }
    if let Some((_, kind)) = OTHER_KINDS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(Problem::OtherKind(kind));
    }
    if !text::seems(bytes) {
        return Err(Problem::OtherKind("a file of another kind"));
    }
    let mut card = from_text(text::decode(bytes)?)?;
    if let Some(icon) = icon_uri(&card.json) {
        if let Some(data) = icon.strip_prefix("data:") {
            let picture =
                data.split_once(";base64,").and_then(|(_, data)| decode_base64(data.as_bytes()).ok());
            card.set_portrait(picture.as_deref());
        } else if icon.starts_with("http") {
            card.notes.push("its picture is somewhere on the web and was not fetched".to_owned());
        }
    }
    Ok(card)
}

/// What people mistake for cards.
const OTHER_KINDS: [(&[u8], &str); 7] = [
    (b"\xFF\xD8\xFF", "a JPEG picture, which holds no card"),
    (b"RIFF", "a WebP picture or a sound, which holds no card"),
    (b"GIF8", "a GIF picture, which holds no card"),
    (b"%PDF", "a PDF"),
    (b"\x1F\x8B", "a gzip file: unpack it first"),
    (b"7z\xBC\xAF", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
];

fn from_text(text: String) -> Result<Card, Problem> {
    let character = match card::parse(text.as_bytes()) {
        Err(card::CardError::NotACard) => None,
        read => Some(read?),
    };
    let json: Value =
        serde_json::from_str(&text).map_err(|error| card::CardError::NotJson(error.to_string()))?;
    match character {
        Some(character) => Ok(Card { character, text, json, portrait: None, notes: Vec::new() }),
        None if json.get("entries").is_some() => Err(Problem::Lorebook),
        None => Err(card::CardError::NotACard.into()),
    }
}

fn from_png(bytes: &[u8]) -> Result<Card, Problem> {
    let found = png::card_text(bytes)?.ok_or(Problem::NoCardInPicture)?;
    let broken = |problem| Problem::BrokenText { chunk: found.keyword, problem };
    // Base64 by the specifications; some programs leave the JSON as it is.
    let json = if found.text.trim_ascii_start().starts_with(b"{") {
        found.text
    } else {
        decode_base64(&found.text).map_err(broken)?
    };
    let mut card = from_text(text::decode(&json).map_err(|_| broken("is not UTF-8"))?)?;
    card.set_portrait(Some(bytes));
    if found.assets > 0 {
        card.notes.push(format!("{} further file(s) in the picture are not kept", found.assets));
    }
    Ok(card)
}

fn from_charx(bytes: &[u8]) -> Result<Card, Problem> {
    let mut archive = charx::Archive::open(bytes)?;
    let json = archive.card()?;
    let mut card = from_text(text::decode(&json)?)?;
    let icon = icon_uri(&card.json).and_then(|uri| {
        let path = uri.strip_prefix("embeded://").or_else(|| uri.strip_prefix("embedded://"))?;
        Some(path.to_owned())
    });
    let mut others = archive.files().saturating_sub(1);
    if let Some(path) = icon {
        let picture = archive.file(&path)?;
        if picture.is_some() {
            others = others.saturating_sub(1);
        }
        card.set_portrait(picture.as_deref());
    }
    if others > 0 {
        card.notes.push(format!("{others} further file(s) of the archive are not kept"));
    }
    Ok(card)
}

impl Card {
    /// Takes a picture as the portrait if it can be one, else notes why not.
    fn set_portrait(&mut self, picture: Option<&[u8]>) {
        let picture = picture.ok_or("its picture is missing from the file".to_owned()).and_then(|picture| {
            if !picture.starts_with(png::SIGNATURE) {
                return Err("its picture is not a PNG and was not taken".to_owned());
            }
            let plain = png::without_cards(picture)
                .map_err(|problem| format!("its picture was not taken: {problem}"))?;
            if plain.len() > PORTRAIT_BYTES {
                return Err(format!("its picture has more than {PORTRAIT_BYTES} bytes and was not taken"));
            }
            Ok(plain)
        });
        match picture {
            Ok(picture) => self.portrait = Some(picture),
            Err(note) => self.notes.push(note),
        }
    }
}

/// The address of the main icon among the assets (V3).
fn icon_uri(card: &Value) -> Option<&str> {
    let icons =
        || card["data"]["assets"].as_array().into_iter().flatten().filter(|asset| asset["type"] == "icon");
    icons().find(|asset| asset["name"] == "main").or(icons().next())?["uri"].as_str()
}

/// Base64 as it comes: with or without padding and line ends.
fn decode_base64(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    const TOLERANT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let text: Vec<u8> =
        text.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != 0).collect();
    TOLERANT.decode(text).map_err(|_| "is not base64; export the card again")
}

/// A file's name without what could disturb a terminal or a message, in at most 80 characters.
fn showable(filename: &str) -> String {
    let name: String = printable(filename).chars().take(80).collect();
    if name.is_empty() { "the file".to_owned() } else { name }
}

/// A text in one line without what could disturb a terminal: other people wrote it.
pub(crate) fn printable(text: &str) -> String {
    let disturbing =
        |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !disturbing(*c)).collect()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "V2",
            Self::V3 => "V3",
        })
    }
}

#[cfg(test)]
mod tests;
