//! Takes what was said into the memory: every couple of seconds, beside the answers and never in front of one.
//!
//! The history is written first and marked here line by line, so a crash between the two loses nothing and remembers
//! nothing twice.

use std::time::Duration;

use domain::{
    Timestamp, Untrusted,
    event::{ChannelKind, Place},
    memory::{Detail, Draft, Reach},
    scene::Speaker,
};
use store::{RowToken, Unremembered, memories::check_draft};

use crate::{app::App, clock};

/// Lines of one transaction: what a lively bot hears within a few seconds. Small, since a reply that is settled
/// meanwhile waits for it.
const BATCH: u32 = 64;

/// How long after the start what was said on a server waits for Discord to tell of that server: only then the room of
/// a thread is known. Later it counts as a room of its own.
const PLANS_WITHIN: Duration = Duration::from_mins(1);

/// Remembers all lines that nobody has looked at yet.
pub async fn remember(app: &App) -> anyhow::Result<()> {
    loop {
        let lines = app.store.unremembered(BATCH).await?;
        let is_whole = lines.len() == BATCH as usize;
        let mut looked_at = Vec::with_capacity(lines.len());
        for line in lines {
            if is_known(app, &line.place, clock::now()) {
                looked_at.push(look_at(app, line).await?);
            }
        }
        if looked_at.is_empty() {
            return Ok(());
        }
        let read = looked_at.len();
        let items = app.store.remember(&looked_at).await?;
        tracing::debug!(lines = read, items = items.len(), "remembered");
        if !is_whole {
            return Ok(());
        }
        // Thousands after an update: the channels go first.
        tokio::task::yield_now().await;
    }
}

fn is_known(app: &App, place: &Place, now: Timestamp) -> bool {
    place.guild.is_none_or(|guild| app.audiences.knows(guild)) || now.since(app.started_at) > PLANS_WITHIN
}

/// What is remembered of a line; nothing of one without words.
async fn look_at(app: &App, read: Unremembered) -> store::Result<(RowToken, Option<Draft>)> {
    let Unremembered { row, place, source, position, line, with } = read;
    let (owner, who) = match line.who {
        Speaker::Person { id, name } => (Some(id), name),
        Speaker::OtherBot { name, .. } => (None, name),
        Speaker::Character(id) => {
            let cast = app.cast.of(place.guild).await?;
            let name = cast.by_id(&id).map_or_else(|| id.as_str().to_owned(), |one| one.name.clone());
            (None, Untrusted::new(name))
        }
    };
    let draft = Draft {
        reach: Reach::Room { guild: place.guild, room: app.audiences.room_of(&place) },
        channel: Some(place.channel),
        character: with.filter(|_| place.kind == ChannelKind::Direct),
        owner,
        about: None,
        who,
        text: line.text,
        at: line.at,
        until: None,
        position,
        detail: Detail::Line,
        sources: vec![source],
    };
    let draft = check_draft(&draft).is_ok().then_some(draft);
    Ok((row, draft))
}
