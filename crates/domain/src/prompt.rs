//! The prompt: everything a model is told, and the receipt of what that was.
//!
//! The full shape, with what changes least in front so that providers can cache it:
//!
//! 1. system: lore that is always in, the character, our rules, examples of how it talks;
//! 2. system: lore that came up, and who is there;
//! 3. user and assistant: the history, then the message that is answered;
//! 4. system: the card's last word.
//!
//! # Whose words are whose
//!
//! A speaker is told by id. The prompt shows an escaped name ([`crate::names::escape_name`]), with a tag made from
//! the id (`alice~8f3k`) wherever the name alone would be ambiguous, equals a character's name, or is a role word.
//! Names cannot hold `~` or `:`, so nobody can choose a name that looks tagged.
//!
//! What people write is fenced: in a user message a speaker begins at the start of a line and every further line
//! of what they wrote is indented by two spaces, so a line break cannot begin another speaker. What
//! still looks like a part of the frame is changed by [`fence`](self): see its documentation.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::{
    character::{Character, Lorebook},
    chat::{ChatMessage, ChatRequest, Role, Sampling},
    event::Message,
    lore::{Settings, Timers, Trigger},
    scene::Scene,
    tokens,
};

mod fence;
mod full;
mod macros;
mod receipt;
mod said;
mod small;
mod speakers;
mod world;

pub(crate) use fence::is_role_word;
pub use receipt::{LoreNote, Receipt, Section, SectionName, SpeakerNote};

use macros::Macros;
use said::Transcript;
use speakers::Speakers;

/// The shape of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// The whole character, its lore, its examples, the people, the history.
    Full,
    /// A few words and a few lines, for models of less than about a billion parameters.
    Small,
}

/// What a model can take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// Tokens of prompt and answer together; at least about 1,000 for the full shape.
    pub context_tokens: u32,
    /// Tokens of an answer at most.
    pub reply_tokens: u32,
    /// The shape of the prompt.
    pub style: Style,
    /// Sampling where the card says nothing.
    pub sampling: Sampling,
}

/// What lore needs besides the scene. The default is the character's own book with nothing remembered.
#[derive(Clone, Debug, Default)]
pub struct Known<'a> {
    /// The book instead of the character's own; see [`Lorebook::merged`].
    pub book: Option<&'a Lorebook>,
    /// How lore is looked for.
    pub settings: Settings,
    /// What lasts from earlier answers of this character in this chat.
    pub timers: Timers,
    /// Messages that the chat has had in all, and those of the character among them; without, the scene's are counted.
    pub messages: Option<(u64, u64)>,
    /// Entries whose text is like what was said, by number in the book, with the likeness.
    pub similar: &'a [(usize, f32)],
    /// What is known of the person who is answered.
    pub persona: &'a str,
    /// The kind of answer.
    pub trigger: Trigger,
}

/// Builds what a model is asked so that `character` answers `trigger`.
///
/// `seed` drives the dice of the card's macros and of its lore and, unless the profile has its own, the model's
/// sampling: the same arguments give the same request.
pub fn assemble(
    character: &Character,
    scene: &Scene<'_>,
    trigger: &Message,
    profile: &Profile,
    seed: u64,
) -> (ChatRequest, Receipt) {
    let (request, receipt, _) = assemble_knowing(character, scene, trigger, profile, seed, &Known::default());
    (request, receipt)
}

/// As [`assemble`], with what lore needs; and what lore must remember once the answer was given.
pub fn assemble_knowing(
    character: &Character,
    scene: &Scene<'_>,
    trigger: &Message,
    profile: &Profile,
    seed: u64,
    known: &Known<'_>,
) -> (ChatRequest, Receipt, Timers) {
    let speakers = Speakers::of(character, scene, trigger);
    let macros = Macros::new(character.called(), speakers.user_macro());
    let transcript = Transcript::of(character, scene, trigger, &speakers);
    let mut draft = Draft {
        character,
        profile,
        speakers: &speakers,
        macros,
        transcript,
        dice: Rng::with_seed(seed),
        messages: Vec::new(),
        sections: Vec::new(),
        lore: Vec::new(),
        known,
        timers: known.timers.clone(),
    };
    let shape = match profile.style {
        Style::Full => full::write(&mut draft),
        Style::Small => small::write(&mut draft),
    };
    let receipt = Receipt {
        character: character.id.clone(),
        style: profile.style,
        budget: shape.budget,
        prompt_tokens: draft.messages.iter().map(cost).sum(),
        reply_tokens: shape.max_tokens,
        sections: draft.sections,
        lore: draft.lore,
        defused: draft.transcript.defused,
        speakers: speakers.notes(),
        seed,
    };
    let sampling = Sampling { seed: profile.sampling.seed.or(Some(seed)), ..shape.sampling };
    let request =
        ChatRequest { messages: draft.messages, sampling, stop: shape.stop, max_tokens: shape.max_tokens };
    (request, receipt, draft.timers)
}

/// A prompt in the making.
struct Draft<'a> {
    character: &'a Character,
    profile: &'a Profile,
    speakers: &'a Speakers,
    macros: Macros,
    transcript: Transcript,
    dice: Rng,
    messages: Vec<ChatMessage>,
    sections: Vec<Section>,
    lore: Vec<LoreNote>,
    known: &'a Known<'a>,
    timers: Timers,
}

/// What a shape decides besides the messages.
struct Shape {
    budget: u32,
    max_tokens: u32,
    stop: Vec<String>,
    sampling: Sampling,
}

impl Draft<'_> {
    /// A text of the card with its macros replaced.
    fn expand(&mut self, text: &str) -> String {
        self.macros.expand(text.trim(), &mut self.dice).trim().to_owned()
    }

    fn push(&mut self, role: Role, content: String) {
        self.messages.push(ChatMessage { role, content });
    }

    /// Adds what somebody said; two user messages in a row become one, as many chat formats demand.
    fn say(&mut self, role: Role, content: &str) {
        match self.messages.last_mut() {
            Some(last) if last.role == role && role != Role::System => {
                last.content.push('\n');
                last.content.push_str(content);
            }
            _ => self.push(role, content.to_owned()),
        }
    }
}

/// Tokens of a message with what the chat format adds.
fn cost(message: &ChatMessage) -> u32 {
    tokens::estimate(&message.content) + tokens::PER_MESSAGE
}

/// The profile's sampling, overruled by the card's where it says something.
fn sampling(card: Sampling, profile: Sampling) -> Sampling {
    Sampling {
        temperature: card.temperature.or(profile.temperature),
        top_p: card.top_p.or(profile.top_p),
        top_k: card.top_k.or(profile.top_k),
        min_p: card.min_p.or(profile.min_p),
        repeat_penalty: card.repeat_penalty.or(profile.repeat_penalty),
        seed: None,
    }
}
