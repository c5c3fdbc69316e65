//! What a person does besides writing: being there or not, playing, listening, talking, joining and leaving.

use serde_json::{Value, json};

use super::{Member, MemberError, Place};
use crate::errors::ApiError;
use crate::world::{State, VoicePatch};

/// What somebody is doing, as a presence shows it.
/// <https://docs.discord.com/developers/events/gateway-events#activity-object-activity-types>
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// “Playing NAME”.
    Game(String),
    /// “Streaming NAME”, with a title.
    Stream { name: String, url: String },
    /// A song on Spotify.
    Song { title: String, artist: String },
    /// “Watching NAME”.
    Watching(String),
    /// A status of one's own words.
    Custom(String),
}

impl Activity {
    fn json(&self, now_ms: u64) -> Value {
        match self {
            Self::Game(name) => json!({"id": "game", "name": name, "type": 0, "created_at": now_ms}),
            Self::Stream { name, url } => {
                json!({"id": "stream", "name": name, "type": 1, "url": url, "created_at": now_ms})
            }
            Self::Song { title, artist } => json!({
                "id": "spotify:1", "name": "Spotify", "type": 2, "details": title, "state": artist,
                "created_at": now_ms, "flags": 48, "party": {"id": "spotify"},
            }),
            Self::Watching(name) => json!({"id": "watching", "name": name, "type": 3, "created_at": now_ms}),
            Self::Custom(text) => json!({
                "id": "custom", "name": "Custom Status", "type": 4, "state": text, "created_at": now_ms,
            }),
        }
    }
}

#[expect(clippy::unused_async, reason = "see the head of `members`: acting is awaited everywhere")]
impl Member {
    /// Changes the presence: `online`, `idle`, `dnd` or `offline`. What they were doing ends.
    pub async fn sets_presence(&self, status: &str) -> Result<(), MemberError> {
        self.shows(status, &[])
    }

    /// Shows what they are doing from now on, all of it; nobody does anything when they are offline.
    pub async fn does(&self, activities: &[Activity]) -> Result<(), MemberError> {
        self.shows("online", activities)
    }

    /// Plays a game.
    pub async fn plays(&self, game: &str) -> Result<(), MemberError> {
        self.shows("online", &[Activity::Game(game.to_owned())])
    }

    /// Listens to a song.
    pub async fn listens_to(&self, title: &str, artist: &str) -> Result<(), MemberError> {
        self.shows("online", &[Activity::Song { title: title.to_owned(), artist: artist.to_owned() }])
    }

    /// Presence and activities at once.
    pub(crate) fn shows(&self, status: &str, activities: &[Activity]) -> Result<(), MemberError> {
        if !matches!(status, "online" | "idle" | "dnd" | "offline") {
            let text = "Value must be one of ('online', 'idle', 'dnd', 'offline').";
            return Err(ApiError::field("status", "BASE_TYPE_CHOICES", text).into());
        }
        let now = self.world.clock().now_ms();
        let activities: Vec<Value> = activities.iter().map(|a| a.json(now)).collect();
        self.world.with(|core| core.set_presence(self.id, status, &activities));
        Ok(())
    }

    /// Shows "… is typing" for ten seconds.
    pub async fn types_in(&self, place: impl Into<Place>) -> Result<(), MemberError> {
        let channel = self.channel_id(place)?;
        Ok(self.world.with(|core| core.start_typing(self.id, channel))?)
    }

    /// Joins a voice channel, or moves to it.
    pub async fn joins_voice(&self, place: impl Into<Place>) -> Result<(), MemberError> {
        let channel = self.channel_id(place)?;
        let guild = self.world.read(|s| s.channels.get(&channel).and_then(|c| c.guild_id));
        let guild = guild.ok_or(ApiError::UNKNOWN_GUILD)?;
        let patch = VoicePatch { channel_id: Some(channel), ..VoicePatch::default() };
        self.world.with(|core| core.set_voice_state(self.id, guild, patch))?;
        Ok(())
    }

    /// Leaves voice, wherever that is.
    pub async fn leaves_voice(&self) -> Result<(), MemberError> {
        let inside =
            |s: &State| s.guilds.values().find(|g| g.voice_states.contains_key(&self.id)).map(|g| g.id);
        if let Some(guild) = self.world.read(inside) {
            self.world.with(|core| core.set_voice_state(self.id, guild, VoicePatch::default()))?;
        }
        Ok(())
    }

    /// Joins the first guild, as somebody who accepts an invitation does; a member stays one.
    pub async fn joins_guild(&self) -> Result<(), MemberError> {
        let home = self.world.read(|s| s.guilds.keys().next().copied()).ok_or(ApiError::UNKNOWN_GUILD)?;
        self.world.with(|core| -> Result<(), ApiError> {
            core.join_guild(self.id, home)?;
            core.set_presence(self.id, "online", &[]);
            Ok(())
        })?;
        Ok(())
    }

    /// Leaves the first guild. Keep this handle: asking the world for a member of that name lets them join again.
    pub async fn leaves_guild(&self) -> Result<(), MemberError> {
        let home = self.world.read(|s| s.guilds.keys().next().copied()).ok_or(ApiError::UNKNOWN_GUILD)?;
        Ok(self.world.with(|core| core.leave_guild(self.id, home))?)
    }
}
