//! The forms in which vocabularies are published. What is read has been checked by its sum where it was fetched;
//! a broken file is an error all the same, never a panic.

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

use super::merging::Pieces;

/// What is wrong with a vocabulary's file.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is not JSON of the expected form.
    #[error("it is not of the expected form: {0}")]
    Json(#[from] serde_json::Error),
    /// It is not of the expected form.
    #[error("it is not of the expected form: {0}")]
    Form(&'static str),
    /// It is another vocabulary, or cut short.
    #[error("it has {found} pieces instead of {expected}")]
    Size {
        /// Pieces in the file.
        found: usize,
        /// Pieces that the family has.
        expected: usize,
    },
    /// The family's expression was refused.
    #[error("how to cut text: {0}")]
    Expression(#[from] regex::Error),
}

/// Lines of a piece in base64 and its rank.
pub(super) fn ranked_lines(file: &str) -> Result<Pieces, VocabularyError> {
    let mut pieces = Pieces::default();
    for line in file.lines().filter(|line| !line.is_empty()) {
        let (piece, rank) = line.split_once(' ').ok_or(VocabularyError::Form("a line without a rank"))?;
        let rank = rank.trim().parse().map_err(|_| VocabularyError::Form("a rank that is no number"))?;
        pieces.add(&decoded(piece)?, rank);
    }
    Ok(pieces)
}

fn decoded(piece: &str) -> Result<Vec<u8>, VocabularyError> {
    BASE64.decode(piece).map_err(|_| VocabularyError::Form("a piece that is not in base64"))
}

#[derive(Deserialize)]
struct Tekken<'f> {
    config: TekkenConfig,
    #[serde(borrow)]
    vocab: Vec<TekkenPiece<'f>>,
}

#[derive(Deserialize)]
struct TekkenConfig {
    default_vocab_size: usize,
    default_num_special_tokens: usize,
}

#[derive(Deserialize)]
struct TekkenPiece<'f> {
    rank: u32,
    #[serde(borrow)]
    token_bytes: Cow<'f, str>,
}

/// Mistral's `tekken.json`: more pieces than the models know, of which the first count.
pub(super) fn tekken(file: &str) -> Result<Pieces, VocabularyError> {
    let Tekken { config, vocab } = serde_json::from_str(file)?;
    let known = config
        .default_vocab_size
        .checked_sub(config.default_num_special_tokens)
        .ok_or(VocabularyError::Form("more marks than pieces"))?;
    let mut pieces = Pieces::default();
    for piece in vocab.iter().take(known) {
        pieces.add(&decoded(&piece.token_bytes)?, piece.rank);
    }
    Ok(pieces)
}

#[derive(Deserialize)]
struct TokenizerFile<'f> {
    #[serde(borrow)]
    model: TokenizerModel<'f>,
}

#[derive(Deserialize)]
struct TokenizerModel<'f> {
    #[serde(borrow)]
    vocab: HashMap<Cow<'f, str>, u32>,
    #[serde(borrow)]
    merges: Vec<Merge<'f>>,
}

