//! The payloads of gateway v10: opcodes, close codes, what clients send, and the frames we send.
//! <https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway>

use serde::Deserialize;
use serde_json::{Value, json};

/// Opcodes that clients may send.
pub(crate) mod op {
    pub(crate) const DISPATCH: u64 = 0;
    pub(crate) const HEARTBEAT: u64 = 1;
    pub(crate) const IDENTIFY: u64 = 2;
    pub(crate) const PRESENCE_UPDATE: u64 = 3;
    pub(crate) const VOICE_STATE_UPDATE: u64 = 4;
    pub(crate) const RESUME: u64 = 6;
    pub(crate) const RECONNECT: u64 = 7;
    pub(crate) const REQUEST_GUILD_MEMBERS: u64 = 8;
    pub(crate) const INVALID_SESSION: u64 = 9;
    pub(crate) const HELLO: u64 = 10;
    pub(crate) const HEARTBEAT_ACK: u64 = 11;
    pub(crate) const REQUEST_SOUNDBOARD_SOUNDS: u64 = 31;
    pub(crate) const REQUEST_CHANNEL_INFO: u64 = 43;
}

/// Largest payload that Discord accepts from a client, bytes.
pub(crate) const MAX_PAYLOAD: usize = 4_096;

/// Why the gateway closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    UnknownError,
    UnknownOpcode,
    DecodeError,
    NotAuthenticated,
    AuthenticationFailed,
    AlreadyAuthenticated,
    InvalidSeq,
    RateLimited,
    SessionTimedOut,
    InvalidShard,
    ShardingRequired,
    InvalidApiVersion,
    InvalidIntents,
    DisallowedIntents,
    /// Any other code, e.g. one that a test asks for.
    Other(u16),
}

impl CloseCode {
    /// The number in the close frame.
    pub fn code(self) -> u16 {
        match self {
            Self::UnknownError => 4000,
            Self::UnknownOpcode => 4001,
            Self::DecodeError => 4002,
            Self::NotAuthenticated => 4003,
            Self::AuthenticationFailed => 4004,
            Self::AlreadyAuthenticated => 4005,
            Self::InvalidSeq => 4007,
            Self::RateLimited => 4008,
            Self::SessionTimedOut => 4009,
            Self::InvalidShard => 4010,
            Self::ShardingRequired => 4011,
            Self::InvalidApiVersion => 4012,
            Self::InvalidIntents => 4013,
            Self::DisallowedIntents => 4014,
            Self::Other(code) => code,
        }
    }

    /// The text in the close frame.
    pub fn reason(self) -> &'static str {
        match self {
            Self::UnknownError => "Unknown error.",
            Self::UnknownOpcode => "Unknown opcode.",
            Self::DecodeError => "Error while decoding payload.",
            Self::NotAuthenticated => "Not authenticated.",
            Self::AuthenticationFailed => "Authentication failed.",
            Self::AlreadyAuthenticated => "Already authenticated.",
            Self::InvalidSeq => "Invalid seq.",
            Self::RateLimited => "Rate limited.",
            Self::SessionTimedOut => "Session timed out.",
            Self::InvalidShard => "Invalid shard.",
            Self::ShardingRequired => "Sharding required.",
            Self::InvalidApiVersion => "Invalid API version.",
            Self::InvalidIntents => "Invalid intent(s).",
            Self::DisallowedIntents => "Disallowed intent(s).",
            Self::Other(_) => "",
        }
    }

    /// True if Discord asks the client for a new session after this code.
    pub(crate) fn ends_session(self) -> bool {
        matches!(self.code(), 1000 | 1001 | 4004 | 4007 | 4009..=4014)
    }
}

/// A payload from the client.
#[derive(Debug, Deserialize)]
pub(crate) struct Inbound {
    pub(crate) op: u64,
    #[serde(default)]
    pub(crate) d: Value,
}

/// `d` of IDENTIFY.
#[derive(Debug, Deserialize)]
pub(crate) struct Identify {
    pub(crate) token: String,
    pub(crate) intents: u64,
    /// Required by Discord, of no use to us.
    #[serde(rename = "properties")]
    pub(crate) _properties: serde_json::Map<String, Value>,
    #[serde(default)]
    pub(crate) compress: Option<bool>,
    #[serde(default)]
    pub(crate) large_threshold: Option<u64>,
    #[serde(default)]
    pub(crate) shard: Option<(u32, u32)>,
    #[serde(default)]
    pub(crate) presence: Option<PresenceUpdate>,
}

