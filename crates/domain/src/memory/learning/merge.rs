//! What becomes of what was learned, beside what is known already.

use std::collections::BTreeSet;

use super::{Batch, Learned, SUREST, speaker};
use crate::{
    Timestamp,
    memory::{Aspect, Detail, Draft, FactDetail, Item, ItemId, Reach, Source},
};

/// From which share of common words on two notes say the same.
const SAME: f64 = 0.7;

/// What hearing something again adds to how sure it is.
const AGAIN: u8 = 10;

/// Sources that a fact names: those that its words come from, and the first of those where it was heard again. What its
/// words come from is never dropped, or they would outlive a message that is deleted.
const SOURCES: usize = 8;

/// What is to be changed in what is remembered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// New facts.
    pub add: Vec<Draft>,
    /// Facts that are no longer so, since when, and where that was said.
    pub end: Vec<(ItemId, Timestamp, Vec<Source>)>,
    /// Facts that were heard again: as they are now.
    pub change: Vec<(ItemId, Draft)>,
}

/// Compares what a batch brought with what is known about its people **in the same room**: facts of other rooms are not
/// touched, as whoever hears of a change must be one who could have seen why.
pub fn merge(batch: Batch<'_>, learned: Vec<Learned>, known: &[Item]) -> Changes {
    let Some(first) = batch.lines.first() else { return Changes::default() };
    let reach = first.draft.reach;
    let beside = known.iter().filter(|item| batch.is_beside(item));
    let mut facts: Vec<Standing> = beside.filter_map(Standing::of).collect();
    for note in learned {
        let new = draft(batch, note, reach);
        let same =
            facts.iter_mut().find(|fact| fact.draft.until.is_none() && says_the_same(&fact.draft, &new));
        if let Some(fact) = same {
            fact.hear_again(&new);
            continue;
        }
        let mut new = Standing { id: None, draft: new, changed: false, ended_by: Vec::new() };
        for old in &mut facts {
            if old.draft.until.is_some() || !takes_the_place(&old.draft, &new.draft) {
                continue;
            }
            if new.draft.at >= old.draft.at {
                old.draft.until = Some(new.draft.at);
                old.ended_by.clone_from(&new.draft.sources);
            } else {
                new.draft.until = Some(old.draft.at);
            }
        }
        facts.push(new);
    }
    let mut changes = Changes::default();
    for fact in facts {
        match fact.id {
            None => changes.add.push(fact.draft),
            Some(id) => {
                if fact.changed {
                    changes.change.push((id, Draft { until: None, ..fact.draft.clone() }));
                }
                if let Some(until) = fact.draft.until.filter(|_| !fact.ended_by.is_empty()) {
                    changes.end.push((id, until, fact.ended_by));
                }
            }
        }
    }
    changes
}

/// A fact as it stands while notes are taken in.
struct Standing {
    id: Option<ItemId>,
    draft: Draft,
    changed: bool,
    ended_by: Vec<Source>,
}

impl Standing {
    fn of(item: &Item) -> Option<Self> {
        matches!(item.draft.detail, Detail::Fact(_)).then(|| Self {
            id: Some(item.id),
            draft: item.draft.clone(),
            changed: false,
            ended_by: Vec::new(),
        })
    }

    /// What others say again adds nothing: nobody makes a rumour true, or takes from what somebody said of themselves
    /// that it is theirs, by repeating it.
    fn hear_again(&mut self, again: &Draft) {
        let (Detail::Fact(fact), Detail::Fact(new)) = (&mut self.draft.detail, &again.detail) else { return };
        if again.owner.is_none() {
            return;
        }
        fact.confidence = fact.confidence.max(new.confidence).saturating_add(AGAIN).min(SUREST);
        fact.importance = fact.importance.max(new.importance);
        for source in &again.sources {
            if !self.draft.sources.contains(source) && self.draft.sources.len() < SOURCES {
                self.draft.sources.push(*source);
            }
        }
        self.changed = true;
    }
}

fn draft(batch: Batch<'_>, note: Learned, reach: Reach) -> Draft {
    let at = batch.newest(&note.lines);
    let lines = note.lines.iter().filter_map(|line| batch.lines.get(*line));
    let own = lines.clone().all(|line| speaker(line) == Some(note.person));
    let sources: BTreeSet<Source> = lines.flat_map(|line| line.draft.sources.iter().copied()).collect();
    Draft {
        reach,
        channel: batch.lines.first().and_then(|line| line.draft.channel),
        character: batch.character.cloned(),
        owner: own.then_some(note.person),
        about: Some(note.person),
        who: note.name,
        text: note.text.into(),
        at,
        until: None,
        position: 0,
        detail: Detail::Fact(FactDetail {
            aspect: note.aspect,
            attribute: note.attribute,
            single: note.single,
            importance: note.importance,
            confidence: note.confidence,
        }),
        sources: sources.into_iter().collect(),
    }
}

fn fact(draft: &Draft) -> Option<&FactDetail> {
    match &draft.detail {
        Detail::Fact(fact) => Some(fact),
        _ => None,
    }
}

fn says_the_same(one: &Draft, other: &Draft) -> bool {
    let wishes = |draft| fact(draft).is_some_and(|fact| fact.aspect == Aspect::Wish);
    if one.about != other.about || wishes(one) != wishes(other) {
        return false;
    }
    let (one, other) = (words(one.text.raw()), words(other.text.raw()));
    let common = one.intersection(&other).count();
    let all = one.union(&other).count();
    all > 0 && common as f64 / all as f64 >= SAME
}

/// Whether two facts cannot both be so.
fn takes_the_place(old: &Draft, new: &Draft) -> bool {
    let (Some(old_fact), Some(new_fact)) = (fact(old), fact(new)) else { return false };
    // What others say does not overrule what somebody said of themselves, however unsure that was.
    let hearsay = new.owner.is_none() && (old.owner.is_some() || old_fact.confidence > super::HEARSAY);
    old.about == new.about
        && old_fact.attribute == new_fact.attribute
        && old_fact.aspect == new_fact.aspect
        && old_fact.single
        && new_fact.single
        && !hearsay
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(str::to_lowercase)
        .filter(|word| !matches!(word.as_str(), "a" | "an" | "the" | "is" | "has"))
        .collect()
}
