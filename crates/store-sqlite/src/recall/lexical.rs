//! Finding by words.
//!
//! The full-text index gives the items of each word, newest first. Their ranking is not asked for: it would read the
//! length of every item that has any of the words. What is best here is what has the rarest words; the exact order is
//! made of those few later.

use std::collections::HashMap;

use domain::memory::terms;
use rusqlite::{Connection, params};
use store::recall::{HITS, Query};

use super::{Ran, Segments, Sight, best, fits};
use crate::{
    items::number,
    row::{Id, all, first},
    sql::recall as sql,
};

/// Items of one word that are looked at, the newest ones: reading them takes about 5 ms.
const OF_WORD: usize = 20_000;

/// Items of all words together. The rarest words go first.
const OF_WORDS: usize = 60_000;

/// Items that are asked whether they may be heard, the likeliest first.
const ASKED: usize = 6_000;

pub(super) struct Lexical {
    pub(super) hits: Vec<i64>,
    pub(super) words: Vec<(String, u64)>,
    pub(super) total: u64,
}

/// The items that have a word.
struct Having {
    word: String,
    items: Vec<i64>,
    /// How many there are, also those that were not read; roughly.
    number: u64,
}

pub(super) fn find(connection: &Connection, segments: &Segments, query: &Query) -> Ran<Lexical> {
    let newest = number(connection, sql::NEWEST_ITEM, [])?.unwrap_or(0).cast_unsigned();
    let total = total(connection, segments, query, newest)?;
    // Where most items are of this place anyway, looking them up in its list takes longer than it saves.
    let scope = (total.saturating_mul(4) < newest).then(|| scope(query));
    let mut having = Vec::new();
    for word in &query.terms {
        having.push(having_word(connection, word, scope.as_deref(), newest)?);
    }
    having.sort_by_key(|having| having.number);
    let mut scores: HashMap<i64, f32> = HashMap::new();
    let mut left = OF_WORDS;
    for having in &having {
        let items = having.items.len().min(left);
        left -= items;
        let rarity = (total.max(having.number) as f32 / (having.number as f32 + 0.5)).ln_1p();
        for id in having.items.iter().take(items) {
            *scores.entry(*id).or_default() += rarity;
        }
    }
    let mut hits = Vec::new();
    for (id, _) in best(scores).into_iter().take(ASKED) {
        if hits.len() >= HITS {
            break;
        }
        if first(connection, sql::SIGHT, [id], Sight::read)?.is_some_and(|sight| fits(query, &sight)) {
            hits.push(id);
        }
    }
    let words = having.into_iter().map(|having| (having.word, having.number)).collect();
    Ok(Lexical { hits, words, total })
}

fn having_word(connection: &Connection, word: &str, scope: Option<&str>, newest: u64) -> Ran<Having> {
    // Letters and digits only, so nothing of it is syntax.
    let quoted: String = terms::words(word).collect::<Vec<_>>().join(" ");
    let mut having = Having { word: word.to_owned(), items: Vec::new(), number: 0 };
    if quoted.is_empty() {
        return Ok(having);
    }
    let asked = match scope {
        Some(scope) => format!("scope : ({scope}) AND terms : \"{quoted}\""),
        None => format!("terms : \"{quoted}\""),
    };
    having.items = all(connection, sql::HAVING_TERM, params![asked, OF_WORD as i64], |row| row.get(0))?;
    having.number = having.items.len() as u64;
    if having.items.len() == OF_WORD
        && let Some(oldest) = having.items.last()
    {
        // As many again in the part that was not read.
        let read = newest.saturating_sub(oldest.cast_unsigned()).max(1);
        having.number = having.number.saturating_mul(newest) / read;
    }
    Ok(having)
}

/// The words of the index's column that an audience's items have.
fn scope(query: &Query) -> String {
    let audience = &query.audience;
    let mut words = vec!["all".to_owned()];
    words.extend(audience.guild.map(|guild| format!("g{guild}")));
    if audience.guild.is_none() {
        words.extend(audience.rooms.iter().map(|room| format!("c{room}")));
    }
    words.extend(audience.alone.map(|user| format!("u{user}")));
    words.join(" OR ")
}

/// How many items there are among which words are counted.
fn total(connection: &Connection, segments: &Segments, query: &Query, newest: u64) -> Ran<u64> {
    // What one person may hear in private is little, and cannot be counted by an index.
    let Some(guild) = query.audience.guild else { return Ok(newest.min(5_000)) };
    if let Some(known) = segments.known_count(guild, newest) {
        return Ok(known);
    }
    let count = number(connection, sql::ITEMS_IN_GUILD, [Id(guild.get())])?.unwrap_or(0).cast_unsigned();
    segments.keep_count(guild, newest, count);
    Ok(count)
}
