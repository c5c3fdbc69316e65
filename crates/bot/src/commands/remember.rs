//! `/remember`: something about oneself, for the characters to know.

use domain::{
    MessageId, Untrusted,
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec},
    memory::{
        Aspect, Detail, Draft, FactDetail, Item, ItemId, Kind, Reach, Source,
        learning::{Batch, Changes, Learned, merge},
        noticing,
    },
    outbound::Answer,
};
use futures_util::FutureExt as _;
use store::{Ending, Lesson};

use super::{Command, refused, remembered, shown};
use crate::{app::App, cast::Cast, clock};

/// Characters of what is to be remembered.
const CHARS: u16 = 300;

/// Facts that are compared with the new one.
const KNOWN: u32 = 100;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed()).privately()
}

fn spec(_: &Cast) -> CommandSpec {
    let choices = [("Here", "here"), ("On this server", "server"), ("Everywhere", "everywhere")];
    CommandSpec::slash(
        "remember",
        "Tell the characters something about yourself: “call me Captain”, “I have a cat called Miso”",
        vec![
            OptionSpec {
                name: "text",
                description: "What they should know about you",
                kind: OptionKind::Text { max_length: CHARS },
                required: true,
            },
            OptionSpec {
                name: "where",
                description: "Who may hear of it; without it, everybody on this server",
                kind: OptionKind::Choice(
                    choices.map(|(label, value)| (label.to_owned(), value.to_owned())).to_vec(),
                ),
                required: false,
            },
        ],
    )
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let user = call.author.id;
    if app.opted_out.contains(user) {
        return Err(refused("You have opted out of being remembered. `/privacy opt-in` changes that."));
    }
    let text = call.text("text").map(|text| text.raw().trim().to_owned()).unwrap_or_default();
    if text.is_empty() {
        return Err(refused("There is nothing to remember in that."));
    }
    let reach = match (call.text("where").map(Untrusted::raw), call.place.guild) {
        (Some("everywhere"), _) => Reach::Everyone,
        (Some("here"), _) | (_, None) => remembered::here(app, &call.place),
        (_, Some(guild)) => Reach::Guild(guild),
    };
    let told = [as_line(call, reach, &text)];
    let batch = Batch { lines: &told, character: None };
    let known = app.store.items_of(user, &[Kind::Fact], None, KNOWN).await?;
    let known: Vec<_> = known.into_iter().filter(|item| item.draft.about == Some(user)).collect();
    let Changes { add, end, change } = merge(batch, vec![learned(batch, call, &text)], &known);
    // What somebody says of themselves by a command is sure.
    let add: Vec<_> = add.into_iter().map(surely).collect();
    if add.is_empty() && change.is_empty() {
        return Err(refused("That cannot be remembered: it has no words."));
    }
    app.store.add_items(&add).await?;
    // No message stands behind it that could be deleted: what it ends stays ended, and what it says again keeps the
    // sources that it had.
    let end = end.into_iter().map(|(item, at, _)| Ending { item, at, by: Vec::new() }).collect::<Vec<_>>();
    let told = &told[0].draft.sources;
    let change = change.into_iter().map(|(item, mut draft)| {
        draft.sources.retain(|source| !told.contains(source));
        (item, surely(draft))
    });
    let change = change.collect();
    let replaced = !end.is_empty();
    app.store.learn(&Lesson { end, change, ..Lesson::default() }).await?;
    let what = add.first().map_or(text.as_str(), |draft| draft.text.raw());
    let so = if replaced { " What it takes the place of is over." } else { "" };
    let heard_by = match reach {
        Reach::Room { guild: None, .. } => "in this direct message",
        Reach::Room { .. } => "where everybody can see this channel",
        Reach::Guild(_) => "on this server",
        Reach::Everyone => "wherever you meet them",
    };
    Ok(Answer::private(format!(
        "🧠 The characters will know {heard_by}: **{}**.{so}\n-# `/memory` shows, changes and removes it.",
        shown::line(what, 300)
    )))
}

/// What was told, as if it had been said.
fn as_line(call: &CommandCall, reach: Reach, text: &str) -> Item {
    let draft = Draft {
        reach,
        channel: Some(call.place.channel),
        character: None,
        owner: Some(call.author.id),
        about: None,
        who: call.author.name.clone(),
        text: text.into(),
        at: clock::now(),
        until: None,
        position: 0,
        detail: Detail::Line,
        sources: vec![Source::Message(MessageId(call.interaction.id.get()))],
    };
    Item { id: ItemId(0), draft }
}

/// What it says: in the notebook's words where it is plain, else in theirs.
fn learned(batch: Batch<'_>, call: &CommandCall, text: &str) -> Learned {
    if let Some(note) = noticing::notice(batch).into_iter().next() {
        return note;
    }
    let lower = text.to_lowercase();
    let wish = ["call me", "please", "don't", "do not", "never", "always"];
    let wishes = wish.iter().any(|start| lower.starts_with(start));
    Learned {
        person: call.author.id,
        name: call.author.name.clone(),
        aspect: if wishes { Aspect::Wish } else { Aspect::Fact },
        attribute: "other".to_owned(),
        single: false,
        text: format!("told the characters, {}", domain::quote::quoted(text, usize::from(CHARS))),
        importance: 8,
        confidence: 95,
        lines: vec![0],
    }
}

fn surely(mut draft: Draft) -> Draft {
    if let Detail::Fact(FactDetail { importance, confidence, .. }) = &mut draft.detail {
        *importance = (*importance).max(8);
        *confidence = 95;
    }
    draft
}
