//! The slash commands: a list; each command is a file of its own.

mod characters;
mod chat;
mod help;
mod status;
mod why;

use domain::{
    CharacterId, Untrusted,
    command::{CommandCall, CommandSpec},
    outbound::Answer,
};
use futures_util::future::BoxFuture;

use crate::{app::App, cast::Cast};

/// The command that the conversation answers itself.
pub const CHAT: &str = chat::NAME;

pub(crate) use chat::QUESTION_CHARS;

/// A slash command.
pub struct Command {
    /// How it is registered.
    pub spec: fn(&Cast) -> CommandSpec,
    /// Whether only the caller sees the answer.
    pub private: bool,
    /// What it answers.
    pub answer: for<'a> fn(&'a App, &'a CommandCall) -> BoxFuture<'a, anyhow::Result<Answer>>,
    /// What it proposes while an option is typed: `(label, value)`.
    pub propose: fn(&App, &CommandCall) -> Vec<(String, String)>,
}

/// Every command, by name.
pub fn all() -> [Command; 5] {
    [characters::command(), chat::command(), help::command(), status::command(), why::command()]
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
pub fn chat_question(app: &App, call: &CommandCall) -> Result<ChatQuestion, String> {
    chat::question(&app.cast, call)
}

/// Defers and answers a command; the caller always gets an answer, at worst an apology.
pub async fn answer(app: &App, call: &CommandCall) {
    let commands = all();
    let command = commands.iter().find(|command| (command.spec)(&app.cast).name == call.name);
    let private = command.is_none_or(|command| command.private);
    if let Err(error) = app.speaker.defer(&call.interaction, private).await {
        tracing::warn!(command = %call.name, %error, "a command could not be deferred");
        return;
    }
    let answered = match command {
        Some(command) => (command.answer)(app, call).await,
        None => Ok(Answer::private("I do not know this command any more; `/help` lists those that I know.")),
    };
    let answer = answered.unwrap_or_else(|error| {
        tracing::error!(command = %call.name, error = format!("{error:#}"), "a command failed");
        Answer::private("That did not work just now. Please try again in a moment.")
    });
    if let Err(error) = app.speaker.answer(&call.interaction, &answer).await {
        tracing::warn!(command = %call.name, %error, "a command stays without its answer");
    }
}

/// Answers an autocomplete request.
pub async fn propose(app: &App, call: &CommandCall) {
    let commands = all();
    let proposals = commands
        .iter()
        .find(|command| (command.spec)(&app.cast).name == call.name)
        .map(|command| (command.propose)(app, call))
        .unwrap_or_default();
    if let Err(error) = app.speaker.propose(&call.interaction, proposals).await {
        tracing::debug!(%error, "proposals came too late");
    }
}

/// For commands without autocompleted options.
fn nothing(_: &App, _: &CommandCall) -> Vec<(String, String)> {
    Vec::new()
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
