//! Reads Character Cards: V3 (`chara_card_v3`), V2 (`chara_card_v2`) and the bare fields of V1.
//!
//! Fields that the program does not know are passed over, and so is `null` wherever a field may be absent. Our own
//! fields stand in `data.extensions.acore`; all of them may be absent.

use crate::{
    CharacterId,
    character::{Character, ExampleLine, SmallProfile},
    chat::Sampling,
};

mod book;
mod book_file;
mod derived;
mod fields;
mod manner;

pub use book::{LORE_PATTERNS, LOREBOOK_BYTES, LOREBOOK_ENTRIES, parse_lorebook};
pub use book_file::{LorebookForm, lorebook_as};
pub use fields::Problem;

use fields::{Field, Fields};

/// Bytes of a card at most.
pub const CARD_BYTES: usize = 1024 * 1024;

/// Entries of a card's lorebook at most.
pub const LORE_ENTRIES: usize = 500;

/// Characters of a name at most: what Discord takes as a webhook's name.
pub const NAME_CHARS: usize = 80;

/// The card cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The file is larger than a card should be.
    #[error("the card has {0} bytes; at most {CARD_BYTES} are read")]
    TooLarge(usize),
    /// Not JSON, and where that shows.
    #[error("the card is not JSON: {0}")]
    NotJson(String),
    /// JSON without the fields of a card.
    #[error("this is JSON but not a character card: it has neither `spec` nor the fields of an old card")]
    NotACard,
    /// A kind of card that is not known.
    #[error("`spec` is `{0}`; chara_card_v2 and chara_card_v3 are read")]
    UnknownSpec(String),
    /// The file is larger than a lorebook should be.
    #[error("the lorebook has {0} bytes; at most {LOREBOOK_BYTES} are read")]
    LorebookTooLarge(usize),
    /// JSON without the entries of a lorebook.
    #[error("this is JSON but not a lorebook: it has no `entries`")]
    NotALorebook,
    /// A field is not as it should be.
    #[error("`{path}` {problem}")]
    Field {
        /// Where, as in `data.character_book.entries[3].keys`.
        path: String,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// Reads a card from its JSON text.
pub fn parse(json: &[u8]) -> Result<Character, CardError> {
    if json.len() > CARD_BYTES {
        return Err(CardError::TooLarge(json.len()));
    }
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let value: serde_json::Value =
        serde_json::from_slice(json).map_err(|e| CardError::NotJson(e.to_string()))?;
    let card = Field::root(&value).object().map_err(|_| CardError::NotACard)?;
    match card.field("spec") {
        Some(spec) => match spec.text()? {
            "chara_card_v2" | "chara_card_v3" => {
                let Some(data) = card.field("data") else {
                    return Err(card.problem("data", Problem::Missing));
                };
                character(&data.object()?)
            }
            other => Err(CardError::UnknownSpec(other.chars().take(80).collect())),
        },
        None if ["description", "personality", "first_mes"].iter().any(|field| card.has(field)) => {
            character(&card)
        }
        None => Err(CardError::NotACard),
    }
}

fn character(data: &Fields<'_>) -> Result<Character, CardError> {
    let name = name(data)?;
    let acore = match data.field("extensions") {
        Some(extensions) => extensions.object()?.object("acore")?,
        None => Fields::empty("data.extensions.acore"),
    };
    let id = match acore.field("id") {
        Some(id) => CharacterId::new(id.text()?).map_err(|_| id.problem(Problem::NotAnId))?,
        None => derived::id(&name),
    };
    let description = data.string("description")?;
    let mes_example = data.string("mes_example")?;
    let small = small(&acore.object("small")?, &description, &mes_example)?;
    let tags = data.short_texts("tags", 200, 200)?;
    // A tag that galleries know, or our own field; neither can lift what the other says.
    let age_restricted = acore.flag("age_restricted")?.unwrap_or(false)
        || tags.iter().any(|tag| tag.eq_ignore_ascii_case("nsfw"));
    Ok(Character {
        id,
        nickname: short(data, "nickname")?.filter(|nickname| *nickname != name),
        aliases: acore.short_texts("aliases", 20, NAME_CHARS)?,
        personality: data.string("personality")?,
        scenario: data.string("scenario")?,
        first_mes: data.string("first_mes")?,
        system_prompt: data.string("system_prompt")?,
        post_history_instructions: data.string("post_history_instructions")?,
        tags,
        creator_notes: data.string("creator_notes")?,
        tagline: acore.limited("tagline", 200)?,
        color: color(&acore)?,
        topics: acore.short_texts("topics", 40, 100)?,
        framework: short(&acore, "framework")?,
        voice: acore.map("voice")?,
        reaction_emoji: acore.short_texts("reaction_emoji", 20, 64)?,
        sampling: sampling(&acore.object("sampling")?)?,
        small,
        age_restricted,
        activities: acore.short_texts("activities", 40, 100)?,
        manner: manner::of(data, &acore)?,
        book: match data.field("character_book") {
            Some(book) => Some(book::of_card(&book.object()?)?),
            None => None,
        },
        name,
        description,
        mes_example,
    })
}

fn name(data: &Fields<'_>) -> Result<String, CardError> {
    let Some(field) = data.field("name") else {
        return Err(data.problem("name", Problem::Missing));
    };
    let name = field.text()?.trim();
    let length = name.chars().count();
    if length == 0 {
        Err(field.problem(Problem::Empty))
    } else if length > NAME_CHARS {
        Err(field.problem(Problem::TooLong { length, most: NAME_CHARS }))
    } else if name.chars().any(char::is_control) {
        Err(field.problem(Problem::Unprintable))
    } else {
        Ok(name.to_owned())
    }
}

/// A short text, `None` if it is blank.
fn short(data: &Fields<'_>, field: &str) -> Result<Option<String>, CardError> {
    let text = data.limited(field, NAME_CHARS)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn color(acore: &Fields<'_>) -> Result<Option<u32>, CardError> {
    let Some(field) = acore.field("color") else {
        return Ok(None);
    };
    let digits = field
        .text()?
        .trim()
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()));
    match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(color) => Ok(Some(color)),
        None => Err(field.problem(Problem::NotAColor)),
    }
}

fn sampling(fields: &Fields<'_>) -> Result<Sampling, CardError> {
    Ok(Sampling {
        temperature: fields.fraction("temperature", 0.0, 2.0)?,
        top_p: fields.fraction("top_p", 0.0, 1.0)?,
        top_k: fields.count("top_k")?,
        min_p: fields.fraction("min_p", 0.0, 1.0)?,
        repeat_penalty: fields.fraction("repeat_penalty", 0.5, 2.0)?,
        seed: None,
    })
}

fn small(fields: &Fields<'_>, description: &str, examples: &str) -> Result<SmallProfile, CardError> {
    let mut lines = Vec::new();
    for line in fields.list("lines", 12)? {
        let line = line.object()?;
        let said = |field: &str| {
            let text = line.limited(field, 500)?;
            if text.is_empty() { Err(line.problem(field, Problem::Missing)) } else { Ok(text) }
        };
        lines.push(ExampleLine { user: said("user")?, char: said("char")? });
    }
    let mut own = fields.limited("description", 1_000)?;
    if own.is_empty() {
        own = derived::small_description(description);
    }
    if lines.is_empty() {
        lines = derived::small_lines(examples);
    }
    Ok(SmallProfile { description: own, lines })
}
