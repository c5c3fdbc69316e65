//! The kinds of values that rules have: how people write and read them, and their bounds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{CharacterId, Timestamp, UserId, limits};

/// Entries of a list in the rules at most: more than anybody keeps by hand.
const LIST: usize = 500;

/// Command prefixes of a channel at most, and the characters of one.
const PREFIXES: usize = 10;
const PREFIX_CHARS: usize = 5;

/// The longest span in a rule: a week.
const LONGEST: u32 = 7 * 24 * 3_600;

/// What the table of rules needs of a value. Problems are sentences for the person who set it.
pub(super) trait Value: Clone {
    /// As a person reads it.
    fn show(&self) -> String;

    /// From what a person wrote.
    fn read(text: &str) -> Result<Self, String>;

    /// Whether it is within its bounds.
    fn check(&self) -> Result<(), String>;

    /// What holds when a server says `self` and its channel says `other`, in rules where both count.
    fn both(&self, other: &Self) -> Self {
        other.clone()
    }
}

/// Which characters may speak.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cast {
    /// All of the server's.
    #[default]
    Everybody,
    /// These.
    Only(Vec<CharacterId>),
}

impl Cast {
    /// Whether a character is one of them.
    pub fn holds(&self, character: &CharacterId) -> bool {
        match self {
            Self::Everybody => true,
            Self::Only(members) => members.contains(character),
        }
    }
}

/// Whether all characters are silent. The later value is the stricter one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Muted {
    /// They may speak.
    #[default]
    No,
    /// They are silent until then.
    Until(Timestamp),
    /// They are silent until somebody ends it.
    Forever,
}

impl Muted {
    /// Whether they are silent at a time.
    pub fn holds(self, now: Timestamp) -> bool {
        match self {
            Self::No => false,
            Self::Until(end) => now < end,
            Self::Forever => true,
        }
    }
}

/// The part of each day in which nobody speaks, in minutes since midnight of the rules' time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuietHours {
    /// No such part.
    #[default]
    None,
    /// From one minute until before another; over midnight when the end is the smaller one.
    Daily {
        /// The first quiet minute.
        from: u16,
        /// The first minute that is not quiet any more.
        to: u16,
    },
}

impl QuietHours {
    /// Whether a minute of the day is quiet.
    pub fn hold(self, minute: u16) -> bool {
        match self {
            Self::None => false,
            Self::Daily { from, to } if from <= to => (from..to).contains(&minute),
            Self::Daily { from, to } => minute >= from || minute < to,
        }
    }
}

/// Answers in a minute, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// To one person.
    pub user: u16,
    /// In one channel.
    pub channel: u16,
    /// In the whole server.
    pub guild: u16,
}

impl Rates {
    /// More than a lively conversation needs, less than a flood.
    pub const DEFAULT: Self = Self { user: 20, channel: 60, guild: 300 };
    /// The highest rate that can be set.
    pub const MOST: u16 = 600;
}

/// How readily characters are chosen, in percent; 100 where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weights(pub BTreeMap<CharacterId, u16>);

impl Weights {
    /// The highest weight.
    pub const MOST: u16 = 400;

    /// A character's weight in percent.
    pub fn of(&self, character: &CharacterId) -> u16 {
        self.0.get(character).copied().unwrap_or(100)
    }
}

/// A chance in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(pub u8);

impl Percent {
    /// Whether it never happens.
    pub const fn is_off(self) -> bool {
        self.0 == 0
    }

    /// Throws the dice.
    pub fn happens(self, dice: &mut fastrand::Rng) -> bool {
        dice.u8(0..100) < self.0
    }
}

/// A span of time in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

impl Seconds {
    /// The span.
    pub const fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0 as u64)
    }
}

/// Answers that other bots get between two messages of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hops(pub u8);

impl Hops {
    /// The most that can be set: every one of them may cost a turn of a model that nobody asked for.
    pub const MOST: u8 = 5;
}

impl Value for Cast {
    fn show(&self) -> String {
        match self {
            Self::Everybody => "everybody".to_owned(),
            Self::Only(members) => members.show(),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        match word(text).as_str() {
            "everybody" | "everyone" | "all" | "*" => Ok(Self::Everybody),
            "nobody" | "none" => Ok(Self::Only(Vec::new())),
            _ => Vec::read(text).map(Self::Only),
        }
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::Everybody => Ok(()),
            Self::Only(members) => at_most(members.len(), limits::CHARACTERS, "characters"),
        }
    }
}

