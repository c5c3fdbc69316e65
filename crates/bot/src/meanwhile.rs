//! What was deleted or edited while nobody listened: Discord tells of it only those who are connected.
//!
//! When a session began, the channels in which something was said lately are read once more, one after the other, and
//! compared with what is remembered. What is not there any more, or has other words, is handed to the channel's actor,
//! so that everything that was made of it follows as if Discord had told. Nothing is concluded from what cannot be
//! read: not from a channel that the bot may not see, nor from one whose history it may not read.
//!
//! Channels that are no more are found in the same way: a channel that was deleted in sight, or that a server does not
//! list any more, is asked for, and forgotten only when Discord does not know it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use discord::SpeakError;
use domain::{
    ChannelId, MessageId, Untrusted,
    event::{ChannelKind, GuildSeen, Place},
};
use tokio::sync::Notify;

use crate::{
    app::App,
    clock,
    conversation::{Conversations, Work, may_pass},
};

/// How long ago something was said in a channel that is read again.
const LATELY: Duration = Duration::from_hours(14 * 24);

/// Channels that are read again after a session began: at the pace below these are five minutes.
const CHANNELS: usize = 300;

/// Channels that wait in all, with those that seem to be gone: two servers' worth.
const WAITING: usize = 1_000;

/// Time between two channels: conversations have Discord's limits to themselves.
const PACE: Duration = Duration::from_secs(1);

/// Time until a channel that could not be read is tried again, and how often it is tried.
const LATER: Duration = Duration::from_secs(20);
const TRIES: u32 = 3;

/// How much later than an interaction its answer may be posted: as long as its token is valid (Discord documentation,
/// "Receiving and Responding to Interactions").
const ANSWERED_WITHIN: Duration = Duration::from_mins(15);

/// Messages that are compared, and handed over, at once.
const BATCH: u32 = 100;

/// How a channel differs from what was known of it.
#[derive(Debug, Default)]
pub struct Differences {
    /// What is not there any more.
    pub deleted: Vec<MessageId>,
    /// What has other words.
    pub edited: Vec<Edit>,
}

/// A message with other words.
#[derive(Debug)]
pub struct Edit {
    /// Which.
    pub message: MessageId,
    /// What was known of it when it was compared: if that is another text by now, Discord has told of the edit.
    pub was: Untrusted,
    /// What it says.
    pub is: Untrusted,
}

/// What is to be compared. A cheap handle.
#[derive(Clone)]
pub(crate) struct Meanwhile(Arc<Inner>);

struct Inner {
    waiting: Mutex<Waiting>,
    told: Notify,
}

#[derive(Default)]
struct Waiting {
    looks: Vec<Look>,
    /// Channels that may still be read again in this session.
    left: usize,
}

/// A channel that is to be looked at.
#[derive(Clone, Copy)]
struct Look {
    /// Whether it seems to be gone. Such ones come first.
    missing: bool,
    /// Its newest message, as far as known.
    newest: MessageId,
    channel: ChannelId,
    tries: u32,
}

/// What came of it, until nothing waits any more.
#[derive(Default)]
struct Tally {
    channels: usize,
    edited: usize,
    deleted: usize,
    gone: usize,
}

/// Why a channel was not compared.
#[derive(Debug, thiserror::Error)]
enum Unknown {
    #[error(transparent)]
    Discord(#[from] SpeakError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl Meanwhile {
    /// Begins to compare whatever is told from now on.
    pub(crate) fn begin(app: &App, conversations: &Conversations) -> Self {
        let meanwhile = Self(Arc::new(Inner { waiting: Mutex::default(), told: Notify::new() }));
        let (app, conversations, worker) = (app.clone(), conversations.clone(), meanwhile.clone());
        app.life.clone().spawn("what happened meanwhile", async move {
            tokio::select! {
                () = app.life.soft().cancelled() => {}
                () = worker.work(&app, &conversations) => {}
            }
        });
        meanwhile
    }

    /// A session began into which nothing is replayed.
    pub(crate) fn new_session(&self) {
        self.lock().left = CHANNELS;
    }

    /// A server came into sight: its channels that are known, with the newest message known of each.
    pub(crate) fn look_over<'a>(
        &self,
        guild: &GuildSeen,
        known: impl Iterator<Item = &'a (Place, MessageId)>,
    ) {
        let here = known.filter(|(place, _)| place.guild == Some(guild.guild));
        let (missing, there): (Vec<_>, Vec<_>) =
            here.copied().partition(|(place, _)| is_missing(place, guild));
        self.add(missing.into_iter().map(|(place, newest)| Look::missing(place.channel, newest)));
        self.look_at(&there);
    }

