//! What comes to mind: candidates, brought into an order that can be explained.
//!
//! Every part of a score is a number that somebody may look at ([`Parts`]); the score is their sum. A line is judged
//! together with those beside it, whose words are read where they stand: nothing of a neighbour is kept with a line,
//! so what is deleted is without effect at once. The weights were found on five long conversations, with each of them
//! left out in turn; docs/memory.md has the figures.

mod lexical;
mod sifting;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Detail, Item, ItemId, Kind, Source, terms, when::Span};
use crate::{ChannelId, Timestamp, UserId};

/// Candidates that are looked at, at most; the first ones count.
pub const CANDIDATES: usize = 1_000;

/// Two lines that are further apart in time belong to different conversations.
const PAUSE_MILLIS: i64 = 3 * 3_600_000;

/// What was asked, by whom and when.
#[derive(Clone, Copy, Debug)]
pub struct Cue<'a> {
    /// The words.
    pub text: &'a str,
    /// Who asks: "what did I tell you?".
    pub asker: Option<UserId>,
    /// The times that it speaks of ([`super::when::spans`]).
    pub during: &'a [Span],
    /// When.
    pub now: Timestamp,
}

/// An item that may be what is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The item.
    pub item: Item,
    /// How near its vector is to the question's, −1 to 1; none where there is no vector.
    pub cosine: Option<f32>,
}

/// What a store found for a question, visible to its audience.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The candidates, the likeliest first. Lines bring those beside them.
    pub candidates: Vec<Candidate>,
    /// Lines that follow each other in their channel, by number.
    pub runs: Vec<Vec<ItemId>>,
    /// How many items hold each of the question's words.
    pub words: Vec<(String, u64)>,
    /// How many items there are, roughly: those among which the words were counted.
    pub total: u64,
}

/// How much each thing matters. Made to be added up, so 1 is what the best of the candidates gets for its words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// Having the question's words.
    pub lexical: f32,
    /// Being near in meaning.
    pub similar: f32,
    /// Having been said by whom the question names.
    pub speaker: f32,
    /// Being from a time that the question speaks of.
    pub time: f32,
    /// Being part of a conversation that has more of what is looked for.
    pub conversation: f32,
    /// Length: per natural logarithm of a line's length in units of twenty characters.
    pub substance: f32,
    /// Being a question oneself; taken off.
    pub question: f32,
    /// Being of today; half as much after thirty days.
    pub recency: f32,
    /// A fact that matters most and is certain.
    pub importance: f32,
    /// Being made of what is looked for, or the reverse.
    pub link: f32,
    /// What the re-ranking model thinks, if one is asked.
    pub rerank: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            lexical: 1.0,
            similar: 1.0,
            speaker: 0.2,
            time: 0.3,
            conversation: 0.3,
            substance: 0.2,
            question: 0.2,
            recency: 0.02,
            importance: 0.2,
            link: 0.2,
            rerank: 0.6,
        }
    }
}

/// What a score is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Its own words are the question's: BM25, compared with the best candidate's.
    pub lexical: f32,
    /// Its own meaning is near the question's: the vectors' cosine, between the worst and the best candidate's.
    pub similar: f32,
    /// What the lines before and after it add to both.
    pub neighbours: f32,
    /// It was said by whom the question names, or by who asks about themselves.
    pub speaker: f32,
    /// It is from a time that the question speaks of.
    pub time: f32,
    /// Its conversation has more of what is looked for.
    pub conversation: f32,
    /// It says more than a word or two; less if it only asks.
    pub substance: f32,
    /// It is not long ago.
    pub recency: f32,
    /// A fact that matters and is sure.
    pub importance: f32,
    /// It is made of something that is looked for, or that is made of it.
    pub link: f32,
    /// The re-ranking model read both and thinks so.
    pub rerank: f32,
}

impl Parts {
    /// All parts with their names, in the order in which they are shown.
    pub const fn named(&self) -> [(&'static str, f32); 11] {
        [
            ("words", self.lexical),
            ("meaning", self.similar),
            ("beside it", self.neighbours),
            ("speaker", self.speaker),
            ("time", self.time),
            ("conversation", self.conversation),
            ("substance", self.substance),
            ("recent", self.recency),
            ("importance", self.importance),
            ("link", self.link),
            ("second reading", self.rerank),
        ]
    }

    /// Their sum: the score.
    pub fn sum(&self) -> f32 {
        self.named().iter().map(|(_, part)| part).sum()
    }
}

/// Something that came to mind, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalled {
    /// What.
    pub item: Item,
    /// How well it fits: the sum of the parts. Only comparable within one answer.
    pub score: f32,
    /// Why.
    pub parts: Parts,
}

