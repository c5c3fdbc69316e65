//! `/characters`: who is here, with faces.

use domain::{
    command::CommandSpec,
    outbound::{Answer, File, Panel},
};
use futures_util::FutureExt as _;

use super::Command;
use crate::cast::Cast;

/// Discord takes ten embeds and ten files a message.
const SHOWN: usize = 10;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| async move { Ok(gallery(&*app.cast.of(call.place.guild).await?)) }.boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash("characters", "Meet everybody who lives here", Vec::new())
}

fn gallery(cast: &Cast) -> Answer {
    let mut answer = Answer::default();
    for character in cast.characters().iter().take(SHOWN) {
        let face = cast
            .face(&character.id)
            .map(|bytes| File { name: format!("{}.png", character.id), bytes: bytes.clone() });
        let aliases = character.aliases.join(", ");
        answer.panels.push(Panel {
            title: character.name.clone(),
            body: character.tagline.clone(),
            color: character.color,
            thumbnail: face.as_ref().map(|face| face.name.clone()),
            footer: if aliases.is_empty() { String::new() } else { format!("also: {aliases}") },
            ..Panel::default()
        });
        answer.files.extend(face);
    }
    let more = cast.characters().len().saturating_sub(SHOWN);
    answer.text = match more {
        0 => "Write a name in your message, and its owner answers.".to_owned(),
        more => format!(
            "Write a name in your message, and its owner answers. {more} more are here: `/chat` lists them."
        ),
    };
    answer
}
