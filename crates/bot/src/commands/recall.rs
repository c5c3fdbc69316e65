//! `/recall`: what is remembered about something, for whoever asks.

use domain::{
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec},
    memory::Detail,
    outbound::{Answer, Panel},
};
use futures_util::FutureExt as _;

use super::{Command, refused, remembered, shown};
use crate::{
    app::App,
    cast::Cast,
    clock,
    recall::{self, Wanted},
};

/// Memories that are shown.
const MEMORIES: usize = 8;

/// Characters of a panel that they fill at most.
const LIST_CHARS: usize = 3_900;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed()).privately()
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash(
        "recall",
        "What is remembered about something: in words, or “last week”",
        vec![OptionSpec {
            name: "about",
            description: "What you are looking for",
            kind: OptionKind::Text { max_length: 300 },
            required: true,
        }],
    )
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let about = call.text("about").map(|text| text.raw().trim().to_owned()).unwrap_or_default();
    if about.is_empty() {
        return Err(refused("Say what you are looking for."));
    }
    let rules = app.rules.of(&call.place).await?;
    let wanted = Wanted {
        text: about.clone(),
        asker: Some(call.author.id),
        kinds: &[],
        shown: None,
        utc_offset_minutes: recall::minutes(&rules.time_zone, clock::now()),
    };
    let audience = app.audiences.of_reader(&call.place, call.author.id);
    let found = recall::look_up(app, &audience, &wanted, MEMORIES).await?;
    if found.is_empty() {
        return Err(refused(format!("Nothing is remembered about “{}”.", shown::line(&about, 100))));
    }
    let lines = found.iter().map(|recalled| {
        // What was imported was said nowhere here.
        let draft = &recalled.item.draft;
        let imported = draft.detail == Detail::Line && draft.position == 0;
        let link = remembered::links(&recalled.item, 1).pop().filter(|_| !imported);
        let link = link.map_or_else(String::new, |link| format!(" · [there]({link})"));
        format!("{}{link}", remembered::line(&recalled.item))
    });
    let panel = Panel {
        title: format!("🧠 {}", shown::line(&about, 200)),
        body: shown::list(lines, LIST_CHARS),
        footer: "Only you see this: what everybody in this channel may hear, and what you said yourself."
            .to_owned(),
        ..Panel::default()
    };
    Ok(Answer { panels: vec![panel], private: true, ..Answer::default() })
}
