//! Reasons to speak, in the order in which they are looked at.

use std::{cmp::Reverse, sync::Arc};

use fastrand::Rng;

use super::Reason;
use crate::{
    CharacterId,
    character::Character,
    event::{ChannelKind, Message},
    limits, names,
    scene::{Scene, Speaker},
};

/// Whom a reason makes answer, if it holds.
type Pick = for<'a> fn(&Message, &Scene<'a>, &mut Rng) -> Option<&'a Arc<Character>>;

/// The first reason that holds gives the verdict. Every pick comes from the cast.
pub(super) const REASONS: &[(Reason, Pick)] =
    &[
        (Reason::Addressed, |_, scene, _| member(scene, scene.addressed.as_ref())),
        (Reason::Reply, |_, scene, _| member(scene, scene.reply_target.as_ref())),
        (Reason::Named, named),
        (Reason::Mention, |message, scene, _| {
            if message.mentions.contains(&scene.identity.user) { present(message, scene) } else { None }
        }),
        (Reason::Direct, |message, scene, _| {
            if message.place.kind == ChannelKind::Direct { present(message, scene) } else { None }
        }),
        (Reason::FollowUp, |message, scene, _| follow_up(message, scene)),
    ];

fn member<'a>(scene: &Scene<'a>, id: Option<&CharacterId>) -> Option<&'a Arc<Character>> {
    let id = id?;
    scene.cast.iter().find(|character| character.id == *id)
}

/// Whoever is called first in the text; of two names at one place the longer one ("Old Tom" before "Old").
/// Where several characters share that name, the one who spoke last is meant, else the dice decide.
fn named<'a>(message: &Message, scene: &Scene<'a>, dice: &mut Rng) -> Option<&'a Arc<Character>> {
    let text = names::Prepared::new(message.content.raw());
    let called: Vec<_> = scene
        .cast
        .iter()
        .filter_map(|character| {
            let place = |found: names::Found| (found.start, Reverse(found.end));
            let best = character.names().filter_map(|name| names::find_in(&text, name)).map(place).min()?;
            Some((best, character))
        })
        .collect();
    let first = called.iter().map(|(place, _)| *place).min()?;
    let meant: Vec<_> =
        called.into_iter().filter(|(place, _)| *place == first).map(|(_, character)| character).collect();
    if let Some(last) = meant.iter().find(|character| Some(&character.id) == scene.last_speaker.as_ref()) {
        return Some(last);
    }
    match meant.as_slice() {
        [only] => Some(only),
        several => several.get(dice.usize(0..several.len())).copied(),
    }
}

/// Who answers when nobody is named: the last speaker of the channel, else its host.
fn present<'a>(message: &Message, scene: &Scene<'a>) -> Option<&'a Arc<Character>> {
    member(scene, scene.last_speaker.as_ref()).or_else(|| host(message, scene))
}

/// Whoever spoke last, if it was just now, in answer to the writer of this message, and the message is not turned to
/// somebody else by a reply or a mention. Other people's chatter is no follow-up, nor is anything after it.
fn follow_up<'a>(message: &Message, scene: &Scene<'a>) -> Option<&'a Arc<Character>> {
    if message.reply_to.is_some() || !message.mentions.is_empty() {
        return None;
    }
    let last = scene.history.last()?;
    let Speaker::Character(speaker) = &last.who else { return None };
    let answered = scene.history.iter().rev().find_map(|line| match &line.who {
        Speaker::Character(_) => None,
        Speaker::Person { id, .. } | Speaker::OtherBot { id, .. } => Some(*id),
    })?;
    let goes_on = answered == message.author.id && scene.now.since(last.at) <= limits::FOLLOW_UP;
    member(scene, goes_on.then_some(speaker))
}

/// The channel's host: always the same one per channel, and another one in other channels.
fn host<'a>(message: &Message, scene: &Scene<'a>) -> Option<&'a Arc<Character>> {
    let members = scene.cast.len();
    if members == 0 {
        return None;
    }
    // The multiplier is 2^64 divided by the golden ratio: it spreads ids that differ only in their low bits.
    let spread = message.place.channel.get().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let index = (u128::from(spread) * members as u128) >> 64;
    scene.cast.get(index as usize)
}
