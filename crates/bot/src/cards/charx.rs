//! CHARX: a zip file with `card.json` at its root (Character Card V3). Nothing in it is ever written to a path that
//! it names, and only the card and one picture are unpacked, each up to its limit.

use std::io::{Cursor, Read as _};

use domain::card::{CARD_BYTES, CardError};
use zip::{ZipArchive, result::ZipError};

use super::{PORTRAIT_BYTES, Problem};

/// Files in an archive at most.
pub(super) const ENTRIES: usize = 1_000;

pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Problem> {
        // Counted before the directory is read: hundreds of thousands of entries fit into a few megabytes.
        if bytes.windows(4).filter(|window| window == b"PK\x01\x02").count() > ENTRIES {
            return Err(Problem::TooManyFiles);
        }
        // Zip64 may claim as many entries as the file has bytes, and the reader makes room for them at once; a CHARX never
        // needs it.
        if bytes.windows(24).any(|end| end.starts_with(b"PK\x06\x07") && end.ends_with(b"PK\x05\x06")) {
            return Err(unusual());
        }
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        if zip.len() > ENTRIES { Err(Problem::TooManyFiles) } else { Ok(Self { zip }) }
    }

    /// How many files there are, folders not counted.
    pub(super) fn files(&self) -> usize {
        self.zip.file_names().filter(|name| !name.ends_with('/')).count()
    }

    /// The text of `card.json`, as it is encoded.
    pub(super) fn card(&mut self) -> Result<Vec<u8>, Problem> {
        let json = self.unpack("card.json", CARD_BYTES)?.ok_or(Problem::NoCardInArchive)?;
        if json.len() > CARD_BYTES { Err(CardError::TooLarge(json.len()).into()) } else { Ok(json) }
    }

    /// A picture; it is longer than a portrait may be where there would be more of it.
    pub(super) fn file(&mut self, path: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.unpack(path, PORTRAIT_BYTES)
    }

    /// At most one byte more than the limit.
    fn unpack(&mut self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, Problem> {
        let Some(index) = self.zip.index_for_name(path) else { return Ok(None) };
        let entry = self.zip.by_index(index).map_err(|error| broken(&error))?;
        let mut bytes = Vec::new();
        entry
            .take(limit as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| Problem::BrokenArchive("a file in it is damaged; download it again".to_owned()))?;
        Ok(Some(bytes))
    }
}

fn broken(error: &ZipError) -> Problem {
    Problem::BrokenArchive(match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            "it is encrypted; it must not have a password".to_owned()
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => return unusual(),
        _ => "it is damaged or cut off; download it again".to_owned(),
    })
}

fn unusual() -> Problem {
    Problem::BrokenArchive("it is packed in an unusual way; pack it with plain zip (deflate)".to_owned())
}
