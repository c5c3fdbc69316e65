//! "@bot quiet for 1 hour": free words that steer, recognised strictly.

use std::time::Duration;

use crate::{
    event::{AuthorKind, Identity, Message},
    rules::minute_of_day,
};

/// How long "be quiet" holds when no time is named: long enough to be left alone, short enough that a forgotten word
/// does not silence a server for good.
pub(super) const QUIET_FOR: Duration = Duration::from_hours(1);

/// The longest time that can be asked for.
pub(super) const QUIET_AT_MOST: Duration = Duration::from_hours(30 * 24);

/// What somebody wants of the bot itself, not of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// All characters of the channel are silent for so long.
    Quiet(Duration),
    /// They are silent until the next time it is this minute of the day, in the rules' time zone.
    QuietUntil {
        /// Minutes since midnight.
        minute: u16,
    },
    /// They may talk again.
    Talk,
}

/// Reads a message that says nothing but a wish to be quiet or to talk again.
///
/// Its text must mention the bot, in a direct message too ("hush" is said to a character there), and hold nothing
/// else: "why are you so quiet?" is a question. Whether the writer may do that is for the caller to know.
pub fn control(message: &Message, identity: Identity) -> Option<Control> {
    if message.author.kind != AuthorKind::Human {
        return None;
    }
    // Nothing longer is a mere wish, and nothing longer needs to be read.
    let text = message.content.raw();
    if text.len() > 200 {
        return None;
    }
    // In the text: a reply mentions too, and `/chat` is said to a character.
    let mentions = own_mentions(identity);
    if !mentions.iter().any(|mention| text.contains(mention.as_str())) {
        return None;
    }
    let words = words(text, &mentions)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    talk(&words).or_else(|| quiet(&words))
}

/// The two ways in which a text mentions a user. Discord documentation, "Message Formatting".
fn own_mentions(identity: Identity) -> [String; 2] {
    [format!("<@{}>", identity.user), format!("<@!{}>", identity.user)]
}

/// The words without the bot's mention, politeness and punctuation; nothing if somebody else is mentioned.
fn words(text: &str, own: &[String]) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let plain = own.iter().fold(text.to_lowercase(), |text, mention| text.replace(mention.as_str(), " "));
    for word in plain.split(|c: char| c.is_whitespace() || c == ',') {
        let word = word.trim_matches(|c: char| matches!(c, '.' | '!' | '~' | '…' | '*' | '_'));
        if word.contains(['<', '@', '?']) {
            return None;
        }
        if !word.is_empty() {
            words.push(word.replace('\u{2019}', "'"));
        }
    }
    let fillers = [
        "please",
        "pls",
        "now",
        "hey",
        "ok",
        "okay",
        "just",
        "everyone",
        "everybody",
        "guys",
        "all",
        "thanks",
    ];
    words.retain(|word| !fillers.contains(&word.as_str()));
    Some(words)
}

fn talk(words: &[&str]) -> Option<Control> {
    let phrases: &[&str] = &[
        "talk",
        "speak",
        "unmute",
        "wake up",
        "stop being quiet",
        "no need to be quiet",
        "you don't have to be quiet",
    ];
    let words = words.strip_suffix(&["again"]).or_else(|| words.strip_suffix(&["anymore"])).unwrap_or(words);
    let words = match words {
        ["you" | "y'all", "can" | "may" | "could", rest @ ..] => rest,
        words => words,
    };
    let said = words.join(" ");
    phrases.contains(&said.as_str()).then_some(Control::Talk)
}

fn quiet(words: &[&str]) -> Option<Control> {
    let words = match words {
        ["can" | "could" | "will" | "would", "you", rest @ ..] => rest,
        words => words,
    };
    let (["be" | "stay" | "keep" | "go", "quiet" | "silent" | "still", time @ ..]
    | ["shut", "up", time @ ..]
    | ["stop" | "quit", "talking" | "speaking" | "chatting", time @ ..]
    | ["don't" | "dont", "talk" | "speak", time @ ..]
    | ["quiet" | "silence" | "hush" | "shush" | "mute" | "shh", time @ ..]) = words
    else {
        return None;
    };
    match time {
        [] | ["for", "a", "while" | "bit"] => Some(Control::Quiet(QUIET_FOR)),
        ["until" | "till" | "til", clock @ ..] => until(clock),
        ["for", span @ ..] | span => duration(span),
    }
}

fn until(clock: &[&str]) -> Option<Control> {
    match clock {
        ["tomorrow"] => Some(Control::QuietUntil { minute: 0 }),
        clock => minute_of_day(&clock.join(" ")).map(|minute| Control::QuietUntil { minute }),
    }
}

/// `1 hour`, `an hour`, `half an hour`, `90m`, `1h30m`, `2 hours and 15 minutes`.
fn duration(words: &[&str]) -> Option<Control> {
    let mut seconds: u64 = 0;
    let mut rest = words;
    while !rest.is_empty() {
        let (amount, after) = match rest {
            ["and", after @ ..] if seconds > 0 => {
                rest = after;
                continue;
            }
            ["half", "an" | "a", unit, after @ ..] => (unit_seconds(unit)? / 2, after),
            ["an" | "a" | "one", unit, after @ ..] => (unit_seconds(unit)?, after),
            [number, after @ ..] if number.bytes().all(|b| b.is_ascii_digit()) => {
                let [unit, after @ ..] = after else { return None };
                (number.parse::<u64>().ok()?.checked_mul(unit_seconds(unit)?)?, after)
            }
            [compact, after @ ..] => (compact_seconds(compact)?, after),
            [] => break,
        };
        seconds = seconds.checked_add(amount)?;
        rest = after;
    }
    let asked = Duration::from_secs(seconds);
    (!asked.is_zero()).then(|| Control::Quiet(asked.min(QUIET_AT_MOST)))
}

/// `1h30m`
fn compact_seconds(text: &str) -> Option<u64> {
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        seconds = seconds.checked_add(number.checked_mul(unit_seconds(&rest[..letters])?)?)?;
        rest = &rest[letters..];
    }
    Some(seconds)
}

fn unit_seconds(unit: &str) -> Option<u64> {
    match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3_600),
        "d" | "day" | "days" => Some(86_400),
        "w" | "week" | "weeks" => Some(604_800),
        _ => None,
    }
}
