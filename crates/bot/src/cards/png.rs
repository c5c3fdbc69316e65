//! The chunks of a PNG: finds the card in the texts, takes it out, puts one in. Pixels stay packed.
//!
//! The `png` crate decodes; it can neither pass a picture through byte for byte nor read texts after the pixels
//! without unpacking them, which is where most programs put the card.

use std::io::Read as _;

use flate2::{Crc, read::ZlibDecoder};

use super::{BASE64_BYTES, PORTRAIT_SIDE, Problem};

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The card of V3 and the one of V1 and V2, in this order of preference.
const KEYWORDS: [&str; 2] = ["ccv3", "chara"];

/// The card's further pictures in V3, `chara-ext-asset_:N`.
const ASSETS: &[u8] = b"chara-ext-asset_";

/// A card's text, still as it stands in the picture.
pub(super) struct Found {
    pub(super) keyword: &'static str,
    pub(super) text: Vec<u8>,
    /// How many further pictures and sounds the card has with it.
    pub(super) assets: usize,
}

/// The text of the card; `None` where the picture has none.
pub(super) fn card_text(bytes: &[u8]) -> Result<Option<Found>, Problem> {
    let mut best: Option<(usize, Chunk<'_>)> = None;
    let mut assets = 0;
    for chunk in chunks(bytes)? {
        let chunk = chunk?;
        let Some(keyword) = chunk.keyword() else { continue };
        assets += usize::from(keyword.starts_with(ASSETS));
        let rank = KEYWORDS.iter().position(|known| keyword.eq_ignore_ascii_case(known.as_bytes()));
        if let Some(rank) = rank
            && best.as_ref().is_none_or(|(other, _)| rank < *other)
        {
            best = Some((rank, chunk));
        }
    }
    let Some((rank, chunk)) = best else { return Ok(None) };
    let keyword = KEYWORDS[rank];
    let text = chunk.text().map_err(|problem| Problem::BrokenText { chunk: keyword, problem })?;
    Ok(Some(Found { keyword, text, assets }))
}

/// The picture without cards, every other chunk byte for byte. What stands after its end is dropped.
pub(super) fn without_cards(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    with_texts(bytes, &[])
}

/// The picture with these texts in place of the cards it has, before its end. They must be Latin-1 without NUL.
pub(super) fn with_texts(bytes: &[u8], texts: &[(&str, &str)]) -> Result<Vec<u8>, Problem> {
    let mut picture = SIGNATURE.to_vec();
    for chunk in chunks(bytes)? {
        let chunk = chunk?;
        if chunk.is_card() {
            continue;
        }
        if chunk.kind == *b"IEND" {
            for (keyword, text) in texts {
                push_chunk(&mut picture, *b"tEXt", &[keyword.as_bytes(), b"\0", text.as_bytes()].concat());
            }
        }
        picture.extend_from_slice(chunk.whole);
    }
    Ok(picture)
}

pub(super) fn push_chunk(picture: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    // Texts are limited to a few megabytes long before they come here.
    picture.extend_from_slice(&(data.len() as u32).to_be_bytes());
    picture.extend_from_slice(&kind);
    picture.extend_from_slice(data);
    picture.extend_from_slice(&checksum(kind, data).to_be_bytes());
}

fn checksum(kind: [u8; 4], data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(data);
    crc.sum()
}

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    /// With length and checksum.
    whole: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// What a text is about.
    fn keyword(&self) -> Option<&'a [u8]> {
        matches!(&self.kind, b"tEXt" | b"zTXt" | b"iTXt")
            .then(|| self.data.split(|byte| *byte == 0).next().unwrap_or_default())
    }

    fn is_card(&self) -> bool {
        self.keyword().is_some_and(|keyword| {
            KEYWORDS.iter().any(|known| keyword.eq_ignore_ascii_case(known.as_bytes()))
                || keyword.starts_with(ASSETS)
        })
    }

    /// What follows the keyword, inflated where it is packed.
    fn text(&self) -> Result<Vec<u8>, &'static str> {
        const CUT: &str = "is cut off; export the card again";
        let after_nul = |data: &'a [u8]| {
            let nul = data.iter().position(|byte| *byte == 0)?;
            Some(&data[nul + 1..])
        };
        let text = after_nul(self.data).ok_or(CUT)?;
        let (packed, text) = match &self.kind {
            b"zTXt" => (true, text.get(1..).ok_or(CUT)?),
            b"iTXt" => {
                let [flag, _method, rest @ ..] = text else { return Err(CUT) };
                // Language and translated keyword end with a NUL each.
                (*flag == 1, after_nul(rest).and_then(after_nul).ok_or(CUT)?)
            }
            _ => (false, text),
        };
        let mut plain = Vec::new();
        let limit = BASE64_BYTES as u64 + 1;
        if packed {
            ZlibDecoder::new(text).take(limit).read_to_end(&mut plain).map_err(|_| "cannot be unpacked")?;
        } else {
            plain.extend_from_slice(&text[..text.len().min(BASE64_BYTES + 1)]);
        }
        if plain.len() > BASE64_BYTES {
            Err("is too long: a card's JSON has 1 MiB at most")
        } else {
            Ok(plain)
        }
    }
}

