//! Removes what the store need not keep.

use std::time::Duration;

use domain::{MessageId, Timestamp};
use futures_util::FutureExt as _;
use store::{Retention, Store};

use super::Job;
use crate::{clock, minds::Minds, rules::RuleBook};

/// Messages of one transaction: replies that are settled meanwhile wait for it.
const AT_ONCE: u32 = 50;

pub(super) fn job() -> Job {
    Job {
        name: "prune",
        first: Duration::from_mins(1),
        every: Duration::from_hours(24),
        run: |app| {
            async {
                prune(&*app.store, clock::now()).await?;
                keep_promises(&*app.store, &app.rules, &app.minds, clock::now()).await
            }
            .boxed()
        },
    }
}

async fn prune(store: &dyn Store, now: Timestamp) -> anyhow::Result<()> {
    let pruned = store.prune(now, &Retention::default()).await?;
    let store::Pruned { turns, lines, receipts, states, items } = pruned;
    tracing::info!(turns, lines, receipts, states, items, "pruned");
    Ok(())
}

/// Forgets what is older than servers and channels want it kept ([`domain::rules::Rules::keep_days`]), with all that was
/// made of it: as if it had been deleted.
async fn keep_promises(
    store: &dyn Store,
    rules: &RuleBook,
    minds: &Minds,
    now: Timestamp,
) -> anyhow::Result<()> {
    for (place, _) in store.cursors().await? {
        let days = rules.of(&place).await?.keep_days;
        if days == 0 {
            continue;
        }
        let kept = i64::from(days) * 24 * 60 * 60 * 1_000;
        let before = Timestamp(now.as_millis().saturating_sub(kept));
        let mut gone = 0;
        let mut last = (Vec::new(), Vec::new());
        loop {
            let until = last_before(before);
            let messages = store.kept_messages(place.channel, MessageId(0), until, AT_ONCE).await?;
            let ids: Vec<_> = messages.into_iter().map(|kept| kept.message).collect();
            // What the history has lost already may still be remembered.
            let items = store.older(place.channel, before, AT_ONCE).await?;
            let found = (ids, items);
            // What cannot be removed now is not tried for ever.
            if found == (Vec::new(), Vec::new()) || found == last {
                break;
            }
            let (ids, items) = &found;
            gone += ids.len() + items.len();
            store.delete_messages(place.channel, ids).await?;
            store.remove_items(items).await?;
            minds.forget(place.channel, ids).await?;
            last = found;
        }
        if gone > 0 {
            tracing::info!(channel = %place.channel, days, gone, "forgotten, as the rules of the channel want it");
        }
    }
    Ok(())
}

/// The highest number of a message from before a moment.
fn last_before(moment: Timestamp) -> MessageId {
    let since_epoch = moment.as_millis().saturating_sub(domain::time::DISCORD_EPOCH_MS);
    MessageId((u64::try_from(since_epoch).unwrap_or(0) << 22).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use domain::{
        ChannelId, GuildId, InteractionId, UserId,
        command::{CommandCall, Interaction},
        event::{Author, AuthorKind, ChannelKind, Event, Message, Place},
        memory::{Detail, Draft, Reach},
        rules::Rules,
    };
    use std::sync::Arc;
    use store::{Accepted, Journal as _, Outcome, TurnId, Unremembered, memory::MemoryStore};

    use super::*;
    use crate::rules::Scope;

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

    #[tokio::test]
    async fn what_a_channel_wants_kept_for_a_week_is_forgotten_after_it_with_what_was_made_of_it() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (rules, minds) = (RuleBook::new(store.clone(), Rules::default()), Minds::new(store.clone()));
        let now = Timestamp(1_790_000_000_000);
        let day = 24 * 60 * 60 * 1_000;
        let said = [(2, "yesterday"), (30, "long ago")];
        for (channel, (days, text)) in [10, 11].into_iter().flat_map(|channel| said.map(|one| (channel, one)))
        {
            let message = said_at(channel, Timestamp(now.as_millis() - days * day), text);
            store.observe(&message).await.unwrap();
        }
        let lines = store.unremembered(10).await.unwrap();
        let drafts: Vec<_> = lines.iter().map(|line| (line.row, Some(remembered(line)))).collect();
        store.remember(&drafts).await.unwrap();
        let place = said_at(10, now, "").place;
        rules
            .change(Scope::channel(&place), |rules| {
                rules.keep_days = Some(7);
                Ok(())
            })
            .await
            .unwrap();
        keep_promises(&*store, &rules, &minds, now).await.unwrap();
        for (channel, kept) in [(10, vec!["yesterday"]), (11, vec!["long ago", "yesterday"])] {
            let history = store.scene(ChannelId(channel), None, 9, None).await.unwrap().history;
            let words: Vec<_> = history.iter().map(|line| line.text.raw()).collect();
            assert_eq!(words, kept, "history of {channel}");
            let items = store.older(ChannelId(channel), now, 9).await.unwrap();
            assert_eq!(items.len(), kept.len(), "memory of {channel}");
        }
    }

    fn said_at(channel: u64, at: Timestamp, text: &str) -> Message {
        let number = (at.as_millis() - domain::time::DISCORD_EPOCH_MS).unsigned_abs() << 22;
        Message {
            id: MessageId(number + channel),
            place: Place {
                guild: Some(GuildId(8)),
                channel: ChannelId(channel),
                parent: None,
                kind: ChannelKind::Text,
            },
            author: Author { id: UserId(7), name: "alice".into(), kind: AuthorKind::Human },
            content: text.into(),
            mentions: Vec::new(),
            reply_to: None,
            attachments: Vec::new(),
            pictures: Vec::new(),
            replied_pictures: Vec::new(),
            age_restricted: false,
            sent_at: at,
        }
    }

    fn remembered(line: &Unremembered) -> Draft {
        Draft {
            reach: Reach::Room { guild: line.place.guild, room: line.place.channel },
            channel: Some(line.place.channel),
            character: None,
            owner: Some(UserId(7)),
            about: None,
            who: "alice".into(),
            text: line.line.text.clone(),
            at: line.line.at,
            until: None,
            position: line.position,
            detail: Detail::Line,
            sources: vec![line.source],
        }
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
