//! Keeps what people write from looking like the frame of the prompt.
//!
//! The transform, in this order:
//!
//! 1. Every kind of line break becomes `\n`, at most two in a row; tabs become spaces; control characters,
//!    direction marks, zero-width characters (but for the joiners that emoji and some scripts need) and the
//!    invisible tag characters are dropped.
//! 2. Marks of chat formats lose their brackets: `<|im_start|>` becomes `‹|im_start|›`, `[INST]` becomes `(INST)`,
//!    `<system>` becomes `‹system›`.
//! 3. A line that begins like a speaker or a role loses the sign that makes it one: `Mira:` becomes `Mira,`,
//!    `system:` becomes `system,`, and `### System`, `[SYSTEM]` become `System,`. Other colons and headings stay.

use std::borrow::Cow;

use crate::names::escape_name;

/// Tags that mean something to some chat format.
const TAGS: &[&str] = &[
    "s",
    "/s",
    "bos",
    "eos",
    "start_of_turn",
    "end_of_turn",
    "think",
    "/think",
    "thinking",
    "/thinking",
    "system",
    "/system",
    "user",
    "/user",
    "assistant",
    "/assistant",
    "instructions",
    "/instructions",
    "tool_call",
    "/tool_call",
    "tool_response",
    "/tool_response",
    "start",
];

/// Bracketed marks and what they become.
const MARKS: &[(&str, &str)] = &[
    ("<|", "‹|"),
    ("|>", "|›"),
    ("<｜", "‹｜"),
    ("｜>", "｜›"),
    ("[INST]", "(INST)"),
    ("[/INST]", "(/INST)"),
    ("<<SYS>>", "‹SYS›"),
    ("<</SYS>>", "‹/SYS›"),
    ("<</", "‹/"),
    ("<<", "‹"),
];

/// Characters that people put around a label to make it look official.
const DRESS: &[char] =
    &['[', ']', '(', ')', '{', '}', '<', '>', '#', '*', '_', '`', '=', '-', '|', '~', '"', '\'', '+', '/'];

/// Colons and what looks like one.
const COLONS: &[char] = &[':', '：', '꞉', 'ː', '﹕', '∶', '։', '︓'];

/// A text made harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fenced {
    pub(super) text: String,
    /// Places that were changed by rules 2 and 3.
    pub(super) changes: u32,
}

/// Whether a label is a role of a chat format.
pub(crate) fn is_role_word(label: &str) -> bool {
    const ROLES: &[&str] = &[
        "system",
        "user",
        "assistant",
        "human",
        "ai",
        "bot",
        "developer",
        "tool",
        "function",
        "model",
        "instruction",
        "instructions",
        "response",
        "input",
        "output",
    ];
    ROLES.contains(&label_key(label).as_str())
}

/// What two labels must share to be mistaken for one another: letters and digits, lower case.
pub(super) fn label_key(label: &str) -> String {
    let mut key = String::with_capacity(label.len());
    for c in label.chars() {
        let c = match c {
            // Full-width forms of ASCII.
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            _ => c,
        };
        if c.is_ascii_alphanumeric() {
            key.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            key.extend(c.to_lowercase());
        }
    }
    key
}

/// Makes `text` harmless; `names` are the [`label_key`]s of everybody who could be imitated.
pub(super) fn fence(text: &str, names: &[String]) -> Fenced {
    let plain = plain_characters(text);
    let (unmarked, mut changes) = without_marks(plain);
    let mut fenced = String::with_capacity(unmarked.len());
    for (index, line) in unmarked.split('\n').enumerate() {
        if index > 0 {
            fenced.push('\n');
        }
        if let Some(changed) = without_label(line, names) {
            changes += 1;
            fenced.push_str(&changed);
        } else {
            fenced.push_str(line);
        }
    }
    Fenced { text: fenced, changes }
}

