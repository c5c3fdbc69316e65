//! Vectors in memory, one bit per number.
//!
//! A segment holds the vectors of one place: for each the signs of its numbers about the mean, and what tells who may
//! hear it. It is a copy of rows and nothing else; what it finds is looked up again, so it can neither bring back what
//! was deleted nor tell what may not be heard. Rows are only ever added to it. There is nothing to be saved: after a
//! start, segments are read when they are needed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{ChannelId, CharacterId, GuildId, audience::Audience, memory::Kind};

/// Bytes of all segments: vectors of two million items with 384 numbers each.
const BYTES: usize = 144 * 1024 * 1024;

/// Guilds whose items were counted that are kept in mind.
const COUNTS: usize = 1_024;

/// A mean of so many vectors is good enough for those that come after.
const ENOUGH_FOR_MEAN: usize = 2_000;

/// A model's number and a place.
type Key = (i64, String);

/// The segments and other figures that are costly to find out. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segments(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    segments: BTreeMap<Key, Slot>,
    /// Rises with every use.
    clock: u64,
    /// By guild: the newest item when it was counted, and the number.
    counts: HashMap<GuildId, (u64, u64)>,
}

#[derive(Debug)]
struct Slot {
    segment: Arc<Mutex<Segment>>,
    used: u64,
    bytes: usize,
}

impl Segments {
    /// Works with a segment; nobody else does at the same time.
    pub(super) fn with<T>(&self, model: i64, scope: &str, work: impl FnOnce(&mut Segment) -> T) -> T {
        let key = (model, scope.to_owned());
        let segment = {
            let mut inner = self.lock();
            inner.clock += 1;
            let used = inner.clock;
            let slot = inner.segments.entry(key.clone()).or_insert_with(|| Slot {
                segment: Arc::default(),
                used,
                bytes: 0,
            });
            slot.used = used;
            Arc::clone(&slot.segment)
        };
        let mut held = segment.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut held);
        let bytes = held.bytes();
        drop(held);
        self.lock().keep_within(&key, bytes);
        result
    }

    /// Has a segment read anew when it is needed next.
    pub(super) fn forget(&self, model: i64, scope: &str) {
        self.lock().segments.remove(&(model, scope.to_owned()));
    }

    /// How many items a guild had when they were counted last, if that was not long ago.
    pub(super) fn known_count(&self, guild: GuildId, newest: u64) -> Option<u64> {
        let (then, count) = self.lock().counts.get(&guild).copied()?;
        // A twentieth more or less changes nothing.
        (newest.saturating_sub(then) <= count / 20).then_some(count)
    }

    pub(super) fn keep_count(&self, guild: GuildId, newest: u64, count: u64) {
        let mut inner = self.lock();
        if inner.counts.len() >= COUNTS {
            inner.counts.clear();
        }
        inner.counts.insert(guild, (newest, count));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Drops what was not used for the longest time, but never the one that was used just now.
    fn keep_within(&mut self, used: &Key, bytes: usize) {
        if let Some(slot) = self.segments.get_mut(used) {
            slot.bytes = bytes;
        }
        while self.segments.values().map(|slot| slot.bytes).sum::<usize>() > BYTES {
            let oldest =
                self.segments.iter().filter(|(key, _)| *key != used).min_by_key(|(_, slot)| slot.used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
            self.segments.remove(&key);
        }
    }
}

/// What tells of one vector who may hear it, by numbers of the segment's own lists; 0 is none.
#[derive(Clone, Copy, Debug)]
struct Who {
    room: u32,
    character: u16,
    kind: u8,
}

/// The vectors of one place.
#[derive(Debug, Default)]
pub(super) struct Segment {
    mean: Vec<f32>,
    /// So many vectors the mean is of.
    mean_of: usize,
    /// Words of 64 bits per vector.
    words: usize,
    bits: Vec<u64>,
    rows: Vec<i64>,
    who: Vec<Who>,
    rooms: Vec<ChannelId>,
    characters: Vec<CharacterId>,
}

/// A row of a segment.
pub(super) struct Entry {
    pub(super) seq: i64,
    pub(super) numbers: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) room: Option<ChannelId>,
    pub(super) character: Option<CharacterId>,
}

impl Segment {
    /// The newest row that it has.
    pub(super) fn newest(&self) -> i64 {
        self.rows.last().copied().unwrap_or(0)
    }

