//! Finding by meaning: the nearest of a place's vectors, roughly by bits in memory, then exactly by rows.

use std::collections::HashMap;

use domain::{ChannelId, UserId, audience::Audience, memory::ItemId};
use rusqlite::{Connection, Row, params};
use store::{
    recall::{HITS, Probe, Query},
    vector::unpack,
};

use super::{
    Ran, Segments, Sight, best, fits, kind,
    segments::{Entry, Segment},
};
use crate::{
    row::{Id, all, first, maybe_id, parsed},
    sql::recall as sql,
};

/// Rows that are read into memory at once: about a tenth of a second's work, while others wait for nothing else.
const CHUNK: usize = 20_000;

/// Rows that are compared exactly: several times as many as are wanted, since bits only tell roughly what is near.
const EXACTLY: usize = 300;

/// Own items that are compared one by one in private, the newest ones of each kind: they lie in many places.
const OWN: i64 = 1_000;

/// More rows than these are gone of what was found: the segment is read anew.
const GONE: usize = 40;

/// The model whose vectors are compared, and the question's vector.
pub(super) struct Model {
    number: i64,
    /// Of length one.
    unit: Vec<f32>,
    /// The largest number is 127, as in rows.
    scaled: Vec<f32>,
}

impl Model {
    /// `None` if there are no such vectors, or the question's is none.
    pub(super) fn of(connection: &Connection, probe: &Probe) -> Ran<Option<Self>> {
        let known = first(connection, sql::MODEL_NUMBER, [&probe.model], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?))
        })?;
        let Some((number, dimensions)) = known else { return Ok(None) };
        let length = probe.vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt() as f32;
        let largest = probe.vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        if probe.vector.len() != dimensions as usize || !length.is_finite() || largest <= 0.0 {
            return Ok(None);
        }
        let unit = probe.vector.iter().map(|x| x / length).collect();
        let scaled = probe.vector.iter().map(|x| x / largest * 127.0).collect();
        Ok(Some(Self { number, unit, scaled }))
    }

    /// How near an item is; `None` without a vector.
    pub(super) fn cosine_of(&self, connection: &Connection, item: ItemId) -> Ran<Option<f32>> {
        let values = params![Id(item.0), self.number];
        Ok(first(connection, sql::VECTOR_OF, values, |row| Ok(self.cosine(row.get_ref(0)?.as_blob()?)))?
            .flatten())
    }

    fn cosine(&self, packed: &[u8]) -> Option<f32> {
        let (bytes, factor) = unpack(packed)?;
        if bytes.len() != self.unit.len() {
            return None;
        }
        let sum: f32 = self.unit.iter().zip(bytes).map(|(x, byte)| x * f32::from(byte.cast_signed())).sum();
        Some((sum * factor).clamp(-1.0, 1.0))
    }
}

/// The nearest items that fit, the nearest first.
pub(super) fn find(
    connection: &Connection,
    segments: &Segments,
    query: &Query,
    model: &Model,
) -> Ran<Vec<i64>> {
    let mut cosines: HashMap<i64, f32> = HashMap::new();
    for scope in scopes(&query.audience) {
        find_in(connection, segments, query, model, &scope, &mut cosines)?;
    }
    if let Some(user) = query.audience.alone {
        find_own(connection, model, user, &mut cosines)?;
    }
    let mut hits = Vec::new();
    for (id, _) in best(cosines) {
        if hits.len() >= HITS {
            break;
        }
        if first(connection, sql::SIGHT, [id], Sight::read)?.is_some_and(|sight| fits(query, &sight)) {
            hits.push(id);
        }
    }
    Ok(hits)
}

/// Where an audience's items lie.
fn scopes(audience: &Audience) -> Vec<String> {
    let mut scopes = vec!["all".to_owned()];
    match audience.guild {
        Some(guild) => scopes.push(format!("g{guild}")),
        None => scopes.extend(audience.rooms.iter().map(|room| format!("c{room}"))),
    }
    scopes
}

fn find_in(
    connection: &Connection,
    segments: &Segments,
    query: &Query,
    model: &Model,
    scope: &str,
    cosines: &mut HashMap<i64, f32>,
) -> Ran {
    let rows = segments.with(model.number, scope, |segment| -> Ran<Vec<i64>> {
        read_on(connection, segment, model.number, scope)?;
        Ok(segment.nearest(&model.scaled, &query.audience, &query.kinds, EXACTLY))
    })?;
    let mut gone = 0;
    for seq in rows {
        let found = first(connection, sql::VECTOR_AT, [seq], |row| {
            Ok((row.get::<_, i64>(0)?, model.cosine(row.get_ref(1)?.as_blob()?)))
        })?;
        match found {
            Some((item, cosine)) => cosines.extend(cosine.map(|cosine| (item, cosine))),
            None => gone += 1,
        }
    }
    if gone > GONE {
        segments.forget(model.number, scope);
    }
    Ok(())
}

/// Reads rows that a segment does not have yet, not all of very many; answers whether there may be more.
fn read_on(connection: &Connection, segment: &mut Segment, model: i64, scope: &str) -> Ran<bool> {
    if segment.has_outgrown_its_mean() {
        *segment = Segment::default();
    }
    let values = params![model, scope, segment.newest(), CHUNK as i64];
    let entries = all(connection, sql::VECTORS_AFTER, values, entry)?;
    let is_more = entries.len() == CHUNK;
    segment.extend(entries);
    Ok(is_more)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let packed = row.get_ref(1)?.as_blob()?;
    Ok(Entry {
        seq: row.get(0)?,
        numbers: unpack(packed).map(|(bytes, _)| bytes.to_vec()).unwrap_or_default(),
        kind: kind(row.get_ref(2)?.as_str()?),
        room: maybe_id::<ChannelId>(row, 3)?,
        character: if row.get_ref(4)? == rusqlite::types::ValueRef::Null {
            None
        } else {
            Some(parsed(row, 4)?)
        },
    })
}

/// What is somebody's own, wherever it was said.
fn find_own(connection: &Connection, model: &Model, user: UserId, cosines: &mut HashMap<i64, f32>) -> Ran {
    for kind in ["line", "fact", "episode"] {
        let values = params![Id(user.get()), model.number, kind, OWN];
        let own = all(connection, sql::OWN_VECTORS, values, |row| {
            Ok((row.get::<_, i64>(0)?, model.cosine(row.get_ref(1)?.as_blob()?)))
        })?;
        cosines.extend(own.into_iter().filter_map(|(id, cosine)| Some((id, cosine?))));
    }
    Ok(())
}

/// Reads some rows of a model's places into memory; answers whether there may be more.
pub(super) fn warm(connection: &Connection, segments: &Segments, model: &str) -> Ran<bool> {
    let number = first(connection, sql::MODEL_NUMBER, [model], |row| row.get::<_, i64>(0))?;
    let Some(number) = number else { return Ok(false) };
    for scope in all(connection, sql::SCOPES, [number], |row| row.get::<_, String>(0))? {
        if segments.with(number, &scope, |segment| read_on(connection, segment, number, &scope))? {
            return Ok(true);
        }
    }
    Ok(false)
}