impl Value for Muted {
    fn show(&self) -> String {
        match self {
            Self::No => "no".to_owned(),
            // Discord shows such a mark as the reader's local time. Discord documentation, "Message Formatting".
            Self::Until(end) => format!("until <t:{}:f>", end.as_millis().div_euclid(1_000)),
            Self::Forever => "until somebody ends it".to_owned(),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        flag(text).map(|on| if on { Self::Forever } else { Self::No })
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn both(&self, other: &Self) -> Self {
        *self.max(other)
    }
}

impl Value for QuietHours {
    fn show(&self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Daily { from, to } => format!("{}-{}", clock(*from), clock(*to)),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        if matches!(word(text).as_str(), "none" | "off" | "no" | "never") {
            return Ok(Self::None);
        }
        let wanted = || "write the quiet hours like `22:00-07:30`, or `none`".to_owned();
        let (from, to) = text.split_once(['-', '–']).ok_or_else(wanted)?;
        let minute = |text| minute_of_day(text).ok_or_else(wanted);
        Ok(Self::Daily { from: minute(from)?, to: minute(to)? })
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::Daily { from, to } if *from >= 1_440 || *to >= 1_440 => {
                Err("a day has 1440 minutes, counted from 0 to 1439".to_owned())
            }
            Self::Daily { from, to } if from == to => {
                Err("quiet hours must end at another time than they begin; to silence everybody, mute"
                    .to_owned())
            }
            Self::None | Self::Daily { .. } => Ok(()),
        }
    }
}

impl Value for Rates {
    fn show(&self) -> String {
        format!("{} per person, {} per channel, {} per server", self.user, self.channel, self.guild)
    }

    fn read(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<u16>, _> =
            text.split([',', '/', ' ']).filter(|part| !part.is_empty()).map(str::parse).collect();
        match numbers.as_deref() {
            Ok([user, channel, guild]) => Ok(Self { user: *user, channel: *channel, guild: *guild }),
            _ => Err(
                "write three numbers: answers a minute per person, channel and server, like `20, 60, 300`"
                    .to_owned(),
            ),
        }
    }

    fn check(&self) -> Result<(), String> {
        let within = |rate: u16| (1..=Self::MOST).contains(&rate);
        if within(self.user) && within(self.channel) && within(self.guild) {
            Ok(())
        } else {
            Err(format!("rates go from 1 to {} answers a minute; to silence everybody, mute", Self::MOST))
        }
    }
}

impl Value for Weights {
    fn show(&self) -> String {
        if self.0.is_empty() {
            return "all the same".to_owned();
        }
        let weights: Vec<_> = self.0.iter().map(|(id, weight)| format!("{id} {weight}%")).collect();
        weights.join(", ")
    }

    fn read(text: &str) -> Result<Self, String> {
        let wanted = || "write weights like `mira 150%, tom 0%`".to_owned();
        let mut weights = BTreeMap::new();
        for part in listed(text) {
            let (id, weight) = part.rsplit_once([' ', '=', ':']).ok_or_else(wanted)?;
            let weight = weight.trim().trim_end_matches('%').parse().map_err(|_| wanted())?;
            weights.insert(character(id.trim().trim_end_matches(['=', ':']))?, weight);
        }
        Ok(Self(weights))
    }

    fn check(&self) -> Result<(), String> {
        at_most(self.0.len(), limits::CHARACTERS, "characters")?;
        match self.0.iter().find(|(_, weight)| **weight > Self::MOST) {
            Some((id, weight)) => Err(format!("{id} has {weight}%; weights go from 0 to {}%", Self::MOST)),
            None => Ok(()),
        }
    }
}

impl Value for Vec<CharacterId> {
    fn show(&self) -> String {
        show_list(self.iter().map(ToString::to_string))
    }

    fn read(text: &str) -> Result<Self, String> {
        listed(text).map(character).collect()
    }

    fn check(&self) -> Result<(), String> {
        at_most(self.len(), limits::CHARACTERS, "characters")
    }

    fn both(&self, other: &Self) -> Self {
        joined(self, other)
    }
}

impl Value for Vec<UserId> {
    fn show(&self) -> String {
        show_list(self.iter().map(|id| format!("<@{id}>")))
    }

    fn read(text: &str) -> Result<Self, String> {
        let id = |part: &str| {
            let digits = part.trim_start_matches(['<', '@', '!']).trim_end_matches('>');
            digits.parse().map_err(|_| format!("`{}` is neither a mention nor a user id", short(part)))
        };
        text.split([',', ' ', '\n']).map(str::trim).filter(|part| !is_nothing(part)).map(id).collect()
    }

    fn check(&self) -> Result<(), String> {
        at_most(self.len(), LIST, "people")
    }

    fn both(&self, other: &Self) -> Self {
        joined(self, other)
    }
}

impl Value for Vec<String> {
    fn show(&self) -> String {
        show_list(self.iter().map(|text| format!("`{text}`")))
    }

    fn read(text: &str) -> Result<Self, String> {
        let parts = text.split([',', ' ', '\n']).map(|part| part.trim_matches('`'));
        Ok(parts.filter(|part| !is_nothing(part)).map(str::to_owned).collect())
    }

    fn check(&self) -> Result<(), String> {
        at_most(self.len(), PREFIXES, "prefixes")?;
        let good = |prefix: &String| {
            (1..=PREFIX_CHARS).contains(&prefix.chars().count())
                && !prefix.contains(|c: char| c.is_whitespace() || c.is_control())
                && prefix.chars().next_back().is_some_and(|last| !last.is_alphanumeric())
        };
        match self.iter().find(|prefix| !good(prefix)) {
            Some(bad) => Err(format!(
                "`{}` cannot be a prefix: it has 1 to {PREFIX_CHARS} characters without spaces and ends in a sign, \
                 like `!` or `t!`",
                short(bad)
            )),
            None => Ok(()),
        }
    }
}

impl Value for Percent {
    fn show(&self) -> String {
        if self.is_off() { "off".to_owned() } else { format!("{}%", self.0) }
    }