    /// Adds rows, the oldest first.
    pub(super) fn extend(&mut self, entries: Vec<Entry>) {
        if self.mean.is_empty() {
            self.find_mean(&entries);
        }
        for entry in entries {
            if entry.numbers.len() != self.mean.len() {
                continue;
            }
            push_bits(
                &mut self.bits,
                entry.numbers.iter().map(|byte| f32::from(byte.cast_signed())),
                &self.mean,
            );
            self.rows.push(entry.seq);
            let room = entry.room.map_or(0, |room| number_of(&mut self.rooms, room));
            let character = entry.character.map_or(0, |character| number_of(&mut self.characters, character));
            self.who.push(Who {
                room: room as u32,
                // Characters beyond are nobody's: nobody finds what is theirs by its meaning.
                character: u16::try_from(character).unwrap_or(u16::MAX),
                kind: entry.kind as u8,
            });
        }
    }

    /// Whether the mean is of so few of the vectors that it should be found anew.
    pub(super) const fn has_outgrown_its_mean(&self) -> bool {
        self.mean_of < ENOUGH_FOR_MEAN && self.rows.len() > 4 * self.mean_of
    }

    fn find_mean(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        let mut sums = vec![0.0_f64; first.numbers.len()];
        for entry in entries {
            for (sum, byte) in sums.iter_mut().zip(&entry.numbers) {
                *sum += f64::from(byte.cast_signed());
            }
        }
        self.mean = sums.iter().map(|sum| (*sum / entries.len() as f64) as f32).collect();
        self.mean_of = entries.len();
        self.words = self.mean.len().div_ceil(64);
    }

    /// The rows that are nearest to a vector, at least `limit` if there are as many, of those that may be heard.
    ///
    /// `vector` is scaled like the rows' numbers: its largest one is 127.
    pub(super) fn nearest(
        &self,
        vector: &[f32],
        audience: &Audience,
        kinds: &[Kind],
        limit: usize,
    ) -> Vec<i64> {
        if vector.len() != self.mean.len() || self.rows.is_empty() {
            return Vec::new();
        }
        let heard: Vec<bool> = std::iter::once(true)
            .chain(self.rooms.iter().map(|room| audience.rooms.contains(room)))
            .collect();
        let told: Vec<bool> = std::iter::once(true)
            .chain(self.characters.iter().map(|character| audience.character.as_ref() == Some(character)))
            .collect();
        let wanted: u8 =
            if kinds.is_empty() { u8::MAX } else { kinds.iter().map(|kind| 1 << (*kind as u8)).sum() };
        let fits = |who: &Who| {
            heard.get(who.room as usize).is_some_and(|heard| *heard)
                && told.get(usize::from(who.character)).is_some_and(|told| *told)
                && wanted & (1 << who.kind) != 0
        };
        let mut bits = Vec::new();
        push_bits(&mut bits, vector.iter().copied(), &self.mean);
        // Those of the usual length in a loop of a known length, which is several times as fast.
        let mut distances: Vec<u16> = match <[u64; 6]>::try_from(bits.as_slice()) {
            Ok(bits) => self.bits.as_chunks::<6>().0.iter().map(|other| differing(&bits, other)).collect(),
            Err(_) => self.bits.chunks_exact(self.words).map(|other| differing(&bits, other)).collect(),
        };
        let mut at_distance = vec![0_usize; self.words * 64 + 1];
        for (distance, who) in distances.iter_mut().zip(&self.who) {
            if fits(who) {
                at_distance[usize::from(*distance)] += 1;
            } else {
                *distance = u16::MAX;
            }
        }
        let mut found = 0;
        let farthest = at_distance.iter().position(|number| {
            found += number;
            found >= limit
        });
        let farthest = farthest.unwrap_or(self.words * 64);
        let near =
            distances.iter().zip(&self.rows).filter(|(distance, _)| usize::from(**distance) <= farthest);
        near.map(|(_, row)| *row).collect()
    }

    const fn bytes(&self) -> usize {
        self.bits.capacity() * 8 + self.rows.capacity() * 8 + self.who.capacity() * size_of::<Who>()
    }
}

/// Bits that differ.
#[inline]
fn differing(one: &[u64], other: &[u64]) -> u16 {
    one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones() as u16).sum()
}

/// A value's number in a list, from 1; it is added if it is new.
fn number_of<T: PartialEq>(list: &mut Vec<T>, value: T) -> usize {
    // What comes next is mostly of the same place as what came before.
    if let Some(at) = list.iter().rposition(|known| *known == value) {
        return at + 1;
    }
    list.push(value);
    list.len()
}

/// One bit per number: whether it is above the mean.
fn push_bits(bits: &mut Vec<u64>, numbers: impl Iterator<Item = f32>, mean: &[f32]) {
    let start = bits.len();
    bits.resize(start + mean.len().div_ceil(64), 0);
    for (at, (number, mean)) in numbers.zip(mean).enumerate() {
        if number > *mean {
            bits[start + at / 64] |= 1 << (at % 64);
        }
    }
}
