//! How much was answered lately: bounded windows that slide, without a clock of their own.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::Duration,
};

use crate::{ChannelId, GuildId, Timestamp, UserId, event::Place, rules::Rates};

/// What rates are counted over.
pub const MINUTE: Duration = Duration::from_mins(1);

/// Answers within the last minute, as a decision sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// To the writer of the message.
    pub user: u16,
    /// In its channel.
    pub channel: u16,
    /// In its server.
    pub guild: u16,
}

/// Counts events per key over a window that slides.
///
/// Bounded both ways: of a key that is busier than `most` only the newest `most` events are kept (a count that
/// reaches it is "at least"), and of more than `keys` keys the one that was quiet for longest is forgotten.
#[derive(Clone, Debug)]
pub struct Window<K> {
    span: Duration,
    keys: usize,
    most: usize,
    events: HashMap<K, VecDeque<Timestamp>>,
}

impl<K: Copy + Eq + Hash + Ord> Window<K> {
    /// An empty window.
    pub fn new(span: Duration, keys: usize, most: usize) -> Self {
        Self { span, keys: keys.max(1), most: most.max(1), events: HashMap::new() }
    }

    /// How many events of a key lie within the window that ends now.
    pub fn count(&self, key: K, now: Timestamp) -> usize {
        let Some(events) = self.events.get(&key) else { return 0 };
        events.iter().filter(|at| self.holds(**at, now)).count()
    }

    /// Notes an event.
    pub fn note(&mut self, key: K, now: Timestamp) {
        if !self.events.contains_key(&key) && self.events.len() >= self.keys {
            self.make_room(now);
        }
        let (span, most) = (self.span, self.most);
        let events = self.events.entry(key).or_default();
        while events.front().is_some_and(|at| now.since(*at) >= span) || events.len() >= most {
            events.pop_front();
        }
        events.push_back(now);
    }

    /// Keys that are remembered.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn holds(&self, at: Timestamp, now: Timestamp) -> bool {
        now.since(at) < self.span
    }

    /// Forgets what has left the window, and if nothing has, the key that was quiet for longest.
    fn make_room(&mut self, now: Timestamp) {
        let span = self.span;
        self.events.retain(|_, events| events.back().is_some_and(|at| now.since(*at) < span));
        if self.events.len() >= self.keys {
            // The key breaks ties: what is forgotten must not depend on the order of a hash map.
            let quietest = self.events.iter().map(|(key, events)| (events.back().copied(), *key)).min();
            if let Some((_, key)) = quietest {
                self.events.remove(&key);
            }
        }
    }
}

/// Everything that rates count.
#[derive(Clone, Debug)]
pub struct Paces {
    users: Window<UserId>,
    channels: Window<ChannelId>,
    guilds: Window<GuildId>,
}

impl Default for Paces {
    fn default() -> Self {
        // At most a few megabytes: 24 bytes an answer, and a key with many answers is rare.
        let most = usize::from(Rates::MOST);
        Self {
            users: Window::new(MINUTE, 10_000, most),
            channels: Window::new(MINUTE, 10_000, most),
            guilds: Window::new(MINUTE, 10_000, most),
        }
    }
}

impl Paces {
    /// What a decision about a message of `user` in `place` sees.
    pub fn of(&self, place: &Place, user: UserId, now: Timestamp) -> Pace {
        let short = |count| u16::try_from(count).unwrap_or(u16::MAX);
        Pace {
            user: short(self.users.count(user, now)),
            channel: short(self.channels.count(place.channel, now)),
            guild: place.guild.map_or(0, |guild| short(self.guilds.count(guild, now))),
        }
    }

    /// Notes one answer.
    pub fn note(&mut self, place: &Place, user: UserId, now: Timestamp) {
        self.users.note(user, now);
        self.channels.note(place.channel, now);
        if let Some(guild) = place.guild {
            self.guilds.note(guild, now);
        }
    }
}
