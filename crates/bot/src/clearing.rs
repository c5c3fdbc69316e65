//! Clearing a channel: what was said there, what is remembered of it, and what characters have in mind there.
//!
//! For ten minutes the lines are set aside in the store, where nobody sees or recalls them; a restart changes nothing
//! about that. Then they are gone for good, unless somebody brings them back: then they are remembered and learned
//! from anew.

use std::time::Duration;

use domain::{MessageId, Timestamp, UserId, event::Place};
use store::{Cleared, TurnId};

use crate::{app::App, clock, conversation::Work};

/// How long a cleared channel can be brought back.
pub const KEPT: Duration = Duration::from_mins(10);

/// How often it is looked whether what was being worked on is over, and how often at most. A turn that is cancelled
/// ends as soon as its last request to Discord has.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: usize = 100;

/// Clears a channel; answers what can be brought back, with what was cleared there just before. A question that is being
/// answered is treated as deleted: it does not come back, and neither does what was said of the answer.
pub(crate) async fn clear(app: &App, place: &Place, by: UserId) -> store::Result<Option<Cleared>> {
    let channel = place.channel;
    app.store.clear(channel, clock::now(), by).await?;
    // What is being answered was asked before, and its answer knows what was said then.
    if withdraw(app, place).await? {
        app.store.clear(channel, clock::now(), by).await?;
    }
    forget_moods(app, place).await?;
    let aside = cleared(app, place).await?;
    tracing::info!(%channel, %by, lines = aside.map_or(0, |aside| aside.lines), "a channel was cleared");
    Ok(aside)
}

/// What was cleared there and can be brought back, if it is not too late.
pub(crate) async fn cleared(app: &App, place: &Place) -> store::Result<Option<Cleared>> {
    let cleared = app.store.cleared(place.channel).await?;
    Ok(cleared.filter(|cleared| cleared.at > over(clock::now())))
}

/// Brings a channel's lines back, if it is not too late; answers how many.
pub(crate) async fn bring_back(app: &App, place: &Place, by: UserId) -> store::Result<Option<u64>> {
    let back = app.store.bring_back(place.channel, over(clock::now())).await?;
    if let Some(lines) = back {
        tracing::info!(channel = %place.channel, %by, lines, "a cleared channel was brought back");
    }
    Ok(back)
}

/// Drops for good what was cleared ten minutes ago.
pub(crate) async fn drop_old(app: &App, now: Timestamp) -> store::Result<()> {
    let channels = app.store.drop_cleared(over(now)).await?;
    if channels > 0 {
        tracing::info!(channels, "what was cleared is gone for good");
    }
    Ok(())
}

/// The moment before which, and at which, what was cleared is over.
fn over(now: Timestamp) -> Timestamp {
    let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
    Timestamp(now.as_millis().saturating_sub(kept))
}

/// Has what is being answered there treated as deleted, and waits until it is over; whether there was anything.
async fn withdraw(app: &App, place: &Place) -> store::Result<bool> {
    let open = pending(app, place).await?;
    if open.is_empty() {
        return Ok(false);
    }
    let messages = open.into_iter().map(|TurnId(turn)| MessageId(turn)).collect();
    app.cues.hand(place.channel, Work::Deleted(messages)).await;
    for _ in 0..LOOKS {
        if pending(app, place).await?.is_empty() {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(true)
}

async fn pending(app: &App, place: &Place) -> store::Result<Vec<TurnId>> {
    let pending = app.store.unfinished().await?.into_iter();
    let here = pending.filter_map(|pending| {
        let trigger = store::Trigger::of(&pending.event).ok()?;
        (trigger.channel == place.channel).then_some(trigger.turn)
    });
    Ok(here.collect())
}

/// Moods, topics and what was remarked on there; in a direct channel also how the characters grew with it.
async fn forget_moods(app: &App, place: &Place) -> store::Result<()> {
    let here: &[&str] = match place.guild {
        Some(_) => &["mind", "timers", "unasked"],
        None => &["mind", "timers", "unasked", "ties", "growth"],
    };
    for kind in here {
        app.store.forget_states(&format!("{kind}/{}", place.channel)).await?;
    }
    app.minds.forget_place(place.channel);
    app.unasked.forget_place(place.channel);
    Ok(())
}
