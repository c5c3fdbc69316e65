//! The rules of channels: what servers and channels set, kept in the store, and what holds where.

use std::{fmt, sync::Arc};

use domain::{
    ChannelId, GuildId, Timestamp,
    event::{ChannelKind, Place},
    rules::{Rules, RulesError, RulesPatch, Shown},
};
use jiff::tz::TimeZone;
use store::Store;
use tokio::sync::Mutex;

use crate::kept::Kept;

/// Under which key of the place's settings they stand.
const KEY: &str = "rules";

/// Servers and channels whose settings are kept in memory; a few hundred bytes each, as a rule.
const PLACES: usize = 20_000;
const BYTES: usize = 32 * 1024 * 1024;

/// All rules. A cheap handle.
#[derive(Clone)]
pub struct RuleBook(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    defaults: Rules,
    patches: Kept<Scope, Arc<RulesPatch>>,
    /// Two changes at once would each write without the other's.
    changing: Mutex<()>,
}

/// For what rules are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A whole server.
    Guild(GuildId),
    /// A channel; its threads follow it. A direct message is a channel.
    Channel(ChannelId),
}

/// Rules cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The new value is refused; the sentence is for who set it.
    #[error(transparent)]
    Refused(#[from] RulesError),
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl Scope {
    /// The channel whose rules hold in a place: a thread's is its parent.
    pub fn channel(place: &Place) -> Self {
        let parent = place.parent.filter(|_| place.kind == ChannelKind::Thread);
        Self::Channel(parent.unwrap_or(place.channel))
    }

    /// The scope of the place's settings in the store; they go when the server goes.
    fn name(self) -> String {
        match self {
            Self::Guild(guild) => format!("guild/{guild}"),
            Self::Channel(channel) => format!("channel/{channel}"),
        }
    }
}

impl RuleBook {
    /// The rules that are kept in a store, and those that hold where nobody set any.
    pub fn new(store: Arc<dyn Store>, defaults: Rules) -> Self {
        let patches = Kept::new(PLACES, BYTES);
        Self(Arc::new(Inner { store, defaults, patches, changing: Mutex::new(()) }))
    }

    /// The rules that hold in a place.
    pub async fn of(&self, place: &Place) -> store::Result<Rules> {
        let (guild, channel) = self.patches(place).await?;
        Ok(Rules::of(&self.0.defaults, &guild, &channel))
    }

    /// Every rule of a place, with the value that holds there and who set it.
    pub async fn shown(&self, place: &Place) -> store::Result<Vec<Shown>> {
        let (guild, channel) = self.patches(place).await?;
        Ok(Rules::shown(&self.0.defaults, &guild, &channel))
    }

    /// What is set for a server or a channel itself.
    pub async fn patch(&self, scope: Scope) -> store::Result<Arc<RulesPatch>> {
        self.0.patches.get(&scope, self.read(scope)).await
    }

    /// Changes what is set; durable when it returns, and true for whoever asks next.
    pub async fn change(
        &self,
        scope: Scope,
        change: impl FnOnce(&mut RulesPatch) -> Result<(), RulesError>,
    ) -> Result<(), ChangeError> {
        let _alone = self.0.changing.lock().await;
        let before = self.read(scope).await?.0;
        let mut patch = RulesPatch::clone(&before);
        change(&mut patch)?;
        patch.check()?;
        let json = (!patch.is_empty()).then(|| patch.to_json());
        let written = self.0.store.set_setting(&scope.name(), KEY, json.as_deref()).await;
        self.0.patches.changed(&scope);
        Ok(written?)
    }

    /// What is set in a scope of the store was changed there: it is read again.
    pub(crate) fn reread(&self, scope: &str) {
        let scope = match scope.split_once('/') {
            Some(("guild", id)) => id.parse().ok().map(|id| Scope::Guild(GuildId(id))),
            Some(("channel", id)) => id.parse().ok().map(|id| Scope::Channel(ChannelId(id))),
            _ => None,
        };
        if let Some(scope) = scope {
            self.0.patches.changed(&scope);
        }
    }

    async fn patches(&self, place: &Place) -> store::Result<(Arc<RulesPatch>, Arc<RulesPatch>)> {
        let guild = match place.guild {
            Some(guild) => self.patch(Scope::Guild(guild)).await?,
            None => Arc::default(),
        };
        Ok((guild, self.patch(Scope::channel(place)).await?))
    }

    async fn read(&self, scope: Scope) -> store::Result<(Arc<RulesPatch>, usize)> {
        let Some(json) = self.0.store.setting(&scope.name(), KEY).await? else {
            return Ok((Arc::default(), 64));
        };
        let patch = RulesPatch::from_json(&json).unwrap_or_else(|error| {
            // A newer version wrote them, or a hand: what was said is better not heard than wrongly.
            tracing::error!(rules = %scope.name(), %error, "rules cannot be read; nothing of them holds");
            RulesPatch::default()
        });
        Ok((Arc::new(patch), json.len() + 64))
    }
}

impl fmt::Debug for RuleBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleBook").finish_non_exhaustive()
    }
}

