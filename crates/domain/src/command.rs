//! Commands, buttons, selects and modals: how commands are declared, and how each of them is used by a member.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    ChannelId, InteractionId, MessageId, Timestamp, Untrusted, UserId,
    event::{Attachment, Author, Message, Place},
};

/// A command as it is registered.
///
/// Source: Discord documentation, "Application Commands".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommandSpec {
    /// Typed, or picked from a message's menu.
    pub kind: CommandKind,
    /// 1–32 characters; lower-case ones for a slash command.
    pub name: &'static str,
    /// 1–100 characters; nobody sees it for a message command.
    pub description: &'static str,
    /// Options in order, required ones first; or subcommands only. Message commands have none.
    pub options: Vec<OptionSpec>,
    /// What a member must be allowed to, so that Discord shows the command; a guild's administrators can change it
    /// (`default_member_permissions`). None shows it to everybody.
    pub needs: Permissions,
    /// Whether it is of no use in a direct message.
    pub guild_only: bool,
}

impl CommandSpec {
    /// A slash command for everybody, in guilds and direct messages.
    pub fn slash(name: &'static str, description: &'static str, options: Vec<OptionSpec>) -> Self {
        Self {
            kind: CommandKind::Slash,
            name,
            description,
            options,
            needs: Permissions::NONE,
            guild_only: false,
        }
    }

    /// An entry in the menu of every message, for everybody.
    pub fn on_message(name: &'static str) -> Self {
        Self { kind: CommandKind::Message, ..Self::slash(name, "", Vec::new()) }
    }

    /// The same for members of guilds with these permissions.
    #[must_use]
    pub fn needing(self, needs: Permissions) -> Self {
        Self { needs, ..self }.in_guilds()
    }

    /// The same for guilds only.
    #[must_use]
    pub fn in_guilds(mut self) -> Self {
        self.guild_only = true;
        self
    }
}

/// How a command is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CommandKind {
    /// `/name` in the text box.
    Slash,
    /// From the menu of a message, "Apps".
    Message,
}

/// What a member may do, as Discord's bit set.
///
/// Source: Discord documentation, "Permissions", section "Bitwise Permission Flags".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(pub u64);

impl Permissions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const ADMINISTRATOR: Self = Self(1 << 3);
    /// Make and change channels.
    pub const MANAGE_CHANNELS: Self = Self(1 << 4);
    /// Change the guild.
    pub const MANAGE_GUILD: Self = Self(1 << 5);
    /// React to messages.
    pub const ADD_REACTIONS: Self = Self(1 << 6);
    /// See a channel.
    pub const VIEW_CHANNEL: Self = Self(1 << 10);
    /// Write.
    pub const SEND_MESSAGES: Self = Self(1 << 11);
    /// Delete others' messages.
    pub const MANAGE_MESSAGES: Self = Self(1 << 13);
    /// Read what was said before.
    pub const READ_MESSAGE_HISTORY: Self = Self(1 << 16);
    /// Enter a voice channel, and read its chat.
    pub const CONNECT: Self = Self(1 << 20);
    /// Make and change webhooks.
    pub const MANAGE_WEBHOOKS: Self = Self(1 << 29);

    /// Both sets.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets have.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether somebody with this set may do all of `wanted`; an administrator may do everything.
    pub const fn allow(self, wanted: Self) -> bool {
        self.0 & Self::ADMINISTRATOR.0 != 0 || self.0 & wanted.0 == wanted.0
    }
}

/// One option of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OptionSpec {
    /// 1–32 lower-case characters.
    pub name: &'static str,
    /// 1–100 characters.
    pub description: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// Whether the command can be used without it.
    pub required: bool,
}

/// What an option takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum OptionKind {
    /// Free text of at most so many characters.
    Text {
        /// 1–6000.
        max_length: u16,
    },
    /// Text with proposals while typing.
    Autocompleted,
    /// One of a few texts: `(label, value)`.
    Choice(Vec<(String, String)>),
    /// A whole number between two bounds.
    Integer {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// Yes or no.
    Boolean,
    /// A member of the guild.
    User,
    /// A channel or thread in which people can write.
    Channel,
    /// A file that the member uploads.
    Attachment,
    /// A subcommand with options of its own, or a group of subcommands; `required` means nothing for it.
    Sub(Vec<OptionSpec>),
}

/// The value of an option as a member gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OptionValue {
    /// Text.
    Text(Untrusted),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// A user's id.
    User(UserId),
    /// A channel's id.
    Channel(ChannelId),
    /// A file, uploaded with the command; Discord keeps it for a short time only.
    Attachment(Attachment),
}

/// One use of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandCall {
    /// The interaction.
    pub interaction: Interaction,
    /// Which command.
    pub name: String,
    /// Which subcommand; one in a group with the group's name before it: `lore add`.
    #[serde(default)]
    pub sub: Option<String>,
    /// Values by option name.
    pub options: BTreeMap<String, OptionValue>,
    /// The option being typed, for autocomplete.
    pub focused: Option<String>,
    /// Who calls.
    pub author: Author,
    /// Where.
    pub place: Place,
    /// What the caller may do there; nothing in a direct message, where nobody has permissions.
    #[serde(default)]
    pub permissions: Permissions,
    /// The message whose menu it came from. Discord sends it with what everybody can see of it.
    #[serde(default)]
    pub target: Option<Box<Message>>,
    /// Whether the channel is age-restricted.
    #[serde(default)]
    pub age_restricted: bool,
    /// When.
    pub at: Timestamp,
}

