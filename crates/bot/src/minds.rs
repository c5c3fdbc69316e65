//! What characters have in mind, kept in the store: a channel's moods and topics, a server's ties, each character's
//! growth, and what lasts of its lore.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    ChannelId, CharacterId, MessageId, Timestamp, UserId,
    event::Place,
    lore::Timers,
    pace::{Pace, Paces},
    state::{Growth, Heard, Mind, Ties},
};
use store::{StateDoc, Store};

use crate::documents::Documents;

/// Channels whose state stays in memory: a few kilobytes each.
const CHANNELS: NonZeroUsize = NonZeroUsize::new(2_000).unwrap();
/// Servers and characters whose state stays in memory.
const SERVERS: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// Documents that are kept in one transaction where many change.
const KEPT_AT_ONCE: usize = 50;

/// All minds. A cheap handle.
#[derive(Clone)]
pub struct Minds(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    minds: Documents<Mind>,
    ties: Documents<Ties>,
    growth: Documents<Growth>,
    timers: Documents<Timers>,
    paces: Mutex<Paces>,
}

/// The state around one character in one place, as it is at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) mind: Arc<Mind>,
    pub(crate) ties: Arc<Ties>,
    pub(crate) growth: Arc<Growth>,
    pub(crate) timers: Arc<Timers>,
}

impl Minds {
    /// The minds that are kept in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(Inner {
            store,
            minds: Documents::new("mind", CHANNELS),
            ties: Documents::new("ties", SERVERS),
            growth: Documents::new("growth", CHANNELS),
            timers: Documents::new("timers", CHANNELS),
            paces: Mutex::default(),
        }))
    }

    /// A channel's state.
    pub async fn of(&self, channel: ChannelId) -> store::Result<Arc<Mind>> {
        self.0.minds.get(self.store(), &channel.to_string()).await
    }

    /// The ties of the characters of a place.
    pub async fn ties(&self, place: &Place) -> store::Result<Arc<Ties>> {
        self.0.ties.get(self.store(), &home(place)).await
    }

    /// Everything around one character.
    pub(crate) async fn around(&self, place: &Place, character: &CharacterId) -> store::Result<Snapshot> {
        let (store, home) = (self.store(), home(place));
        let (channel, grown) = (place.channel.to_string(), format!("{home}/{character}"));
        let lore = format!("{channel}/{character}");
        let (mind, ties, growth, timers) = tokio::try_join!(
            self.0.minds.get(store, &channel),
            self.0.ties.get(store, &home),
            self.0.growth.get(store, &grown),
            self.0.timers.get(store, &lore),
        )?;
        Ok(Snapshot { mind, ties, growth, timers })
    }

    /// Takes in what a person wrote: known at once, durable when what it gives is kept.
    pub(crate) async fn hear(&self, channel: ChannelId, heard: &Heard<'_>) -> store::Result<Vec<StateDoc>> {
        let doc = self.0.minds.change(self.store(), &channel.to_string(), |mind| mind.hear(heard)).await?;
        Ok(doc.into_iter().collect())
    }

    /// Takes in what came of a turn; durable when it returns.
    pub(crate) async fn after_turn(&self, place: &Place, after: AfterTurn<'_>) -> store::Result<()> {
        let AfterTurn { character, spoke, grew, met, timers } = after;
        let (store, home) = (self.store(), home(place));
        let (channel, grown) = (place.channel.to_string(), format!("{home}/{character}"));
        let lore = format!("{channel}/{character}");
        let mut docs = Vec::new();
        docs.extend(self.0.minds.change(store, &channel, spoke).await?);
        docs.extend(self.0.growth.change(store, &grown, grew).await?);
        docs.extend(self.0.ties.change(store, &home, met).await?);
        if let Some(new) = timers {
            let renewed = self.0.timers.change(store, &lore, |old| {
                let changed = *old != new;
                *old = new;
                changed
            });
            docs.extend(renewed.await?);
        }
        self.keep(docs).await
    }

    /// Forgets the words of messages that are gone; durable when it returns.
    pub(crate) async fn forget(&self, channel: ChannelId, messages: &[MessageId]) -> store::Result<()> {
        let forget = |mind: &mut Mind| {
            let before = mind.clone();
            mind.forget_messages(messages);
            *mind != before
        };
        let doc = self.0.minds.change(self.store(), &channel.to_string(), forget).await?;
        self.keep(doc.into_iter().collect()).await
    }

    /// Forgets a person everywhere, in the documents in memory and in those of the given keys; durable when it returns.
    pub(crate) async fn forget_person(&self, person: UserId, keys: &[String]) -> store::Result<()> {
        let minds = self.0.minds.change_all(self.store(), keys, |mind| {
            let before = mind.clone();
            mind.forget_person(person);
            *mind != before
        });
        let grown = self.0.growth.change_all(self.store(), keys, |growth| {
            let before = growth.clone();
            growth.forget_person(person);
            *growth != before
        });
        let (mut docs, grown) = tokio::try_join!(minds, grown)?;
        docs.extend(grown);
        for docs in docs.chunks(KEPT_AT_ONCE) {
            self.store().keep_states(docs).await?;
        }
        Ok(())
    }

    /// Forgets a channel whose documents were removed from the store.
    pub(crate) fn forget_place(&self, channel: ChannelId) {
        let place = channel.to_string();
        self.0.minds.forget_place(&place);
        self.0.ties.forget_place(&place);
        self.0.growth.forget_place(&place);
        self.0.timers.forget_place(&place);
    }

    /// Answers within the last minute.
    pub fn pace(&self, place: &Place, user: UserId, now: Timestamp) -> Pace {
        self.0.paces.lock().unwrap_or_else(PoisonError::into_inner).of(place, user, now)
    }

    /// Notes an answer that was decided on.
    pub fn answers(&self, place: &Place, user: UserId, now: Timestamp) {
        self.0.paces.lock().unwrap_or_else(PoisonError::into_inner).note(place, user, now);
    }

    /// Keeps changed documents.
    pub(crate) async fn keep(&self, docs: Vec<StateDoc>) -> store::Result<()> {
        if docs.is_empty() { Ok(()) } else { self.store().keep_states(&docs).await }
    }

    fn store(&self) -> &dyn Store {
        &*self.0.store
    }
}

