//! `/export_chat`: the history of a channel, as a file.

use domain::{
    command::{CommandCall, CommandSpec, Permissions},
    outbound::{Answer, File},
};
use futures_util::FutureExt as _;

use super::{Command, must_moderate, refused, shown};
use crate::{app::App, cast::Cast, chats, clock};

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed()).privately()
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec {
        needs: Permissions::MANAGE_MESSAGES,
        ..CommandSpec::slash("export_chat", "The history of this channel as a file", Vec::new())
    }
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    must_moderate(&call.place, call.permissions)?;
    let cast = app.cast.of(call.place.guild).await?;
    let channel = call.place.channel;
    let written = chats::write(&*app.store, &cast, channel, clock::now()).await?;
    if written.messages == 0 {
        return Err(refused("Nothing is kept of what was said in this channel."));
    }
    tracing::info!(%channel, by = %call.author.id, messages = written.messages, "a channel was exported");
    let mut text = format!(
        "{} of this channel, as JSON. `/import_chat` reads it.",
        shown::count(written.messages, "message", "messages")
    );
    if written.cut {
        text.push_str(" Older ones did not fit into the file.");
    }
    let file = File { name: format!("chat-{channel}.json"), bytes: written.json.into_bytes().into() };
    Ok(Answer { text, files: vec![file], private: true, ..Answer::default() })
}