/// What is joined, in either of the two ways that are written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge<'f> {
    Line(#[serde(borrow)] Cow<'f, str>),
    Pair(#[serde(borrow)] Cow<'f, str>, #[serde(borrow)] Cow<'f, str>),
}

/// A `tokenizer.json` whose symbols are bytes, each written as a printable character.
pub(super) fn tokenizer_of_bytes(file: &str) -> Result<Pieces, VocabularyError> {
    let bytes = printed_bytes();
    tokenizer(file, |pieces, text, rank| {
        // Marks among the pieces are written as they are.
        let piece: Option<Vec<u8>> = text.chars().map(|printed| bytes.get(&printed).copied()).collect();
        if let Some(piece) = piece {
            pieces.add(&piece, rank);
        }
    })
}

/// A `tokenizer.json` whose symbols are characters.
pub(super) fn tokenizer_of_characters(file: &str) -> Result<Pieces, VocabularyError> {
    tokenizer(file, |pieces, text, rank| pieces.add(text.as_bytes(), rank))
}

fn tokenizer(file: &str, add: impl Fn(&mut Pieces, &str, u32)) -> Result<Pieces, VocabularyError> {
    let TokenizerFile { model } = serde_json::from_str(file)?;
    let mut pieces = Pieces::default();
    for (rank, merge) in (0..).zip(&model.merges) {
        match merge {
            Merge::Line(line) => {
                let (left, right) = line.split_once(' ').ok_or(VocabularyError::Form("half a pair"))?;
                add(&mut pieces, &format!("{left}{right}"), rank);
            }
            Merge::Pair(left, right) => add(&mut pieces, &format!("{left}{right}"), rank),
        }
    }
    // What else is in the vocabulary and longer than a symbol are marks.
    for text in model.vocab.keys().filter(|text| text.chars().nth(1).is_none()) {
        add(&mut pieces, text, u32::MAX);
    }
    Ok(pieces)
}

/// The characters that stand for bytes in such files: printable ones for themselves, the others in order from U+0100.
fn printed_bytes() -> HashMap<char, u8> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let others = (0..=u8::MAX).filter(|&byte| !printable(byte)).zip('\u{100}'..);
    let themselves = (0..=u8::MAX).filter(|&byte| printable(byte)).map(|byte| (byte, char::from(byte)));
    themselves.chain(others).map(|(byte, printed)| (printed, byte)).collect()
}

/// What a sentencepiece model says.
pub(super) struct SentencePiece {
    pub(super) pieces: Pieces,
    /// Whether a text begins with a space that is not written.
    pub(super) space_before: bool,
}

/// A sentencepiece model of kind BPE. Its form is a protocol buffer, `sentencepiece_model.proto` of that project:
/// `ModelProto { pieces = 1 { piece = 1, score = 2, type = 3 }, normalizer_spec = 3 { add_dummy_prefix = 3 } }`.
pub(super) fn sentencepiece(file: &[u8]) -> Result<SentencePiece, VocabularyError> {
    const NORMAL: u64 = 1;
    let mut read = SentencePiece { pieces: Pieces::default(), space_before: true };
    for field in Fields(file) {
        match field? {
            (1, Field::Bytes(message)) => {
                let (mut piece, mut score, mut kind) = (&[][..], 0.0_f32, NORMAL);
                for field in Fields(message) {
                    match field? {
                        (1, Field::Bytes(text)) => piece = text,
                        (2, Field::Fixed32(bits)) => score = f32::from_bits(bits),
                        (3, Field::Varint(number)) => kind = number,
                        _ => {}
                    }
                }
                if kind == NORMAL {
                    // Scores are whole numbers, the best is 0. A number beyond the range is the last to be joined.
                    read.pieces.add(piece, -score as u32);
                }
            }
            (3, Field::Bytes(message)) => {
                for field in Fields(message) {
                    if let (3, Field::Varint(number)) = field? {
                        read.space_before = number != 0;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(read)
}

/// The fields of a protocol buffer's message.
struct Fields<'f>(&'f [u8]);

enum Field<'f> {
    Varint(u64),
    Bytes(&'f [u8]),
    Fixed32(u32),
    Fixed64,
}

impl<'f> Fields<'f> {
    fn take(&mut self, count: usize) -> Option<&'f [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn field(&mut self) -> Option<(u64, Field<'f>)> {
        let key = self.varint()?;
        let field = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => self.take(8).map(|_| Field::Fixed64)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Fixed32(u32::from_le_bytes(self.take(4)?.try_into().ok()?)),
            _ => return None,
        };
        Some((key >> 3, field))
    }
}

impl<'f> Iterator for Fields<'f> {
    type Item = Result<(u64, Field<'f>), VocabularyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            // Nothing can follow what was not understood.
            self.0 = &[];
        }
        Some(field.ok_or(VocabularyError::Form("not a sentencepiece model")))
    }
}