/// Brings what was found into order, the best first: at most `limit` items, none twice in other words, nothing that
/// is no longer so.
pub fn rank(cue: &Cue<'_>, found: &Found, weights: &Weights, limit: usize) -> Vec<Recalled> {
    let candidates = sifting::each_once(&found.candidates);
    let beside = Beside::of(&candidates, &found.runs);
    let mut parts = vec![Parts::default(); candidates.len()];
    lexical::score(&candidates, &beside, found, weights, &mut parts);
    similar(&candidates, &beside, weights, &mut parts);
    let named = Named::of(cue, &candidates);
    for (candidate, parts) in candidates.iter().zip(&mut parts) {
        alone(cue, candidate, named.as_ref(), weights, parts);
    }
    link(&candidates, weights, &mut parts);
    conversation(&candidates, weights, &mut parts);
    let mut recalled: Vec<_> = candidates.iter().map(|one| &one.item).zip(parts).collect();
    recalled.sort_by(|(one, its), (other, others)| {
        others.sum().total_cmp(&its.sum()).then(other.id.cmp(&one.id))
    });
    let sifted = sifting::sift(cue, recalled, limit);
    sifted
        .into_iter()
        .map(|(item, parts)| Recalled { item: item.clone(), score: parts.sum(), parts })
        .collect()
}

