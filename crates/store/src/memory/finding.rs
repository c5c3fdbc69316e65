//! What may come to mind, over the model: by looking at everything.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use async_trait::async_trait;
use domain::{
    memory::{
        Detail, Draft, ItemId, Kind,
        rank::{Candidate, Found},
        terms,
    },
    time::DISCORD_EPOCH_MS,
};

use super::{MemoryStore, state::State};
use crate::{
    Query, Recall, Result,
    memories::may_hear,
    recall::{BESIDE, FACTS, HITS, OF_THEN, Probe},
    vector::unpack,
};

#[async_trait]
impl Recall for MemoryStore {
    async fn recall(&self, query: &Query) -> Result<Found> {
        self.with(|state| Ok(state.recall(query)))
    }

    async fn warm(&self, _model: &str) -> Result<bool> {
        self.with(|_| Ok(false))
    }
}

impl State {
    fn recall(&self, query: &Query) -> Found {
        let drafts = || self.items.iter().map(|(id, kept)| (*id, &kept.draft));
        let visible: BTreeMap<ItemId, &Draft> = drafts().filter(|(_, draft)| fits(query, draft)).collect();
        let having: Vec<BTreeSet<ItemId>> = query
            .terms
            .iter()
            .map(|term| {
                let stem = terms::stem(term);
                let all = drafts().filter(|(_, draft)| stems(draft).contains(&stem));
                all.map(|(id, _)| id).collect()
            })
            .collect();
        let total = self.items.len() as u64;
        let words = query.terms.iter().zip(&having).map(|(term, having)| (term.clone(), having.len() as u64));
        let words = words.collect();
        let rarity = |id: &ItemId| -> f32 {
            let rarities = having.iter().filter(|having| having.contains(id));
            rarities.map(|having| (total as f32 / (having.len() as f32 + 0.5)).ln_1p()).sum()
        };
        let lexical =
            best(visible.keys().map(|id| (*id, rarity(id))).filter(|(_, score)| *score > 0.0).collect());
        let cosines = query.vector.as_ref().map(|probe| self.cosines(probe)).unwrap_or_default();
        let near = best(
            cosines.iter().filter(|(id, _)| visible.contains_key(id)).map(|(id, x)| (*id, *x)).collect(),
        );
        let mut hits = Vec::new();
        for at in 0..HITS {
            hits.extend(lexical.get(at).into_iter().chain(near.get(at)).copied());
        }
        hits.extend(asked_for(query, &visible));
        let (mut ids, runs) = self.with_beside(&visible, hits);
        for id in successors(&visible, &ids) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let candidates = ids
            .into_iter()
            .filter_map(|id| self.get(id).map(|item| Candidate { item, cosine: cosines.get(&id).copied() }));
        Found { candidates: candidates.collect(), runs, words, total }
    }

    fn cosines(&self, probe: &Probe) -> BTreeMap<ItemId, f32> {
        let length = probe.vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        let cosine = |packed: &Vec<u8>| {
            let (bytes, factor) = unpack(packed)?;
            let sum: f32 =
                probe.vector.iter().zip(bytes).map(|(x, byte)| x * f32::from(byte.cast_signed())).sum();
            (bytes.len() == probe.vector.len() && length > 0.0)
                .then(|| (sum * factor / length).clamp(-1.0, 1.0))
        };
        let Some((_, vectors)) = self.vectors.get(&probe.model) else { return BTreeMap::new() };
        vectors.iter().filter_map(|(id, packed)| Some((*id, cosine(packed)?))).collect()
    }

