//! `[characters]`: who is in the cast.

use std::path::{Path, PathBuf};

use super::{Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "characters.folder",
        env: "ACORE_CHARACTERS",
        default: "\"\"",
        takes: "a path to a folder",
        meaning: "A folder of character cards (.json with a .png of the same name as the face, .png or .charx) that \
                  join the built-in cast; a card with a built-in id replaces it. Empty: `characters` in the data \
                  folder, if there is one.",
    },
    Setting {
        key: "characters.enabled",
        env: "ACORE_CHARACTERS_ENABLED",
        default: "[]",
        takes: "a list of character ids",
        meaning: "Only these characters, in this order. Empty: everybody.",
    },
];

/// Who is in the cast.
#[derive(Clone, Debug)]
pub struct CharactersConfig {
    /// A folder of further cards.
    pub folder: Option<PathBuf>,
    /// Ids of those who take part; empty means everybody.
    pub enabled: Vec<String>,
}

impl CharactersConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            folder: reader.optional("characters.folder").map(PathBuf::from),
            enabled: reader.list("characters.enabled"),
        }
    }

    /// Where imported cards go when no folder is set.
    pub fn own_folder(data: &Path) -> PathBuf {
        data.join("characters")
    }

    /// Takes the data folder's cards where no folder is set and there are some.
    pub fn settle(&mut self, data: &Path) {
        if self.folder.is_none() {
            self.folder = Some(Self::own_folder(data)).filter(|folder| folder.is_dir());
        }
    }
}