/// The minute of the day, 0–1439, in a time zone such as `Europe/Vienna`; `None` where the zone is not known here.
pub fn local_minute(time_zone: &str, now: Timestamp) -> Option<u16> {
    let zone = zone(time_zone)?;
    let time = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?.to_zoned(zone);
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()
}

/// Seconds east of Greenwich in a time zone at a time; 0 where the zone is not known here.
pub fn utc_offset(time_zone: &str, now: Timestamp) -> i32 {
    let time = jiff::Timestamp::from_millisecond(now.as_millis()).ok();
    zone(time_zone).zip(time).map_or(0, |(zone, time)| zone.to_offset(time).seconds())
}

/// Whether a time zone is known here.
pub fn knows_zone(time_zone: &str) -> bool {
    zone(time_zone).is_some()
}

fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" { Some(TimeZone::UTC) } else { TimeZone::get(name).ok() }
}

#[cfg(test)]
mod tests {
    use domain::rules::{Muted, Percent};
    use store::memory::MemoryStore;

    use super::*;

    fn place(channel: u64, parent: Option<u64>) -> Place {
        Place {
            guild: Some(GuildId(1)),
            channel: ChannelId(channel),
            parent: parent.map(ChannelId),
            kind: if parent.is_some() { ChannelKind::Thread } else { ChannelKind::Text },
        }
    }

    #[tokio::test]
    async fn a_thread_has_its_channels_rules_and_a_restart_forgets_none() {
        let store = Arc::new(MemoryStore::new());
        let book = RuleBook::new(store.clone(), Rules::default());
        book.change(Scope::Guild(GuildId(1)), |rules| rules.set("react", "10%")).await.unwrap();
        book.change(Scope::channel(&place(5, None)), |rules| rules.set("muted", "yes")).await.unwrap();
        for book in [book, RuleBook::new(store, Rules::default())] {
            let thread = book.of(&place(6, Some(5))).await.unwrap();
            assert_eq!((thread.muted, thread.react), (Muted::Forever, Percent(10)));
            let other = book.of(&place(7, None)).await.unwrap();
            assert_eq!((other.muted, other.react), (Muted::No, Percent(10)));
        }
    }

    #[tokio::test]
    async fn a_refused_value_changes_nothing_and_the_last_value_taken_back_leaves_nothing() {
        let store = Arc::new(MemoryStore::new());
        let book = RuleBook::new(store.clone(), Rules::default());
        let scope = Scope::Guild(GuildId(1));
        assert!(matches!(
            book.change(scope, |rules| rules.set("react", "very")).await,
            Err(ChangeError::Refused(_))
        ));
        assert!(book.patch(scope).await.unwrap().is_empty());
        book.change(scope, |rules| rules.set("react", "5")).await.unwrap();
        book.change(scope, |rules| rules.clear("react")).await.unwrap();
        assert_eq!(store::Settings::setting(&*store, "guild/1", KEY).await.unwrap(), None);
    }

    #[tokio::test]
    async fn rules_that_nobody_can_read_hold_nowhere_and_stop_nobody() {
        let store = Arc::new(MemoryStore::new());
        store::Settings::set_setting(&*store, "guild/1", KEY, Some("{\"from\":\"the future\"}"))
            .await
            .unwrap();
        let rules = RuleBook::new(store, Rules::default()).of(&place(5, None)).await.unwrap();
        assert_eq!(rules, Rules::default());
    }

    #[test]
    fn a_minute_of_the_day_is_that_of_the_place() {
        let noon_in_january = Timestamp(1_768_478_400_000);
        assert_eq!(local_minute("UTC", noon_in_january), Some(12 * 60));
        assert_eq!(local_minute("Nowhere/At-All", noon_in_january), None);
        if knows_zone("Europe/Vienna") {
            assert_eq!(local_minute("Europe/Vienna", noon_in_january), Some(13 * 60));
            let noon_in_july = Timestamp(1_784_116_800_000);
            assert_eq!(local_minute("Europe/Vienna", noon_in_july), Some(14 * 60));
        }
    }
}