    /// The hits with the lines right beside them, and which follow each other.
    fn with_beside(
        &self,
        visible: &BTreeMap<ItemId, &Draft>,
        hits: Vec<ItemId>,
    ) -> (Vec<ItemId>, Vec<Vec<ItemId>>) {
        let mut channels: BTreeMap<_, Vec<(u64, ItemId)>> = BTreeMap::new();
        for (id, kept) in &self.items {
            if let (Detail::Line, Some(channel)) = (&kept.draft.detail, kept.draft.channel) {
                channels.entry(channel).or_default().push((kept.draft.position, *id));
            }
        }
        let mut seen = HashSet::new();
        let mut ids: Vec<ItemId> = hits.into_iter().filter(|id| seen.insert(*id)).collect();
        let hits: BTreeSet<ItemId> = ids.iter().copied().collect();
        let mut runs = Vec::new();
        for lines in channels.values_mut() {
            lines.sort_unstable();
            let is_open = |at: usize| lines.get(at).is_some_and(|(_, id)| visible.contains_key(id));
            let mut near = BTreeSet::new();
            for (at, _) in lines.iter().enumerate().filter(|(_, (_, id))| hits.contains(id)) {
                near.insert(at);
                near.extend((at + 1..=at + BESIDE).take_while(|at| is_open(*at)));
                near.extend((at.saturating_sub(BESIDE)..at).rev().take_while(|at| is_open(*at)));
            }
            let mut last = None;
            for at in near {
                let id = lines[at].1;
                match runs.last_mut() {
                    Some(run) if last.is_some_and(|last| last + 1 == at) => Vec::push(run, id),
                    _ => runs.push(vec![id]),
                }
                last = Some(at);
                if seen.insert(id) {
                    ids.push(id);
                }
            }
        }
        (ids, runs)
    }
}

fn fits(query: &Query, draft: &Draft) -> bool {
    let kind = draft.detail.kind();
    let shown = kind == Kind::Line
        && query
            .shown
            .is_some_and(|(channel, from)| draft.channel == Some(channel) && draft.position >= from);
    !shown && (query.kinds.is_empty() || query.kinds.contains(&kind)) && may_hear(&query.audience, draft)
}

fn stems(draft: &Draft) -> HashSet<String> {
    let heading = match &draft.detail {
        Detail::Passage { heading, .. } => heading.as_str(),
        Detail::Line | Detail::Fact(_) | Detail::Episode { .. } => "",
    };
    [draft.who.raw(), heading, draft.text.raw()].into_iter().flat_map(terms::stems).collect()
}

/// The best ones, of equals the newest first.
fn best(mut scores: Vec<(ItemId, f32)>) -> Vec<ItemId> {
    scores.sort_by(|one, other| other.1.total_cmp(&one.1).then(other.0.cmp(&one.0)));
    scores.into_iter().take(HITS).map(|(id, _)| id).collect()
}

/// Facts about people, and what is of the times that are asked about.
fn asked_for(query: &Query, visible: &BTreeMap<ItemId, &Draft>) -> Vec<ItemId> {
    let mut ids = Vec::new();
    for person in &query.about {
        let facts = visible.iter().rev().filter(|(_, draft)| {
            draft.detail.kind() == Kind::Fact && draft.about == Some(*person) && draft.until.is_none()
        });
        ids.extend(facts.map(|(id, _)| *id).take(FACTS));
    }
    for (room, span) in query.places().flat_map(|room| query.during.iter().map(move |span| (room, span))) {
        let snowflake = |at: i64| (at.saturating_sub(DISCORD_EPOCH_MS).max(0) as u64) << 22;
        let here = |kind| {
            let all = visible
                .iter()
                .filter(move |(_, draft)| draft.channel == Some(room) && draft.detail.kind() == kind);
            let mut all: Vec<_> = all.collect();
            all.sort_by_key(|(id, draft)| std::cmp::Reverse((draft.position, **id)));
            all
        };
        let episodes = here(Kind::Episode)
            .into_iter()
            .filter(|(_, draft)| draft.at < span.end && draft.until.unwrap_or(draft.at) >= span.start);
        let lines = here(Kind::Line)
            .into_iter()
            .filter(|(_, draft)| (snowflake(span.start.0)..snowflake(span.end.0)).contains(&draft.position));
        ids.extend(episodes.take(OF_THEN).chain(lines.take(OF_THEN)).map(|(id, _)| *id));
    }
    ids
}

/// For facts of which there can only be one, the newest one.
fn successors(visible: &BTreeMap<ItemId, &Draft>, ids: &[ItemId]) -> BTreeSet<ItemId> {
    let key = |draft: &Draft| match &draft.detail {
        Detail::Fact(fact) if fact.single => draft.about.map(|about| (about, fact.attribute.to_lowercase())),
        _ => None,
    };
    let asked: HashSet<_> = ids.iter().filter_map(|id| visible.get(id).copied().and_then(key)).collect();
    let newest = asked.into_iter().filter_map(|wanted| {
        let all = visible.iter().filter(|(_, draft)| key(draft).as_ref() == Some(&wanted));
        all.max_by_key(|(id, draft)| (draft.at, **id)).map(|(id, _)| *id)
    });
    newest.collect()
}
