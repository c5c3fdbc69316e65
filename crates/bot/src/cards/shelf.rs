//! A folder of cards: what is in it, and putting one there whole or not at all.
//!
//! A card is a `.json`, `.charx` or `.png`; a `.png` with the name of another card beside it is that card's face.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{Card, CardFileError, PORTRAIT_BYTES, open};

/// A card's file and its face's, where that is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelved {
    /// The card.
    pub card: PathBuf,
    /// The picture beside it.
    pub face: Option<PathBuf>,
}

impl Shelved {
    /// A card's file with what lies beside it.
    pub fn at(card: &Path) -> Self {
        let face = card.with_extension("png");
        let face = (!is(card, "png") && face.is_file()).then_some(face);
        Self { card: card.to_path_buf(), face }
    }

    /// Reads both. A face that cannot be one is noted and does not fail the card.
    pub fn open(&self) -> Result<Card, CardFileError> {
        let mut card = open(&self.card)?;
        if let Some(face) = &self.face {
            card.set_portrait(limited(face).ok().as_deref());
        }
        Ok(card)
    }
}

/// The cards of a folder by name; folders in it are not looked into.
pub fn list(folder: &Path) -> io::Result<Vec<Shelved>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if ["json", "charx", "png"].iter().any(|extension| is(&path, extension)) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let cards: HashSet<PathBuf> =
        files.iter().filter(|path| !is(path, "png")).map(|path| path.with_extension("png")).collect();
    files.retain(|path| !cards.contains(path));
    Ok(files.iter().map(|path| Shelved::at(path)).collect())
}

/// Writes a card into a folder as `<id>.json` and, with a portrait, `<id>.png`; says where. An old file of the same
/// name is replaced at once or not at all; a card of another file name that this one replaces is renamed to
/// `….replaced`, which nobody reads.
pub fn keep(card: &Card, folder: &Path, replaced: Option<&Path>) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = |extension| folder.join(format!("{}.{extension}", card.character().id));
    let (json, face) = (path("json"), path("png"));
    let staged = Staged::write(&json, card.text().as_bytes())?;
    // The face first: alone it is nobody, so the card comes into being with its own rename.
    if let Some(portrait) = card.portrait() {
        Staged::write(&face, portrait)?.publish()?;
    }
    staged.publish()?;
    if let Some(old) = replaced.filter(|old| *old != json && *old != face) {
        let mut name = old.as_os_str().to_owned();
        name.push(".replaced");
        fs::rename(old, name)?;
    }
    Ok(json)
}

/// Writes a file whole or not at all. With `fresh` it must not be there yet.
pub fn write_file(path: &Path, bytes: &[u8], fresh: bool) -> io::Result<()> {
    let staged = Staged::write(path, bytes)?;
    if fresh && path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    staged.publish()
}

/// A file that is written beside its place and not there yet; dropped without being published it is gone.
struct Staged<'a> {
    beside: PathBuf,
    place: &'a Path,
}

impl<'a> Staged<'a> {
    fn write(place: &'a Path, bytes: &[u8]) -> io::Result<Self> {
        let name = place.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        let beside = place.with_file_name(format!(".{name}.{}", std::process::id()));
        let staged = Self { beside, place };
        let mut file = File::create(&staged.beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(staged)
    }

    fn publish(self) -> io::Result<()> {
        fs::rename(&self.beside, self.place)
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        // After publishing there is nothing to remove, and that is right.
        let _ = fs::remove_file(&self.beside);
    }
}

/// A picture's bytes; one byte more than a portrait may have says that there are more.
fn limited(path: &Path) -> io::Result<Vec<u8>> {
    super::read_limited(path, 2 * PORTRAIT_BYTES)
}

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
}
