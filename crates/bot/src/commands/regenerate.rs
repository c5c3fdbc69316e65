//! "Regenerate" in the menu of a character's message: another answer in its place.

use domain::{
    command::{CommandCall, CommandSpec},
    outbound::Answer,
};
use futures_util::FutureExt as _;

use super::{
    Command, alternatives, refused,
    reply::{Caller, Reply},
};
use crate::app::App;

pub(super) fn on_message() -> Command {
    Command::new(|_| CommandSpec::on_message("Regenerate"), |app, call| regenerate(app, call).boxed())
        .privately()
}

async fn regenerate(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let message = call.target.as_ref().ok_or_else(|| refused("There is no message with your command."))?;
    let caller = Caller::from(call);
    let reply = Reply::find(app, &caller, message.id).await?;
    alternatives::renewed(app, &caller, &reply).await
}
