//! `/my_profile`: what the characters know about whoever asks, at a glance.

use domain::{
    command::{CommandCall, CommandSpec},
    memory::{Aspect, Detail, Item, Kind},
    outbound::{Answer, Panel},
};
use futures_util::FutureExt as _;

use super::{Command, remembered, shown};
use crate::{app::App, bonds, cast::Cast, clock};

/// Facts that are looked through, the newest ones.
const FACTS: usize = 200;

/// Facts of an aspect that are shown.
const SHOWN: usize = 8;

/// Characters that are told of.
const BONDS: usize = 6;

/// Characters of a field's value. Discord documentation, "Embed Limits".
const FIELD_CHARS: usize = 1_000;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed()).privately()
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash("my_profile", "What the characters know about you, at a glance", Vec::new())
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let user = call.author.id;
    let now = clock::now();
    let facts = remembered::of(app, &call.place, user, &[Kind::Fact], None, FACTS).await?;
    let mut facts: Vec<_> = facts
        .into_iter()
        .filter(|item| item.draft.about == Some(user) && item.draft.until.is_none())
        .collect();
    facts.sort_by_key(|item| std::cmp::Reverse(weight(item)));
    let mut fields = Vec::new();
    for (aspect, title) in [
        (Aspect::Wish, "How you want to be treated"),
        (Aspect::Fact, "About you"),
        (Aspect::Interest, "What you like"),
        (Aspect::Preference, "What you prefer"),
        (Aspect::Trait, "How you are"),
        (Aspect::Quote, "In your words"),
    ] {
        let of = facts
            .iter()
            .filter(|item| matches!(&item.draft.detail, Detail::Fact(fact) if fact.aspect == aspect));
        let lines: Vec<_> = of.take(SHOWN).map(remembered::line).collect();
        if !lines.is_empty() {
            let title = format!("{} {title}", remembered::sign(aspect));
            fields.push((title, shown::list(lines.into_iter(), FIELD_CHARS), false));
        }
    }
    let cast = app.cast.of(call.place.guild).await?;
    let here = bonds::home(&call.place);
    let mut bonds: Vec<_> = app
        .store
        .bonds_of(user)
        .await?
        .iter()
        .filter(|kept| kept.place == here)
        .filter_map(|kept| Some((cast.by_id(&kept.character)?.clone(), bonds::parse(kept))))
        .collect();
    bonds.sort_by_key(|(_, bond)| std::cmp::Reverse(bond.affection(now)));
    let lines: Vec<_> = bonds
        .iter()
        .take(BONDS)
        .map(|(character, bond)| {
            let affection = usize::from(bond.affection(now));
            let bar: String = (0..10).map(|cell| if cell * 10 < affection { '█' } else { '░' }).collect();
            let name = shown::line(character.called(), 40);
            format!("`{bar}` {name}: {} ({affection})", bond.stage(now).name())
        })
        .collect();
    if !lines.is_empty() {
        fields.push(("❤️ Who knows you here".to_owned(), lines.join("\n"), false));
    }
    let first = bonds.iter().filter_map(|(_, bond)| bond.first_at()).min();
    let exchanges: u64 = bonds.iter().map(|(_, bond)| bond.exchanges()).sum();
    let body = match first {
        _ if app.opted_out.contains(user) => {
            "You have opted out: nothing is kept of you. `/privacy opt-in` changes that.".to_owned()
        }
        Some(first) => {
            let since = first.as_millis().div_euclid(1_000);
            let times =
                shown::count(usize::try_from(exchanges).unwrap_or(usize::MAX), "exchange", "exchanges");
            format!("First met here <t:{since}:R> · {times} since")
        }
        None if fields.is_empty() => {
            "The characters know nothing about you yet. Talk with them, or tell them with `/remember`."
                .to_owned()
        }
        None => "You have not talked with a character here yet.".to_owned(),
    };
    let name = shown::line(call.author.name.raw(), 80);
    let panel = Panel {
        title: format!("📒 {name}"),
        body,
        fields,
        footer: "/memory to correct and forget · /privacy for everything that is kept".to_owned(),
        ..Panel::default()
    };
    Ok(Answer { panels: vec![panel], private: true, ..Answer::default() })
}

fn weight(item: &Item) -> u32 {
    match &item.draft.detail {
        Detail::Fact(fact) => u32::from(fact.importance) * 100 + u32::from(fact.confidence),
        _ => 0,
    }
}