    fn read(text: &str) -> Result<Self, String> {
        let word = word(text);
        if is_nothing(&word) || matches!(word.as_str(), "off" | "no" | "never") {
            return Ok(Self(0));
        }
        let digits = word.trim_end_matches('%').trim();
        digits.parse().map(Self).map_err(|_| "write a chance like `25%`, or `off`".to_owned())
    }

    fn check(&self) -> Result<(), String> {
        if self.0 > 100 { Err(format!("{}% is more than always", self.0)) } else { Ok(()) }
    }
}

impl Value for Seconds {
    fn show(&self) -> String {
        match self.0 {
            0 => "none".to_owned(),
            n if n % 3_600 == 0 => format!("{} h", n / 3_600),
            n if n % 60 == 0 => format!("{} min", n / 60),
            n => format!("{n} s"),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        let wanted = || "write a time like `90 s`, `10 min` or `2 h`".to_owned();
        let word = word(text);
        if is_nothing(&word) || word == "off" {
            return Ok(Self(0));
        }
        let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
        let factor = match word[digits.len()..].trim() {
            "" | "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            _ => return Err(wanted()),
        };
        let number: u32 = digits.parse().map_err(|_| wanted())?;
        number.checked_mul(factor).map(Self).ok_or_else(wanted)
    }

    fn check(&self) -> Result<(), String> {
        if self.0 > LONGEST { Err("a week is the longest".to_owned()) } else { Ok(()) }
    }
}

impl Value for Hops {
    fn show(&self) -> String {
        self.0.to_string()
    }

    fn read(text: &str) -> Result<Self, String> {
        text.trim().parse().map(Self).map_err(|_| format!("write a number from 0 to {}", Self::MOST))
    }

    fn check(&self) -> Result<(), String> {
        if self.0 > Self::MOST { Err(format!("{} is the most", Self::MOST)) } else { Ok(()) }
    }
}

impl Value for u16 {
    fn show(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| "write a whole number".to_owned())
    }

    fn check(&self) -> Result<(), String> {
        if *self > 1_000 { Err("1000 is the most".to_owned()) } else { Ok(()) }
    }
}

impl Value for bool {
    fn show(&self) -> String {
        if *self { "on" } else { "off" }.to_owned()
    }

    fn read(text: &str) -> Result<Self, String> {
        flag(text)
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The name of a time zone. Whether there is such a zone is known at the edge.
impl Value for String {
    fn show(&self) -> String {
        self.clone()
    }

    fn read(text: &str) -> Result<Self, String> {
        Ok(text.trim().to_owned())
    }

    fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
        if (1..=64).contains(&self.len()) && self.chars().all(plain) {
            Ok(())
        } else {
            Err("write a time zone like `Europe/Vienna` or `UTC`".to_owned())
        }
    }
}

/// A minute of the day from `18`, `18:05`, `6pm`, `6:30 pm`, `noon` or `midnight`.
pub(crate) fn minute_of_day(text: &str) -> Option<u16> {
    let word = word(text);
    match word.as_str() {
        "noon" | "midday" => return Some(720),
        "midnight" => return Some(0),
        _ => {}
    }
    let (digits, afternoon) = if let Some(rest) = word.strip_suffix("pm") {
        (rest.trim_end(), Some(true))
    } else if let Some(rest) = word.strip_suffix("am") {
        (rest.trim_end(), Some(false))
    } else {
        (word.trim_end_matches('h').trim_end(), None)
    };
    let (hour, minute) = digits.split_once([':', '.']).unwrap_or((digits, "0"));
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match afternoon {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(true) => hour % 12 + 12,
        Some(false) => hour % 12,
        None => hour,
    };
    // `24:00` is how some write the end of a day.
    match (hour, minute) {
        (24, 0) => Some(0),
        (0..24, 0..60) => Some(hour * 60 + minute),
        _ => None,
    }
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn word(text: &str) -> String {
    text.trim().to_lowercase()
}

fn is_nothing(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("none")
}

fn flag(text: &str) -> Result<bool, String> {
    match word(text).as_str() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        _ => Err("write `on` or `off`".to_owned()),
    }
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '\n']).map(str::trim).filter(|part| !is_nothing(part))
}

fn character(text: &str) -> Result<CharacterId, String> {
    CharacterId::new(text).map_err(|error| error.to_string())
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn show_list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn at_most(length: usize, most: usize, what: &str) -> Result<(), String> {
    if length > most { Err(format!("{length} {what} are too many; at most {most} are kept")) } else { Ok(()) }
}

fn joined<T: Clone + PartialEq>(first: &[T], second: &[T]) -> Vec<T> {
    let mut all = first.to_vec();
    all.extend(second.iter().filter(|item| !first.contains(item)).cloned());
    all
}
