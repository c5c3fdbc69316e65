//! `[rates]`: how many answers a minute there are where nobody set anything else.

use domain::rules::Rates;

use super::{Setting, reader::Reader};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "rates.user",
        env: "ACORE_RATE_USER",
        default: "20",
        takes: "a whole number from 1 to 600",
        meaning: "Answers that one person gets in a minute, unless a server's or a channel's rules say otherwise.",
    },
    Setting {
        key: "rates.channel",
        env: "ACORE_RATE_CHANNEL",
        default: "60",
        takes: "a whole number from 1 to 600",
        meaning: "Answers in one channel in a minute.",
    },
    Setting {
        key: "rates.guild",
        env: "ACORE_RATE_GUILD",
        default: "300",
        takes: "a whole number from 1 to 600",
        meaning: "Answers in one server in a minute.",
    },
];

pub(super) fn read(reader: &mut Reader<'_>) -> Rates {
    let mut rate = |key| {
        let number = reader.integer(key, 1..=i64::from(Rates::MOST));
        u16::try_from(number).unwrap_or(Rates::MOST)
    };
    Rates { user: rate("rates.user"), channel: rate("rates.channel"), guild: rate("rates.guild") }
}
