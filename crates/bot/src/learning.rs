//! Learns about people from what was said, and tells conversations as episodes: off the reply path, in batches, within
//! the day's budget.

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

/// A conversation that pauses for so long is learned from.
const PAUSE_MILLIS: i64 = 90_000;

/// Lines from which is learned while a conversation goes on.
const AT_LEAST: u32 = 16;

/// Lines of a batch.
const LINES: u32 = 30;

/// How long the model may take for a batch.
const PATIENCE: Duration = Duration::from_mins(2);

/// What is known about a person that is looked at.
const KNOWN: u32 = 60;

/// Learns from what is due; answers how many batches there were. A model that fails is tried again the next time.
pub async fn learn(app: &App) -> anyhow::Result<usize> {
    let now = clock::now();
    let quiet = Timestamp(now.as_millis().saturating_sub(PAUSE_MILLIS));
    let batches = app.store.unlearned(quiet, AT_LEAST, LINES).await?;
    let mut learned = 0;
    for lines in batches {
        if app.life.soft().is_cancelled() || !learn_from(app, &lines).await? {
            break;
        }
        learned += 1;
    }
    Ok(learned)
}

/// Learns from one batch; whether it could be.
async fn learn_from(app: &App, lines: &[Item]) -> anyhow::Result<bool> {
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
        match notes(app, batch, &known).await? {
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
async fn notes(app: &App, batch: Batch<'_>, known: &[Item]) -> anyhow::Result<Option<Vec<Learned>>> {
    if app.model.profile().style == Style::Small || app.spending.budget(clock::now()).await? == Budget::Spent
    {
        return Ok(Some(noticing::notice(batch)));
    }
    match asking::ask(app, request(batch, known), PATIENCE).await {
        Ok(answer) => Ok(Some(read(&answer, batch).unwrap_or_else(|| {
            tracing::debug!("the model's notes cannot be read; plain statements are noticed instead");
            noticing::notice(batch)
        }))),
        Err(error) => {
            tracing::warn!(%error, "nothing is learned now");
            Ok(None)
        }
    }
}

/// Tells what is due as episodes; answers how many.
pub async fn tell(app: &App) -> anyhow::Result<usize> {
    let now = clock::now();
    let mut told = 0;
    for level in 0..=episodes::TOP {
        let (at_least, limit) =
            if level == 0 { (episodes::LINES, 2 * episodes::LINES) } else { (episodes::ROW, episodes::ROW) };
        // Rows of episodes are only summed up when they are full.
        let quiet = if level == 0 { episodes::quiet_before(now) } else { Timestamp(i64::MIN) };
        for pieces in app.store.untold(level, quiet, at_least, limit).await? {
            if app.life.soft().is_cancelled() || !tell_of(app, &pieces).await? {
                return Ok(told);
            }
            told += 1;
        }
    }
    Ok(told)
}

/// Tells one episode; whether the model could be asked.
async fn tell_of(app: &App, pieces: &[Item]) -> anyhow::Result<bool> {
    let is_line = |piece: &Item| piece.draft.detail.kind() == Kind::Line;
    if pieces.iter().any(is_line) && (pieces.len() as u32) < episodes::FEWEST {
        return Ok(true);
    }
    // A small model has no summary worth keeping, and what was said itself is remembered.
    if app.model.profile().style == Style::Small || app.spending.budget(clock::now()).await? == Budget::Spent
    {
        return Ok(false);
    }
    Ok(episode(app, pieces).await?.is_some())
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
