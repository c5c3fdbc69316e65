//! Learning about people from what was said: what a model is asked, how its answer is read, and what becomes of it
//! beside what was known already.
//!
//! A [`Learned`] names the lines it comes from, so it can be traced and forgotten. What somebody says of themselves is
//! surer than what others say of them, and wishes ("call me Captain") count from their own mouth only: nobody can plant
//! an instruction about somebody else.

mod merge;
mod reading;
mod request;

use super::{Aspect, Item, Kind};
use crate::{CharacterId, Timestamp, Untrusted, UserId};

pub use merge::{Changes, merge};
pub use reading::read;
pub use request::request;

/// Notes that one batch may bring; more would be a model that rambles.
const NOTES: usize = 24;

/// Characters of a note.
const NOTE_CHARS: usize = 200;

/// Characters of an attribute's name.
const ATTRIBUTE_CHARS: usize = 40;

/// How sure one can be of what others say about somebody.
const HEARSAY: u8 = 50;

/// How much may depend on what others say about somebody.
const HEARSAY_IMPORTANCE: u8 = 4;

/// Nobody is certain.
const SUREST: u8 = 95;

/// Something learned from a batch of lines, not yet compared with what is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// About whom.
    pub person: UserId,
    /// Their name at the time.
    pub name: Untrusted,
    /// In which way.
    pub aspect: Aspect,
    /// What of them.
    pub attribute: String,
    /// Whether there can only be one at a time.
    pub single: bool,
    /// In words: `has a grey cat called Miso`.
    pub text: String,
    /// 1 to 10.
    pub importance: u8,
    /// 0 to 100.
    pub confidence: u8,
    /// The lines of the batch that it comes from, by number; never empty.
    pub lines: Vec<usize>,
}

/// Lines of one channel that are learned from together, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The lines.
    pub lines: &'a [Item],
    /// The character whose private memory it becomes; none where everybody's.
    pub character: Option<&'a CharacterId>,
}

impl Batch<'_> {
    /// The people who speak in it, in order of appearance, with the names they had last.
    fn people(&self) -> Vec<(UserId, &Untrusted)> {
        let mut people: Vec<(UserId, &Untrusted)> = Vec::new();
        for line in self.lines {
            let Some(person) = speaker(line) else { continue };
            match people.iter_mut().find(|(known, _)| *known == person) {
                Some((_, name)) => *name = &line.draft.who,
                None => people.push((person, &line.draft.who)),
            }
        }
        people
    }

    /// Whether an item belongs to the same room, and to the same character, as the lines: whoever heard them could
    /// have heard it, and the other way round.
    fn is_beside(&self, item: &Item) -> bool {
        let reach = self.lines.first().map(|line| line.draft.reach);
        reach == Some(item.draft.reach) && item.draft.character.as_ref() == self.character
    }

    /// When the newest of some lines was said.
    fn newest(&self, lines: &[usize]) -> Timestamp {
        let times = lines.iter().filter_map(|line| self.lines.get(*line)).map(|line| line.draft.at);
        times.max().unwrap_or(Timestamp(0))
    }
}

/// The person who said a line; none for characters and other bots.
pub(super) fn speaker(line: &Item) -> Option<UserId> {
    line.draft.owner.filter(|_| line.draft.detail.kind() == Kind::Line)
}

/// A note with everything that nobody may claim taken out of it; nothing if nothing is left. `said_by` are the people
/// whose lines it comes from.
pub(super) fn sound(mut note: Learned, said_by: &[UserId]) -> Option<Learned> {
    note.text = crate::quote::quoted(&note.text, NOTE_CHARS);
    note.attribute = attribute(&note.attribute);
    let own = said_by.iter().all(|person| *person == note.person);
    // Neither wishes nor words are put into anybody's mouth.
    let needs_own = matches!(note.aspect, Aspect::Wish | Aspect::Quote);
    if note.text.is_empty() || said_by.is_empty() || (needs_own && !own) {
        return None;
    }
    note.importance = note.importance.clamp(1, if own { 10 } else { HEARSAY_IMPORTANCE });
    note.confidence = note.confidence.min(if own { SUREST } else { HEARSAY });
    Some(note)
}

/// An attribute as it is compared: lower case, words with one space.
fn attribute(raw: &str) -> String {
    let plain = crate::quote::quoted(raw, ATTRIBUTE_CHARS).to_lowercase().replace(['_', '-'], " ");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain.is_empty() { "other".to_owned() } else { plain }
}
