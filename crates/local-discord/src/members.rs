//! Members that act: what a person at the keyboard does, in a line of a test.
//!
//! ```no_run
//! # async fn example(local: local_discord::LocalDiscord) -> Result<(), local_discord::members::MemberError> {
//! use std::time::Duration;
//! let alice = local.member("alice");
//! let reply = local.next_message(Duration::from_secs(10), |m| m.author == "Mira");
//! alice.says("#general", "hey Mira").await?;
//! assert!(!reply.await?.content.is_empty());
//! # Ok(()) }
//! ```
//!
//! Acting is immediate: when a method returns, the world has changed and its dispatches are on their way. The methods
//! are async all the same, as everything that a person does through a server is, and so that a test reads alike.

mod house;
mod interacting;
mod options;
mod post;
mod presence;
mod running;
mod threads;
mod view;
mod watch;

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

pub use house::House;
pub use options::{CommandSpec, NO_OPTIONS};
pub use post::{Button, Post, Select};
pub use presence::Activity;
pub(crate) use running::ANSWER_WITHIN;
pub use running::{Answer, Choice, Modal, Running};
pub use view::{BotLogin, ChannelView};
pub use watch::Watch;

use crate::errors::ApiError;
use crate::world::{
    Actor, Channel, Draft, DraftReference, Edit, Emoji, NewFile, Page, State, World, shown_name,
};

/// Why a member could not do it, or did not see it.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// Discord's own refusal, e.g. a missing permission.
    #[error("{0}")]
    Refused(#[from] ApiError),
    #[error("there is no channel {0}")]
    UnknownChannel(String),
    #[error("there is no user {0}")]
    UnknownUser(String),
    #[error("no application has a command {0}")]
    UnknownCommand(String),
    #[error("option {option}: {problem}")]
    WrongOption { option: String, problem: String },
    /// What was waited for did not happen in time.
    #[error("waited {0:?} in vain")]
    TimedOut(Duration),
    /// Too many events happened while nobody read them.
    #[error("the event stream was cut off")]
    CutOff,
    /// The application answered, but with something else.
    #[error("the response is not {0}")]
    OtherAnswer(&'static str),
    #[error("the message has no button {0:?}")]
    NoButton(String),
}

/// A channel by id or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Id(u64),
    /// Without `#`; `@name` means the direct messages with that user.
    Name(String),
}

impl From<&str> for Place {
    fn from(text: &str) -> Self {
        let text = text.trim();
        match text.parse() {
            Ok(id) if text.len() > 14 => Self::Id(id),
            _ => Self::Name(text.strip_prefix('#').unwrap_or(text).to_owned()),
        }
    }
}

impl From<&String> for Place {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<u64> for Place {
    fn from(id: u64) -> Self {
        Self::Id(id)
    }
}

impl From<&Post> for Place {
    fn from(post: &Post) -> Self {
        Self::Id(post.channel_id)
    }
}

/// A person. Clones are the same person.
#[derive(Clone, Debug)]
pub struct Member {
    world: World,
    id: u64,
    place: Option<Place>,
}

impl World {
    /// The human of that name; made, and added to the first guild, if there is none.
    pub fn member(&self, name: &str) -> Member {
        let name = &shown_name(name);
        let id = self.with(|core| {
            let id = core.state.human(name).unwrap_or_else(|| core.create_user(name));
            let home = core.state.guilds.keys().next().copied();
            if let Some(guild) = home.filter(|g| !core.state.is_member(id, *g))
                && core.join_guild(id, guild).is_ok()
            {
                core.set_presence(id, "online", &[]);
            }
            id
        });
        Member { world: self.clone(), id, place: None }
    }
}

impl State {
    /// A human by shown name or user name.
    fn human(&self, name: &str) -> Option<u64> {
        let mut all = self.users.values().filter(|u| !u.bot);
        all.find(|u| u.global_name.as_deref() == Some(name) || u.username.eq_ignore_ascii_case(name))
            .map(|u| u.id)
    }

    /// Anybody by id, shown name, user name or nickname, with or without `@`.
    pub(crate) fn anybody(&self, name: &str) -> Option<u64> {
        let name = name.strip_prefix('@').unwrap_or(name);
        let by_id = name.parse().ok().filter(|id| self.users.contains_key(id));
        let named = |u: &&crate::world::User| {
            u.global_name.as_deref() == Some(name) || u.username.eq_ignore_ascii_case(name)
        };
        let nick = || {
            let members = self.guilds.values().flat_map(|g| g.members.values());
            members.filter(|m| m.nick.as_deref() == Some(name)).map(|m| m.user_id).next()
        };
        by_id.or_else(|| self.users.values().find(named).map(|u| u.id)).or_else(nick)
    }

