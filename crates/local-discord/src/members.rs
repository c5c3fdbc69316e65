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

mod options;
mod post;
mod running;
mod watch;

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

pub use options::{CommandSpec, NO_OPTIONS};
pub use post::Post;
pub(crate) use running::ANSWER_WITHIN;
pub use running::{Answer, Choice, Modal, Running};
pub use watch::Watch;

use crate::errors::ApiError;
use crate::server::LocalDiscord;
use crate::world::{
    Actor, Channel, Draft, DraftReference, Edit, Emoji, NewFile, NewInteraction, Page, State, Use,
    VoicePatch, World, shown_name,
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

    /// Writes a message with a file.
    pub async fn sends_file(
        &self,
        place: impl Into<Place>,
        text: &str,
        filename: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<Post, MemberError> {
        let file = NewFile {
            filename: filename.to_owned(),
            description: None,
            content_type: None,
            bytes: bytes.into(),
        };
        self.posts(place, Draft { content: text.to_owned(), files: vec![file], ..Draft::default() }).await
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

    /// Shows "… is typing" for ten seconds.
    pub async fn types_in(&self, place: impl Into<Place>) -> Result<(), MemberError> {
        let channel = self.channel_id(place)?;
        Ok(self.world.with(|core| core.start_typing(self.id, channel))?)
    }

    /// Runs a command: `/name`, `/group sub` or an id, with options by name. Members, channels and roles may be named.
    /// Without options use [`NO_OPTIONS`].
    pub async fn runs<K: AsRef<str>, V: Into<Value>>(
        &self,
        command: &str,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Running, MemberError> {
        let flat = options.into_iter().map(|(k, v)| json!({"name": k.as_ref(), "value": v.into()})).collect();
        self.runs_spec(&CommandSpec::flat(command, flat), None)
    }

    /// Runs a user command on somebody.
    pub async fn runs_on_user(&self, command: &str, target: &str) -> Result<Running, MemberError> {
        let id = self.world.read(|s| s.anybody(target));
        let id = id.ok_or_else(|| MemberError::UnknownUser(target.to_owned()))?;
        self.runs_spec(&CommandSpec::flat(command, Vec::new()), Some(id))
    }

    /// Runs a message command on a message.
    pub async fn runs_on_message(&self, command: &str, target: &Post) -> Result<Running, MemberError> {
        let here = self.clone().at(target);
        here.runs_spec(&CommandSpec::flat(command, Vec::new()), Some(target.id))
    }

    /// Runs a command whose options are given as a person or a page gave them.
    pub fn runs_spec(&self, spec: &CommandSpec, target_id: Option<u64>) -> Result<Running, MemberError> {
        let channel = self.here()?;
        let found = self.world.read(|s| options::resolve(s, channel, spec, None))?;
        let what = Use::Command { command_id: found.command_id, options: found.options, target_id };
        self.starts(found.application_id, channel, what)
    }

    /// Types into an option with autocomplete and gives what the application offers.
    pub async fn autocompletes(
        &self,
        command: &str,
        option: &str,
        typed: &str,
    ) -> Result<Vec<Choice>, MemberError> {
        let flat = vec![json!({"name": option, "value": typed})];
        let running = self.autocompletes_spec(&CommandSpec::flat(command, flat), option)?;
        running.choices(running::ANSWER_WITHIN).await
    }

    /// As [`Member::autocompletes`], with the other options' values too.
    pub fn autocompletes_spec(&self, spec: &CommandSpec, focused: &str) -> Result<Running, MemberError> {
        let channel = self.here()?;
        let found = self.world.read(|s| options::resolve(s, channel, spec, Some(focused)))?;
        let what = Use::Autocomplete { command_id: found.command_id, options: found.options };
        self.starts(found.application_id, channel, what)
    }

    /// Presses a button.
    pub async fn presses(&self, message: &Post, custom_id: &str) -> Result<Running, MemberError> {
        self.uses_component(message, custom_id, Vec::new())
    }

    /// Chooses values from a select menu.
    pub async fn selects<V: Into<String>>(
        &self,
        message: &Post,
        custom_id: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Running, MemberError> {
        self.uses_component(message, custom_id, values.into_iter().map(Into::into).collect())
    }

    fn uses_component(
        &self,
        on: &Post,
        custom_id: &str,
        values: Vec<String>,
    ) -> Result<Running, MemberError> {
        let application = self.world.with(|core| {
            let message = core.message(on.channel_id, on.id)?;
            let of_bot =
                |user: u64| core.state.applications.values().find(|a| a.bot_user_id == user).map(|a| a.id);
            let of_hook = |hook: u64| core.state.webhooks.get(&hook).and_then(|w| w.application_id);
            let author = message.author.id();
            message
                .application_id
                .or_else(|| of_bot(author))
                .or_else(|| of_hook(author))
                .ok_or(ApiError::UNKNOWN_APPLICATION)
        })?;
        let what = Use::Component { message_id: on.id, custom_id: custom_id.to_owned(), values };
        self.starts(application, on.channel_id, what)
    }

    /// Fills in a modal's fields by custom id and submits it; several values for a select are a list.
    pub async fn submits<K: AsRef<str>, V: Into<Value>>(
        &self,
        modal: &Modal,
        fields: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Running, MemberError> {
        let fields = fields.into_iter().map(|(k, v)| (k.as_ref().to_owned(), v.into())).collect();
        let what = Use::ModalSubmit { opened_by: modal.opened_by, components: modal.filled(&fields) };
        self.starts(modal.application_id, modal.channel_id, what)
    }

    fn starts(&self, application_id: u64, channel_id: u64, what: Use) -> Result<Running, MemberError> {
        let new = NewInteraction { application_id, user_id: self.id, channel_id, what };
        let id = self.world.with(|core| core.start_interaction(&new))?;
        Ok(Running::new(self.world.clone(), id, channel_id))
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

    /// Changes the presence: `online`, `idle`, `dnd` or `offline`.
    pub async fn sets_presence(&self, status: &str) -> Result<(), MemberError> {
        if !matches!(status, "online" | "idle" | "dnd" | "offline") {
            let text = "Value must be one of ('online', 'idle', 'dnd', 'offline').";
            return Err(ApiError::field("status", "BASE_TYPE_CHOICES", text).into());
        }
        self.world.with(|core| core.set_presence(self.id, status, &[]));
        Ok(())
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

/// The same, from the server's handle.
impl LocalDiscord {
    /// See [`World::member`].
    pub fn member(&self, name: &str) -> Member {
        self.world().member(name)
    }

    /// See [`World::channel`].
    pub fn channel(&self, place: impl Into<Place>) -> Result<ChannelView, MemberError> {
        self.world().channel(place)
    }

    /// See [`World::sent`].
    pub fn sent(&self) -> Vec<Post> {
        self.world().sent()
    }

    /// See [`World::watch`].
    pub fn watch(&self) -> Watch {
        self.world().watch()
    }

    /// See [`World::next_message`].
    pub fn next_message<F>(
        &self,
        within: Duration,
        wanted: F,
    ) -> impl Future<Output = Result<Post, MemberError>> + Send + use<F>
    where
        F: FnMut(&Post) -> bool + Send,
    {
        self.world().next_message(within, wanted)
    }

    /// See [`World::until`].
    pub async fn until<T>(
        &self,
        within: Duration,
        look: impl FnMut(&State) -> Option<T>,
    ) -> Result<T, MemberError> {
        self.world().until(within, look).await
    }

    /// What a program needs to log in as the bot of that name.
    pub fn bot(&self, name: &str) -> Option<BotLogin> {
        self.world().read(|state| {
            let found = state.applications.values().find(|a| a.name == name)?;
            Some(BotLogin {
                application_id: found.id,
                user_id: found.bot_user_id,
                token: found.token.clone(),
            })
        })
    }
}

/// A bot's login, also after its world came back from a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotLogin {
    pub application_id: u64,
    pub user_id: u64,
    /// Without `Bot `.
    pub token: String,
}

/// A channel to look at, with everything that is in it.
#[derive(Clone, Debug)]
pub struct ChannelView {
    world: World,
    id: u64,
}

impl World {
    /// A channel by name or id.
    pub fn channel(&self, place: impl Into<Place>) -> Result<ChannelView, MemberError> {
        let id = match place.into() {
            Place::Id(id) => id,
            Place::Name(name) => self
                .read(|s| s.channel_named(&name).map(|c| c.id))
                .ok_or_else(|| MemberError::UnknownChannel(format!("#{name}")))?,
        };
        Ok(ChannelView { world: self.clone(), id })
    }

    /// Every message that applications sent and that is still there, by bot, webhook or response; oldest first.
    pub fn sent(&self) -> Vec<Post> {
        self.read(|state| {
            let bots: Vec<u64> = state.applications.values().map(|a| a.bot_user_id).collect();
            let all = state.messages.values().flat_map(|log| log.values());
            let mut sent: Vec<Post> = all
                .filter(|m| {
                    m.application_id.is_some()
                        || matches!(m.author, crate::world::Author::Webhook { .. })
                        || bots.contains(&m.author.id())
                })
                .map(|m| Post::from_json(&state.message_json(m, 0)))
                .collect();
            sent.sort_by_key(|post| post.id);
            sent
        })
    }
}

impl ChannelView {
    pub fn id(&self) -> u64 {
        self.id
    }

    /// All messages, ephemeral ones too, oldest first.
    pub fn messages(&self) -> Vec<Post> {
        self.world.read(|state| {
            let log = state.messages.get(&self.id);
            log.map_or_else(Vec::new, |log| {
                log.values().map(|m| Post::from_json(&state.message_json(m, 0))).collect()
            })
        })
    }
}
