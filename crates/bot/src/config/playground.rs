//! `[playground]`: the local Discord to play with.

use super::{Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[Setting {
    key: "playground.port",
    env: "ACORE_PLAYGROUND_PORT",
    default: "8420",
    takes: "a whole number from 0 to 65535",
    meaning: "The port on 127.0.0.1 where the playground's page is. 0: any free one.",
}];

/// The local Discord to play with.
#[derive(Clone, Debug)]
pub struct PlaygroundConfig {
    /// The port on loopback; 0 takes any free one.
    pub port: u16,
}

impl PlaygroundConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self { port: u16::try_from(reader.integer("playground.port", 0..=65_535)).unwrap_or(0) }
    }
}
