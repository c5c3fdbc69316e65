//! Reasons to speak, in the order in which they are looked at.

use std::{cmp::Reverse, sync::Arc, time::Duration};

use fastrand::Rng;

use super::{About, Chosen, Gate, Reason, bots, picture, score};
use crate::{
    CharacterId, Timestamp,
    character::Character,
    event::{ChannelKind, Message},
    limits, names,
    scene::{Line, Scene, Speaker},
    state,
};

/// Whose messages a reason holds for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Everybody's who is heard.
    Anybody,
    /// People's only: a bot must call a character expressly.
    People,
}

/// What a reason makes of a message.
enum Found {
    /// The reason does not hold.
    No,
    /// It holds, and these answer.
    Answer(Vec<Chosen>),
    /// It holds, but whoever is meant may not speak here.
    Refused(Gate),
}

type Find = fn(Reason, &Message, &Scene<'_>, &mut Rng) -> Found;

struct Row(Reason, Of, Find);

/// The first reason that holds gives the verdict. Everybody it gives is of the cast and may speak here.
const REASONS: &[Row] = &[
    Row(Reason::Addressed, Of::People, |reason, _, scene, _| meant(reason, scene, scene.addressed.as_ref())),
    Row(Reason::Reply, Of::Anybody, |reason, _, scene, _| meant(reason, scene, scene.reply_target.as_ref())),
    Row(Reason::Named, Of::Anybody, named),
    Row(Reason::FollowUp, Of::People, follow_up),
    Row(Reason::Thread, Of::People, thread),
    Row(Reason::Mention, Of::Anybody, |reason, message, scene, dice| {
        let mentioned = message.mentions.contains(&scene.identity.user);
        if mentioned { free(reason, message, scene, dice) } else { Found::No }
    }),
    Row(Reason::Direct, Of::People, |reason, message, scene, dice| {
        let direct = message.place.kind == ChannelKind::Direct;
        if direct { free(reason, message, scene, dice) } else { Found::No }
    }),
    Row(Reason::ImageQuestion, Of::People, image_question),
    Row(Reason::JoinIn, Of::People, join_in),
];

/// Who answers, or which gate is left.
pub(super) fn first(message: &Message, scene: &Scene<'_>, dice: &mut Rng) -> Result<Vec<Chosen>, Gate> {
    let by_bot = bots::is_bot(message);
    for Row(reason, of, find) in REASONS {
        if by_bot && *of == Of::People {
            continue;
        }
        match find(*reason, message, scene, dice) {
            Found::No => {}
            Found::Answer(mut chosen) => {
                // Bots call whole lists of names; one answer is enough for a bot.
                chosen.truncate(if by_bot { 1 } else { limits::ANSWERERS });
                return Ok(chosen);
            }
            Found::Refused(gate) => return Err(gate),
        }
    }
    Err(Gate::NotAddressed)
}

/// Why a character may not speak here, if it may not.
pub(super) fn refusal(character: &Character, scene: &Scene<'_>) -> Option<Gate> {
    if character.age_restricted && !scene.age_restricted {
        Some(Gate::AgeRestricted)
    } else if !scene.rules.admits(&character.id) {
        Some(Gate::NotHere)
    } else {
        None
    }
}

/// One character that is meant without doubt.
fn meant(reason: Reason, scene: &Scene<'_>, id: Option<&CharacterId>) -> Found {
    let Some(character) = id.and_then(|id| scene.member(id)) else { return Found::No };
    match refusal(character, scene) {
        Some(gate) => Found::Refused(gate),
        None => Found::Answer(vec![chosen(reason, character)]),
    }
}

fn chosen(reason: Reason, character: &Character) -> Chosen {
    Chosen { character: character.id.clone(), reason, score: score::certain() }
}

/// The best of those who may speak here.
fn free(reason: Reason, message: &Message, scene: &Scene<'_>, dice: &mut Rng) -> Found {
    let about = About {
        text: message.content.raw(),
        writer: Some(message.author.id),
        channel: message.place.channel,
        but: &[],
    };
    match choose(reason, &about, scene, dice) {
        Ok(chosen) => Found::Answer(vec![chosen]),
        Err(Gate::NotAddressed) => Found::No,
        Err(gate) => Found::Refused(gate),
    }
}

/// The best of those who may speak here, or why there is none.
pub(super) fn choose(
    reason: Reason,
    about: &About<'_>,
    scene: &Scene<'_>,
    dice: &mut Rng,
) -> Result<Chosen, Gate> {
    let mut refused = None;
    let mut candidates = Vec::new();
    let spoken_to = reason.is_asked();
    let fits = |character: &&Arc<Character>| {
        !about.but.contains(&character.id) && (spoken_to || !state::stays_out(character, about.text))
    };
    for character in scene.cast.iter().filter(fits) {
        match refusal(character, scene) {
            Some(gate) => refused = refused.or(Some(gate)),
            None => candidates.push(character),
        }
    }
    if candidates.is_empty() {
        return Err(refused.unwrap_or(Gate::NotAddressed));
    }
    // All may speak, but only when they are called.
    let (character, score) = score::best(&candidates, about, scene, dice).ok_or(Gate::NotAddressed)?;
    Ok(Chosen { character: character.id.clone(), reason, score })
}

/// Everybody who is called, in the order of the text; of two names at one place the longer one ("Old Tom" before
/// "Old"). Where several characters share a name, the one who spoke last is meant, else the dice decide.
fn named(reason: Reason, message: &Message, scene: &Scene<'_>, dice: &mut Rng) -> Found {
    let text = names::Prepared::new(message.content.raw());
    let mut calls: Vec<_> = scene
        .cast
        .iter()
        .flat_map(|character| {
            let places = character.names().flat_map(|name| names::find_all(&text, name));
            places.map(move |found| (found.start, Reverse(found.end), character)).collect::<Vec<_>>()
        })
        .collect();
    calls.sort_by_key(|(start, end, _)| (*start, *end));
    let mut answer: Vec<Chosen> = Vec::new();
    let mut refused = None;
    let mut free_from = 0;
    for same_place in calls.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let Some((start, Reverse(end), _)) = same_place.first() else { continue };
        if *start < free_from {
            continue;
        }
        free_from = *end;
        let mut sharing = Vec::new();
        for (.., character) in same_place {
            match refusal(character, scene) {
                Some(gate) => refused = refused.or(Some(gate)),
                None => sharing.push(*character),
            }
        }
        // Called by name and nickname at one place.
        sharing.dedup_by_key(|character| &character.id);
        if let Some(character) = one_of(&sharing, scene, dice)
            && !answer.iter().any(|chosen| chosen.character == character.id)
        {
            answer.push(chosen(reason, character));
        }
    }
    match (answer.is_empty(), refused) {
        (false, _) => Found::Answer(answer),
        (true, Some(gate)) => Found::Refused(gate),
        (true, None) => Found::No,
    }
}

