//! What went into a prompt, what was cut, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Style;
use crate::{
    CharacterId,
    memory::{ItemId, Kind},
};

/// The account of one prompt, kept for `/why` and the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Who answers.
    pub character: CharacterId,
    /// Which shape the prompt has.
    pub style: Style,
    /// Tokens that the prompt may have.
    pub budget: u32,
    /// Tokens that it has.
    pub prompt_tokens: u32,
    /// Tokens of the answer at most.
    pub reply_tokens: u32,
    /// What counted the tokens; see [`crate::tokens::Counter`].
    #[serde(default)]
    pub counted_with: String,
    /// The sections in the order of the prompt.
    pub sections: Vec<Section>,
    /// What the character had in mind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mind: Vec<MindNote>,
    /// What came to mind; without its words, which are forgotten when their source is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memories: Vec<MemoryNote>,
    /// Files that hung on what was answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<AttachedNote>,
    /// Lore that fired, and lore that came up and was left out.
    pub lore: Vec<LoreNote>,
    /// Who is called what in the prompt. The character itself is not among them.
    pub speakers: Vec<SpeakerNote>,
    /// Places in members' texts that imitated the frame of the prompt and were changed.
    pub defused: u32,
    /// The seed of the macros' dice and of the sampling.
    pub seed: u64,
}

impl Receipt {
    /// Everybody else's name as the prompt showed it: what [`crate::reply::Cleaner`] needs.
    pub fn names(&self) -> Vec<String> {
        self.speakers.iter().map(|speaker| speaker.label.clone()).collect()
    }

    /// The note on a section, if the prompt has it.
    pub fn section(&self, name: SectionName) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }
}

/// One section of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Which.
    pub name: SectionName,
    /// Tokens.
    pub tokens: u32,
    /// Pieces (paragraphs, examples, entries, lines) that are in.
    pub included: u32,
    /// Pieces that were left out for want of room.
    pub left_out: u32,
    /// Characters that were cut from pieces that are in.
    pub cut_chars: u32,
}

impl Section {
    /// Nothing yet.
    pub(super) fn empty(name: SectionName) -> Self {
        Self { name, tokens: 0, included: 0, left_out: 0, cut_chars: 0 }
    }
}

/// The sections of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionName {
    /// Who the character is.
    Definition,
    /// Our rules: whose words are whose, how long, how safe.
    Rules,
    /// Example dialogues.
    Examples,
    /// Activated lore.
    Lore,
    /// Who is there.
    People,
    /// What the character has in mind.
    State,
    /// What the character remembers.
    Memory,
    /// What was said before.
    History,
    /// The message that is answered.
    Trigger,
    /// Texts of files that hang on it.
    Files,
    /// Pictures that hang on it.
    Pictures,
    /// What was said after it, the answers of other characters among it.
    Answers,
    /// What a turn of the character's own is about.
    Direction,
    /// The card's last word.
    PostHistory,
}

/// Something that the character had in mind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MindNote {
    /// What it is.
    pub label: String,
    /// As the prompt says it.
    pub text: String,
    /// Whether it is in the prompt.
    pub included: bool,
}

/// Something that came to mind. Its words are not here: who wants them asks the store, which may have forgotten them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryNote {
    /// Which item.
    pub item: ItemId,
    /// What kind of thing.
    pub kind: Kind,
    /// How much it was wanted, in hundredths.
    pub score: i32,
    /// The parts of the score by name, in hundredths.
    pub parts: Vec<(String, i32)>,
    /// Whether it is in the prompt.
    pub included: bool,
    /// Why it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A file that hung on what was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedNote {
    /// Its name.
    pub name: String,
    /// Tokens.
    pub tokens: u32,
    /// Whether the model sees it.
    pub included: bool,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A piece of lore that fired, or that came up and was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoreNote {
    /// The entry's short name.
    pub entry: String,
    /// The key that fired it; `None` for one that is always in.
    pub key: Option<String>,
    /// The second key that had to come up too.
    pub secondary_key: Option<String>,
    /// What fired it instead of a key, if it is not always in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// 0 if what was said fired it, else the sweep through other entries' texts that did.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub level: u32,
    /// The entry whose text held the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub woken_by: Option<String>,
    /// Tokens, by our estimate.
    pub tokens: u32,
    /// The entry's [`crate::lore::LoreEntry::automation_id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automation_id: Option<String>,
    /// Whether it is in the prompt.
    pub included: bool,
    /// Why it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A speaker's name in the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeakerNote {
    /// As the prompt shows it: the escaped name, with a tag where it would be ambiguous.
    pub label: String,
    /// Whom it stands for: a user id, or a character's id.
    pub id: String,
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Definition => "definition",
            Self::Rules => "rules",
            Self::Examples => "examples",
            Self::Lore => "lore",
            Self::People => "people",
            Self::State => "in mind",
            Self::Memory => "memories",
            Self::History => "history",
            Self::Trigger => "message",
            Self::Files => "files",
            Self::Pictures => "pictures",
            Self::Answers => "after the message",
            Self::Direction => "direction",
            Self::PostHistory => "last word",
        })
    }
}

/// A few lines for people.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} tokens", self.prompt_tokens, self.budget)?;
        if !self.counted_with.is_empty() {
            write!(f, ", counted with {}", self.counted_with)?;
        }
        writeln!(f)?;
        for section in &self.sections {
            write!(f, "{}: {} tokens", section.name, section.tokens)?;
            if section.left_out > 0 {
                write!(f, ", {} in, {} left out", section.included, section.left_out)?;
            }
            if section.cut_chars > 0 {
                write!(f, ", {} characters cut", section.cut_chars)?;
            }
            writeln!(f)?;
        }
        for note in &self.mind {
            let left_out = if note.included { "" } else { " (no room)" };
            writeln!(f, "{}: {}{left_out}", note.label, note.text)?;
        }
        for note in &self.attached {
            let reason =
                note.reason.as_ref().map_or_else(String::new, |reason| format!(" (left out: {reason})"));
            writeln!(f, "file “{}”{reason}", note.name)?;
        }
        for note in &self.lore {
            let cause = note.cause.as_deref().unwrap_or("always");
            let cause = note.key.as_ref().map_or(cause.to_owned(), |key| format!("by “{key}”"));
            write!(f, "lore “{}” {cause}", note.entry)?;
            if let Some(by) = &note.woken_by {
                write!(f, " in “{by}”")?;
            }
            match &note.reason {
                Some(reason) => writeln!(f, ", left out: {reason}")?,
                None if !note.included => writeln!(f, ", no room")?,
                None => writeln!(f)?,
            }
        }
        if self.defused > 0 {
            writeln!(f, "{} imitations of the frame were defused", self.defused)?;
        }
        Ok(())
    }
}