/// `d` of RESUME.
#[derive(Debug, Deserialize)]
pub(crate) struct Resume {
    pub(crate) token: String,
    pub(crate) session_id: String,
    pub(crate) seq: u64,
}

/// `d` of PRESENCE UPDATE.
#[derive(Debug, Deserialize)]
pub(crate) struct PresenceUpdate {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) activities: Vec<Value>,
}

/// `d` of VOICE STATE UPDATE.
#[derive(Debug, Deserialize)]
pub(crate) struct VoiceStateUpdate {
    #[serde(deserialize_with = "snowflake")]
    pub(crate) guild_id: u64,
    #[serde(default, deserialize_with = "optional_snowflake")]
    pub(crate) channel_id: Option<u64>,
    #[serde(default)]
    pub(crate) self_mute: bool,
    #[serde(default)]
    pub(crate) self_deaf: bool,
}

/// `d` of REQUEST GUILD MEMBERS.
#[derive(Debug, Deserialize)]
pub(crate) struct RequestGuildMembers {
    /// Clients of older versions send a list of one.
    #[serde(deserialize_with = "snowflakes")]
    pub(crate) guild_id: Vec<u64>,
    #[serde(default)]
    pub(crate) query: Option<String>,
    #[serde(default)]
    pub(crate) limit: u64,
    #[serde(default)]
    pub(crate) presences: Option<bool>,
    #[serde(default, deserialize_with = "snowflakes")]
    pub(crate) user_ids: Vec<u64>,
    #[serde(default)]
    pub(crate) nonce: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

impl Id {
    fn get<E: serde::de::Error>(self) -> Result<u64, E> {
        match self {
            Self::Text(text) => text.parse().map_err(|_| E::custom("not a snowflake")),
            Self::Number(number) => Ok(number),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    Many(Vec<Id>),
    One(Id),
}

fn snowflake<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Id::deserialize(from)?.get()
}

fn optional_snowflake<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Option::<Id>::deserialize(from)?.map(Id::get).transpose()
}

fn snowflakes<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    match Option::<Ids>::deserialize(from)? {
        None => Ok(Vec::new()),
        Some(Ids::One(id)) => Ok(vec![id.get()?]),
        Some(Ids::Many(ids)) => ids.into_iter().map(Id::get).collect(),
    }
}

/// A frame that is no dispatch.
pub(crate) fn control(op: u64, d: &Value) -> String {
    json!({"t": null, "s": null, "op": op, "d": d}).to_string()
}

pub(crate) fn hello(heartbeat_interval_ms: u64) -> String {
    let trace = "[\"local-discord\",{\"micros\":0.0}]";
    control(op::HELLO, &json!({"heartbeat_interval": heartbeat_interval_ms, "_trace": [trace]}))
}

/// A dispatch. Its `d` is text already: the same event goes to many sessions.
pub(crate) fn dispatch(out: &mut String, name: &str, seq: u64, d: &str) {
    use std::fmt::Write as _;
    out.clear();
    out.reserve(d.len() + name.len() + 48);
    let _ = write!(out, "{{\"t\":\"{name}\",\"s\":{seq},\"op\":{},\"d\":{d}}}", op::DISPATCH);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispatch_is_one_json_object() {
        let mut frame = String::from("rest of the frame before");
        dispatch(&mut frame, "READY", 7, "{\"v\":10}");
        assert_eq!(frame, r#"{"t":"READY","s":7,"op":0,"d":{"v":10}}"#);
    }

    #[test]
    fn ids_come_as_text_number_or_list() {
        let ask: RequestGuildMembers =
            serde_json::from_value(json!({"guild_id": ["5"], "user_ids": "7", "limit": 0})).expect("parses");
        assert_eq!((ask.guild_id, ask.user_ids), (vec![5], vec![7]));
        let voice: VoiceStateUpdate =
            serde_json::from_value(json!({"guild_id": 5, "channel_id": null})).expect("parses");
        assert_eq!((voice.guild_id, voice.channel_id), (5, None));
    }
}
