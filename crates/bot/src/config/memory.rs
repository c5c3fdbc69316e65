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
];

const YES_NO: &[(&str, bool)] = &[("yes", true), ("no", false)];

/// What characters remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryConfig {
    /// Whether they learn about people and sum conversations up.
    pub learning: bool,
    /// Memories that an answer looks up at most.
    pub recall: u32,
}

impl MemoryConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            learning: reader.choice("memory.learning", YES_NO),
            recall: u32::try_from(reader.integer("memory.recall", 0..=50)).unwrap_or(0),
        }
    }
}