/// What came of a turn.
pub(crate) struct AfterTurn<'a> {
    pub(crate) character: &'a CharacterId,
    pub(crate) spoke: Box<dyn FnOnce(&mut Mind) -> bool + Send + 'a>,
    pub(crate) grew: Box<dyn FnOnce(&mut Growth) -> bool + Send + 'a>,
    pub(crate) met: Box<dyn FnOnce(&mut Ties) -> bool + Send + 'a>,
    pub(crate) timers: Option<Timers>,
}

/// Where characters live together: a server, or a direct channel of its own.
fn home(place: &Place) -> String {
    place.guild.map_or_else(|| place.channel.to_string(), |guild| guild.to_string())
}

#[cfg(test)]
mod tests {
    use domain::{MessageId, state::LocalHour};
    use store::memory::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn the_words_of_a_deleted_message_are_forgotten_for_good() {
        let store = Arc::new(MemoryStore::new());
        let minds = Minds::new(store.clone());
        let (channel, message, at) = (ChannelId(1), MessageId(1 << 40), Timestamp(1_790_000_000_000));
        let text = "I just got a new telescope";
        let hour = LocalHour::of(at, 0);
        let heard = Heard { message, person: UserId(7), text, at, hour, to: &[] };
        let told = minds.hear(channel, &heard).await.unwrap();
        assert!(told[0].json.contains("telescope"), "{}", told[0].json);
        minds.keep(told).await.unwrap();
        minds.forget(channel, &[message]).await.unwrap();
        let kept = Minds::new(store).of(channel).await.unwrap();
        assert_eq!(kept.seen(), Some(message));
        assert!(!serde_json::to_string(&*kept).unwrap().contains("telescope"));
    }
}
