//! `/forget`: what the characters know of oneself, found by words and forgotten.

use domain::{
    command::{CommandCall, CommandSpec, ComponentCall, OptionKind, OptionSpec},
    memory::{Item, ItemId, Kind, terms},
    outbound::{Answer, Row, Select, SelectChoice},
};
use futures_util::FutureExt as _;

use super::{Command, Reaction, refused, remembered, shown};
use crate::{app::App, cast::Cast};

const NAME: &str = "forget";

/// Items of one's own that are looked through, the newest ones.
const LOOKED: usize = 500;

/// What is offered at once: as many as fit into a list.
const OFFERED: usize = 25;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .with_buttons(|app, call| pressed(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash(
        NAME,
        "Let the characters forget something about you",
        vec![OptionSpec {
            name: "about",
            description: "Words of it, such as “cat” or “Porto”; without it, the newest things",
            kind: OptionKind::Text { max_length: 200 },
            required: false,
        }],
    )
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let about = call.text("about").map(|text| text.raw().trim().to_owned()).unwrap_or_default();
    let found = matching(app, call, &about).await?;
    if found.is_empty() {
        let sentence = if about.is_empty() {
            "Nothing is remembered about you.".to_owned()
        } else {
            format!("Nothing about you is remembered with “{}”.", shown::line(&about, 100))
        };
        return Err(refused(sentence));
    }
    let choice = |item: &Item| SelectChoice {
        label: item.draft.text.raw().split_whitespace().collect::<Vec<_>>().join(" "),
        value: item.id.0.to_string(),
        description: remembered::reach(item).replace("<#", "#").replace('>', ""),
        chosen: false,
    };
    let choices: Vec<_> = found.iter().take(OFFERED).map(choice).collect();
    let max = u8::try_from(choices.len()).unwrap_or(25);
    let select = Select {
        id: format!("{NAME}:these"),
        placeholder: "What is to be forgotten?".to_owned(),
        choices,
        min: 1,
        max,
    };
    let more = found.len().saturating_sub(OFFERED);
    let more =
        if more == 0 { String::new() } else { format!(" The newest {OFFERED}; there are {more} more.") };
    let text = format!(
        "Choose what the characters are to forget: it goes at once and for good.{more}\n\
         -# Messages themselves stay in the channel: delete them there, and all that was made of them goes along. \
         `/privacy erase` removes everything."
    );
    Ok(Answer { text, rows: vec![Row::Select(select)], private: true, ..Answer::default() })
}

/// One's own items that hold all the words, newest first.
async fn matching(app: &App, call: &CommandCall, about: &str) -> store::Result<Vec<Item>> {
    let kinds = [Kind::Fact, Kind::Line, Kind::Episode];
    let mut found = remembered::of(app, &call.place, call.author.id, &kinds, None, LOOKED).await?;
    let wanted: Vec<String> = terms::stems(about);
    if !wanted.is_empty() {
        found.retain(|item| {
            let has = terms::stems(item.draft.text.raw());
            wanted.iter().all(|word| has.contains(word))
        });
    }
    // Facts are what one means first.
    found.sort_by_key(|item| item.draft.detail.kind() != Kind::Fact);
    Ok(found)
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let mut gone = Vec::new();
    for value in &call.values {
        let Ok(id) = value.parse() else { continue };
        let Some(item) = app.store.item(ItemId(id)).await? else { continue };
        if !remembered::is_of(app, &call.place, &item, call.author.id) {
            return Err(refused("That is not yours to have forgotten."));
        }
        gone.push(item);
    }
    let ids: Vec<_> = gone.iter().map(|item| item.id).collect();
    let number = app.store.remove_items(&ids).await?;
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    let text = match number {
        0 => "That was forgotten already.".to_owned(),
        number => format!("🕳️ Forgotten: {}.", shown::count(number, "memory", "memories")),
    };
    Ok(Reaction::Update(Answer::private(text)))
}
