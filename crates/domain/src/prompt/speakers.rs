//! What everybody is called in the prompt.

use std::collections::{HashMap, HashSet};

use super::{
    Occasion,
    fence::{is_role_phrase, is_role_word, label_key},
    receipt::SpeakerNote,
};
use crate::{
    CharacterId, UserId,
    character::Character,
    names::escape_name,
    scene::{Scene, Speaker},
};

/// Characters of the cast that a prompt names although they have not spoken.
const SILENT_CAST: usize = 20;

/// Names of everybody in the scene but the character itself.
#[derive(Clone, Debug)]
pub(super) struct Speakers {
    /// In the order in which they appeared: people and bots.
    people: Vec<Person>,
    cast: Vec<(CharacterId, String)>,
    /// Whoever is answered, or who spoke last.
    user: Option<usize>,
    imitable: Vec<String>,
}

#[derive(Clone, Debug)]
struct Person {
    id: UserId,
    /// The name in the transcript: one of a kind.
    label: String,
    /// The name in the card's own texts, for `{{user}}`.
    spoken: String,
    bot: bool,
}

impl Speakers {
    pub(super) fn of(character: &Character, scene: &Scene<'_>, occasion: Occasion<'_>) -> Self {
        let mut people = people(scene, occasion);
        let cast: Vec<_> =
            cast_in(character, scene).map(|other| (other.id.clone(), escape_name(other.called()))).collect();
        let imitable = imitable(character, scene, &people);
        tag_ambiguous(&mut people, character, scene);
        let answered = occasion.message().map(|message| message.author.id).or_else(|| {
            scene.history.iter().rev().find_map(|line| match &line.who {
                Speaker::Person { id, .. } => Some(*id),
                Speaker::Character(_) | Speaker::OtherBot { .. } => None,
            })
        });
        let user = people.iter().position(|person| Some(person.id) == answered);
        Self { people, cast, user, imitable }
    }

    /// The one who wrote the message that is answered; without one, the person who spoke last.
    pub(super) fn user(&self) -> &str {
        self.user_person().map_or("someone", |person| &person.label)
    }

    /// What `{{user}}` stands for.
    pub(super) fn user_macro(&self) -> &str {
        self.user_person().map_or("someone", |person| &person.spoken)
    }

    fn user_person(&self) -> Option<&Person> {
        self.people.get(self.user?)
    }

    pub(super) fn person(&self, id: UserId) -> Option<&str> {
        self.people.iter().find(|person| person.id == id).map(|person| person.label.as_str())
    }

    pub(super) fn character(&self, id: &CharacterId) -> Option<&str> {
        self.cast.iter().find(|(other, _)| other == id).map(|(_, label)| label.as_str())
    }

    /// Names that a text could imitate, as [`label_key`]s.
    pub(super) fn imitable(&self) -> &[String] {
        &self.imitable
    }

    /// People, other bots, other characters.
    pub(super) fn groups(&self) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
        let of = |bot: bool| {
            self.people
                .iter()
                .filter(|person| person.bot == bot)
                .map(|person| person.label.as_str())
                .collect()
        };
        (of(false), of(true), self.cast.iter().map(|(_, label)| label.as_str()).collect())
    }

    pub(super) fn notes(&self) -> Vec<SpeakerNote> {
        let people = self
            .people
            .iter()
            .map(|person| SpeakerNote { label: person.label.clone(), id: person.id.to_string() });
        let cast =
            self.cast.iter().map(|(id, label)| SpeakerNote { label: label.clone(), id: id.to_string() });
        people.chain(cast).collect()
    }
}

/// Everybody but the characters, with the newest name of each.
fn people(scene: &Scene<'_>, occasion: Occasion<'_>) -> Vec<Person> {
    let lines = scene.history.iter().filter_map(|line| match &line.who {
        Speaker::Person { id, name } => Some((*id, name.raw(), false)),
        Speaker::OtherBot { id, name } => Some((*id, name.raw(), true)),
        Speaker::Character(_) => None,
    });
    let author = occasion.message().map(|message| (message.author.id, message.author.name.raw(), false));
    let mut people: Vec<(UserId, &str, bool)> = Vec::new();
    for (id, name, bot) in lines.chain(author) {
        match people.iter_mut().find(|person| person.0 == id) {
            Some(person) => person.1 = name,
            None => people.push((id, name, bot)),
        }
    }
    let person = |(id, name, bot)| {
        let label = escape_name(name);
        Person { id, spoken: label.clone(), label, bot }
    };
    people.into_iter().map(person).collect()
}

/// The other characters that have spoken, and the first few of those that have not.
fn cast_in<'a>(character: &'a Character, scene: &'a Scene<'_>) -> impl Iterator<Item = &'a Character> {
    let spoke: HashSet<&CharacterId> = scene
        .history
        .iter()
        .filter_map(|line| match &line.who {
            Speaker::Character(id) => Some(id),
            Speaker::Person { .. } | Speaker::OtherBot { .. } => None,
        })
        .collect();
    scene
        .cast
        .iter()
        .map(AsRef::as_ref)
        .filter(move |other| other.id != character.id)
        .enumerate()
        .filter(move |(index, other)| *index < SILENT_CAST || spoke.contains(&other.id))
        .map(|(_, other)| other)
}

fn imitable(character: &Character, scene: &Scene<'_>, people: &[Person]) -> Vec<String> {
    let mut keys: Vec<String> = people.iter().map(|person| label_key(&person.label)).collect();
    let cast = scene.cast.iter().map(AsRef::as_ref).chain(std::iter::once(character));
    keys.extend(cast.flat_map(|other| other.names().map(label_key).collect::<Vec<_>>()));
    keys.retain(|key| !key.is_empty());
    keys.sort();
    keys.dedup();
    keys
}

/// Adds the tag of the id to names that two people share, that a character has, or that are role words.
fn tag_ambiguous(people: &mut [Person], character: &Character, scene: &Scene<'_>) {
    let cast = scene.cast.iter().map(AsRef::as_ref).chain(std::iter::once(character));
    let taken: HashSet<String> = cast
        .flat_map(|other| other.names().map(|name| label_key(&escape_name(name))).collect::<Vec<_>>())
        .collect();
    let mut shared: HashMap<String, u32> = HashMap::new();
    for person in people.iter() {
        *shared.entry(label_key(&person.label)).or_default() += 1;
    }
    for person in people {
        let key = label_key(&person.label);
        let imitates = taken.contains(&key) || is_role_word(&key) || is_role_phrase(&person.label);
        if imitates || shared.get(&key).is_some_and(|count| *count > 1) {
            person.label = format!("{}~{}", person.label, tag(person.id));
        }
        // In the card's own texts a shared name needs no tag; an imitated one does.
        if imitates {
            person.spoken.clone_from(&person.label);
        }
    }
}

/// Four characters that stand for an id: 20 bits of a hash that never changes between versions.
pub(super) fn tag(id: UserId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    // The finisher of SplitMix64 (Steele, Lea, Flood 2014).
    let mut hash = id.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^= hash >> 31;
    (0..4).map(|i| char::from(ALPHABET[(hash >> (5 * i)) as usize & 31])).collect()
}