fn one_of<'a>(
    sharing: &[&'a Arc<Character>],
    scene: &Scene<'_>,
    dice: &mut Rng,
) -> Option<&'a Arc<Character>> {
    match sharing {
        [] => None,
        [only] => Some(only),
        several => {
            let last = several.iter().find(|character| Some(&character.id) == scene.last_speaker.as_ref());
            last.or_else(|| several.get(dice.usize(0..several.len()))).copied()
        }
    }
}

/// Whether a message turns to somebody else: a reply, or a mention of anybody but the bot.
fn turns_elsewhere(message: &Message, scene: &Scene<'_>) -> bool {
    message.reply_to.is_some() || message.mentions.iter().any(|user| *user != scene.identity.user)
}

/// In a thread that hangs on a character's message everything is said to that character, unless it is turned to
/// somebody else.
fn thread(reason: Reason, message: &Message, scene: &Scene<'_>, _: &mut Rng) -> Found {
    if turns_elsewhere(message, scene) { Found::No } else { meant(reason, scene, scene.thread_of.as_ref()) }
}

/// Whoever spoke last, if it was just now, in answer to the writer of this message, and the message is not turned to
/// somebody else by a reply or a mention. Other people's chatter is no follow-up, nor is anything after it.
fn follow_up(reason: Reason, message: &Message, scene: &Scene<'_>, _: &mut Rng) -> Found {
    // In a direct message everything is said to the bot anyway.
    let direct = message.place.kind == ChannelKind::Direct;
    if !scene.rules.listen_on || direct || message.reply_to.is_some() || !message.mentions.is_empty() {
        return Found::No;
    }
    let Some(last) = scene.history.last() else { return Found::No };
    let Speaker::Character(speaker) = &last.who else { return Found::No };
    let answered = scene.history.iter().rev().find_map(|line| match &line.who {
        Speaker::Character(_) => None,
        Speaker::Person { id, .. } | Speaker::OtherBot { id, .. } => Some(*id),
    });
    // What was written before the answer could be read does not follow it.
    let was_read = last.message.map_or(last.at <= message.sent_at, |answer| answer < message.id);
    let goes_on = answered == Some(message.author.id) && scene.now.since(last.at) <= limits::FOLLOW_UP;
    if !goes_on || !was_read {
        return Found::No;
    }
    match meant(reason, scene, Some(speaker)) {
        // Nobody was called: there is nothing to refuse.
        Found::Refused(_) => Found::No,
        found => found,
    }
}

