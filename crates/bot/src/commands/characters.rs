//! `/characters`: who is here, with faces.

use std::sync::Arc;

use domain::{
    character::Character,
    command::{CommandCall, CommandSpec},
    outbound::{Answer, File, Panel},
};
use futures_util::FutureExt as _;

use super::{Command, shown, upload};
use crate::{app::App, cast::Cast};

/// Discord takes ten embeds and ten files a message.
const SHOWN: usize = 10;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| gallery(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash("characters", "Meet everybody who lives here", Vec::new())
}

/// Those who may speak where it is asked: who is silenced is not shown, nor who is for adults where others read.
async fn gallery(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let cast = app.cast.of(call.place.guild).await?;
    let rules = app.rules.of(&call.place).await?;
    let speaks = |character: &&Arc<Character>| {
        rules.admits(&character.id) && (call.age_restricted || !character.age_restricted)
    };
    let here: Vec<&Arc<Character>> = cast.characters().iter().filter(speaks).collect();
    Ok(shown_as(&cast, &here))
}

fn shown_as(cast: &Cast, here: &[&Arc<Character>]) -> Answer {
    let mut answer = Answer::default();
    let mut room = upload::BYTES;
    for character in here.iter().take(SHOWN) {
        // Imported pictures may be large; those for which there is no room are left out.
        let face = cast.face(&character.id).filter(|bytes| bytes.len() <= room);
        room -= face.map_or(0, |bytes| bytes.len());
        let face = face.map(|bytes| File { name: format!("{}.png", character.id), bytes: bytes.clone() });
        let aliases = shown::line(&character.aliases.join(", "), 300);
        answer.panels.push(Panel {
            title: shown::line(&character.name, 200),
            body: shown::line(&character.tagline, 300),
            color: character.color,
            thumbnail: face.as_ref().map(|face| face.name.clone()),
            footer: if aliases.is_empty() { String::new() } else { format!("also: {aliases}") },
            ..Panel::default()
        });
        answer.files.extend(face);
    }
    answer.text = match here.len().saturating_sub(SHOWN) {
        _ if here.is_empty() => "Nobody may speak in this channel.".to_owned(),
        0 => "Write a name in your message, and its owner answers.".to_owned(),
        more => format!(
            "Write a name in your message, and its owner answers. {more} more are here: `/chat` lists them."
        ),
    };
    answer
}
