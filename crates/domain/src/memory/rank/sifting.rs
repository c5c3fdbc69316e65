//! What is left out: what is no longer so, what is said twice.

use std::collections::{HashMap, HashSet};

use super::{CANDIDATES, Candidate, Cue, Parts};
use crate::{
    Timestamp, UserId,
    memory::{Detail, FactDetail, Item, ItemId, terms},
};

/// Words from which on two items that have the same ones are one: "yes" may be said about many things.
const TELLING: usize = 3;

/// The first candidates; those with one number are one.
pub(super) fn each_once(candidates: &[Candidate]) -> Vec<&Candidate> {
    let mut seen = HashSet::new();
    candidates.iter().filter(|one| seen.insert(one.item.id)).take(CANDIDATES).collect()
}

/// Takes the first `limit` of those that are still so and say something new.
pub(super) fn sift<'a>(
    cue: &Cue<'_>,
    recalled: Vec<(&'a Item, Parts)>,
    limit: usize,
) -> Vec<(&'a Item, Parts)> {
    let successors = successors(&recalled);
    let mut said = HashSet::new();
    let fresh = recalled.into_iter().filter(|(item, _)| {
        is_so(cue, item)
            && attribute(item).is_none_or(|key| successors.get(&key).is_none_or(|newest| newest.1 == item.id))
            && says_new(item, &mut said)
    });
    fresh.take(limit).collect()
}

/// A fact's person and what it tells of them, where there can only be one.
fn attribute(item: &Item) -> Option<(UserId, String)> {
    match &item.draft.detail {
        Detail::Fact(FactDetail { single: true, attribute, .. }) => {
            item.draft.about.map(|person| (person, attribute.to_lowercase()))
        }
        _ => None,
    }
}

/// The newest fact of each attribute that can only have one.
fn successors(recalled: &[(&Item, Parts)]) -> HashMap<(UserId, String), (Timestamp, ItemId)> {
    let mut newest: HashMap<_, (Timestamp, ItemId)> = HashMap::new();
    for (item, _) in recalled {
        let Some(key) = attribute(item) else { continue };
        let of_this = (item.draft.at, item.id);
        newest.entry(key).and_modify(|newest| *newest = (*newest).max(of_this)).or_insert(of_this);
    }
    newest
}

/// Facts that are over count only for questions about the time when they were so.
fn is_so(cue: &Cue<'_>, item: &Item) -> bool {
    let (Detail::Fact(_), Some(until)) = (&item.draft.detail, item.draft.until) else { return true };
    until > cue.now || cue.during.iter().any(|span| item.draft.at < span.end && span.start < until)
}

fn says_new(item: &Item, said: &mut HashSet<Vec<String>>) -> bool {
    let words: Vec<String> = terms::stems(item.draft.text.raw());
    if words.len() < TELLING {
        return true;
    }
    // Different people may say the same of themselves.
    let mut key = vec![item.draft.who.raw().to_lowercase()];
    key.extend(words);
    said.insert(key)
}
