//! What was said, fenced and with names instead of ids.

use super::{
    fence::{Fenced, fence},
    speakers::Speakers,
};
use crate::{
    character::Character,
    chat::Role,
    event::Message,
    limits,
    names::escape_name,
    scene::{Scene, Speaker},
};

/// The scene's lines and the message that is answered.
#[derive(Clone, Debug)]
pub(super) struct Transcript {
    /// Oldest first.
    pub(super) history: Vec<Said>,
    pub(super) trigger: Said,
    /// Places that were changed because they imitated the frame.
    pub(super) defused: u32,
}

/// Something that was said.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Assistant for the character's own lines, user for everybody else.
    pub(super) role: Role,
    /// Who, as the prompt calls them.
    pub(super) label: String,
    /// What, fenced.
    pub(super) text: String,
    /// Characters that were cut off its end.
    pub(super) cut_chars: u32,
}

impl Said {
    /// As a line of a user message: the name, and further lines indented. The character's own lines stay bare.
    pub(super) fn framed(&self) -> String {
        match self.role {
            Role::Assistant => self.text.clone(),
            Role::User | Role::System => format!("{}: {}", self.label, self.text.replace('\n', "\n  ")),
        }
    }
}

impl Transcript {
    pub(super) fn of(
        character: &Character,
        scene: &Scene<'_>,
        trigger: &Message,
        speakers: &Speakers,
    ) -> Self {
        let mut defused = 0;
        let mut said = |role: Role, label: &str, raw: &str| {
            let (raw, cut_chars) = cut(raw);
            let Fenced { text, changes } =
                fence(&with_names(raw, character, scene, speakers), speakers.imitable());
            defused += changes;
            Said { role, label: label.to_owned(), text, cut_chars }
        };
        let history = scene
            .history
            .iter()
            .filter(|line| line.message != Some(trigger.id))
            .filter_map(|line| {
                let (role, label) = match &line.who {
                    Speaker::Character(id) if *id == character.id => (Role::Assistant, character.called()),
                    Speaker::Character(id) => (Role::User, speakers.character(id).unwrap_or("someone")),
                    Speaker::Person { id, .. } | Speaker::OtherBot { id, .. } => {
                        (Role::User, speakers.person(*id).unwrap_or("someone"))
                    }
                };
                let said = said(role, label, line.text.raw());
                (!said.text.is_empty()).then_some(said)
            })
            .collect();
        let mut answered = said(Role::User, speakers.user(), trigger.content.raw());
        for attachment in trigger.attachments.iter().take(4) {
            let gap = if answered.text.is_empty() { "" } else { " " };
            answered.text.extend([gap, "(attached: ", &escape_name(attachment.filename.raw()), ")"]);
        }
        if answered.text.is_empty() {
            // Only invisible characters: the gate for empty messages cannot see that.
            answered.text.push('…');
        }
        Self { history, trigger: answered, defused }
    }
}

/// Cuts to [`limits::INCOMING_CHARS`] and counts what goes.
fn cut(raw: &str) -> (&str, u32) {
    match raw.char_indices().nth(limits::INCOMING_CHARS) {
        Some((end, _)) => (&raw[..end], raw[end..].chars().count() as u32),
        None => (raw, 0),
    }
}

/// Replaces Discord's marks by what a reader sees: `<@id>` by a name where it is known, `<@&id>` by `@role`,
/// `<#id>` by `#channel`, `<:name:id>` by `:name:`. The bot itself is the character.
///
/// Source: Discord documentation, "Reference", section "Message Formatting".
fn with_names(raw: &str, character: &Character, scene: &Scene<'_>, speakers: &Speakers) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let mark = rest.find('>').filter(|end| *end <= 100).map(|end| &rest[1..end]);
        if let Some((mark, shown)) =
            mark.and_then(|mark| Some((mark, as_seen(mark, character, scene, speakers)?)))
        {
            out.push_str(&shown);
            rest = &rest[mark.len() + 2..];
        } else {
            out.push('<');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn as_seen(mark: &str, character: &Character, scene: &Scene<'_>, speakers: &Speakers) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if let Some(role) = mark.strip_prefix("@&") {
        return digits(role).then(|| "@role".to_owned());
    }
    if let Some(user) = mark.strip_prefix("@!").or_else(|| mark.strip_prefix('@')) {
        let id = user.parse().ok().filter(|_| digits(user))?;
        let name = if id == scene.identity.user { Some(character.called()) } else { speakers.person(id) };
        return Some(format!("@{}", name.unwrap_or("someone")));
    }
    if let Some(channel) = mark.strip_prefix('#') {
        return digits(channel).then(|| "#channel".to_owned());
    }
    let emoji = mark.strip_prefix("a:").or_else(|| mark.strip_prefix(':'))?;
    let (name, id) = emoji.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (digits(id) && name.chars().all(plain)).then(|| format!(":{name}:"))
}
