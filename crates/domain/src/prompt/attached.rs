//! What hangs on a message: pictures, texts of files, and what could not be read.

use super::{
    AttachedNote, Draft, Section, SectionName,
    fence::{Fenced, fence},
};
use crate::{Untrusted, chat::Picture, limits, names::escape_name, tokens::PER_MESSAGE};

/// Names of files in one sentence.
const NAMES: usize = 4;

/// Characters of a reason that a file was not read.
const WHY_CHARS: usize = 120;

/// What was found on a message, on the one it replies to, or just before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attached {
    /// Pictures that were read.
    pub pictures: Vec<AttachedPicture>,
    /// Texts that were read.
    pub texts: Vec<AttachedText>,
    /// What was not.
    pub refused: Vec<Refused>,
}

impl Attached {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.texts.is_empty() && self.refused.is_empty()
    }
}

/// A picture and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedPicture {
    /// The file's name.
    pub name: Untrusted,
    /// Its picture; without one, nobody looked, because the model cannot see.
    pub picture: Option<Picture>,
}

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedText {
    /// The file's name.
    pub name: Untrusted,
    /// What stands in it.
    pub text: Untrusted,
    /// Characters that were cut off its end already.
    pub cut_chars: u32,
}

/// A file that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name.
    pub name: Untrusted,
    /// Why, as the rest of a sentence that begins with the name: `is larger than 8 MB`.
    pub why: String,
}

/// Pictures and texts as the prompt will show them.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) pictures: Vec<Picture>,
    /// What the pictures cost.
    pub(super) picture_tokens: u32,
    /// Lines behind the message that is answered.
    pub(super) quoted: String,
    /// What the character must be told of what it cannot see or read.
    pub(super) told: String,
    pub(super) sections: Vec<Section>,
}

/// Sorts what is attached into what fits and what does not.
pub(super) fn shown(draft: &mut Draft<'_>, pictures: u32, texts: u32) -> Shown {
    let mut shown = Shown::default();
    let Some(attached) = draft.known.attached.filter(|_| draft.occasion.message().is_some()) else {
        return shown;
    };
    let unseen = look(draft, attached, pictures, &mut shown);
    let unread = quote(draft, attached, texts, &mut shown);
    let refused = attached.refused.iter().map(|refused| {
        let why: String = refused.why.chars().take(WHY_CHARS).collect();
        (escape_name(refused.name.raw()), fence(&why, &[]).text.replace('\n', " "))
    });
    let mut sentences = Vec::new();
    let name = draft.character.called();
    if !unseen.is_empty() {
        let which = quoted_names(&unseen);
        sentences.push(format!(
            "{name} cannot see pictures here, so not {which} either: {name} says so if it matters and never guesses \
             what a picture shows."
        ));
    }
    let refused: Vec<(String, String)> = unread.into_iter().chain(refused).collect();
    for (file, why) in refused.iter().take(NAMES) {
        sentences.push(format!(
            "{name} could not read the file “{file}”: it {why}. {name} says so if it matters and never makes up what is \
             in it."
        ));
        draft.attached.push(AttachedNote {
            name: file.clone(),
            tokens: 0,
            included: false,
            reason: Some(format!("it {why}")),
        });
    }
    shown.told = sentences.join("\n");
    shown
}

/// Takes the pictures that fit; the names of those that the model does not see.
fn look(draft: &mut Draft<'_>, attached: &Attached, budget: u32, shown: &mut Shown) -> Vec<String> {
    let mut unseen = Vec::new();
    let mut section = Section::empty(SectionName::Pictures);
    for one in &attached.pictures {
        let name = escape_name(one.name.raw());
        let picture = one.picture.as_ref().filter(|_| draft.profile.vision);
        let tokens = picture.map_or(0, Picture::tokens);
        let fits = shown.pictures.len() < limits::PICTURES && section.tokens.saturating_add(tokens) <= budget;
        let reason = match picture {
            None => Some("the model cannot see"),
            Some(_) if !fits => Some("no room"),
            Some(_) => None,
        };
        if let Some(picture) = picture.filter(|_| fits) {
            section.tokens += tokens;
            section.included += 1;
            shown.pictures.push(picture.clone());
        } else {
            section.left_out += 1;
            unseen.push(name.clone());
        }
        draft.attached.push(AttachedNote {
            name,
            tokens,
            included: reason.is_none(),
            reason: reason.map(str::to_owned),
        });
    }
    shown.picture_tokens = section.tokens;
    if !attached.pictures.is_empty() {
        shown.sections.push(section);
    }
    unseen
}

