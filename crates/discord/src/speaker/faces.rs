//! Faces for characters that have no webhook of their own in a full channel: the picture that their webhook elsewhere
//! carries lies on Discord's own servers, so no web host is needed to show it.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, PoisonError},
};

use domain::outbound::Persona;

use super::webhooks::Hook;
use crate::bounded::Bounded;

/// Faces that are remembered.
const FACES: usize = 2_000;
/// A picture is told by its length and so many of its last bytes: a PNG ends with a checksum of what it shows, and
/// looking at all of it for each message would cost more than sending it.
const TAIL: usize = 64;

/// Where on Discord's servers the characters' pictures lie.
pub(super) struct Faces {
    /// Where files lie, without a slash at the end.
    host: Box<str>,
    known: Mutex<Bounded<u64, Box<str>>>,
}

impl Faces {
    /// For the Discord whose REST API lives at `base`: the real one keeps its files on a host of their own.
    pub(super) fn new(base: &str) -> Self {
        let url = reqwest::Url::parse(base).ok();
        let host = match url {
            Some(url) if url.host_str() != Some("discord.com") => url.origin().ascii_serialization(),
            _ => "https://cdn.discordapp.com".into(),
        };
        Self { host: host.into(), known: Mutex::new(Bounded::new(FACES)) }
    }

    /// Remembers that a persona's own webhook carries its face.
    pub(super) fn learn(&self, persona: &Persona, hook: &Hook) {
        let (Some(key), Some(avatar)) = (key(persona), &hook.avatar) else { return };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(&key).is_none() {
            known.insert(key, format!("{}/avatars/{}/{avatar}.png", self.host, hook.id).into());
        }
    }

    /// The address of a persona's face, if one of its webhooks was seen.
    pub(super) fn of(&self, persona: &Persona) -> Option<Box<str>> {
        let key = key(persona)?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }
}

fn key(persona: &Persona) -> Option<u64> {
    let face = persona.avatar.as_deref()?;
    let mut hasher = DefaultHasher::new();
    (&*persona.name, face.len(), &face[face.len().saturating_sub(TAIL)..]).hash(&mut hasher);
    Some(hasher.finish())
}