/// A question about a picture, where characters are in the conversation already or may join it.
fn image_question(reason: Reason, message: &Message, scene: &Scene<'_>, dice: &mut Rng) -> Found {
    let in_it = !scene.rules.join_in.is_off() || spoke_since(scene, limits::FOLLOW_UP);
    let to_somebody = turns_elsewhere(message, scene);
    if !scene.rules.image_questions || !in_it || to_somebody || !picture::is_asked_about(message, scene) {
        return Found::No;
    }
    unasked(free(reason, message, scene, dice))
}

/// Where characters may join in: now and then, more readily where somebody's interests come up or its mood is high, and
/// never between two people who are talking to each other.
fn join_in(reason: Reason, message: &Message, scene: &Scene<'_>, dice: &mut Rng) -> Found {
    let rules = scene.rules;
    if rules.join_in.is_off() || turns_elsewhere(message, scene) || !is_worth_joining(message.content.raw()) {
        return Found::No;
    }
    let pause = rules.join_in_pause.duration();
    let too_soon = spoke_since(scene, pause)
        || scene.unasked_at.is_some_and(|at| scene.now.since(at) < pause)
        || is_lively_exchange(scene)
        || scene.pending > 0;
    if too_soon {
        return Found::Refused(Gate::HeldBack);
    }
    let Found::Answer(chosen) = free(reason, message, scene, dice) else { return Found::No };
    let interests = chosen.first().map_or(0, |chosen| chosen.score.interests());
    // Each interest that comes up counts like another throw of the dice, as far as nine in ten.
    let chance = f64::from(rules.join_in.0) / 100.0;
    let chance = 1.0 - (1.0 - chance).powi(1 + i32::try_from(interests).unwrap_or(0));
    let most = chance.min(f64::from(rules.join_in.0.max(90)) / 100.0);
    // Where the rules say "always", no mood is asked.
    let mood = chosen.first().map_or(0, |chosen| scene.standings.of(&chosen.character).sociability);
    let most = if rules.join_in.0 < 100 { most + f64::from(mood) / 100.0 } else { most };
    if dice.f64() < most { Found::Answer(chosen) } else { Found::Refused(Gate::HeldBack) }
}

/// Nobody was called, so nobody is refused.
fn unasked(found: Found) -> Found {
    if matches!(found, Found::Refused(_)) { Found::No } else { found }
}

/// Whether a character spoke within the last while.
fn spoke_since(scene: &Scene<'_>, span: Duration) -> bool {
    let mut spoken = scene.history.iter().rev().filter(|line| matches!(line.who, Speaker::Character(_)));
    spoken.next().is_some_and(|line| scene.now.since(line.at) < span)
}

/// "lol" is nothing to join.
fn is_worth_joining(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.count() >= 8
}

/// How many messages of at least two people within how long are a conversation of their own.
const LIVELY_LINES: usize = 4;
const LIVELY_SPAN: Duration = Duration::from_secs(20);

fn is_lively_exchange(scene: &Scene<'_>) -> bool {
    let recent: Vec<_> =
        scene.history.iter().rev().take(LIVELY_LINES).filter_map(|line| spoken_by(line, scene.now)).collect();
    recent.len() == LIVELY_LINES && recent.iter().any(|id| Some(id) != recent.first())
}

fn spoken_by(line: &Line, now: Timestamp) -> Option<crate::UserId> {
    match line.who {
        Speaker::Person { id, .. } if now.since(line.at) <= LIVELY_SPAN => Some(id),
        _ => None,
    }
}