/// Rule 1.
fn plain_characters(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut breaks = 0;
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                breaks += 1;
                if breaks <= 2 {
                    plain.push('\n');
                }
            }
            '\t' => plain.push(' '),
            _ if c.is_control() || is_invisible(c) => {}
            _ => {
                if c != ' ' {
                    breaks = 0;
                }
                plain.push(c);
            }
        }
    }
    Cow::Owned(plain)
}

/// Whether rule 1 leaves a character as it is, wherever it stands.
fn is_plain(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\u{9F}' | '\u{2028}' | '\u{2029}' => false,
        _ => !is_invisible(c),
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Rule 2.
fn without_marks(text: Cow<'_, str>) -> (Cow<'_, str>, u32) {
    let opening = |text: &str| text.find(['<', '[', '|', '｜']);
    let Some(first) = opening(&text) else { return (text, 0) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut changes = 0;
    let mut rest = &text[first..];
    while let Some(c) = rest.chars().next() {
        if let Some((mark, plain)) = MARKS.iter().find(|(mark, _)| starts_ignoring_case(rest, mark)) {
            out.push_str(plain);
            rest = &rest[mark.len()..];
            changes += 1;
        } else if let Some(tag) = tag_at(rest) {
            out.push('‹');
            out.push_str(tag);
            out.push('›');
            rest = &rest[tag.len() + 2..];
            changes += 1;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
        let plain = opening(rest).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
    }
    (Cow::Owned(out), changes)
}

fn starts_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// The inside of one of [`TAGS`] at the beginning of `text`.
fn tag_at(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('<')?;
    let tag = &inside[..inside.find('>').filter(|length| *length <= 20)?];
    TAGS.iter().any(|known| known.eq_ignore_ascii_case(tag.trim())).then_some(tag)
}

/// Rule 3: the changed line, if it began like a speaker or a role.
fn without_label(line: &str, names: &[String]) -> Option<String> {
    let bare = line.trim_start_matches(|c: char| DRESS.contains(&c) || c.is_whitespace());
    let dressed = line[..line.len() - bare.len()].contains(DRESS);
    let is_colon = |c: char| if c.is_ascii() { c == ':' } else { COLONS.contains(&c) };
    let colon = bare.char_indices().take(64).find(|(_, c)| is_colon(*c));
    if let Some((at, sign)) = colon {
        let label = &bare[..at];
        if is_frame_label(label, names) {
            let label = label.trim_end_matches(|c: char| DRESS.contains(&c) || c.is_whitespace());
            let said = bare[at + sign.len_utf8()..].trim_start_matches(|c: char| {
                c == '*' || c == '_' || c.is_whitespace() || COLONS.contains(&c)
            });
            return Some(format!("{label}, {said}").trim_end().to_owned());
        }
    }
    if dressed {
        let end = bare.find(|c: char| DRESS.contains(&c)).unwrap_or(bare.len());
        if is_role_word(&bare[..end]) || is_role_phrase(&bare[..end]) {
            let said = bare[end..].trim_start_matches(|c: char| DRESS.contains(&c) || c.is_whitespace());
            return Some(format!("{}, {said}", bare[..end].trim()).trim_end().to_owned());
        }
    }
    None
}

fn is_frame_label(label: &str, names: &[String]) -> bool {
    let key = label_key(label);
    if key.is_empty() {
        return false;
    }
    let untagged = match label.trim().rsplit_once('~') {
        Some((name, tag)) if label_key(tag).len() == 4 => label_key(name),
        _ => key.clone(),
    };
    let escaped = label_key(&escape_name(label));
    is_role_word(label)
        || is_role_phrase(label)
        || names.iter().any(|name| *name == key || *name == untagged || *name == escaped)
}

/// `System message`, `SYSTEM OVERRIDE`, `new system prompt`.
pub(super) fn is_role_phrase(label: &str) -> bool {
    let words: Vec<String> =
        label.split_whitespace().map(label_key).filter(|word| !word.is_empty()).collect();
    let strong = |word: &String| {
        matches!(word.as_str(), "system" | "assistant" | "developer" | "instruction" | "instructions")
    };
    (2..=3).contains(&words.len()) && words.iter().any(strong)
}
