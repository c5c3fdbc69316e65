//! `[knowledge]`: documents that characters know.

use std::path::{Path, PathBuf};

use super::{Setting, reader::Reader};
use crate::knowledge::Folder;

pub(super) const SETTINGS: &[Setting] = &[Setting {
    key: "knowledge.folder",
    env: "ACORE_KNOWLEDGE",
    default: "\"\"",
    takes: "a path to a folder",
    meaning: "A folder of documents (.txt, .md, .html, .pdf) that characters know; looked through every minute. Its \
              folders tell who knows what: docs/knowledge.md. Empty: `knowledge` in the data folder, if there is one.",
}];

/// Documents that characters know.
#[derive(Clone, Debug)]
pub struct KnowledgeConfig {
    /// Where they lie, if not in the data folder.
    pub folder: Option<PathBuf>,
}

impl KnowledgeConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self { folder: reader.optional("knowledge.folder").map(PathBuf::from) }
    }

    /// The folder that is looked through.
    pub fn watched(&self, data: &Path) -> Folder {
        match &self.folder {
            Some(path) => Folder { path: path.clone(), required: true },
            None => Folder { path: data.join("knowledge"), required: false },
        }
    }
}
