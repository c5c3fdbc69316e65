//! "Continue" in the menu of a character's message: it goes on from there, in a further message.

use domain::{
    attention::Reason,
    command::{CommandCall, CommandSpec},
    cue::{self, Cue, Task},
    outbound::Answer,
};
use futures_util::FutureExt as _;

use super::{
    Command, refused,
    reply::{Caller, Reply, spend},
};
use crate::{app::App, clock};

pub(super) fn on_message() -> Command {
    Command::new(|_| CommandSpec::on_message("Continue"), |app, call| go_on(app, call).boxed()).privately()
}

async fn go_on(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let message = call.target.as_ref().ok_or_else(|| refused("There is no message with your command."))?;
    let caller = Caller::from(call);
    let reply = Reply::find(app, &caller, message.id).await?;
    spend(app, &caller).await?;
    // Behind what it goes on from, also where our clock is behind Discord's.
    let at = clock::now().max(message.id.created_at().plus(std::time::Duration::from_millis(1)));
    let mut dice = fastrand::Rng::with_seed(call.interaction.id.get());
    app.cues
        .give(Cue {
            id: cue::own_id(at, &mut dice),
            place: call.place,
            character: reply.character,
            reason: Reason::GoOn,
            task: Task::GoOn { message: reply.first },
            merged: Vec::new(),
            then: Vec::new(),
            at: clock::now(),
        })
        .await;
    Ok(Answer::private(format!("{} goes on.", reply.name)))
}
