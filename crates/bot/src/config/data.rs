//! `[data]`: where things are kept.

use std::path::PathBuf;

use super::{Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[Setting {
    key: "data.folder",
    env: "ACORE_DATA",
    default: "\"data\"",
    takes: "a path to a folder",
    meaning: "The folder of the database, the fetched model and the playground's state. One process at a time.",
}];

/// Where things are kept.
#[derive(Clone, Debug)]
pub struct DataConfig {
    /// The folder.
    pub folder: PathBuf,
}

impl DataConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self { folder: PathBuf::from(reader.text("data.folder")) }
    }
}
