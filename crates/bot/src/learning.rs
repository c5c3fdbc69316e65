//! Learns about people from what was said, and tells conversations as episodes: off the reply path, in batches, within
//! the day's budget.

mod setbacks;

use std::time::Duration;

use domain::{
    Timestamp, UserId,
    audience::Audience,
    memory::{
        Item, Kind, Reach, episodes,
        learning::{Batch, Changes, Learned, merge, read, request},
        noticing,
    },
    prompt::Style,
    scene::Budget,
};
use store::{Ending, Lesson};

use crate::{app::App, asking, clock};

pub use setbacks::Setbacks;
use setbacks::Work;

/// A conversation that pauses for so long is learned from.
const PAUSE_MILLIS: i64 = 90_000;

/// Lines from which is learned while a conversation goes on.
const AT_LEAST: u32 = 16;

/// Lines of a batch.
const LINES: u32 = 30;

/// How long the model may take for a batch.
const PATIENCE: Duration = Duration::from_mins(2);

/// Pieces of work of one run at which the model may fail: after these it is left alone for a while.
const FAILURES: u32 = 2;

/// What is known about a person that is looked at.
const KNOWN: u32 = 60;

/// Learns from what is due; answers how many batches there were. What the model fails at is tried again later, and
/// nothing waits behind it.
pub async fn learn(app: &App) -> anyhow::Result<usize> {
    let now = clock::now();
    let quiet = Timestamp(now.as_millis().saturating_sub(PAUSE_MILLIS));
    let batches = app.store.unlearned(quiet, AT_LEAST, LINES).await?;
    let (mut learned, mut failures) = (0, 0);
    for lines in batches {
        if app.life.soft().is_cancelled() || failures >= FAILURES {
            break;
        }
        // Of one room each, whatever became of the channel meanwhile.
        let lines = episodes::together(&lines);
        let Some(work) = lines.first().map(|line| Work::Learn(line.id)) else { continue };
        if !app.setbacks.is_due(work, now) {
            continue;
        }
        let done = learn_from(app, work, lines).await;
        if !matches!(done, Ok(true)) {
            app.setbacks.failed(work, now);
            failures += 1;
        }
        learned += usize::from(done?);
    }
    Ok(learned)
}

/// Learns from one batch; whether it could be.
async fn learn_from(app: &App, work: Work, lines: &[Item]) -> anyhow::Result<bool> {
    let character = lines.first().and_then(|line| line.draft.character.as_ref());
    let batch = Batch { lines, character };
    let mut known = Vec::new();
    if let Some(audience) = lines.first().and_then(room_alone) {
        for person in people(lines) {
            known.extend(app.store.about(person, &audience, KNOWN).await?);
        }
    }
    let notes = if people(lines).is_empty() {
        Vec::new()
    } else {
        match notes(app, work, batch, &known).await? {
            Some(notes) => notes,
            None => return Ok(false),
        }
    };
    let Changes { add, end, change } = merge(batch, notes, &known);
    let facts = add.len();
    let end = end.into_iter().map(|(item, at, by)| Ending { item, at, by }).collect();
    let of = lines.iter().map(|line| line.id).collect();
    app.store.learn(&Lesson { of, add, end, change, remove: Vec::new() }).await?;
    if facts > 0 {
        tracing::debug!(lines = lines.len(), facts, "learned about people");
    }
    Ok(true)
}

/// Who hears what was said in a line's room, and nothing of any other: what the model is shown of what is known already
/// it may write again, and then it is this room's.
fn room_alone(line: &Item) -> Option<Audience> {
    let rooms = match line.draft.reach {
        Reach::Room { room, .. } => vec![room],
        Reach::Guild(_) | Reach::Everyone => return None,
    };
    Some(Audience { guild: None, rooms, alone: None, character: line.draft.character.clone() })
}

/// What a batch tells about its people; `None` if the model cannot be asked now and may be later. Who has no model that
/// can keep a notebook notices the plain statements.
async fn notes(
    app: &App,
    work: Work,
    batch: Batch<'_>,
    known: &[Item],
) -> anyhow::Result<Option<Vec<Learned>>> {
    let asks_nobody = app.model.profile().style == Style::Small || app.setbacks.is_hopeless(work);
    if asks_nobody || app.spending.budget(clock::now()).await? == Budget::Spent {
        return Ok(Some(noticing::notice(batch)));
    }
    match asking::ask(app, request(batch, known), PATIENCE).await {
        Ok(answer) => {
            app.setbacks.succeeded(work);
            Ok(Some(read(&answer, batch).unwrap_or_else(|| {
                tracing::debug!("the model's notes cannot be read; plain statements are noticed instead");
                noticing::notice(batch)
            })))
        }
        Err(error) => {
            tracing::warn!(%error, "nothing is learned now");
            Ok(None)
        }
    }
}