/// A button was pressed or a select was used.
///
/// Whoever sees a message can use what hangs on it: handlers ask who `author` is and what they may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentCall {
    /// The interaction.
    pub interaction: Interaction,
    /// The component's id, as we gave it.
    pub id: String,
    /// A select's chosen values; a button has none.
    pub values: Vec<String>,
    /// Who.
    pub author: Author,
    /// Where.
    pub place: Place,
    /// What they may do there.
    pub permissions: Permissions,
    /// The message that it hangs on.
    pub message: MessageId,
    /// Whether the channel is age-restricted.
    pub age_restricted: bool,
    /// When.
    pub at: Timestamp,
}

/// A modal was sent off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModalCall {
    /// The interaction.
    pub interaction: Interaction,
    /// The modal's id, as we gave it.
    pub id: String,
    /// What was written, by the field's id.
    pub fields: BTreeMap<String, Untrusted>,
    /// Who.
    pub author: Author,
    /// Where.
    pub place: Place,
    /// What they may do there.
    pub permissions: Permissions,
    /// The message whose component opened it; a command has none.
    pub message: Option<MessageId>,
    /// Whether the channel is age-restricted.
    pub age_restricted: bool,
    /// When.
    pub at: Timestamp,
}

/// What is needed to answer an interaction.
///
/// Source: Discord documentation, "Receiving and Responding": the first answer is due within 3 seconds, the token
/// is valid for 15 minutes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// Its token: a secret, never logged.
    pub token: String,
}

impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interaction").field("id", &self.id).field("token", &"…").finish()
    }
}

impl CommandCall {
    /// A text option's value.
    pub fn text(&self, option: &str) -> Option<&Untrusted> {
        match self.options.get(option) {
            Some(OptionValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A whole number's value.
    pub fn integer(&self, option: &str) -> Option<i64> {
        match self.options.get(option) {
            Some(OptionValue::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// Whether a yes-or-no option was given as yes; `None` when it was not given.
    pub fn boolean(&self, option: &str) -> Option<bool> {
        match self.options.get(option) {
            Some(OptionValue::Boolean(yes)) => Some(*yes),
            _ => None,
        }
    }

    /// The user that was chosen.
    pub fn user(&self, option: &str) -> Option<UserId> {
        match self.options.get(option) {
            Some(OptionValue::User(user)) => Some(*user),
            _ => None,
        }
    }

    /// The channel that was chosen.
    pub fn channel(&self, option: &str) -> Option<ChannelId> {
        match self.options.get(option) {
            Some(OptionValue::Channel(channel)) => Some(*channel),
            _ => None,
        }
    }

    /// The file that was uploaded.
    pub fn attachment(&self, option: &str) -> Option<&Attachment> {
        match self.options.get(option) {
            Some(OptionValue::Attachment(file)) => Some(file),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_never_shows_its_token() {
        let interaction = Interaction { id: InteractionId(7), token: "hunter2".into() };
        let shown = format!("{interaction:?}");
        assert!(shown.contains('7') && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn an_administrator_may_do_everything() {
        let moderator = Permissions::MANAGE_MESSAGES.with(Permissions::MANAGE_GUILD);
        assert!(moderator.allow(Permissions::MANAGE_GUILD) && moderator.allow(Permissions::NONE));
        assert!(!moderator.allow(Permissions::MANAGE_GUILD.with(Permissions::MANAGE_WEBHOOKS)));
        assert!(Permissions::ADMINISTRATOR.allow(moderator));
        assert!(!Permissions::NONE.allow(Permissions::SEND_MESSAGES));
    }

    #[test]
    fn a_command_for_managers_is_of_no_use_in_a_direct_message() {
        let spec = CommandSpec::slash("mute", "Be quiet", Vec::new()).needing(Permissions::MANAGE_GUILD);
        assert!(spec.guild_only && spec.needs == Permissions::MANAGE_GUILD);
        assert_eq!(CommandSpec::on_message("Why this?").kind, CommandKind::Message);
    }

    /// As acore 0.1 wrote it into the journal.
    #[test]
    fn a_journalled_command_of_an_older_version_can_be_read() {
        let old = r#"{
            "interaction": {"id": 7, "token": "secret"}, "name": "chat",
            "options": {"text": {"Text": "hi"}, "count": {"Integer": 7}, "loud": {"Boolean": true}, "who": {"User": 9}},
            "focused": null,
            "author": {"id": 900, "name": "Ally", "kind": "Human"},
            "place": {"guild": 1, "channel": 6, "parent": 5, "kind": "Thread"},
            "at": 1727326582154
        }"#;
        let call: CommandCall = serde_json::from_str(old).unwrap();
        assert_eq!(call.text("text").unwrap().raw(), "hi");
        assert_eq!(
            (call.integer("count"), call.boolean("loud"), call.user("who")),
            (Some(7), Some(true), Some(UserId(9)))
        );
        assert_eq!(
            (call.sub, call.permissions, call.target, call.age_restricted),
            (None, Permissions::NONE, None, false)
        );
    }
}
