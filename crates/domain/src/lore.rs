//! World info: which pieces of lore come up in what was said.
//!
//! First cut of the V2/V3 rules: constant entries, keys, secondary keys, order, depth and budget. Entries do not
//! wake other entries, and keys that are regular expressions do not fire.

use crate::{
    character::{LoreEntry, Lorebook},
    names, tokens,
};

/// Newest messages that are searched when the book does not say.
const SCAN_DEPTH: u32 = 4;

/// Tokens of lore when the book does not say.
const TOKEN_BUDGET: u32 = 512;

/// What fired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activation<'a> {
    /// What there is room for, in the order of the prompt.
    pub fired: Vec<Fired<'a>>,
    /// What fired without room for it, the most important first.
    pub crowded_out: Vec<Fired<'a>>,
}

/// An entry that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired<'a> {
    /// The entry.
    pub entry: &'a LoreEntry,
    /// Why.
    pub why: Why<'a>,
    /// Tokens, by our estimate.
    pub tokens: u32,
}

/// Why an entry fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why<'a> {
    /// It is always in.
    Constant,
    /// A key came up.
    Key {
        /// Which.
        key: &'a str,
        /// The second key that had to come up too.
        secondary: Option<&'a str>,
    },
}

/// Finds the entries that fire for `texts` (oldest first) and fit into `budget` tokens, or the book's own budget if
/// that is smaller. Constants are kept first, then entries of higher order.
pub fn activate<'a>(book: &'a Lorebook, texts: &[&str], budget: u32) -> Activation<'a> {
    let depth = book.scan_depth.unwrap_or(SCAN_DEPTH) as usize;
    let texts = Haystack::new(&texts[texts.len().saturating_sub(depth)..]);
    let mut woken: Vec<(usize, Fired<'a>)> = book
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.enabled && !entry.content.trim().is_empty())
        .filter_map(|(index, entry)| {
            let why = wakes(entry, &texts)?;
            Some((index, Fired { entry, why, tokens: tokens::estimate(&entry.content) + 1 }))
        })
        .collect();
    woken.sort_by_key(|(index, fired)| {
        (fired.why != Why::Constant, -i128::from(fired.entry.insertion_order), *index)
    });

    let mut left = book.token_budget.unwrap_or(TOKEN_BUDGET).min(budget);
    let (mut fired, mut crowded_out) = (Vec::new(), Vec::new());
    for (index, entry) in woken {
        match left.checked_sub(entry.tokens) {
            Some(rest) => {
                left = rest;
                fired.push((index, entry));
            }
            None => crowded_out.push(entry),
        }
    }
    fired.sort_by_key(|(index, fired)| (fired.entry.insertion_order, *index));
    Activation { fired: fired.into_iter().map(|(_, entry)| entry).collect(), crowded_out }
}

fn wakes<'a>(entry: &'a LoreEntry, texts: &Haystack) -> Option<Why<'a>> {
    if entry.constant {
        return Some(Why::Constant);
    }
    if entry.use_regex {
        return None;
    }
    let first = |keys: &'a [String]| keys.iter().map(String::as_str).find(|key| texts.hold(key, entry));
    let key = first(&entry.keys)?;
    let asks_second = entry.selective && entry.secondary_keys.iter().any(|key| !key.trim().is_empty());
    let secondary = if asks_second { Some(first(&entry.secondary_keys)?) } else { None };
    Some(Why::Key { key, secondary })
}

/// The texts that are searched, folded once.
struct Haystack {
    exact: Vec<String>,
    lower: Vec<String>,
    exact_words: Vec<names::Prepared>,
    lower_words: Vec<names::Prepared>,
}

impl Haystack {
    fn new(texts: &[&str]) -> Self {
        Self {
            exact: texts.iter().map(|text| (*text).to_owned()).collect(),
            lower: texts.iter().map(|text| text.to_lowercase()).collect(),
            exact_words: texts
                .iter()
                .map(|text| names::Prepared::everything(text, names::Case::Exact))
                .collect(),
            lower_words: texts
                .iter()
                .map(|text| names::Prepared::everything(text, names::Case::Folded))
                .collect(),
        }
    }

    fn hold(&self, key: &str, entry: &LoreEntry) -> bool {
        let key = key.trim();
        if key.is_empty() {
            return false;
        }
        match (entry.whole_words, entry.case_sensitive) {
            (true, true) => self.exact_words.iter().any(|text| names::find_in(text, key).is_some()),
            (true, false) => self.lower_words.iter().any(|text| names::find_in(text, key).is_some()),
            (false, true) => self.exact.iter().any(|text| text.contains(key)),
            (false, false) => {
                let key = key.to_lowercase();
                self.lower.iter().any(|text| text.contains(&key))
            }
        }
    }
}
