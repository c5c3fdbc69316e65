//! What the last run (or the last try) of a turn did, and how the turn goes on from there.

use std::time::Duration;

use discord::{Sent, SpeakError};
use domain::{
    Timestamp, limits,
    outbound::MessageText,
    reply::Cleaner,
    turn::{Effect, PartState, Turn},
};
use store::TurnRecord;

use super::{
    left::insist,
    performance::Scope,
    showing::{find, shown},
};
use crate::clock;

/// How old a post of an earlier process must be before its absence in the channel counts: a request that was on the
/// wire when the process died is handled as soon as Discord comes to it. What takes still longer is deleted when it
/// arrives (see [`super::strays`]).
const ON_THE_WIRE: Duration = Duration::from_secs(10);

/// Why it cannot be known now what stands in a channel.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unknown {
    /// Discord does not tell.
    #[error(transparent)]
    Discord(#[from] SpeakError),
    /// The store cannot keep it.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// What stands in the channel, by part. What may have been posted without anybody living to see it is looked up.
///
/// An error means that this cannot be known now: to say it again would risk to say it twice.
pub(super) async fn recover(scope: &Scope, record: &TurnRecord) -> Result<Vec<Option<Sent>>, Unknown> {
    let mut sent: Vec<Option<Sent>> = Vec::new();
    for part in &record.parts {
        let known = part.message.map(|message| Sent { message, webhook: part.webhook });
        let found = match known {
            Some(known) => Some(known),
            None => look_for(scope, part).await?,
        };
        let index = usize::try_from(part.index).unwrap_or(usize::MAX);
        if index >= sent.len() && index < limits::REPLY_CHARS {
            sent.resize(index + 1, None);
        }
        if let Some(slot) = sent.get_mut(index) {
            *slot = found;
        }
    }
    Ok(sent)
}

async fn look_for(scope: &Scope, part: &store::Part) -> Result<Option<Sent>, Unknown> {
    let Ok(text) = MessageText::new(part.text.clone()) else { return Ok(None) };
    let age = clock::now().since(part.staged_at);
    tokio::time::sleep(ON_THE_WIRE.saturating_sub(age)).await;
    let index = usize::try_from(part.index).unwrap_or(usize::MAX);
    match find(scope, index, &text).await {
        Ok(Some(sent)) => {
            // Before it gets other words: by those nobody would find it any more.
            insist(|| scope.app.store.posted(scope.turn, shown(index, &sent))).await?;
            Ok(Some(sent))
        }
        Err(Unknown::Discord(error)) if !may_pass(&error) => {
            // Nobody will ever be able to read it back; a reply that may come twice is better than none.
            tracing::warn!(turn = %scope.turn, %error, "the channel cannot be read back");
            Ok(None)
        }
        none => none,
    }
}

/// Whether the same request may succeed later.
pub(crate) fn may_pass(error: &SpeakError) -> bool {
    match error {
        SpeakError::RateLimited { .. }
        | SpeakError::Shed { .. }
        | SpeakError::Uncertain { .. }
        | SpeakError::Unreachable { .. }
        | SpeakError::ShuttingDown { .. }
        // With a new token, after the next start.
        | SpeakError::WrongToken => true,
        SpeakError::Forbidden { .. }
        | SpeakError::Gone { .. }
        | SpeakError::Rejected { .. }
        | SpeakError::Limit { .. }
        | SpeakError::Unreadable { .. } => false,
    }
}

/// Goes on with a turn of which something is recorded.
pub(super) fn resume(
    cleaner: Cleaner,
    record: &TurnRecord,
    sent: &[Option<Sent>],
    now: Timestamp,
) -> (Turn, Vec<Effect>) {
    let state = |part: &store::Part| PartState {
        shown: match part.state {
            store::PartState::Posted | store::PartState::Shown => MessageText::new(part.text.clone()).ok(),
            // What stands there is another text, or not known: it is brought to the settled one.
            store::PartState::Staged | store::PartState::Stale => None,
        },
        message: usize::try_from(part.index)
            .ok()
            .and_then(|index| sent.get(index))
            .and_then(|sent| sent.as_ref().map(|sent| sent.message)),
    };
    let parts = record.parts.iter().map(state).collect();
    let settled = record
        .settled
        .then(|| record.parts.iter().filter_map(|part| MessageText::new(part.text.clone()).ok()).collect());
    Turn::resume(cleaner, parts, settled, now)
}

/// The messages of a turn that are known to stand in the channel.
pub(super) fn posted(record: &TurnRecord) -> Vec<Sent> {
    let sent = |part: &store::Part| Some(Sent { message: part.message?, webhook: part.webhook });
    record.parts.iter().filter_map(sent).collect()
}
