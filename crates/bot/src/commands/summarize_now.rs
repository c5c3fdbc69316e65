//! `/summarize_now`: what was just said here becomes an episode, and everybody reads it.

use std::time::Duration;

use domain::{
    command::{CommandCall, CommandSpec, Permissions},
    event::{ChannelKind, Place},
    memory::episodes,
    outbound::{Answer, Panel},
    prompt::Style,
    scene::Budget,
};
use futures_util::FutureExt as _;

use super::{Command, refused, shown};
use crate::{app::App, cast::Cast, clock, learning, remembering};

/// Lines that are summed up at most: twice those of an episode that comes by itself.
const LINES: u32 = 2 * episodes::LINES;

/// How long a channel waits for the next one.
const PAUSE: Duration = Duration::from_secs(30);

/// Discord documentation, "Permissions", section "Bitwise Permission Flags": `SEND_MESSAGES_IN_THREADS`.
const WRITE_IN_THREADS: Permissions = Permissions(1 << 38);

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash("summarize_now", "Sum up what was said here since the last summary", Vec::new())
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    if !may_write(&call.place, call.permissions) {
        return Err(refused("Only who can write here can ask for a summary."));
    }
    if app.model.profile().style == Style::Small {
        return Err(refused(
            "The model that thinks here is too small to sum up a conversation. What was said is remembered all the same.",
        ));
    }
    if app.spending.budget(clock::now()).await? == Budget::Spent {
        return Err(refused("Today's budget is spent: the characters have thought enough. Tomorrow again."));
    }
    // What was said within the last seconds belongs to it.
    remembering::remember(app).await?;
    let mut lines = app.store.untold_of(call.place.channel, LINES).await?;
    // In private each character has memories of its own.
    let newest = lines.last().map(|line| (line.draft.character.clone(), line.draft.reach));
    lines.retain(|line| {
        newest
            .as_ref()
            .is_some_and(|(with, reach)| line.draft.character == *with && line.draft.reach == *reach)
    });
    if lines.len() < episodes::FEWEST as usize {
        return Err(refused(format!(
            "There is too little to sum up: {} since the last summary. {} are the least.",
            shown::count(lines.len(), "message", "messages"),
            episodes::FEWEST
        )));
    }
    if let Err(left) = app.pauses.begin(call.place.channel, clock::now(), PAUSE) {
        let seconds = usize::try_from(left.as_secs()).unwrap_or(0) + 1;
        return Err(refused(format!(
            "Somebody has just asked for a summary here. Please wait {}.",
            shown::count(seconds, "second", "seconds")
        )));
    }
    let Some(episode) = learning::episode(app, &lines).await? else {
        return Err(refused("The model has no summary just now. Please try again in a minute."));
    };
    let second = |at: domain::Timestamp| at.as_millis().div_euclid(1_000);
    let until = episode.until.unwrap_or(episode.at);
    // Everybody sees the times of their own zone. Discord documentation, "Message Formatting".
    let span = format!("<t:{}:f> – <t:{}:t>", second(episode.at), second(until));
    let panel = Panel {
        title: "📖 What was said here".to_owned(),
        body: format!("{}\n\n-# {span}", shown::plain(episode.text.raw(), 3_800)),
        footer: format!("{}; the characters remember it", shown::count(lines.len(), "message", "messages")),
        ..Panel::default()
    };
    Ok(Answer { panels: vec![panel], ..Answer::default() })
}

fn may_write(place: &Place, permissions: Permissions) -> bool {
    match place.kind {
        ChannelKind::Direct => true,
        ChannelKind::Thread => permissions.allow(WRITE_IN_THREADS),
        ChannelKind::Text | ChannelKind::Voice => permissions.allow(Permissions::SEND_MESSAGES),
    }
}
