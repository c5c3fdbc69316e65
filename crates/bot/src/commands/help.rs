//! `/help`: how to talk here.

use std::fmt::Write as _;

use domain::{
    command::{CommandKind, CommandSpec, Permissions},
    names,
    outbound::{Answer, Panel},
};
use futures_util::FutureExt as _;

use super::{Command, all};
use crate::{app::App, cast::Cast};

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| {
        async move { Ok(help(app, &*app.cast.of(call.place.guild).await?, call.place.guild.is_some())) }
            .boxed()
    })
    .privately()
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash("help", "How to talk with the characters", Vec::new())
}

fn help(app: &App, cast: &Cast, guild: bool) -> Answer {
    let example = cast
        .characters()
        .first()
        .map_or_else(|| "somebody".to_owned(), |character| names::escape_name(&character.name));
    let specs = all().into_iter().map(|command| (command.spec)(cast));
    let specs: Vec<CommandSpec> = specs.filter(|spec| guild || !spec.guild_only).collect();
    let mut body = format!(
        "**Say a name**: “hey {example}, how are you?”\n\
         **Go on** right after an answer without the name, or **reply** to a character's message.\n\
         **Mention** me, and whoever spoke last answers.\n\
         **Write me directly**, and you are alone with one of them.\n\
         Write `#ignore` in a message that nobody should answer.\n\n{}",
        commands(&specs)
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

/// The commands by who needs them.
fn commands(specs: &[CommandSpec]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    for spec in specs.iter().filter(|spec| spec.kind == CommandKind::Slash && spec.needs == Permissions::NONE)
    {
        let _ = writeln!(out, "`/{}` {}", spec.name, spec.description);
    }
    let menu: Vec<String> = specs
        .iter()
        .filter(|spec| spec.kind == CommandKind::Message)
        .map(|spec| format!("“{}”", spec.name))
        .collect();
    if !menu.is_empty() {
        let _ = writeln!(out, "In the menu of a message, under Apps: {}", menu.join(", "));
    }
    let managers = specs.iter().filter(|spec| spec.needs != Permissions::NONE).collect::<Vec<_>>();
    if !managers.is_empty() {
        out.push_str("\n**For those who look after the server**\n");
    }
    for spec in managers {
        let _ = writeln!(out, "`/{}` {}", spec.name, spec.description);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CharactersConfig;

    #[test]
    fn every_command_has_room() {
        let cast = Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() }).unwrap();
        let specs: Vec<_> = all().iter().map(|command| (command.spec)(&cast)).collect();
        let told = commands(&specs);
        for spec in &specs {
            assert!(told.contains(spec.name), "{} is missing", spec.name);
        }
        // Discord documentation, "Embed Limits": a description has 4096 characters, and ours says more than this.
        assert!(told.chars().count() <= 3_400, "{} characters", told.chars().count());
    }
}