    /// Channels that are to be compared if something was said in them lately.
    pub(crate) fn look_at(&self, known: &[(Place, MessageId)]) {
        let now = clock::now();
        let mut lately: Vec<_> =
            known.iter().filter(|(_, newest)| now.since(newest.created_at()) <= LATELY).collect();
        lately.sort_unstable_by_key(|(_, newest)| std::cmp::Reverse(*newest));
        {
            let mut waiting = self.lock();
            lately.truncate(waiting.left);
            waiting.left -= lately.len();
        }
        let look = |(place, newest): &(Place, MessageId)| Look {
            missing: false,
            newest: *newest,
            channel: place.channel,
            tries: 0,
        };
        self.add(lately.into_iter().map(look));
    }

    /// Discord says that a channel is gone: it may be so for the bot alone.
    pub(crate) fn gone(&self, channel: ChannelId) {
        self.add([Look::missing(channel, MessageId(u64::MAX))]);
    }

    fn add(&self, looks: impl IntoIterator<Item = Look>) {
        {
            let mut waiting = self.lock();
            for look in looks {
                waiting.looks.retain(|waits| waits.channel != look.channel || waits.missing);
                if !waiting.looks.iter().any(|waits| waits.channel == look.channel) {
                    waiting.looks.push(look);
                }
            }
            waiting.looks.sort_unstable_by_key(|look| std::cmp::Reverse((look.missing, look.newest)));
            waiting.looks.truncate(WAITING);
        }
        self.0.told.notify_one();
    }

    fn next(&self) -> Option<Look> {
        let mut waiting = self.lock();
        if waiting.looks.is_empty() { None } else { Some(waiting.looks.remove(0)) }
    }

    async fn work(&self, app: &App, conversations: &Conversations) {
        let mut tally = Tally::default();
        loop {
            let Some(look) = self.next() else {
                std::mem::take(&mut tally).tell();
                self.0.told.notified().await;
                // What was said and is to be answered comes first.
                tokio::time::sleep(PACE).await;
                continue;
            };
            match self.compare(app, conversations, look, &mut tally).await {
                // Nothing was asked of Discord.
                Ok(false) => continue,
                Ok(true) => {}
                Err(error) if passes(&error) && look.tries < TRIES => {
                    tracing::debug!(channel = %look.channel, %error, "a channel is compared later");
                    self.add([Look { tries: look.tries + 1, ..look }]);
                    tokio::time::sleep(LATER).await;
                }
                Err(error) => {
                    tracing::debug!(channel = %look.channel, %error, "what happened in a channel stays unknown");
                }
            }
            tokio::time::sleep(PACE).await;
        }
    }