/// An item's words between those that were said right before and after it: what a re-ranking model is to read.
pub fn in_context(found: &Found, id: ItemId) -> String {
    let line = |id: &ItemId| {
        let draft = found.candidates.iter().find(|one| one.item.id == *id).map(|one| &one.item.draft)?;
        let (who, text) = (draft.who.raw(), draft.text.raw());
        Some(if who.is_empty() { text.to_owned() } else { format!("{who}: {text}") })
    };
    let placed = found.runs.iter().find_map(|run| Some((run, run.iter().position(|one| *one == id)?)));
    let lines = match placed {
        Some((run, at)) => &run[at.saturating_sub(1)..run.len().min(at + 2)],
        None => std::slice::from_ref(&id),
    };
    lines.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// Lets the opinions of a re-ranking model count: `opinions` are its scores of the first items, in any unit, higher
/// for better. Those behind them stay behind.
pub fn reread(recalled: &mut [Recalled], opinions: &[f32], weights: &Weights) {
    let (Some(least), Some(most)) = (
        opinions.iter().copied().filter(|x| x.is_finite()).reduce(f32::min),
        opinions.iter().copied().filter(|x| x.is_finite()).reduce(f32::max),
    ) else {
        return;
    };
    let read = recalled.len().min(opinions.len());
    for (one, opinion) in recalled.iter_mut().zip(opinions) {
        one.parts.rerank = weights.rerank * between(*opinion, least, most);
        one.score = one.parts.sum();
    }
    if let Some(first) = recalled.get_mut(..read) {
        in_order(first);
    }
}

/// By score; of equals the newer one first.
fn in_order(recalled: &mut [Recalled]) {
    recalled.sort_by(|one, other| other.score.total_cmp(&one.score).then(other.item.id.cmp(&one.item.id)));
}

/// Where a number lies between two others: 0 to 1. What is no number is worst.
fn between(x: f32, least: f32, most: f32) -> f32 {
    if !x.is_finite() {
        return 0.0;
    }
    if most - least > f32::EPSILON { ((x - least) / (most - least)).clamp(0.0, 1.0) } else { 1.0 }
}

/// Which candidates stand beside which: for each, those one and two places before and after it.
struct Beside(Vec<[Option<usize>; 4]>);

/// Distances of [`Beside`].
const DISTANCES: [isize; 4] = [-2, -1, 1, 2];

impl Beside {
    fn of(candidates: &[&Candidate], runs: &[Vec<ItemId>]) -> Self {
        let index: HashMap<ItemId, usize> =
            candidates.iter().enumerate().map(|(at, one)| (one.item.id, at)).collect();
        let mut beside = vec![[None; 4]; candidates.len()];
        for run in runs {
            for (at, id) in run.iter().enumerate() {
                let Some(own) = index.get(id).copied() else { continue };
                for (slot, distance) in DISTANCES.iter().enumerate() {
                    let other = at.checked_add_signed(*distance).and_then(|other| run.get(other));
                    let other = other.and_then(|id| index.get(id)).copied();
                    let other =
                        other.filter(|other| talk_on(&candidates[own].item, &candidates[*other].item));
                    if other.is_some() {
                        beside[own][slot] = other;
                    }
                }
            }
        }
        Self(beside)
    }
}

/// Whether two lines are of one conversation, where all between them are.
fn talk_on(one: &Item, other: &Item) -> bool {
    one.draft.channel == other.draft.channel
        && one.draft.at.0.saturating_sub(other.draft.at.0).saturating_abs() <= PAUSE_MILLIS
}

/// How much a neighbour's meaning counts for a line, by its distance: what was said before it more than what follows.
const NEIGHBOUR_MEANING: [f32; 4] = [0.0, 0.95, 0.9, 0.0];

fn similar(candidates: &[&Candidate], beside: &Beside, weights: &Weights, parts: &mut [Parts]) {
    let near: Vec<Option<(f32, f32)>> = candidates
        .iter()
        .zip(&beside.0)
        .map(|(one, beside)| {
            let own = one.cosine.filter(|cosine| cosine.is_finite())?;
            let others = beside.iter().zip(NEIGHBOUR_MEANING).filter_map(|(other, share)| {
                candidates
                    .get((*other)?)?
                    .cosine
                    .filter(|cosine| cosine.is_finite())
                    .map(|cosine| cosine * share)
            });
            Some((own, others.fold(own, f32::max)))
        })
        .collect();
    let all = || near.iter().flatten().map(|(_, with)| *with);
    let (Some(least), Some(most)) = (all().reduce(f32::min), all().reduce(f32::max)) else { return };
    for (near, parts) in near.iter().zip(parts) {
        let Some((own, with)) = *near else { continue };
        let alone = between(own, least, most);
        parts.similar = weights.similar * alone;
        parts.neighbours += weights.similar * (between(with, least, most) - alone).max(0.0);
    }
}

/// Whom a question names, if it is one person.
enum Named {
    User(UserId),
    /// A character, by the name that it speaks under.
    Name(String),
}

impl Named {
    fn of(cue: &Cue<'_>, candidates: &[&Candidate]) -> Option<Self> {
        let asked: Vec<String> = terms::words(cue.text).collect();
        let mut named = BTreeSet::new();
        for draft in candidates.iter().map(|one| &one.item.draft) {
            if draft.detail != Detail::Line {
                continue;
            }
            let first = terms::words(draft.who.raw()).find(|word| word.chars().count() >= 2);
            let Some(first) = first.filter(|first| terms::is_telling(first) && asked.contains(first)) else {
                continue;
            };
            // Somebody may have had several names.
            named.insert((draft.owner, if draft.owner.is_some() { String::new() } else { first }));
        }
        let mut named = named.into_iter();
        match (named.next(), named.next()) {
            (Some((Some(user), _)), None) => Some(Self::User(user)),
            (Some((None, name)), None) => Some(Self::Name(name)),
            (None, _) => {
                let of_oneself = asked.iter().any(|word| matches!(word.as_str(), "i" | "me" | "my" | "mine"));
                cue.asker.filter(|_| of_oneself).map(Self::User)
            }
            _ => None,
        }
    }

    fn is(&self, item: &Item) -> bool {
        match self {
            Self::User(user) => item.draft.owner == Some(*user),
            Self::Name(name) => {
                item.draft.owner.is_none() && terms::words(item.draft.who.raw()).any(|word| word == *name)
            }
        }
    }
}

/// Characters of a line that count for its substance: beyond them it says more, but not more of one thing.
const SUBSTANCE_CHARS: usize = 400;

/// Characters that what is no line counts as: it was written to say something, however shortly.
const WRITTEN_CHARS: f32 = 120.0;

/// People tell of a day for some days.
const TOLD_WITHIN_MILLIS: i64 = 3 * 86_400_000;

/// After so many days recency is half as much.
const HALF_LIFE_DAYS: f32 = 30.0;

/// The parts that an item gets for itself.
fn alone(cue: &Cue<'_>, one: &Candidate, named: Option<&Named>, weights: &Weights, parts: &mut Parts) {
    let draft = &one.item.draft;
    if named.is_some_and(|named| named.is(&one.item)) {
        parts.speaker = weights.speaker;
    }
    let end = draft.until.unwrap_or(draft.at).max(draft.at);
    let told = |span: &Span| {
        draft.at.0 < span.end.0.saturating_add(TOLD_WITHIN_MILLIS)
            && end.0 >= span.start.0.saturating_sub(TOLD_WITHIN_MILLIS)
    };
    if cue.during.iter().any(told) {
        parts.time = weights.time;
    }
    let text = draft.text.raw();
    let said = match draft.detail.kind() {
        Kind::Line => text.chars().take(SUBSTANCE_CHARS).count() as f32,
        Kind::Fact | Kind::Episode | Kind::Passage => WRITTEN_CHARS,
    };
    parts.substance = weights.substance * (said / 20.0).ln_1p();
    if draft.detail == Detail::Line && terms::asks(text) {
        parts.substance -= weights.question;
    }
    let days = cue.now.since(end).as_secs_f32() / 86_400.0;
    parts.recency = weights.recency * (-days / HALF_LIFE_DAYS).exp2();
    if let Detail::Fact(fact) = &draft.detail {
        parts.importance = weights.importance * f32::from(fact.importance.min(10)) / 10.0
            * f32::from(fact.confidence.min(100))
            / 100.0;
    }
}

/// What shares a source with something that fits well: the line that a fact was learned from, and the fact.
fn link(candidates: &[&Candidate], weights: &Weights, parts: &mut [Parts]) {
    let sums: Vec<f32> = parts.iter().map(Parts::sum).collect();
    let Some(most) = sums.iter().copied().reduce(f32::max).filter(|most| *most > 0.0) else { return };
    // The two best of every source, so that nothing is linked with itself.
    let mut best: HashMap<Source, [Option<usize>; 2]> = HashMap::new();
    for (at, one) in candidates.iter().enumerate() {
        for source in &one.item.draft.sources {
            let [first, second] = best.entry(*source).or_default();
            if first.is_none_or(|first| sums[at] > sums[first]) {
                *second = first.replace(at);
            } else if second.is_none_or(|second| sums[at] > sums[second]) {
                *second = Some(at);
            }
        }
    }
    for (at, (one, parts)) in candidates.iter().zip(parts).enumerate() {
        let others = one
            .item
            .draft
            .sources
            .iter()
            .filter_map(|source| best.get(source)?.iter().flatten().copied().find(|other| *other != at));
        let strongest = others.map(|other| sums[other]).fold(0.0, f32::max);
        parts.link = weights.link * strongest / most;
    }
}

/// Lines of a conversation that are looked at to judge it.
const CONVERSATION_BEST: usize = 3;

/// What the best lines of its conversation are worth on the average, compared with the best conversation.
fn conversation(candidates: &[&Candidate], weights: &Weights, parts: &mut [Parts]) {
    let mut lines: BTreeMap<ChannelId, Vec<(Timestamp, usize)>> = BTreeMap::new();
    for (at, one) in candidates.iter().enumerate() {
        if let (Detail::Line, Some(channel)) = (&one.item.draft.detail, one.item.draft.channel) {
            lines.entry(channel).or_default().push((one.item.draft.at, at));
        }
    }
    let mut conversations: Vec<Vec<usize>> = Vec::new();
    for mut lines in lines.into_values() {
        lines.sort_unstable();
        let mut before: Option<Timestamp> = None;
        for (time, at) in lines {
            match conversations.last_mut() {
                Some(open) if before.is_some_and(|before| time.0 - before.0 <= PAUSE_MILLIS) => open.push(at),
                _ => conversations.push(vec![at]),
            }
            before = Some(time);
        }
    }
    let worth = |lines: &Vec<usize>| {
        let mut sums: Vec<f32> = lines.iter().map(|at| parts[*at].sum()).collect();
        sums.sort_by(|one, other| other.total_cmp(one));
        sums.iter().take(CONVERSATION_BEST).sum::<f32>() / CONVERSATION_BEST as f32
    };
    let worths: Vec<f32> = conversations.iter().map(worth).collect();
    let Some(most) = worths.iter().copied().reduce(f32::max).filter(|most| *most > 0.0) else { return };
    for (lines, worth) in conversations.iter().zip(worths) {
        for at in lines {
            parts[*at].conversation = weights.conversation * (worth / most).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests;
