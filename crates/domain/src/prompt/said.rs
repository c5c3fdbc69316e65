//! What was said, fenced and with names instead of ids.

use std::borrow::Cow;

use super::{
    Occasion,
    fence::{Fenced, fence},
    speakers::Speakers,
};
use crate::{
    character::Character,
    chat::Role,
    limits,
    names::escape_name,
    scene::{Line, Scene, Speaker},
};

/// The scene's lines, and what the occasion makes of them.
#[derive(Clone, Debug)]
pub(super) struct Transcript {
    /// What was said before, oldest first.
    pub(super) history: Vec<Said>,
    /// What the character speaks about: the message that is answered, its own message that goes on, or the topic of a
    /// scene.
    pub(super) focus: Option<Said>,
    /// What was said after it, oldest first.
    pub(super) after: Vec<Said>,
    /// What a turn of the character's own is about, in our words.
    pub(super) direction: String,
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
            Role::User | Role::System => {
                let mut framed = String::with_capacity(self.label.len() + self.text.len() + 16);
                framed.extend([&self.label, ": "]);
                for (index, line) in self.text.split('\n').enumerate() {
                    framed.extend([if index > 0 { "\n  " } else { "" }, line]);
                }
                framed
            }
        }
    }
}

impl Transcript {
    pub(super) fn of(
        character: &Character,
        scene: &Scene<'_>,
        occasion: Occasion<'_>,
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
        let of_line = |line: &Line, said: &mut dyn FnMut(Role, &str, &str) -> Said| {
            let (role, label) = match &line.who {
                Speaker::Character(id) if *id == character.id => (Role::Assistant, character.called()),
                Speaker::Character(id) => (Role::User, speakers.character(id).unwrap_or("someone")),
                Speaker::Person { id, .. } | Speaker::OtherBot { id, .. } => {
                    (Role::User, speakers.person(*id).unwrap_or("someone"))
                }
            };
            let said = said(role, label, line.text.raw());
            (!said.text.is_empty()).then_some(said)
        };
        let (before, own, after) = around(character, scene.history, occasion);
        let history: Vec<Said> = before.filter_map(|line| of_line(line, &mut said)).collect();
        let mut direction = String::new();
        let focus = match occasion {
            Occasion::Message(message) | Occasion::Too(message) => {
                let mut answered = said(Role::User, speakers.user(), message.content.raw());
                for attachment in message.attachments.iter().take(4) {
                    let gap = if answered.text.is_empty() { "" } else { " " };
                    answered.text.extend([gap, "(attached: ", &escape_name(attachment.filename.raw()), ")"]);
                }
                if answered.text.is_empty() {
                    // Only invisible characters: the gate for empty messages cannot see that.
                    answered.text.push('…');
                }
                Some(answered)
            }
            Occasion::Scene { topic, asked_by, .. } => {
                let asker = asked_by.and_then(|id| speakers.person(id)).unwrap_or("someone");
                let mut topic = said(Role::User, asker, topic.raw());
                if topic.text.is_empty() {
                    topic.text.push_str("anything");
                }
                Some(topic)
            }
            Occasion::GoOn { .. } => own.and_then(|line| of_line(line, &mut said)),
            Occasion::Remark { direction: ours } => {
                direction = said(Role::System, "", ours).text;
                None
            }
        };
        let after = after.filter_map(|line| of_line(line, &mut said)).collect();
        Self { history, focus, after, direction, defused }
    }

    /// Everything that was said, oldest first.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &Said> {
        self.history.iter().chain(&self.focus).chain(&self.after)
    }
}

/// The lines before what the occasion is about, the character's own line that it is about, and the lines behind.
fn around<'s>(
    character: &Character,
    lines: &'s [Line],
    occasion: Occasion<'_>,
) -> (impl Iterator<Item = &'s Line>, Option<&'s Line>, impl Iterator<Item = &'s Line>) {
    let asked = occasion.message().map(|message| message.id);
    let (before, own, after) = match occasion {
        // Whatever the scene holds was said before.
        Occasion::Message(_) | Occasion::Scene { .. } | Occasion::Remark { .. } => {
            (lines, None, &lines[lines.len()..])
        }
        Occasion::Too(message) => {
            let at = lines.iter().position(|line| line.message == asked).unwrap_or_else(|| {
                let earlier = |line: &&Line| line.at <= message.sent_at;
                lines.len() - lines.iter().rev().take_while(|line| !earlier(line)).count()
            });
            (&lines[..at], None, &lines[at..])
        }
        Occasion::GoOn { message } => {
            let own = |line: &&Line| line.who == Speaker::Character(character.id.clone());
            let last =
                |wanted: &dyn Fn(&Line) -> bool| lines.iter().rposition(|line| own(&line) && wanted(line));
            let at = last(&|line| line.message == Some(message))
                .or_else(|| last(&|line| line.message.is_some_and(|id| id <= message)))
                .or_else(|| last(&|_| true));
            match at {
                Some(at) => (&lines[..at], lines.get(at), &lines[at + 1..]),
                None => (lines, None, &lines[lines.len()..]),
            }
        }
    };
    let others = move |line: &&Line| asked.is_none() || line.message != asked;
    (before.iter().filter(others), own, after.iter().filter(others))
}

/// Cuts to [`limits::INCOMING_CHARS`] and counts what goes.
fn cut(raw: &str) -> (&str, u32) {
    if raw.len() <= limits::INCOMING_CHARS {
        return (raw, 0);
    }
    match raw.char_indices().nth(limits::INCOMING_CHARS) {
        Some((end, _)) => (&raw[..end], raw[end..].chars().count() as u32),
        None => (raw, 0),
    }
}

/// Replaces Discord's marks by what a reader sees: `<@id>` by a name where it is known, `<@&id>` by `@role`,
/// `<#id>` by `#channel`, `<:name:id>` by `:name:`. The bot itself is the character.
///
/// Source: Discord documentation, "Reference", section "Message Formatting".
fn with_names<'r>(
    raw: &'r str,
    character: &Character,
    scene: &Scene<'_>,
    speakers: &Speakers,
) -> Cow<'r, str> {
    if !raw.contains('<') {
        return Cow::Borrowed(raw);
    }
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
    Cow::Owned(out)
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