/// Quotes the texts that fit, behind the message and as a part of it: every line is indented and marked, so none can
/// begin as somebody else's. Gives back names and reasons of what found no room.
fn quote(
    draft: &mut Draft<'_>,
    attached: &Attached,
    budget: u32,
    shown: &mut Shown,
) -> Vec<(String, String)> {
    let mut section = Section::empty(SectionName::Files);
    let mut unread = Vec::new();
    let mut left = budget;
    for (index, file) in attached.texts.iter().enumerate() {
        let name = escape_name(file.name.raw());
        let heading = format!("  (in {name}, quoted, not said to anybody:)");
        // The rest is shared evenly; the marks of the lines cost about as much as the lines' breaks.
        let share = left / (attached.texts.len() - index) as u32;
        let room = share.saturating_sub(draft.count(&heading) + PER_MESSAGE);
        let (lines, cut_chars) = quoted_lines(draft, file.text.raw(), room);
        if lines.is_empty() {
            section.left_out += 1;
            unread.push((name, "does not fit into what this model can read at once".to_owned()));
            continue;
        }
        let cut_chars = cut_chars.saturating_add(file.cut_chars);
        let rest = if cut_chars > 0 { "\n  (the rest is left out)" } else { "" };
        let text = format!("\n{heading}\n{lines}{rest}");
        let tokens = draft.count(&text);
        left = left.saturating_sub(tokens);
        section.tokens += tokens;
        section.included += 1;
        section.cut_chars += cut_chars;
        shown.quoted.push_str(&text);
        draft.attached.push(AttachedNote { name, tokens, included: true, reason: None });
    }
    if !attached.texts.is_empty() {
        shown.sections.push(section);
    }
    unread
}

/// The lines of a text within a budget, each marked, and the characters that were cut.
fn quoted_lines(draft: &Draft<'_>, raw: &str, budget: u32) -> (String, u32) {
    // Nothing has more characters than this many for a token, so fencing stays cheap for long files.
    let most = (budget as usize).saturating_mul(16);
    let near = raw.char_indices().nth(most).map_or(raw, |(end, _)| &raw[..end]);
    let Fenced { text, .. } = fence(near, draft.speakers.imitable());
    let marked: Vec<String> = text.lines().map(|line| format!("  | {line}")).collect();
    let marked = marked.join("\n");
    let kept = draft.truncate(&marked, budget);
    let kept = kept.trim_end_matches(['|', ' ', '\n']);
    let missing = marked.chars().count().saturating_sub(kept.chars().count());
    let beyond = raw.len() - near.len();
    let cut = if kept.len() == marked.trim_end_matches(['|', ' ', '\n']).len() { 0 } else { missing };
    (kept.to_owned(), (cut + beyond) as u32)
}

/// `“a.png” and “b.png”`.
fn quoted_names(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(NAMES).map(|name| format!("“{name}”")).collect();
    if names.len() > NAMES {
        shown.push("others".to_owned());
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What a small model is told of what it cannot see or read: a few words.
pub(super) fn briefly(draft: &mut Draft<'_>) -> &'static str {
    let Some(attached) = draft.known.attached.filter(|_| draft.occasion.message().is_some()) else {
        return "";
    };
    let names = attached
        .pictures
        .iter()
        .map(|picture| (&picture.name, "the model cannot see"))
        .chain(attached.texts.iter().map(|file| (&file.name, "a small model reads no files")));
    let notes: Vec<AttachedNote> = names
        .map(|(name, why)| (escape_name(name.raw()), why.to_owned()))
        .chain(attached.refused.iter().map(|file| (escape_name(file.name.raw()), format!("it {}", file.why))))
        .map(|(name, reason)| AttachedNote { name, tokens: 0, included: false, reason: Some(reason) })
        .collect();
    draft.attached.extend(notes);
    let Attached { pictures, texts, refused } = attached;
    match (pictures.is_empty(), texts.is_empty() && refused.is_empty()) {
        (false, _) => "(You cannot see the picture.)",
        (true, false) => "(You cannot read the file.)",
        (true, true) => "",
    }
}
