//! `/scene` and `/interact`: characters talk among themselves.

use std::sync::Arc;

use domain::{
    CharacterId,
    character::Character,
    command::{CommandCall, CommandSpec, ComponentCall, OptionKind, OptionSpec, Permissions},
    ensemble::{CAST, Order, Run, TOPIC_CHARS, TURNS, USUAL_TURNS, Wanted},
    outbound::{Answer, Button, ButtonStyle, Panel, Row},
    quote::quoted,
};
use futures_util::FutureExt as _;

use super::{Command, Proposals, Reaction, interact, manages, refused};
use crate::{
    app::App,
    cards,
    cast::Cast,
    clock,
    ensemble::{self, CannotBegin},
};

/// How close, of 100, characters are at least who are proposed to each other first: they have met.
const CLOSE: u8 = 1;

/// What the buttons' ids begin with.
const NAME: &str = "scene";

/// The options in which characters are named.
const PLAYERS: [&str; CAST] = ["first", "second", "third", "fourth", "fifth"];

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| scene(app, call).boxed())
        .proposing(|app, call| propose(app, call).boxed())
        .with_buttons(|app, call| pressed(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let player = |name| OptionSpec {
        name,
        description: "Who plays",
        kind: OptionKind::Autocompleted,
        required: name == PLAYERS[0] || name == PLAYERS[1],
    };
    let [first, second, third, fourth, fifth] = PLAYERS.map(player);
    let order = OptionSpec {
        name: "order",
        description: "Who follows whom",
        kind: OptionKind::Choice(
            [("in turn", "round_robin"), ("at random", "random"), ("by affinity", "affinity")]
                .map(|(label, value)| (label.to_owned(), value.to_owned()))
                .to_vec(),
        ),
        required: false,
    };
    let options = vec![first, second, topic(), third, fourth, fifth, order, turns()];
    CommandSpec::slash(NAME, "Let two to five characters play a scene", options)
}

pub(super) fn topic() -> OptionSpec {
    OptionSpec {
        name: "topic",
        description: "What they talk about",
        kind: OptionKind::Text { max_length: TOPIC_CHARS as u16 },
        required: true,
    }
}

pub(super) fn turns() -> OptionSpec {
    OptionSpec {
        name: "turns",
        description: "How many lines at most",
        kind: OptionKind::Integer { min: 2, max: i64::from(TURNS) },
        required: false,
    }
}

async fn scene(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let order = match call.text("order").map(domain::Untrusted::raw) {
        Some("random") => Order::Random,
        Some("affinity") => Order::Affinity,
        _ => Order::RoundRobin,
    };
    begin(app, call, &PLAYERS, order, USUAL_TURNS).await
}

/// Begins a scene of the characters that the options name, in their order.
pub(super) async fn begin(
    app: &App,
    call: &CommandCall,
    players: &[&str],
    order: Order,
    usual_turns: u8,
) -> anyhow::Result<Answer> {
    let cast = app.cast.of(call.place.guild).await?;
    let mut playing: Vec<CharacterId> = Vec::new();
    for player in players {
        let Some(named) = call.text(player) else { continue };
        let found = cast.by_name(named.raw()).ok_or_else(|| {
            let name = quoted(named.raw(), 60);
            refused(format!("Nobody here is called “{name}”. `/characters` shows who is."))
        })?;
        playing.push(found.id.clone());
    }
    let turns = call.integer("turns").and_then(|turns| u8::try_from(turns).ok()).unwrap_or(usual_turns);
    let topic = call.text("topic").cloned().unwrap_or_default();
    let shown = quoted(topic.raw(), TOPIC_CHARS);
    let wanted = Wanted { cast: playing, topic, order, turns, asked_by: call.author.id, place: call.place };
    match ensemble::begin(app, wanted, call.age_restricted).await {
        Ok(run) => {
            let bill = panel(&cast, &run, shown);
            app.playbills.put_up(run.id, call.interaction.clone(), bill.clone());
            Ok(bill)
        }
        Err(CannotBegin::Store(error)) => Err(error.into()),
        Err(sentence) => Err(refused(sentence.to_string())),
    }
}

fn panel(cast: &Cast, run: &Run, topic: String) -> Answer {
    let name = |id: &CharacterId| {
        cast.by_id(id).map_or_else(|| id.to_string(), |known| domain::names::escape_name(&known.name))
    };
    let names: Vec<String> = run.cast.iter().map(name).collect();
    let order = match run.order {
        Order::RoundRobin => "in turn",
        Order::Random => "at random",
        Order::Affinity => "by affinity",
    };
    let stop = Button {
        style: ButtonStyle::Danger,
        emoji: Some("⏹️".to_owned()),
        ..Button::new(format!("{NAME}:stop:{}", run.id), "Stop")
    };
    let panel = Panel {
        title: format!("🎬 {}", names.join(", ")).chars().take(256).collect(),
        body: topic,
        footer: format!("up to {} lines, {order}; whoever asked may also just write “stop”", run.turns_left),
        ..Panel::default()
    };
    Answer { panels: vec![panel], rows: vec![Row::Buttons(vec![stop])], ..Answer::default() }
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let id = call.id.strip_prefix("scene:stop:").and_then(|id| id.parse::<u64>().ok());
    let id = id.ok_or_else(|| refused("This button belongs to something that is gone."))?;
    let channel = call.place.channel;
    let current = app.scenes.current(channel, clock::now()).await?.filter(|current| current.id == id);
    if let Some(current) = current {
        let may = current.asked_by == call.author.id
            || manages(call.permissions)
            || call.permissions.allow(Permissions::MANAGE_MESSAGES);
        if !may {
            return Err(refused(
                "Only who asked for the scene, or somebody who manages messages here, can stop it.",
            ));
        }
        app.scenes.stop(channel, id).await?;
    }
    let text = if current.is_some() { "⏹️ The scene was stopped." } else { "🎬 The scene is over." };
    let bill = app.playbills.take_down(id, text).map(|(_, bill)| bill);
    Ok(Reaction::Update(bill.unwrap_or_else(|| Answer { text: text.to_owned(), ..Answer::default() })))
}

/// The characters that are not named in another option yet, those first who are close to the first one that is.
pub(super) async fn propose(app: &App, call: &CommandCall) -> anyhow::Result<Proposals> {
    let Some(focused) = &call.focused else { return Ok(Proposals::new()) };
    let typed = call.text(focused).map(|text| text.raw().trim().to_lowercase()).unwrap_or_default();
    let (cast, rules) = (app.cast.of(call.place.guild).await?, app.rules.of(&call.place).await?);
    let named: Vec<&str> = call
        .options
        .keys()
        .filter(|option| *option != focused)
        .filter_map(|option| call.text(option))
        .map(domain::Untrusted::raw)
        .collect();
    let ties = app.minds.ties(&call.place).await?;
    let begins = PLAYERS.iter().chain(&interact::PLAYERS).find_map(|option| {
        let named = call.text(option).filter(|_| option != focused)?;
        cast.by_name(named.raw())
    });
    let friends = begins.map(|begins| ties.friends(&begins.id, CLOSE)).unwrap_or_default();
    let closeness = |character: &Arc<Character>| {
        friends.iter().position(|(friend, _)| **friend == character.id).unwrap_or(usize::MAX)
    };
    let mut cast: Vec<&Arc<Character>> = cast.characters().iter().collect();
    cast.sort_by_key(|character| closeness(character));
    let proposals = cast
        .into_iter()
        .filter(|character| rules.admits(&character.id) && !named.contains(&character.id.as_str()))
        .filter(|character| call.age_restricted || !character.age_restricted)
        .filter(|character| character.names().any(|name| name.to_lowercase().contains(&typed)))
        .take(25)
        .map(|character| {
            let told = Some(&character.tagline).filter(|tagline| !tagline.is_empty());
            let told = told.map_or_else(String::new, |tagline| format!(" · {tagline}"));
            let label = cards::printable(&format!("{}{told}", character.name));
            (label.chars().take(100).collect(), character.id.to_string())
        });
    Ok(proposals.collect())
}
