//! Who spoke and typed in the channels lately, and who is in which voice channel: in memory only.

use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroUsize,
};

use domain::{
    ChannelId, GuildId, MessageId, Timestamp, Untrusted, UserId,
    event::{Message, Place},
};
use lru::LruCache;

/// Channels that are remembered.
const CHANNELS: NonZeroUsize = NonZeroUsize::new(5_000).unwrap();

/// People of a channel that are remembered.
const PEOPLE: usize = 16;

/// Guilds whose voice channels are known.
const GUILDS: NonZeroUsize = NonZeroUsize::new(2_500).unwrap();

/// People in the voice channels of a guild whose place is remembered.
const VOICES: usize = 2_000;

/// The channels in which somebody spoke.
pub(super) struct Rooms {
    channels: LruCache<ChannelId, Room>,
    voices: LruCache<GuildId, HashMap<UserId, ChannelId>>,
    /// Whether what was said before the start was looked up.
    pub(super) looked_back: bool,
}

struct Room {
    place: Place,
    /// The newest message of a person.
    last: Option<(MessageId, Timestamp)>,
    people: VecDeque<Person>,
}

struct Person {
    id: UserId,
    name: Untrusted,
    said: Option<Timestamp>,
    typed: Option<Timestamp>,
}

/// What people were doing in a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Talk {
    /// When somebody else last said something.
    pub(super) said: Option<Timestamp>,
    /// When somebody else was last seen typing something that is not said yet.
    pub(super) typed: Option<Timestamp>,
}

/// A channel in which people speak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) place: Place,
    pub(super) last: (MessageId, Timestamp),
}

/// What became of somebody's place in voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    Came,
    Went,
    /// Neither: muted, another channel, or nothing was known before.
    Stayed,
}

impl Default for Rooms {
    fn default() -> Self {
        Self { channels: LruCache::new(CHANNELS), voices: LruCache::new(GUILDS), looked_back: false }
    }
}

impl Rooms {
    /// A person said something.
    pub(super) fn heard(&mut self, message: &Message) {
        let room = self.room(message.place);
        if room.last.is_none_or(|(id, _)| id < message.id) {
            room.last = Some((message.id, message.sent_at));
        }
        let person = room.person(message.author.id);
        person.name = message.author.name.clone();
        person.said = person.said.max(Some(message.sent_at));
    }

    /// The newest message of a channel, known from before the start.
    pub(super) fn known(&mut self, place: Place, newest: MessageId) {
        let room = self.room(place);
        room.last = room.last.or(Some((newest, newest.created_at())));
    }

    /// Somebody types. In a channel that nobody spoke in there is nobody to be talked over.
    pub(super) fn typing(&mut self, channel: ChannelId, user: UserId, at: Timestamp) {
        if let Some(room) = self.channels.get_mut(&channel) {
            let person = room.person(user);
            person.typed = person.typed.max(Some(at));
        }
    }

    /// What people other than `who` do in a channel.
    pub(super) fn talk(&mut self, channel: ChannelId, who: Option<UserId>) -> Talk {
        let Some(room) = self.channels.get(&channel) else { return Talk::default() };
        let others = || room.people.iter().filter(|person| Some(person.id) != who);
        Talk {
            said: others().filter_map(|person| person.said).max(),
            typed: others()
                .filter(|person| person.typed > person.said)
                .filter_map(|person| person.typed)
                .max(),
        }
    }

    /// The newest message of a person in a channel.
    pub(super) fn last(&mut self, channel: ChannelId) -> Option<MessageId> {
        self.channels.get(&channel)?.last.map(|(id, _)| id)
    }

    /// The channels in which somebody has spoken, of one guild or of all, the liveliest first.
    pub(super) fn all(&self, guild: Option<GuildId>) -> Vec<Known> {
        let mut all: Vec<Known> = self
            .channels
            .iter()
            .filter(|(_, room)| guild.is_none() || room.place.guild == guild)
            .filter_map(|(_, room)| Some(Known { place: room.place, last: room.last? }))
            .collect();
        all.sort_by_key(|known| std::cmp::Reverse((known.last.1, known.place.channel)));
        all
    }

    /// Under which name somebody last spoke in a channel.
    pub(super) fn name(&self, channel: ChannelId, user: UserId) -> Option<Untrusted> {
        let room = self.channels.peek(&channel)?;
        room.people
            .iter()
            .find(|person| person.id == user && person.said.is_some())
            .map(|known| known.name.clone())
    }

    /// Who is in voice when a guild comes into sight.
    pub(super) fn voices(&mut self, guild: GuildId, voices: &[(UserId, ChannelId)]) {
        self.voices.put(guild, voices.iter().copied().take(VOICES).collect());
    }

    /// Somebody's voice state changed.
    pub(super) fn moved(&mut self, guild: GuildId, user: UserId, channel: Option<ChannelId>) -> Moved {
        let Some(voices) = self.voices.get_mut(&guild) else { return Moved::Stayed };
        let before = match channel {
            Some(channel) if voices.len() < VOICES || voices.contains_key(&user) => {
                voices.insert(user, channel)
            }
            Some(_) => return Moved::Stayed,
            None => voices.remove(&user),
        };
        match (before, channel) {
            (None, Some(_)) => Moved::Came,
            (Some(_), None) => Moved::Went,
            _ => Moved::Stayed,
        }
    }

    fn room(&mut self, place: Place) -> &mut Room {
        self.channels.get_or_insert_mut(place.channel, || Room { place, last: None, people: VecDeque::new() })
    }
}

impl Room {
    /// Somebody of the channel; whoever was not heard of for longest makes room.
    fn person(&mut self, id: UserId) -> &mut Person {
        let known = self.people.iter().position(|person| person.id == id);
        let person = known.and_then(|at| self.people.remove(at));
        if self.people.len() >= PEOPLE {
            self.people.pop_front();
        }
        let person = person.unwrap_or(Person { id, name: Untrusted::default(), said: None, typed: None });
        self.people.push_back(person);
        let newest = self.people.len() - 1;
        &mut self.people[newest]
    }
}
