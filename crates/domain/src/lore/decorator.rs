//! The decorators of V3: lines `@@name value` at the beginning of an entry's content.
//!
//! A line `@@@name value` behind one stands in for it if that one is not known or its value makes no sense. Of two
//! decorators of one name the first counts. The four that speak of tokens or of counting from the beginning are, as
//! the specification has it, not for chats: they are passed over and named in [`LoreEntry::ignored`].

use super::{Key, LoreEntry, LorePosition};
use crate::chat::Role;

/// Takes the decorators off the content and does what they say. With `regex`, keys in them are expressions.
pub(crate) fn apply(entry: &mut LoreEntry, regex: bool) {
    let content = std::mem::take(&mut entry.content);
    let (chains, rest) = split(&content);
    let mut found = Placement::default();
    let mut seen: Vec<&str> = Vec::new();
    for chain in chains {
        let Some((first, _)) = chain.first() else { continue };
        let taken = chain.iter().find(|(name, value)| {
            !seen.contains(name) && (found.set(name, value) || set(entry, name, value, regex))
        });
        match taken {
            Some((name, _)) => seen.push(name),
            None => entry.ignored.push((*first).to_owned()),
        }
    }
    found.place(entry);
    rest.trim().clone_into(&mut entry.content);
}

/// The chains of a decorator with what stands in for it, and the text behind them.
fn split(content: &str) -> (Vec<Vec<(&str, &str)>>, &str) {
    let mut chains: Vec<Vec<(&str, &str)>> = Vec::new();
    let mut rest = content.trim_start();
    while rest.starts_with("@@") {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = behind.trim_start();
        let bare = line.trim_start_matches('@');
        let (name, value) = bare.split_once(char::is_whitespace).unwrap_or((bare, ""));
        let decorator = (name.trim(), value.trim());
        match chains.last_mut() {
            Some(chain) if line.starts_with("@@@") => chain.push(decorator),
            _ => chains.push(vec![decorator]),
        }
    }
    (chains, rest)
}

/// Decorators that only together say where the entry goes.
#[derive(Default)]
struct Placement {
    depth: Option<u32>,
    role: Option<Role>,
    position: Option<LorePosition>,
}

impl Placement {
    fn set(&mut self, name: &str, value: &str) -> bool {
        match name {
            // Less than 1 is behind the last message.
            "depth" => put(&mut self.depth, value.parse::<i64>().ok().map(|depth| depth.max(0) as u32)),
            "role" => put(
                &mut self.role,
                match value {
                    "assistant" => Some(Role::Assistant),
                    "system" => Some(Role::System),
                    "user" => Some(Role::User),
                    _ => None,
                },
            ),
            "position" => put(
                &mut self.position,
                match value {
                    "before_desc" => Some(LorePosition::BeforeChar),
                    "after_desc" => Some(LorePosition::AfterChar),
                    "personality" => Some(LorePosition::Personality),
                    "scenario" => Some(LorePosition::Scenario),
                    _ => None,
                },
            ),
            _ => false,
        }
    }

    fn place(self, entry: &mut LoreEntry) {
        let (depth, role) = match entry.position {
            LorePosition::AtDepth { depth, role } => {
                (Some(self.depth.unwrap_or(depth)), self.role.unwrap_or(role))
            }
            _ => (self.depth, self.role.unwrap_or(Role::System)),
        };
        if let Some(position) = self.position {
            entry.position = position;
            for (name, set) in [("depth", self.depth.is_some()), ("role", self.role.is_some())] {
                if set {
                    entry.ignored.push(name.to_owned());
                }
            }
        } else if let Some(depth) = depth {
            entry.position = LorePosition::AtDepth { depth, role };
        } else if self.role.is_some() {
            entry.ignored.push("role".to_owned());
        }
    }
}

/// Does what a decorator says; `false` if it is not known or its value makes no sense.
fn set(entry: &mut LoreEntry, name: &str, value: &str, regex: bool) -> bool {
    let rules = &mut entry.rules;
    match name {
        "activate" => switch(&mut rules.activate),
        "dont_activate" => switch(&mut rules.dont_activate),
        "constant" => switch(&mut entry.constant),
        "keep_activate_after_match" => switch(&mut rules.keep_after_match),
        "dont_activate_after_match" => switch(&mut rules.dont_after_match),
        "ignore_on_max_context" => switch(&mut rules.ignore_on_max_context),
        "activate_only_after" => put(&mut rules.only_after, value.parse().ok()),
        "activate_only_every" => put(&mut rules.only_every, value.parse().ok().filter(|every| *every > 0)),
        "is_greeting" => put(&mut rules.greeting, value.parse().ok()),
        "is_user_icon" => put(&mut rules.user_icon, Some(value.to_owned()).filter(|name| !name.is_empty())),
        "scan_depth" => put(&mut entry.scan_depth, value.parse().ok()),
        "additional_keys" => keys(&mut rules.additional_keys, value, regex),
        "exclude_keys" => keys(&mut rules.exclude_keys, value, false),
        "disable_ui_prompt" => match value {
            "post_history_instructions" => switch(&mut rules.without_post_history),
            "system_prompt" => switch(&mut rules.without_system_prompt),
            _ => false,
        },
        _ => false,
    }
}

fn switch(field: &mut bool) -> bool {
    *field = true;
    true
}

fn put<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let valid = value.is_some();
    if valid {
        *field = value;
    }
    valid
}

fn keys(field: &mut Vec<Key>, value: &str, regex: bool) -> bool {
    field.extend(
        value
            .split(',')
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .take(50)
            .map(|key| if regex { Key::regex(key, false) } else { Key::new(key) }),
    );
    !field.is_empty()
}
