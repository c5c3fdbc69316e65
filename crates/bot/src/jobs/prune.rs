//! Removes what the store need not keep.

use std::time::Duration;

use domain::Timestamp;
use futures_util::FutureExt as _;
use store::{Retention, Store};

use super::Job;
use crate::clock;

pub(super) fn job() -> Job {
    Job {
        name: "prune",
        first: Duration::from_mins(1),
        every: Duration::from_hours(24),
        run: |app| async { prune(&*app.store, clock::now()).await }.boxed(),
    }
}

async fn prune(store: &dyn Store, now: Timestamp) -> anyhow::Result<()> {
    let pruned = store.prune(now, &Retention::default()).await?;
    let store::Pruned { turns, lines, receipts, states, items } = pruned;
    tracing::info!(turns, lines, receipts, states, items, "pruned");
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{
        ChannelId, GuildId, InteractionId, UserId,
        command::{CommandCall, Interaction},
        event::{Author, AuthorKind, ChannelKind, Event, Place},
    };
    use store::{Accepted, Journal as _, Outcome, TurnId, memory::MemoryStore};

    use super::*;

    #[tokio::test]
    async fn what_was_finished_long_ago_goes_and_what_waits_stays() {
        let store = MemoryStore::new();
        let (waiting, finished) = (called(1), called(2));
        for event in [&waiting, &finished] {
            store.accept(event, Timestamp(0)).await.unwrap();
        }
        store.finish(TurnId(2), &Outcome::Answered, None).await.unwrap();
        let age = Retention::default().finished_for.as_millis() + 1;
        prune(&store, Timestamp(i64::try_from(age).unwrap())).await.unwrap();
        assert_eq!(store.accept(&finished, Timestamp(0)).await.unwrap(), Accepted::New);
        assert_eq!(store.accept(&waiting, Timestamp(0)).await.unwrap(), Accepted::Duplicate);
    }

    fn called(id: u64) -> Event {
        Event::Command(Box::new(CommandCall {
            interaction: Interaction { id: InteractionId(id), token: "token".into() },
            name: "chat".into(),
            sub: None,
            options: std::collections::BTreeMap::new(),
            focused: None,
            permissions: domain::command::Permissions::NONE,
            target: None,
            age_restricted: false,
            author: Author { id: UserId(7), name: "alice".into(), kind: AuthorKind::Human },
            place: Place {
                guild: Some(GuildId(8)),
                channel: ChannelId(9),
                parent: None,
                kind: ChannelKind::Text,
            },
            at: Timestamp(0),
        }))
    }
}
