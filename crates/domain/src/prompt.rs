//! The prompt: everything a model is told, and the receipt of what that was.
//!
//! The full shape, with what changes least in front so that providers can cache it:
//!
//! 1. system: lore that is always in, the character, our rules, examples of how it talks;
//! 2. system: lore that came up, who is there, what the character remembers, and what it has in mind;
//! 3. user and assistant: the history, then the message that is answered with what hangs on it, then what others
//!    answered to it already;
//! 4. system: the card's last word, and what to do.
//!
//! What a character speaks about is an [`Occasion`]: a message, or a turn of its own.
//!
//! # Room
//!
//! Every section has a share of the budget; history takes what the others leave. Tokens are counted piece by piece
//! with the profile's [`Counter`]; a prompt that comes out too long as a whole is written again with less history,
//! then with smaller shares. The message that is answered may be cut at its end, and is never left out.
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
    Timestamp,
    character::{Character, Lorebook},
    chat::{ChatMessage, ChatRequest, Role, Sampling},
    event::Message,
    lore::{Settings, Timers, Trigger},
    scene::Scene,
    tokens::{Counter, PER_MESSAGE},
};

mod attached;
mod fence;
mod full;
mod macros;
mod occasion;
mod receipt;
mod remembered;
mod said;
mod small;
mod speakers;
mod world;

pub use attached::{Attached, AttachedPicture, AttachedText, Refused};
pub(crate) use fence::is_role_word;
pub use occasion::{Occasion, Stage};
pub use receipt::{AttachedNote, LoreNote, MemoryNote, MindNote, Receipt, Section, SectionName, SpeakerNote};
pub use remembered::Recollection;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Tokens of prompt and answer together; at least about 1,000 for the full shape.
    pub context_tokens: u32,
    /// Tokens of an answer at most.
    pub reply_tokens: u32,
    /// The shape of the prompt.
    pub style: Style,
    /// Sampling where the card says nothing.
    pub sampling: Sampling,
    /// Whether it takes pictures.
    pub vision: bool,
    /// How its tokens are counted.
    pub counter: Counter,
}

impl Profile {
    /// A model that sees text only, whose tokens are estimated.
    pub const fn new(style: Style, context_tokens: u32, reply_tokens: u32, sampling: Sampling) -> Self {
        Self { context_tokens, reply_tokens, style, sampling, vision: false, counter: Counter::ESTIMATE }
    }
}

/// Something that a character has in mind: a mood, a relation, a wish to ask back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateNote<'a> {
    /// What it is; `mood` is the one that a small model hears of, by the first word of its text.
    pub label: &'a str,
    /// In words that a model understands. It may hold the card's macros.
    pub text: &'a str,
}

/// What is known besides the scene. The default is the character's own book with nothing remembered, nothing in
/// mind and nothing attached.
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
    /// The kind of answer; going on is told from the occasion.
    pub trigger: Trigger,
    /// What the character has in mind, in the order in which it is said and dropped from the end.
    pub state: &'a [StateNote<'a>],
    /// What came to mind, what is wanted most first.
    pub memories: &'a [Recollection],
    /// Tokens of this answer at most, where it is to be shorter than the profile's.
    pub reply_tokens: Option<u32>,
    /// What hangs on the message that is answered, and was read.
    pub attached: Option<&'a Attached>,
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

/// As [`assemble`], for any occasion and with all that is known; and what lore must remember once the answer was
/// given.
pub fn assemble_knowing<'a>(
    character: &Character,
    scene: &Scene<'_>,
    occasion: impl Into<Occasion<'a>>,
    profile: &Profile,
    seed: u64,
    known: &Known<'_>,
) -> (ChatRequest, Receipt, Timers) {
    let occasion = occasion.into();
    let speakers = Speakers::of(character, scene, occasion);
    let transcript = Transcript::of(character, scene, occasion, &speakers);
    let whole = match profile.style {
        Style::Full => profile.context_tokens.saturating_sub(profile.reply_tokens),
        Style::Small => small::budget(profile),
    };
    let mut aim = Aim { budget: whole, reserve: 0 };
    let mut tries = TRIES;
    let (draft, shape) = loop {
        let mut draft = Draft {
            character,
            profile,
            speakers: &speakers,
            macros: Macros::new(character.called(), speakers.user_macro()),
            transcript: &transcript,
            occasion,
            dice: Rng::with_seed(seed),
            messages: Vec::new(),
            tokens: 0,
            line_break: profile.counter.count("\n").max(1),
            sections: Vec::new(),
            lore: Vec::new(),
            mind: Vec::new(),
            memories: Vec::new(),
            attached: Vec::new(),
            now: scene.now,
            known,
            timers: known.timers.clone(),
        };
        let shape = match profile.style {
            Style::Full => full::write(&mut draft, aim),
            Style::Small => small::write(&mut draft, aim),
        };
        tries -= 1;
        let excess = draft.tokens.saturating_sub(whole);
        if excess == 0 || tries == 0 {
            break (draft, shape);
        }
        aim.tighten(excess, &draft.sections);
    };
    let receipt = Receipt {
        character: character.id.clone(),
        style: profile.style,
        budget: whole,
        prompt_tokens: draft.tokens,
        reply_tokens: shape.max_tokens,
        counted_with: profile.counter.name().to_owned(),
        sections: draft.sections,
        mind: draft.mind,
        memories: draft.memories,
        attached: draft.attached,
        lore: draft.lore,
        defused: draft.transcript.defused,
        speakers: speakers.notes(),
        seed,
    };
    let sampling = Sampling { seed: profile.sampling.seed.or(Some(seed)), ..shape.sampling };
    let request = ChatRequest {
        messages: draft.messages,
        sampling,
        stop: shape.stop,
        max_tokens: shape.max_tokens,
        schema: None,
    };
    (request, receipt, draft.timers)
}

