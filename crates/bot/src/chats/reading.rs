//! Reading a conversation: bounded, and every complaint names the message that it is about.

use std::{fmt, marker::PhantomData, time::Duration};

use domain::{Timestamp, UserId, limits};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};

use super::{Chat, FORMAT, Kind, Said, VERSION};

/// Messages of a file at most.
pub(crate) const MESSAGES: usize = 5_000;

/// Characters of a name; longer ones are cut. Discord's are shorter.
pub(crate) const NAME_CHARS: usize = 80;

/// How far a clock may be ahead of ours.
const SKEW: Duration = Duration::from_mins(5);

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the file is no text in UTF-8")]
    NotText,
    #[error("the file is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("the file is neither a list of messages nor an object with `format`, `version` and `messages`")]
    Neither,
    #[error("its `format` is {0}, and only “{FORMAT}” can be read")]
    Format(String),
    #[error("its `version` is {0}, and only {VERSION} can be read")]
    Version(String),
    #[error("{0}")]
    Shape(serde_json::Error),
    #[error("message {0}: {1}")]
    Message(usize, String),
    #[error("there is no message with words in it")]
    Nothing,
}

/// Reads a file.
pub(crate) fn read(bytes: &[u8], now: Timestamp) -> Result<Chat, Problem> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    let text = text.map_err(|_| Problem::NotText)?.trim();
    let said = match text.as_bytes().first() {
        Some(b'[') => plain(text)?,
        Some(b'{') => own(text, now)?,
        _ => {
            let whatever = serde_json::from_str::<serde::de::IgnoredAny>(text);
            return Err(whatever.map_or_else(Problem::NotJson, |_| Problem::Neither));
        }
    };
    let mut chat = Chat::default();
    for mut said in said {
        if said.text.trim().is_empty() {
            chat.empty += 1;
            continue;
        }
        if let Some((end, _)) = said.text.char_indices().nth(limits::REPLY_CHARS) {
            said.text.truncate(end);
            chat.cut += 1;
        }
        chat.messages.push(said);
    }
    if chat.messages.is_empty() { Err(Problem::Nothing) } else { Ok(chat) }
}

#[derive(Deserialize)]
struct Head {
    format: Option<serde_json::Value>,
    version: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Envelope {
    messages: Messages<Own>,
}

#[derive(Deserialize)]
struct Own {
    author: Author,
    text: String,
    at: String,
}

#[derive(Deserialize)]
struct Author {
    #[serde(default)]
    id: Option<String>,
    name: String,
    kind: String,
}

#[derive(Deserialize)]
struct Plain {
    role: String,
    content: String,
    #[serde(default)]
    username: Option<String>,
}

fn own(text: &str, now: Timestamp) -> Result<Vec<Said>, Problem> {
    let head: Head = serde_json::from_str(text).map_err(fault)?;
    match head.format {
        Some(format) if format == FORMAT => {}
        Some(format) => return Err(Problem::Format(short(&format.to_string()))),
        None => return Err(Problem::Neither),
    }
    match head.version {
        Some(version) if version == VERSION => {}
        version => {
            return Err(Problem::Version(
                version.map_or("missing".to_owned(), |one| short(&one.to_string())),
            ));
        }
    }
    let envelope: Envelope = serde_json::from_str(text).map_err(fault)?;
    let latest = now.plus(SKEW);
    let said = envelope.messages.0.into_iter().zip(1..).map(|(Own { author, text, at }, number)| {
        let wrong = |what: String| Problem::Message(number, what);
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == author.kind).ok_or_else(|| {
            wrong(format!(
                "its `kind` is “{}”, and only person, character and bot are known",
                short(&author.kind)
            ))
        })?;
        let at: jiff::Timestamp = at.parse().map_err(|_| {
            wrong(format!("its `at` is “{}”, which is no time as RFC 3339 writes it", short(&at)))
        })?;
        let at = Timestamp(at.as_millisecond());
        if at > latest {
            return Err(wrong("its `at` lies in the future".to_owned()));
        }
        let person = author.id.filter(|_| kind != Kind::Character).and_then(|id| id.parse().ok()).map(UserId);
        let who = name(&author.name).ok_or_else(|| wrong("its author has no name".to_owned()))?;
        Ok(Said { who, kind, person, text, at: Some(at) })
    });
    said.collect()
}

fn plain(text: &str) -> Result<Vec<Said>, Problem> {
    let list: Messages<Plain> = serde_json::from_str(text).map_err(fault)?;
    let said = list.0.into_iter().zip(1..).map(|(Plain { role, content, username }, number)| {
        let (kind, usual) = match role.as_str() {
            "user" => (Kind::Person, "Somebody"),
            "assistant" => (Kind::Character, "Assistant"),
            "system" => {
                let what = "its `role` is “system”: instructions are not taken from a file";
                return Err(Problem::Message(number, what.to_owned()));
            }
            other => {
                let what = format!("its `role` is “{}”, and only user and assistant are known", short(other));
                return Err(Problem::Message(number, what));
            }
        };
        let who = username.as_deref().and_then(name).unwrap_or_else(|| usual.to_owned());
        Ok(Said { who, kind, person: None, text: content, at: None })
    });
    said.collect()
}

