//! `/interact`: one character opens a conversation with another.

use domain::{
    command::{CommandSpec, OptionKind, OptionSpec},
    ensemble::Order,
};
use futures_util::FutureExt as _;

use super::{Command, scene};
use crate::cast::Cast;

/// The options in which the two are named.
pub(super) const PLAYERS: [&str; 2] = ["initiator", "target"];

/// Lines when nobody says how many: a word, an answer, and the same again.
const USUAL_TURNS: u8 = 4;

pub(super) fn command() -> Command {
    // Its Stop button is the scene's.
    Command::new(spec, |app, call| scene::begin(app, call, &PLAYERS, Order::RoundRobin, USUAL_TURNS).boxed())
        .proposing(|app, call| scene::propose(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let player =
        |name, description| OptionSpec { name, description, kind: OptionKind::Autocompleted, required: true };
    let options = vec![
        player(PLAYERS[0], "Who begins"),
        player(PLAYERS[1], "Whom they talk to"),
        scene::topic(),
        scene::turns(),
    ];
    CommandSpec::slash("interact", "Let one character open a conversation with another", options)
}