    /// A channel or thread of a guild by name; the first guild's come first.
    pub(crate) fn channel_named(&self, name: &str) -> Option<&Channel> {
        let name = name.strip_prefix('#').unwrap_or(name);
        let mut found: Vec<&Channel> =
            self.channels.values().filter(|c| c.guild_id.is_some() && c.name == name).collect();
        found.sort_by_key(|c| (c.guild_id, c.is_thread(), !c.is_text(), c.id));
        found.first().copied()
    }
}

#[expect(clippy::unused_async, reason = "see the module's head: acting is awaited everywhere")]
impl Member {
    /// The user's id.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The same person, who from now on runs commands in this channel (default: the first text channel).
    #[must_use]
    pub fn at(mut self, place: impl Into<Place>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Writes a message.
    pub async fn says(&self, place: impl Into<Place>, text: &str) -> Result<Post, MemberError> {
        self.posts(place, Draft { content: text.to_owned(), ..Draft::default() }).await
    }

    /// Writes a message with a file; more of them with [`Member::sends_files`].
    pub async fn sends_file(
        &self,
        place: impl Into<Place>,
        text: &str,
        filename: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<Post, MemberError> {
        self.sends_files(place, text, vec![NewFile::new(filename, bytes)]).await
    }

    /// Writes a message with files. Each is served at the address that its attachment names.
    pub async fn sends_files(
        &self,
        place: impl Into<Place>,
        text: &str,
        files: Vec<NewFile>,
    ) -> Result<Post, MemberError> {
        self.posts(place, Draft { content: text.to_owned(), files, ..Draft::default() }).await
    }

    /// Writes a message in reply to another one, which pings its author.
    pub async fn replies(&self, to: &Post, text: &str) -> Result<Post, MemberError> {
        let reference =
            DraftReference { kind: 0, message_id: to.id, channel_id: None, fail_if_not_exists: true };
        let draft = Draft { content: text.to_owned(), reference: Some(reference), ..Draft::default() };
        self.posts(to.channel_id, draft).await
    }

    /// Posts any draft.
    pub async fn posts(&self, place: impl Into<Place>, draft: Draft) -> Result<Post, MemberError> {
        let channel = self.channel_id(place)?;
        let posted = self.world.with(|core| core.create_message(&Actor::User(self.id), channel, draft))?;
        Ok(Post::from_json(&posted.json))
    }

    /// Writes to somebody privately, e.g. to a bot.
    pub async fn dm(&self, to: &str, text: &str) -> Result<Post, MemberError> {
        self.says(Place::Name(format!("@{}", to.trim_start_matches('@'))), text).await
    }

    /// Opens the direct messages with somebody and gives the channel's id.
    pub fn dm_channel(&self, with: &str) -> Result<u64, MemberError> {
        let with_id = self.world.read(|s| s.anybody(with));
        let with_id = with_id.ok_or_else(|| MemberError::UnknownUser(with.to_owned()))?;
        Ok(self.world.with(|core| core.open_dm(self.id, with_id))?)
    }

    /// Changes an own message's text.
    pub async fn edits(&self, message: &Post, text: &str) -> Result<Post, MemberError> {
        let edit = Edit { content: Some(text.to_owned()), ..Edit::default() };
        let posted = self
            .world
            .with(|core| core.edit_message(&Actor::User(self.id), message.channel_id, message.id, edit))?;
        Ok(Post::from_json(&posted.json))
    }

    /// Deletes a message.
    pub async fn deletes(&self, message: &Post) -> Result<(), MemberError> {
        Ok(self
            .world
            .with(|core| core.delete_message(&Actor::User(self.id), message.channel_id, message.id))?)
    }

    /// Reacts with a Unicode emoji, or a custom one as `name:id`.
    pub async fn reacts(&self, message: &Post, emoji: &str) -> Result<(), MemberError> {
        let emoji = Emoji::parse(emoji)?;
        Ok(self.world.with(|core| core.add_reaction(self.id, message.channel_id, message.id, &emoji))?)
    }

    /// Takes a reaction back.
    pub async fn unreacts(&self, message: &Post, emoji: &str) -> Result<(), MemberError> {
        let emoji = Emoji::parse(emoji)?;
        let (me, channel) = (self.id, message.channel_id);
        Ok(self.world.with(|core| core.remove_reaction(me, me, channel, message.id, &emoji))?)
    }

    /// The messages of a channel that this member sees, oldest first, at most 100.
    pub fn reads(&self, place: impl Into<Place>) -> Result<Vec<Post>, MemberError> {
        self.page(place, Page { limit: 100, ..Page::default() })
            .map(|list| list.iter().map(Post::from_json).collect())
    }

    /// A page of history as JSON, oldest first.
    pub(crate) fn page(&self, place: impl Into<Place>, page: Page) -> Result<Vec<Value>, MemberError> {
        let channel = self.channel_id(place)?;
        let mut list = self.world.with(|core| core.list_messages(self.id, channel, page))?;
        list.reverse();
        Ok(list)
    }

    /// The channel's id.
    pub(crate) fn channel_id(&self, place: impl Into<Place>) -> Result<u64, MemberError> {
        match place.into() {
            Place::Id(id) => Ok(id),
            Place::Name(name) => {
                if let Some(user) = name.strip_prefix('@') {
                    return self.dm_channel(user);
                }
                let found = self.world.read(|s| s.channel_named(&name).map(|c| c.id));
                found.ok_or_else(|| MemberError::UnknownChannel(format!("#{name}")))
            }
        }
    }

    pub(crate) fn here(&self) -> Result<u64, MemberError> {
        if let Some(place) = &self.place {
            return self.channel_id(place.clone());
        }
        let first = self.world.read(|s| s.guilds.values().find_map(|g| g.system_channel_id));
        first.ok_or_else(|| MemberError::UnknownChannel("to run it in".to_owned()))
    }
}