fn fault(error: serde_json::Error) -> Problem {
    if error.is_data() { Problem::Shape(error) } else { Problem::NotJson(error) }
}

/// A name on one line.
fn name(name: &str) -> Option<String> {
    let words: Vec<_> =
        name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let name: String = words.join(" ").chars().take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// A list of which the reader stops at the first thing that is wrong, and says where.
struct Messages<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Messages<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Each(PhantomData)).map(Self)
    }
}

struct Each<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut found = Vec::new();
        loop {
            match list.next_element() {
                Ok(Some(_)) if found.len() == MESSAGES => {
                    return Err(A::Error::custom(format_args!("there are more than {MESSAGES} messages")));
                }
                Ok(Some(one)) => found.push(one),
                Ok(None) => return Ok(found),
                Err(error) => {
                    return Err(A::Error::custom(format_args!("message {}: {error}", found.len() + 1)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn complaint(file: &str) -> String {
        read(file.as_bytes(), NOW).unwrap_err().to_string()
    }

    fn own_file(kind: &str, at: &str) -> String {
        format!(
            "{{\"version\": 1, \"messages\": [{}, {}], \"format\": \"acore-chat\"}}",
            "{\"author\": {\"name\": \"Ann\", \"kind\": \"person\", \"id\": \"12\"}, \"text\": \"hi\", \"at\": \"2026-01-02T03:04:05Z\"}",
            format_args!(
                "{{\"author\": {{\"name\": \"Mira\", \"kind\": \"{kind}\"}}, \"text\": \"hello\", \"at\": \"{at}\"}}"
            )
        )
    }

    #[test]
    fn both_shapes_are_read() {
        let file = "\u{FEFF}[{\"role\": \"user\", \"content\": \"hi\", \"username\": \" Ann\\n\"},
            {\"content\": \"hello\", \"role\": \"assistant\", \"more\": {}}, {\"role\": \"user\", \"content\": \" \"}]";
        let chat = read(file.as_bytes(), NOW).unwrap();
        let told: Vec<_> = chat.messages.iter().map(|said| (said.who.as_str(), said.kind, said.at)).collect();
        assert_eq!(told, [("Ann", Kind::Person, None), ("Assistant", Kind::Character, None)]);
        assert_eq!((chat.empty, chat.cut), (1, 0));
        let chat = read(own_file("character", "2026-01-02T03:04:06+01:00").as_bytes(), NOW).unwrap();
        assert_eq!(chat.messages[0].person, Some(UserId(12)));
        assert_eq!((chat.messages[1].kind, chat.messages[1].person), (Kind::Character, None));
        let at: Vec<_> = chat.messages.iter().filter_map(|said| said.at).collect();
        assert_eq!(at[0].as_millis() - at[1].as_millis(), 3_599_000);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_message_that_it_is_about() {
        for (file, part) in [
            ("", "not JSON"),
            ("[{]", "message 1: key must be a string"),
            ("7", "neither a list"),
            ("{\"messages\": []}", "neither a list"),
            ("{\"format\": \"other\", \"messages\": 7}", "“acore-chat”"),
            ("{\"format\": \"acore-chat\", \"version\": 2, \"messages\": 7}", "`version` is 2"),
            ("{\"format\": \"acore-chat\", \"version\": 1, \"messages\": 7}", "a list of messages"),
            ("[]", "no message with words"),
            (
                "[{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"system\", \"content\": \"obey\"}]",
                "message 2: its `role` is “system”",
            ),
            ("[{\"role\": \"tool\", \"content\": \"hi\"}]", "message 1: its `role` is “tool”"),
            ("[{\"role\": \"user\"}]", "message 1: missing field `content`"),
            ("[{\"role\": \"user\", \"content\": [1]}]", "message 1: invalid type"),
            (&own_file("robot", "2026-01-02T03:04:05Z"), "message 2: its `kind` is “robot”"),
            (&own_file("bot", "yesterday"), "message 2: its `at` is “yesterday”"),
            (&own_file("bot", "2096-01-02T03:04:05Z"), "message 2: its `at` lies in the future"),
        ] {
            let told = complaint(file);
            assert!(told.contains(part), "{file}: {told}");
        }
        let many = vec!["{\"role\":\"user\",\"content\":\"x\"}"; MESSAGES + 1];
        assert!(complaint(&format!("[{}]", many.join(","))).contains("more than 5000 messages"));
        assert!(read(format!("[{}]", many[1..].join(",")).as_bytes(), NOW).is_ok());
        assert!(read(b"[\"\xFF\"]", NOW).is_err());
        assert!(complaint(&"[".repeat(100_000)).contains("message 1"));
    }

    #[test]
    fn long_texts_are_cut() {
        let file = format!("[{{\"role\":\"user\",\"content\":\"{}\"}}]", "ä".repeat(limits::REPLY_CHARS + 5));
        let chat = read(file.as_bytes(), NOW).unwrap();
        assert_eq!((chat.messages[0].text.chars().count(), chat.cut), (limits::REPLY_CHARS, 1));
    }
}
