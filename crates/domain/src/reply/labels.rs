//! Labels of speakers: `Mira:`, `**Mira**:`, `[alice~8f3k]:`.

use crate::{character::Character, prompt::is_role_word};

/// Characters of markup that a model may put around a label.
const MARKUP: &[char] = &['*', '_', '[', ']', '`', '#', ' ', '~'];

/// A label is never longer than this, markup included.
const LABEL_CHARS: usize = 100;

/// Who could be made to speak.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    own: Vec<String>,
    others: Vec<String>,
}

/// Whose label stands at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// The character's own; the text goes on after so many bytes.
    Own(usize),
    /// Somebody else's.
    Other,
    /// A role of the chat format: `User:`.
    Role,
    /// None.
    None,
    /// It could become one when more text comes.
    Unsure,
}

impl Labels {
    pub(super) fn new(character: &Character, others: &[String]) -> Self {
        let mut own = vec![folded(&character.name)];
        own.extend(character.nickname.as_deref().map(folded));
        own.extend(character.name.split_whitespace().next().map(folded));
        own.dedup();
        let others = others
            .iter()
            .map(|name| folded(name))
            .filter(|name| !name.is_empty() && !own.contains(name))
            .collect();
        Self { own, others }
    }

    /// What the beginning of `line` is. `ended` tells that no more text will come on this line.
    pub(super) fn at_start(&self, line: &str, ended: bool) -> Label {
        let head: String = line.chars().take(LABEL_CHARS).collect();
        if let Some(colon) = head.find([':', '：']) {
            let name = folded(&head[..colon]);
            if name.is_empty() {
                return Label::None;
            }
            if self.own.contains(&name) {
                return behind(line, colon, ended);
            }
            if self.others.contains(&name) {
                return Label::Other;
            }
            let plain = head[..colon].trim_matches(MARKUP);
            return if is_role_label(plain) { Label::Role } else { Label::None };
        }
        let name = folded(&head);
        let possible = |wanted: &String| wanted.starts_with(&name) || name == *wanted;
        let waits = !ended
            && head.chars().count() < LABEL_CHARS
            && (name.is_empty()
                || self.own.iter().any(possible)
                || self.others.iter().any(possible)
                || ROLE_LABELS.iter().any(|role| role.to_lowercase().starts_with(&name)));
        if waits { Label::Unsure } else { Label::None }
    }
}

/// An own label and the markup and space behind its colon.
fn behind(line: &str, colon: usize, ended: bool) -> Label {
    let mut end = colon + line[colon..].chars().next().map_or(0, char::len_utf8);
    let opened = line[..colon].chars().filter(|c| *c == '*').count();
    let closed = line[end..].chars().take_while(|c| *c == '*').count();
    // `**Mira:** hi` takes two stars along; `Mira: *waves*` none. An odd count belongs to the label's markup.
    let own_stars = if opened % 2 == 0 && opened > 0 && !balanced(&line[..colon]) { opened } else { 0 };
    let single = usize::from(opened == 1);
    let wanted = own_stars.max(single);
    if wanted > 0 && closed >= wanted {
        end += wanted;
    } else if wanted > closed && line[end..].chars().count() == closed && !ended {
        return Label::Unsure;
    }
    let rest = &line[end..];
    let spaces = rest.len() - rest.trim_start().len();
    if spaces == rest.len() && !ended { Label::Unsure } else { Label::Own(end + spaces) }
}

/// Whether the stars around a label are closed before its colon: `**Mira**`.
fn balanced(label: &str) -> bool {
    let label = label.trim();
    label.starts_with('*') && label.ends_with('*')
}

const ROLE_LABELS: &[&str] =
    &["User", "USER", "Human", "Assistant", "System", "SYSTEM", "{{user}}", "<USER>"];

/// Roles as chat formats write them. In lower case `user:` is a line of a configuration file.
fn is_role_label(label: &str) -> bool {
    ROLE_LABELS.contains(&label) && (is_role_word(label) || label.contains(['{', '<']))
}

fn folded(label: &str) -> String {
    label.trim_matches(MARKUP).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
