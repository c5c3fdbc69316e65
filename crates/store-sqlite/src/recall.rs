//! Finding in SQL: by words, by meaning, by person and by time; always what the audience may hear and nothing else.

mod lexical;
mod meaning;
mod segments;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use domain::{
    ChannelId, CharacterId, Timestamp, UserId,
    memory::{
        Detail, Item, ItemId, Kind, Reach,
        rank::{Candidate, Found},
    },
    time::DISCORD_EPOCH_MS,
};
use rusqlite::{Connection, Row, params};
use store::{
    Result,
    memories::hears,
    recall::{BESIDE, FACTS, HITS, OF_THEN, Query, Recall},
};

use crate::{
    SqliteStore,
    fault::Fault,
    items::{get, reach},
    row::{Id, all, first, maybe_id, parsed},
    sql::recall as sql,
};

pub(crate) use segments::Segments;

type Ran<T = ()> = std::result::Result<T, Fault>;

#[async_trait]
impl Recall for SqliteStore {
    async fn recall(&self, query: &Query) -> Result<Found> {
        let (query, segments) = (query.clone(), self.segments.clone());
        self.engine.read(move |connection| find(connection, &segments, &query)).await
    }

    async fn warm(&self, model: &str) -> Result<bool> {
        let (model, segments) = (model.to_owned(), self.segments.clone());
        self.engine.read(move |connection| meaning::warm(connection, &segments, &model)).await
    }
}

/// All that tells whether an item may be heard.
struct Sight {
    id: i64,
    kind: Kind,
    reach: Reach,
    channel: Option<ChannelId>,
    character: Option<CharacterId>,
    owner: Option<UserId>,
    position: u64,
}

impl Sight {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let character =
            if row.get_ref(6)? == rusqlite::types::ValueRef::Null { None } else { Some(parsed(row, 6)?) };
        Ok(Self {
            id: row.get(0)?,
            kind: kind(row.get_ref(1)?.as_str()?),
            reach: reach(row, 2)?,
            channel: maybe_id(row, 5)?,
            character,
            owner: maybe_id(row, 7)?,
            position: row.get::<_, Id>(8)?.0,
        })
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "fact" => Kind::Fact,
        "episode" => Kind::Episode,
        "passage" => Kind::Passage,
        _ => Kind::Line,
    }
}

/// Whether an item is one that is looked for, by one who may hear it.
fn fits(query: &Query, sight: &Sight) -> bool {
    let shown = sight.kind == Kind::Line
        && query
            .shown
            .is_some_and(|(channel, from)| sight.channel == Some(channel) && sight.position >= from);
    !shown
        && (query.kinds.is_empty() || query.kinds.contains(&sight.kind))
        && hears(&query.audience, sight.reach, sight.owner, sight.character.as_ref())
}

/// Takes the first rows that fit. All of a statement's rows may be looked at: what does not fit takes no place.
fn fitting(
    connection: &Connection,
    query: &Query,
    statement: &str,
    values: impl rusqlite::Params,
    limit: usize,
) -> Ran<Vec<Sight>> {
    let mut statement = connection.prepare_cached(statement)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let sight = Sight::read(row)?;
        if fits(query, &sight) {
            found.push(sight);
        }
    }
    Ok(found)
}

fn find(connection: &Connection, segments: &Segments, query: &Query) -> Ran<Found> {
    let lexical = lexical::find(connection, segments, query)?;
    let model =
        query.vector.as_ref().map(|probe| meaning::Model::of(connection, probe)).transpose()?.flatten();
    let near = match &model {
        Some(model) => meaning::find(connection, segments, query, model)?,
        None => Vec::new(),
    };
    // In turns, as nobody knows yet which ones are better.
    let mut hits = Vec::new();
    for at in 0..HITS {
        hits.extend(lexical.hits.get(at).into_iter().chain(near.get(at)).copied());
    }
    hits.extend(asked_for(connection, query)?);
    let (mut ids, runs) = with_beside(connection, query, hits)?;
    let mut items = Vec::with_capacity(ids.len());
    for id in &ids {
        items.extend(get(connection, *id)?);
    }
    for id in successors(connection, query, &items)? {
        if !ids.contains(&id) {
            ids.push(id);
            items.extend(get(connection, id)?);
        }
    }
    let mut candidates = Vec::with_capacity(items.len());
    for item in items {
        let cosine = match &model {
            Some(model) => model.cosine_of(connection, item.id)?,
            None => None,
        };
        candidates.push(Candidate { item, cosine });
    }
    Ok(Found { candidates, runs, words: lexical.words, total: lexical.total })
}

