//! Conversations as files: written by `/export_chat`, read by `/import_chat`.
//!
//! Two shapes are read: our own (`"format": "acore-chat"`), and a plain list of `{role, content, username?}`. What is
//! read pretends to nothing: it has names, and nobody's number is believed.

mod reading;

use domain::{Timestamp, UserId, scene::Speaker};
use serde_json::json;
use store::{Line, LineAt, Store};

pub(crate) use reading::{NAME_CHARS, read};

use crate::cast::Cast;

/// What our files call their shape.
const FORMAT: &str = "acore-chat";
const VERSION: u64 = 1;

/// Bytes of a file at most: what Discord takes from anybody.
const BYTES: usize = 10 * 1024 * 1024;

/// Room for all that is not a message.
const ENVELOPE: usize = 4 * 1024;

/// Lines that are read at once.
const PAGE: u32 = 500;

/// Who says something in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Person,
    Character,
    Bot,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Person, Self::Character, Self::Bot];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Character => "character",
            Self::Bot => "bot",
        }
    }
}

/// A message of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) who: String,
    pub(crate) kind: Kind,
    /// Whom the file names; only for leaving out who does not want to be remembered.
    pub(crate) person: Option<UserId>,
    pub(crate) text: String,
    /// If the file tells.
    pub(crate) at: Option<Timestamp>,
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chat {
    pub(crate) messages: Vec<Said>,
    /// Messages without words, which are left out.
    pub(crate) empty: usize,
    /// Messages whose text was cut.
    pub(crate) cut: usize,
}

/// A channel's history as a file.
pub(crate) struct Written {
    pub(crate) json: String,
    pub(crate) messages: usize,
    /// Whether older messages did not fit.
    pub(crate) cut: bool,
}

/// Writes a channel's history, the newest messages first in if there is no room for all.
pub(crate) async fn write(
    store: &dyn Store,
    cast: &Cast,
    channel: domain::ChannelId,
    now: Timestamp,
) -> store::Result<Written> {
    let (mut told, mut bytes, mut cut) = (Vec::new(), ENVELOPE, false);
    let mut before: Option<LineAt> = None;
    'pages: loop {
        let page = store.lines(channel, before, PAGE).await?;
        let Some((at, _)) = page.last() else { break };
        before = Some(*at);
        for (_, line) in page {
            let message = message(cast, &line);
            bytes += message.len() + 2;
            if bytes > BYTES {
                cut = true;
                break 'pages;
            }
            told.push(message);
        }
    }
    told.reverse();
    let mut json = format!(
        "{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"channel\":\"{channel}\",\"exported_at\":{},",
        json!(rfc3339(now))
    );
    if cut {
        json.push_str("\"note\":\"older messages did not fit into the file\",");
    }
    json.push_str("\"messages\":[\n");
    json.push_str(&told.join(",\n"));
    json.push_str("\n]}\n");
    Ok(Written { json, messages: told.len(), cut })
}

fn message(cast: &Cast, line: &Line) -> String {
    let author = match &line.who {
        Speaker::Person { id, name } => {
            json!({ "id": id.to_string(), "name": name.raw(), "kind": Kind::Person.name() })
        }
        Speaker::OtherBot { id, name } => {
            json!({ "id": id.to_string(), "name": name.raw(), "kind": Kind::Bot.name() })
        }
        Speaker::Character(id) => {
            let name = cast.by_id(id).map_or_else(|| id.as_str().to_owned(), |one| one.name.clone());
            json!({ "id": id.as_str(), "name": name, "kind": Kind::Character.name() })
        }
    };
    let id = line.message.map(|id| id.to_string());
    json!({ "id": id, "author": author, "text": line.text.raw(), "at": rfc3339(line.at) }).to_string()
}

fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use domain::{
        ChannelId, MessageId, UserId,
        event::{Author, AuthorKind, ChannelKind, Message, Place},
        time::DISCORD_EPOCH_MS,
    };
    use store::{Journal as _, memory::MemoryStore};

    use super::*;
    use crate::config::CharactersConfig;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn message(n: u64, text: &str) -> Message {
        let sent_at = Timestamp(1_780_000_000_000 + 1_000 * n.cast_signed());
        Message {
            id: MessageId((sent_at.as_millis() - DISCORD_EPOCH_MS).cast_unsigned() << 22),
            place: Place { guild: None, channel: ChannelId(5), parent: None, kind: ChannelKind::Text },
            author: Author { id: UserId(7), name: "Al \"ice\"".into(), kind: AuthorKind::Human },
            content: text.into(),
            mentions: Vec::new(),
            reply_to: None,
            attachments: Vec::new(),
            pictures: Vec::new(),
            replied_pictures: Vec::new(),
            age_restricted: false,
            sent_at,
        }
    }

    #[tokio::test]
    async fn what_is_written_can_be_read_in_the_same_order() {
        let store = MemoryStore::new();
        for n in 1..=1_203 {
            store.observe(&message(n, &format!("line {n}\n\"quoted\""))).await.unwrap();
        }
        let cast = Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() }).unwrap();
        let written = write(&store, &cast, ChannelId(5), NOW).await.unwrap();
        assert!(written.messages == 1_203 && !written.cut);
        let chat = read(written.json.as_bytes(), NOW).unwrap();
        let texts: Vec<_> = chat.messages.iter().map(|said| said.text.clone()).collect();
        assert_eq!(texts, (1..=1_203).map(|n| format!("line {n}\n\"quoted\"")).collect::<Vec<_>>());
        let first = &chat.messages[0];
        assert_eq!(
            (first.who.as_str(), first.kind, first.person),
            ("Al \"ice\"", Kind::Person, Some(UserId(7)))
        );
        assert_eq!(first.at, Some(message(1, "").sent_at));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_the_oldest() {
        let store = MemoryStore::new();
        let long = "x".repeat(1 << 20);
        for n in 1..=12 {
            store.observe(&message(n, &format!("{n} {long}"))).await.unwrap();
        }
        let cast = Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() }).unwrap();
        let written = write(&store, &cast, ChannelId(5), NOW).await.unwrap();
        assert!(written.cut && written.messages == 9 && written.json.len() <= BYTES);
        let value: serde_json::Value = serde_json::from_str(&written.json).unwrap();
        assert!(value["note"].is_string());
        assert!(value["messages"][8]["text"].as_str().unwrap().starts_with("12 "), "the newest is there");
    }
}
