//! `/help`: how to talk here.

use std::fmt::Write as _;

use domain::{
    command::CommandSpec,
    outbound::{Answer, Panel},
};
use futures_util::FutureExt as _;

use super::{Command, all};
use crate::{app::App, cast::Cast};

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| {
        async move { Ok(help(app, &*app.cast.of(call.place.guild).await?)) }.boxed()
    })
    .privately()
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash("help", "How to talk with the characters", Vec::new())
}

fn help(app: &App, cast: &Cast) -> Answer {
    let example = cast.characters().first().map_or("somebody", |character| character.name.as_str());
    let mut commands = String::new();
    for command in all() {
        let spec = (command.spec)(cast);
        // Writing to a String cannot fail.
        let _ = writeln!(commands, "`/{}` {}", spec.name, spec.description);
    }
    let mut body = format!(
        "**Say a name**: “hey {example}, how are you?”\n\
         **Go on** right after an answer without the name, or **reply** to a character's message.\n\
         **Mention** me, and whoever spoke last answers.\n\
         **Write me directly**, and you are alone with one of them.\n\
         Write `#ignore` in a message that nobody should answer.\n\n{commands}"
    );
    if app.model.is_toy() {
        body.push_str("\nA very small model is thinking here; its answers are short and often odd.");
    }
    Answer {
        panels: vec![Panel { title: "Talking here".into(), body, ..Panel::default() }],
        private: true,
        ..Answer::default()
    }
}