/// Tells what is due as episodes; answers how many. What the model fails at is tried again later, and nothing waits
/// behind it.
pub async fn tell(app: &App) -> anyhow::Result<usize> {
    let now = clock::now();
    let (mut told, mut failures) = (0, 0);
    for level in 0..=episodes::TOP {
        let (at_least, limit) =
            if level == 0 { (episodes::LINES, 2 * episodes::LINES) } else { (episodes::ROW, episodes::ROW) };
        // Rows of episodes are only summed up when they are full.
        let quiet = if level == 0 { episodes::quiet_before(now) } else { Timestamp(i64::MIN) };
        for pieces in app.store.untold(level, quiet, at_least, limit).await? {
            // A small model has no summary worth keeping, and what was said itself is remembered.
            let can_ask = app.model.profile().style != Style::Small
                && app.spending.budget(clock::now()).await? != Budget::Spent;
            if app.life.soft().is_cancelled() || !can_ask || failures >= FAILURES {
                return Ok(told);
            }
            let Some(work) = pieces.first().map(|piece| Work::Tell(piece.id)) else { continue };
            if !app.setbacks.is_due(work, now) || is_too_little(&pieces) {
                continue;
            }
            match tell_of(app, work, &pieces).await {
                Ok(true) => told += 1,
                Ok(false) => {
                    app.setbacks.failed(work, now);
                    failures += 1;
                }
                Err(error) => {
                    app.setbacks.failed(work, now);
                    return Err(error);
                }
            }
        }
    }
    Ok(told)
}

/// Whether there is nothing to sum up yet: a few lines wait for more.
fn is_too_little(pieces: &[Item]) -> bool {
    let is_line = |piece: &Item| piece.draft.detail.kind() == Kind::Line;
    pieces.iter().any(is_line) && (pieces.len() as u32) < episodes::FEWEST
}

/// Tells one episode; whether it could be.
async fn tell_of(app: &App, work: Work, pieces: &[Item]) -> anyhow::Result<bool> {
    let together = episodes::together(pieces);
    let alone = is_too_little(together);
    if alone || app.setbacks.is_hopeless(work) {
        tracing::debug!(pieces = together.len(), "a conversation that no model sums up is told plainly");
        let character = together.first().and_then(|piece| piece.draft.character.as_ref());
        let Some(episode) = episodes::plainly(together, character) else { return Ok(false) };
        let of: Vec<_> = together.iter().map(|piece| piece.id).collect();
        app.store.tell(&of, &episode).await?;
        return Ok(true);
    }
    // What was too much for the model may not be in parts.
    let tries = app.setbacks.tries(work).min(8);
    let some = (together.len() >> tries).max(episodes::FEWEST as usize).min(together.len());
    let is_told = episode(app, &together[..some]).await?.is_some();
    if is_told {
        app.setbacks.succeeded(work);
    }
    Ok(is_told)
}

/// Sums up lines or episodes now, oldest first; `None` where the model has no summary.
pub(crate) async fn episode(app: &App, pieces: &[Item]) -> anyhow::Result<Option<domain::memory::Draft>> {
    let character = pieces.first().and_then(|piece| piece.draft.character.as_ref());
    let answer = match asking::ask(app, episodes::request(pieces), PATIENCE).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(%error, "no conversation is summed up now");
            return Ok(None);
        }
    };
    let Some(episode) = episodes::read(&answer, pieces, character) else {
        tracing::debug!("the model's summary is none");
        return Ok(None);
    };
    let of: Vec<_> = pieces.iter().map(|piece| piece.id).collect();
    Ok(app.store.tell(&of, &episode).await?.map(|_| episode))
}

fn people(lines: &[Item]) -> Vec<UserId> {
    let mut people: Vec<_> = lines.iter().filter_map(|line| line.draft.owner).collect();
    people.sort_unstable();
    people.dedup();
    people
}