/// The chunks up to `IEND`, each checked; one error ends it.
fn chunks(bytes: &[u8]) -> Result<impl Iterator<Item = Result<Chunk<'_>, Problem>>, Problem> {
    let rest = bytes.strip_prefix(SIGNATURE).ok_or_else(|| broken("it does not begin like one"))?;
    let mut walk = Walk { rest, begun: false, pixels: false, ended: false };
    Ok(std::iter::from_fn(move || {
        if walk.ended {
            return None;
        }
        let chunk = walk.next();
        walk.ended |= chunk.is_err();
        Some(chunk)
    }))
}

struct Walk<'a> {
    rest: &'a [u8],
    begun: bool,
    pixels: bool,
    ended: bool,
}

impl<'a> Walk<'a> {
    fn next(&mut self) -> Result<Chunk<'a>, Problem> {
        let chunk = self.cut().ok_or_else(|| broken("it is cut off"))?;
        if !chunk.kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(broken("it has a chunk without a name"));
        }
        let sum = &chunk.whole[chunk.whole.len() - 4..];
        if sum != checksum(chunk.kind, chunk.data).to_be_bytes() {
            let name = String::from_utf8_lossy(&chunk.kind);
            return Err(broken(&format!("the checksum of its chunk {name} is wrong")));
        }
        match &chunk.kind {
            b"IHDR" if !self.begun => {
                self.begun = true;
                check_size(chunk.data)?;
            }
            _ if !self.begun => return Err(broken("its first chunk is not IHDR")),
            b"IDAT" => self.pixels = true,
            b"IEND" if !self.pixels => return Err(broken("it has no pixels")),
            b"IEND" => self.ended = true,
            _ => {}
        }
        Ok(chunk)
    }

    /// Length, name, data, checksum; `None` where the file ends before.
    fn cut(&mut self) -> Option<Chunk<'a>> {
        let (length, after) = self.rest.split_first_chunk::<4>()?;
        let (kind, _) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let whole = self.rest.get(..length.checked_add(12)?)?;
        self.rest = &self.rest[whole.len()..];
        Some(Chunk { kind: *kind, data: &whole[8..8 + length], whole })
    }
}

fn check_size(header: &[u8]) -> Result<(), Problem> {
    let (Some((width, rest)), 13) = (header.split_first_chunk::<4>(), header.len()) else {
        return Err(broken("its IHDR is not as long as it must be"));
    };
    let width = u32::from_be_bytes(*width);
    let height = rest.first_chunk::<4>().map_or(0, |height| u32::from_be_bytes(*height));
    if width == 0 || height == 0 {
        Err(broken("it has no pixels"))
    } else if width > PORTRAIT_SIDE || height > PORTRAIT_SIDE {
        Err(Problem::TooManyPixels { width, height })
    } else {
        Ok(())
    }
}

fn broken(what: &str) -> Problem {
    Problem::BrokenPicture(what.to_owned())
}
