//! `[log]`: what is logged.

use super::{Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "log.level",
        env: "ACORE_LOG",
        default: "\"info\"",
        takes: "a tracing filter such as `info` or `info,discord=debug`",
        meaning: "What is logged, to standard error. Message texts and secrets never are.",
    },
    Setting {
        key: "log.format",
        env: "ACORE_LOG_FORMAT",
        default: "\"pretty\"",
        takes: "one of `pretty`, `json`",
        meaning: "Lines for people or for machines.",
    },
];

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What is logged.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A tracing filter.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

impl LogConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            level: reader.text("log.level"),
            format: reader.choice("log.format", &[("pretty", LogFormat::Pretty), ("json", LogFormat::Json)]),
        }
    }
}
