//! `/relationship`: how a character and whoever asks stand to each other, drawn.

mod picture;

use std::sync::Arc;

use domain::{
    Timestamp,
    character::Character,
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec},
    memory::bond::{Bond, Stage},
    outbound::{Answer, File, Panel},
};
use futures_util::FutureExt as _;

use super::{Command, chat, refused, shown};
use crate::{app::App, bonds, cast::Cast, clock};

/// Days that the picture shows.
const DAYS: u16 = 60;

/// The picture's file.
const FILE: &str = "relationship.png";

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed()).privately().proposing(|app, call| {
        async move { Ok(chat::proposed(&*app.cast.of(call.place.guild).await?, call, "character")) }.boxed()
    })
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash(
        "relationship",
        "How you and a character stand to each other",
        vec![OptionSpec {
            name: "character",
            description: "Who; without it, who knows you best",
            kind: OptionKind::Autocompleted,
            required: false,
        }],
    )
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let cast = app.cast.of(call.place.guild).await?;
    let now = clock::now();
    let (character, bond) = match call.text("character") {
        Some(name) => {
            let character =
                cast.by_name(name.raw()).ok_or_else(|| refused("Nobody here has that name."))?.clone();
            let bond = bonds::of(&*app.store, &call.place, &character.id, call.author.id).await?;
            (character, bond)
        }
        None => nearest(app, call, &cast, now)
            .await?
            .ok_or_else(|| refused("No character here knows you yet. Say hello to one!"))?,
    };
    let portrait = cast.face(&character.id).cloned();
    let course = bond.course(now, DAYS);
    let affection = bond.affection(now);
    let drawn =
        tokio::task::spawn_blocking(move || picture::draw(&course, affection, portrait.as_deref())).await?;
    let panel = panel(&character, &bond, now, drawn.is_some());
    let files = drawn.map(|bytes| File { name: FILE.to_owned(), bytes: bytes.into() });
    Ok(Answer { panels: vec![panel], files: files.into_iter().collect(), private: true, ..Answer::default() })
}

/// The character here who stands nearest to whoever asks.
async fn nearest(
    app: &App,
    call: &CommandCall,
    cast: &Cast,
    now: Timestamp,
) -> anyhow::Result<Option<(Arc<Character>, Bond)>> {
    let here = bonds::home(&call.place);
    let mut best: Option<(Arc<Character>, Bond)> = None;
    for kept in app.store.bonds_of(call.author.id).await?.into_iter().filter(|kept| kept.place == here) {
        let Some(character) = cast.by_id(&kept.character) else { continue };
        let bond = bonds::parse(&kept);
        let nearer = |other: &Bond| {
            (bond.affection(now), bond.exchanges()) > (other.affection(now), other.exchanges())
        };
        if best.as_ref().is_none_or(|(_, other)| nearer(other)) {
            best = Some((character.clone(), bond));
        }
    }
    Ok(best)
}

fn panel(character: &Character, bond: &Bond, now: Timestamp, drawn: bool) -> Panel {
    let name = shown::line(character.called(), 80);
    let (warm, cold) = bond.tones();
    let feels = match bond.stage(now) {
        Stage::Stranger if cold > warm && cold >= 3 => format!("{name} is on guard with you."),
        Stage::Stranger => format!("{name} does not know you yet."),
        Stage::Acquaintance => format!("{name} knows you a little and is warming to you."),
        Stage::Friend => format!("{name} is glad when you write."),
        Stage::CloseFriend => format!("{name} trusts you."),
        Stage::BestFriend => format!("{name} would miss you."),
    };
    let at = |at: Option<Timestamp>| {
        at.map_or_else(|| "never".to_owned(), |at| format!("<t:{}:R>", at.as_millis().div_euclid(1_000)))
    };
    let affection = bond.affection(now);
    let next = Stage::ALL.into_iter().find(|stage| stage.from() > affection);
    let next = next.map_or_else(
        || "There is nothing above it.".to_owned(),
        |next| format!("{} more to {}", next.from() - affection, next.name()),
    );
    Panel {
        title: format!("You and {name}"),
        body: format!("**{}** · {affection} of 100\n{feels}", capital(bond.stage(now).name())),
        color: Some(0x00d9_5f8e),
        fields: vec![
            ("Exchanges".to_owned(), bond.exchanges().to_string(), true),
            ("Kind · harsh".to_owned(), format!("{warm} · {cold}"), true),
            ("Next".to_owned(), next, true),
            ("First met".to_owned(), at(bond.first_at()), true),
            ("Last talked".to_owned(), at(bond.last_at()), true),
        ],
        image: drawn.then(|| FILE.to_owned()),
        footer: format!(
            "The last {DAYS} days. It grows with kind words, day by day, and fades in long silences."
        ),
        ..Panel::default()
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
