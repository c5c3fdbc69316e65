//! `[memory]`: what characters remember.

use super::{Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "memory.learning",
        env: "ACORE_MEMORY_LEARNING",
        default: "\"yes\"",
        takes: "one of `yes`, `no`",
        meaning: "Whether characters learn about people and keep summaries of conversations. It is done in pauses and in \
                  batches, and costs about as many tokens of the model as the conversations have. What was said is \
                  remembered either way.",
    },
    Setting {
        key: "memory.recall",
        env: "ACORE_MEMORY_RECALL",
        default: "12",
        takes: "a whole number from 0 to 50",
        meaning: "Memories that an answer looks up at most. 0 looks up none.",
    },
    Setting {
        key: "memory.reread",
        env: "ACORE_MEMORY_REREAD",
        default: "0",
        takes: "a whole number from 0 to 50",
        meaning: "How many of the likeliest memories the built-in re-ranking model reads before an answer chooses among them. \
                  It finds a little better and takes about a hundredth of a second for each short one.",
    },
];

const YES_NO: &[(&str, bool)] = &[("yes", true), ("no", false)];

/// What characters remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryConfig {
    /// Whether they learn about people and sum conversations up.
    pub learning: bool,
    /// Memories that an answer looks up at most.
    pub recall: u32,
    /// Memories that the re-ranking model reads; 0 for none.
    pub reread: usize,
}

impl MemoryConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            learning: reader.choice("memory.learning", YES_NO),
            recall: u32::try_from(reader.integer("memory.recall", 0..=50)).unwrap_or(0),
            reread: usize::try_from(reader.integer("memory.reread", 0..=50)).unwrap_or(0),
        }
    }
}