/// What comes whatever words and meaning say: facts about people, and what is of the times that are asked about.
fn asked_for(connection: &Connection, query: &Query) -> Ran<Vec<i64>> {
    let mut ids = Vec::new();
    for person in &query.about {
        let facts = fitting(connection, query, sql::FACTS_ABOUT, [Id(person.get())], FACTS)?;
        ids.extend(facts.into_iter().map(|sight| sight.id));
    }
    for (room, span) in query.places().flat_map(|room| query.during.iter().map(move |span| (room, span))) {
        let lines = params![Id(room.get()), snowflake(span.start), snowflake(span.end)];
        let lines = fitting(connection, query, sql::LINES_OF_THEN, lines, OF_THEN)?;
        let episodes = params![Id(room.get()), span.start.as_millis(), span.end.as_millis()];
        let episodes = fitting(connection, query, sql::EPISODES_OF_THEN, episodes, OF_THEN)?;
        ids.extend(episodes.into_iter().chain(lines).map(|sight| sight.id));
    }
    Ok(ids)
}

/// The first number that a message of that moment could have.
fn snowflake(at: Timestamp) -> i64 {
    (at.as_millis().saturating_sub(DISCORD_EPOCH_MS)).clamp(0, i64::MAX >> 22) << 22
}

/// The hits, each once, with the lines beside those that are lines; and which of them follow each other.
fn with_beside(connection: &Connection, query: &Query, hits: Vec<i64>) -> Ran<(Vec<i64>, Vec<Vec<ItemId>>)> {
    let mut seen = HashSet::new();
    let mut ids: Vec<i64> = hits.into_iter().filter(|id| seen.insert(*id)).collect();
    // By channel, where each line stands and which one comes next.
    let mut places: BTreeMap<ChannelId, BTreeMap<(u64, i64), Option<i64>>> = BTreeMap::new();
    for at in 0..ids.len() {
        let Some(sight) = first(connection, sql::SIGHT, [ids[at]], Sight::read)? else { continue };
        let (Kind::Line, Some(channel)) = (sight.kind, sight.channel) else { continue };
        let place = params![Id(channel.get()), Id(sight.position), sight.id, BESIDE as i64];
        // Only those that stand right beside it: behind one that may not be heard the conversation is another one.
        let mut stretch: Vec<Sight> = all(connection, sql::LINES_BEFORE, place, Sight::read)?;
        let after: Vec<Sight> = all(connection, sql::LINES_AFTER, place, Sight::read)?;
        stretch.reverse();
        let own = stretch.len();
        stretch.push(sight);
        stretch.extend(after);
        let from = stretch[..own].iter().rposition(|one| !fits(query, one)).map_or(0, |hidden| hidden + 1);
        let until = stretch[own..]
            .iter()
            .position(|one| !fits(query, one))
            .map_or(stretch.len(), |hidden| own + hidden);
        let lines = places.entry(channel).or_default();
        for (at, one) in stretch.iter().enumerate().take(until).skip(from) {
            let next = stretch.get(at + 1).filter(|_| at + 1 < until).map(|next| next.id);
            let known = lines.entry((one.position, one.id)).or_default();
            *known = known.or(next);
            if seen.insert(one.id) {
                ids.push(one.id);
            }
        }
    }
    let mut runs = Vec::new();
    for lines in places.into_values() {
        let mut expected = None;
        for ((_, id), next) in lines {
            let item = ItemId(id.cast_unsigned());
            match runs.last_mut() {
                Some(run) if expected == Some(id) => Vec::push(run, item),
                _ => runs.push(vec![item]),
            }
            expected = next;
        }
    }
    Ok((ids, runs))
}

/// For facts of which there can only be one, the newest one that may be heard.
fn successors(connection: &Connection, query: &Query, items: &[Item]) -> Ran<BTreeSet<i64>> {
    let mut newest = BTreeSet::new();
    let mut asked = HashSet::new();
    for item in items {
        let (Detail::Fact(fact), Some(about)) = (&item.draft.detail, item.draft.about) else { continue };
        if !fact.single || !asked.insert((about, fact.attribute.to_lowercase())) {
            continue;
        }
        let all = all(connection, sql::SUCCESSORS, params![Id(about.get()), fact.attribute], |row| {
            Ok((row.get::<_, i64>(9)?, Sight::read(row)?))
        })?;
        let heard = all.into_iter().filter(|(_, sight)| fits(query, sight));
        newest.extend(heard.max_by_key(|(at, sight)| (*at, sight.id)).map(|(_, sight)| sight.id));
    }
    Ok(newest)
}

/// Scores, the best ones first; of equals the newest.
fn best(scores: HashMap<i64, f32>) -> Vec<(i64, f32)> {
    let mut best: Vec<_> = scores.into_iter().collect();
    best.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(other.0.cmp(&one.0)));
    best
}