/// How often a prompt is written at most. Once is enough unless a tokenizer counts a whole higher than its parts.
const TRIES: u32 = 8;

/// The fewest tokens that an answer is cut to, whatever the character's verbosity.
const SHORTEST_REPLY: u32 = 16;

/// What a writer aims at.
#[derive(Clone, Copy, Debug)]
struct Aim {
    /// Tokens of the prompt.
    budget: u32,
    /// Those of them that history must leave free.
    reserve: u32,
}

impl Aim {
    /// Less, after a prompt that had `excess` tokens too many.
    fn tighten(&mut self, excess: u32, sections: &[Section]) {
        let history = sections.iter().find(|section| section.name == SectionName::History);
        if history.is_some_and(|history| history.included > 0) {
            self.reserve = self.reserve.saturating_add(excess + PER_MESSAGE);
        } else {
            self.budget = self.budget.saturating_sub(excess.saturating_mul(2) + PER_MESSAGE);
        }
    }
}

/// A prompt in the making.
struct Draft<'a> {
    character: &'a Character,
    profile: &'a Profile,
    speakers: &'a Speakers,
    macros: Macros,
    transcript: &'a Transcript,
    occasion: Occasion<'a>,
    dice: Rng,
    messages: Vec<ChatMessage>,
    /// Tokens of the messages, counted piece by piece.
    tokens: u32,
    /// Tokens of the line break between two pieces, at least one.
    line_break: u32,
    sections: Vec<Section>,
    lore: Vec<LoreNote>,
    mind: Vec<MindNote>,
    memories: Vec<MemoryNote>,
    attached: Vec<AttachedNote>,
    now: Timestamp,
    known: &'a Known<'a>,
    timers: Timers,
}

/// What a shape decides besides the messages.
struct Shape {
    max_tokens: u32,
    stop: Vec<String>,
    sampling: Sampling,
}

impl Draft<'_> {
    /// A text of the card with its macros replaced.
    fn expand(&mut self, text: &str) -> String {
        self.macros.expand(text.trim(), &mut self.dice).trim().to_owned()
    }

    /// Tokens of a text.
    fn count(&self, text: &str) -> u32 {
        self.profile.counter.count(text)
    }

    /// The beginning of a text that fits.
    fn truncate<'t>(&self, text: &'t str, budget: u32) -> &'t str {
        self.profile.counter.truncate(text, budget)
    }

    /// Tokens of the answer at most, where the profile would allow `most`.
    fn reply_tokens(&self, most: u32) -> u32 {
        self.known.reply_tokens.map_or(most, |wanted| wanted.max(SHORTEST_REPLY).min(most))
    }

    fn push(&mut self, role: Role, content: String) {
        let tokens = self.count(&content);
        self.push_counted(role, content, tokens);
    }

    fn push_counted(&mut self, role: Role, content: String, tokens: u32) {
        self.tokens = self.tokens.saturating_add(tokens).saturating_add(PER_MESSAGE);
        self.messages.push(ChatMessage::new(role, content));
    }

    /// Adds what somebody said; two user messages in a row become one, as many chat formats demand.
    fn say(&mut self, role: Role, content: &str) {
        self.say_counted(role, content, self.count(content));
    }

    /// As [`Draft::say`], of a text that was counted already.
    fn say_counted(&mut self, role: Role, content: &str, tokens: u32) {
        match self.messages.last_mut() {
            Some(last) if last.role == role && role != Role::System => {
                last.content.push('\n');
                last.content.push_str(content);
                self.tokens = self.tokens.saturating_add(tokens).saturating_add(self.line_break);
            }
            _ => self.push_counted(role, content.to_owned(), tokens),
        }
    }
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
