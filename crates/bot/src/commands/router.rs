//! From what a member did to the command that it belongs to, and from what the command says to what Discord shows.

use std::{future::Future, time::Duration};

use discord::SpeakError;
use domain::{
    command::{CommandCall, ComponentCall, Interaction, ModalCall},
    outbound::Answer,
};
use futures_util::{FutureExt as _, future::BoxFuture};

use super::{Command, Reaction, Refused, all};
use crate::app::App;

/// How long an answer to a button may take before Discord is told that it will come: the three seconds that Discord
/// gives, less the way there and back.
const AT_ONCE: Duration = Duration::from_millis(1_500);

const SORRY: &str = "That did not work just now. Please try again in a moment.";

/// Defers and answers a command; the caller always gets an answer, at worst an apology.
pub async fn answer(app: &App, call: &CommandCall) {
    let command = find(app, &call.name);
    let private = command.as_ref().is_none_or(|command| command.private);
    if let Err(error) = app.speaker.defer(&call.interaction, private).await {
        tracing::warn!(command = %call.name, %error, "a command could not be deferred");
        return;
    }
    let answered = match command {
        Some(command) => (command.answer)(app, call).await,
        None => Ok(Answer::private("I do not know this command any more; `/help` lists those that I know.")),
    };
    let answer = answered.unwrap_or_else(|error| Answer::private(sentence(&call.name, &error)));
    if let Err(error) = app.speaker.answer(&call.interaction, &answer).await {
        tracing::warn!(command = %call.name, %error, "a command stays without its answer");
    }
}

/// Answers an autocomplete request.
pub async fn propose(app: &App, call: &CommandCall) {
    let proposals = match find(app, &call.name) {
        Some(command) => (command.propose)(app, call).await.unwrap_or_else(|error| {
            tracing::warn!(command = %call.name, error = format!("{error:#}"), "nothing can be proposed");
            Vec::new()
        }),
        None => Vec::new(),
    };
    if let Err(error) = app.speaker.propose(&call.interaction, proposals).await {
        tracing::debug!(%error, "proposals came too late");
    }
}

/// Answers a button or a select.
pub async fn pressed(app: &App, call: &ComponentCall) {
    let work = match of_component(app, &call.id) {
        Some(command) => (command.pressed)(app, call),
        None => gone(),
    };
    react(app, &call.interaction, &call.id, true, work).await;
}

/// Answers a window.
pub async fn filled(app: &App, call: &ModalCall) {
    let work = match of_component(app, &call.id) {
        Some(command) => (command.filled)(app, call),
        None => gone(),
    };
    react(app, &call.interaction, &call.id, call.message.is_some(), work).await;
}

fn gone() -> BoxFuture<'static, anyhow::Result<Reaction>> {
    async { Err(super::refused("This belongs to something that I do not know any more.")) }.boxed()
}

fn find(app: &App, name: &str) -> Option<Command> {
    all().into_iter().find(|command| (command.spec)(app.cast.everybody()).name == name)
}

/// The command that a custom id begins with.
fn of_component(app: &App, id: &str) -> Option<Command> {
    find(app, id.split_once(':')?.0)
}

/// Waits for what is to be done. `on_message`: there is a message that can become another one.
async fn react(
    app: &App,
    interaction: &Interaction,
    id: &str,
    on_message: bool,
    work: impl Future<Output = anyhow::Result<Reaction>>,
) {
    let mut work = std::pin::pin!(work);
    let quick = tokio::time::timeout(AT_ONCE, &mut work).await;
    let shown = match quick {
        Ok(done) => at_once(app, interaction, on_message, reaction(id, done)).await,
        Err(_) => later(app, interaction, on_message, id, work).await,
    };
    if let Err(error) = shown {
        tracing::warn!(%id, %error, "a button stays without its answer");
    }
}

async fn at_once(
    app: &App,
    interaction: &Interaction,
    on_message: bool,
    reaction: Reaction,
) -> Result<(), SpeakError> {
    match reaction {
        Reaction::Update(answer) if on_message => app.speaker.update(interaction, &answer).await,
        Reaction::Update(answer) | Reaction::Say(answer) => app.speaker.respond(interaction, &answer).await,
        Reaction::Open(modal) => app.speaker.open_modal(interaction, &modal).await,
    }
}

async fn later(
    app: &App,
    interaction: &Interaction,
    on_message: bool,
    id: &str,
    work: impl Future<Output = anyhow::Result<Reaction>>,
) -> Result<(), SpeakError> {
    if on_message {
        app.speaker.defer_update(interaction).await?;
    } else {
        app.speaker.defer(interaction, true).await?;
    }
    match reaction(id, work.await) {
        Reaction::Say(answer) if on_message => app.speaker.follow_up(interaction, &answer).await.map(drop),
        Reaction::Update(answer) | Reaction::Say(answer) => app.speaker.answer(interaction, &answer).await,
        // Windows open at once or not at all.
        Reaction::Open(_) => {
            let again = Answer::private("That took too long to prepare. Please press it once more.");
            app.speaker.follow_up(interaction, &again).await.map(drop)
        }
    }
}

fn reaction(id: &str, done: anyhow::Result<Reaction>) -> Reaction {
    done.unwrap_or_else(|error| Reaction::Say(Answer::private(sentence(id, &error))))
}

/// What a member hears of an error; the log hears the rest.
fn sentence(what: &str, error: &anyhow::Error) -> String {
    if let Some(Refused(sentence)) = error.downcast_ref::<Refused>() {
        return sentence.clone();
    }
    tracing::error!(%what, error = format!("{error:#}"), "a command failed");
    SORRY.to_owned()
}
