//! The commands: a list; each command is a file of its own, or a folder where it grew.
//!
//! A command may answer with buttons, selects and windows. Their custom ids begin with the command's name and a
//! colon; [`router`] brings what was pressed or written back to the command. Who may do what is asked here in code:
//! Discord's own permissions of a command can be changed by a server, and do not count for its buttons.

mod alternatives;
mod channel;
mod character;
mod characters;
mod chat;
mod clear_history;
mod desk;
mod export_chat;
mod face;
mod forget;
mod go_on;
mod help;
mod import_character;
mod import_chat;
mod interact;
mod knowledge;
mod lore;
mod memory;
mod mute;
mod my_profile;
mod pauses;
mod privacy;
mod recall;
mod regenerate;
mod relationship;
mod remember;
mod remembered;
mod reply;
mod router;
mod scene;
mod shown;
mod status;
mod summarize_now;
mod upload;
mod why;

use domain::{
    CharacterId, GuildId, Untrusted,
    command::{CommandCall, CommandSpec, ComponentCall, ModalCall, Permissions},
    event::Place,
    outbound::{Answer, Modal},
};
use futures_util::{FutureExt as _, future::BoxFuture};

pub use desk::Desk;
pub use pauses::Pauses;
pub use router::{answer, filled, pressed, propose};

use crate::{app::App, cast::Cast};

/// The command that the conversation answers itself.
pub const CHAT: &str = chat::NAME;

pub(crate) use chat::QUESTION_CHARS;

type Answered = for<'a> fn(&'a App, &'a CommandCall) -> BoxFuture<'a, anyhow::Result<Answer>>;
type Proposed = for<'a> fn(&'a App, &'a CommandCall) -> BoxFuture<'a, anyhow::Result<Proposals>>;
type Pressed = for<'a> fn(&'a App, &'a ComponentCall) -> BoxFuture<'a, anyhow::Result<Reaction>>;
type Filled = for<'a> fn(&'a App, &'a ModalCall) -> BoxFuture<'a, anyhow::Result<Reaction>>;

/// What is proposed while an option is typed: `(label, value)`.
pub type Proposals = Vec<(String, String)>;

/// A command.
pub struct Command {
    /// How it is registered.
    pub spec: fn(&Cast) -> CommandSpec,
    /// Whether only the caller sees the answer.
    pub private: bool,
    /// What it answers.
    pub answer: Answered,
    /// What it proposes while an option is typed.
    pub propose: Proposed,
    /// What its buttons and selects do.
    pub pressed: Pressed,
    /// What its windows do.
    pub filled: Filled,
}

/// What follows when a button was pressed or a window was filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    /// The message that the button hangs on becomes this.
    Update(Answer),
    /// Another answer.
    Say(Answer),
    /// A window opens. Cannot follow on a window.
    Open(Modal),
}

/// Something cannot be done, in a sentence for the member who wanted it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl Command {
    /// A command whose answer everybody sees, without proposals, buttons or windows.
    pub fn new(spec: fn(&Cast) -> CommandSpec, answer: Answered) -> Self {
        Self {
            spec,
            private: false,
            answer,
            propose: |_, _| async { Ok(Vec::new()) }.boxed(),
            pressed: |_, _| async { Err(refused("This button belongs to something that is gone.")) }.boxed(),
            filled: |_, _| async { Err(refused("This window belongs to something that is gone.")) }.boxed(),
        }
    }

    /// Only the caller sees the answer.
    #[must_use]
    pub fn privately(self) -> Self {
        Self { private: true, ..self }
    }

    /// Proposes while an option is typed.
    #[must_use]
    pub fn proposing(self, propose: Proposed) -> Self {
        Self { propose, ..self }
    }

    /// Has buttons or selects.
    #[must_use]
    pub fn with_buttons(self, pressed: Pressed) -> Self {
        Self { pressed, ..self }
    }

    /// Has windows.
    #[must_use]
    pub fn with_windows(self, filled: Filled) -> Self {
        Self { filled, ..self }
    }
}

/// Every command, by name.
pub fn all() -> Vec<Command> {
    vec![
        alternatives::on_message(),
        go_on::on_message(),
        regenerate::on_message(),
        why::on_message(),
        channel::command(),
        character::command(),
        characters::command(),
        chat::command(),
        clear_history::command(),
        export_chat::command(),
        forget::command(),
        help::command(),
        import_character::command(),
        import_chat::command(),
        interact::command(),
        knowledge::command(),
        lore::command(),
        memory::command(),
        mute::mute(),
        my_profile::command(),
        privacy::command(),
        recall::command(),
        relationship::command(),
        remember::command(),
        scene::command(),
        status::command(),
        summarize_now::command(),
        mute::unmute(),
        why::command(),
    ]
}

/// What a member asked with `/chat`.
pub struct ChatQuestion {
    /// Whom, if somebody was named.
    pub character: Option<CharacterId>,
    /// What.
    pub text: Untrusted,
    /// How the question stands in the channel.
    pub quote: String,
}

/// Reads a `/chat` call, or says in one sentence what is wrong with it.
pub fn chat_question(cast: &Cast, call: &CommandCall) -> Result<ChatQuestion, String> {
    chat::question(cast, call)
}

/// An error that the member reads.
pub(crate) fn refused(sentence: impl Into<String>) -> anyhow::Error {
    Refused(sentence.into()).into()
}

/// The guild; what is kept by guild cannot be done in a direct message.
fn guild_of(place: &Place) -> anyhow::Result<GuildId> {
    place.guild.ok_or_else(|| refused("That can only be done on a server."))
}

/// Whether somebody may change what holds for a whole server.
fn manages(permissions: Permissions) -> bool {
    permissions.allow(Permissions::MANAGE_GUILD)
}

/// Refuses whoever does not.
fn must_manage(permissions: Permissions) -> anyhow::Result<()> {
    if manages(permissions) {
        Ok(())
    } else {
        Err(refused("That needs the permission “Manage Server” here."))
    }
}

/// Refuses who may not look after what others say there; in a direct channel it is one's own.
fn must_moderate(place: &Place, permissions: Permissions) -> anyhow::Result<()> {
    if place.guild.is_none() || permissions.allow(Permissions::MANAGE_MESSAGES) {
        Ok(())
    } else {
        Err(refused("That needs the permission “Manage Messages” here."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CharactersConfig;

    #[test]
    fn the_list_is_sorted_and_registered_like_this() {
        let cast = Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() }).unwrap();
        let specs: Vec<_> = all().iter().map(|command| (command.spec)(&cast)).collect();
        assert!(specs.is_sorted_by_key(|spec| spec.name));
        insta::assert_json_snapshot!(discord::commands_payload(&specs));
    }
}