    /// Compares one channel; whether anything was asked of Discord.
    async fn compare(
        &self,
        app: &App,
        conversations: &Conversations,
        look: Look,
        tally: &mut Tally,
    ) -> Result<bool, Unknown> {
        let channel = look.channel;
        let newest = app.store.kept_messages(channel, MessageId(0), MessageId(u64::MAX), 1).await?;
        let newest = newest.first().map(|kept| kept.message);
        let cursors = if look.missing { app.store.cursors().await? } else { Vec::new() };
        let is_known =
            |(place, _): &(Place, MessageId)| place.channel == channel || place.parent == Some(channel);
        if newest.is_none() && !cursors.iter().any(is_known) {
            return Ok(false);
        }
        // Only what was there before it is asked is judged by the answer.
        let newest = newest.unwrap_or(look.newest);
        tally.channels += 1;
        let Some(standing) = app.speaker.standing(channel, late(newest), newest).await? else {
            tally.gone += 1;
            tracing::info!(%channel, "a channel is no more: what was said in it is forgotten");
            conversations.give(channel, Work::Gone).await;
            let below =
                app.store.cursors().await?.into_iter().filter(|(place, _)| place.parent == Some(channel));
            self.add(below.map(|(place, newest)| Look::missing(place.channel, newest)));
            return Ok(true);
        };
        let mut until = Some(newest);
        while let Some(end) = until {
            let kept = app.store.kept_messages(channel, standing.since, end, BATCH).await?;
            until = kept.last().and_then(|kept| kept.message.get().checked_sub(1)).map(MessageId);
            let mut differences = Differences::default();
            for kept in kept {
                if !standing.has(kept.message) {
                    differences.deleted.push(kept.message);
                } else if let (Some(was), Some(is)) = (kept.text, standing.edited(kept.message))
                    && was != *is
                {
                    differences.edited.push(Edit { message: kept.message, was, is: is.clone() });
                }
            }
            let (edited, deleted) = (differences.edited.len(), differences.deleted.len());
            if edited + deleted > 0 {
                tally.edited += edited;
                tally.deleted += deleted;
                conversations.give(channel, Work::Differs(differences)).await;
            }
        }
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Look {
    const fn missing(channel: ChannelId, newest: MessageId) -> Self {
        Self { missing: true, newest, channel, tries: 0 }
    }
}

impl Tally {
    fn tell(self) {
        let Self { channels, edited, deleted, gone } = self;
        if channels > 0 {
            tracing::info!(
                channels,
                edited,
                deleted,
                gone,
                "compared what is remembered with what stands on Discord"
            );
        }
    }
}

/// Whether a channel that was known is not to be seen any more. Of threads only the active ones are listed: one is
/// missed when the channel above it is.
fn is_missing(place: &Place, guild: &GuildSeen) -> bool {
    if guild.channels.iter().any(|(listed, _)| listed.channel == place.channel) {
        return false;
    }
    let seen = if place.kind == ChannelKind::Thread { place.parent } else { Some(place.channel) };
    !seen.is_some_and(|channel| guild.plan.knows(channel))
}

/// An id after which nothing answers an interaction with the number of this message.
fn late(message: MessageId) -> MessageId {
    // Discord documentation, "Snowflakes": milliseconds stand above 22 other bits.
    let later = u64::try_from(ANSWERED_WITHIN.as_millis()).unwrap_or(u64::MAX) << 22;
    MessageId(message.get().saturating_add(later).min(i64::MAX.unsigned_abs()))
}

fn passes(error: &Unknown) -> bool {
    match error {
        Unknown::Discord(error) => may_pass(error),
        Unknown::Store(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{
        GuildId,
        audience::{GuildPlan, Shape},
    };

    use super::*;

    const GUILD: GuildId = GuildId(1);

    fn place(channel: u64, parent: Option<u64>) -> Place {
        let kind = if parent.is_some() { ChannelKind::Thread } else { ChannelKind::Text };
        Place { guild: Some(GUILD), channel: ChannelId(channel), parent: parent.map(ChannelId), kind }
    }

    /// A server with a text channel 10 and a forum 11.
    fn seen() -> GuildSeen {
        let mut plan = GuildPlan::new(GUILD, None);
        for channel in [10, 11] {
            plan.set_channel(ChannelId(channel), Shape::Text, []);
        }
        GuildSeen {
            guild: GUILD,
            channels: vec![(place(10, None), None)],
            activities: Vec::new(),
            voices: Vec::new(),
            plan: Arc::new(plan),
        }
    }

    fn idle() -> Meanwhile {
        Meanwhile(Arc::new(Inner { waiting: Mutex::default(), told: Notify::new() }))
    }

    fn order(meanwhile: &Meanwhile) -> Vec<(u64, bool)> {
        std::iter::from_fn(|| meanwhile.next()).map(|look| (look.channel.get(), look.missing)).collect()
    }

    fn minutes_ago(minutes: u64) -> MessageId {
        MessageId::from(now_id().saturating_sub((minutes * 60_000) << 22))
    }

    fn now_id() -> u64 {
        let since_epoch = clock::now().as_millis() - domain::time::DISCORD_EPOCH_MS;
        since_epoch.unsigned_abs() << 22
    }

    #[test]
    fn what_a_server_does_not_list_is_missing_unless_it_is_an_archived_thread() {
        let seen = seen();
        let missing = |place| is_missing(&place, &seen);
        assert!(!missing(place(10, None)));
        assert!(!missing(place(20, Some(10))) && !missing(place(21, Some(11))), "archived, perhaps");
        assert!(missing(place(12, None)) && missing(place(22, Some(12))));
    }

    #[test]
    fn what_seems_gone_comes_first_and_the_rest_by_its_newest_message() {
        let meanwhile = idle();
        meanwhile.new_session();
        let known: BTreeMap<u64, _> = [
            (20, (place(20, Some(10)), minutes_ago(5))),
            (10, (place(10, None), minutes_ago(1))),
            (12, (place(12, None), minutes_ago(60 * 24 * 400))),
            (21, (place(21, Some(11)), minutes_ago(60 * 24 * 15))),
        ]
        .into();
        meanwhile.look_over(&seen(), known.values());
        meanwhile.gone(ChannelId(10));
        assert_eq!(
            order(&meanwhile),
            [(10, true), (12, true), (20, false)],
            "each once; old ones are left alone"
        );
    }

    #[test]
    fn a_session_reads_so_many_channels_and_no_more() {
        let meanwhile = idle();
        let known: Vec<_> =
            (0..400).map(|channel| (place(channel, None), minutes_ago(channel + 1))).collect();
        meanwhile.look_at(&known);
        assert_eq!(order(&meanwhile), [], "no session yet");
        meanwhile.new_session();
        meanwhile.look_at(&known);
        let read = order(&meanwhile);
        assert_eq!((read.len(), read[0].0), (CHANNELS, 0));
        meanwhile.look_at(&known);
        assert_eq!(order(&meanwhile), []);
    }
}
