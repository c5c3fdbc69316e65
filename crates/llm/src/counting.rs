//! Counts tokens as the model that is asked does, where its vocabulary is at hand.
//!
//! `OpenAI`'s vocabularies are built in. A model in this process counts with its own. Those of a [`Family`] are read
//! from the file in which it is published. For all others, and until that file is there, the estimate of
//! [`domain::tokens`] stands, higher for families that are known to make more tokens of a text.

mod cutting;
mod families;
mod files;
mod merging;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::tokens::{Counter, estimate};

pub use families::Family;
pub use files::VocabularyError;

/// Texts whose count is remembered, in each of two generations: a scene's lines, a character's texts and its lore,
/// for a few dozen channels.
const REMEMBERED: usize = 8_192;

/// Beginnings of names, without the vendor. Longer ones come first.
///
/// Sources: the table of models in `OpenAI`'s tokenizer library; the reports on Phi-4 and Phi-4-mini, which took
/// those vocabularies over.
const O200K: &[&str] = &[
    "gpt-4o",
    "gpt-4.1",
    "gpt-4.5",
    "gpt-5",
    "gpt-oss",
    "chatgpt-4o",
    "o1",
    "o3",
    "o4",
    "phi-4-mini",
    "phi4-mini",
    "phi-4-multimodal",
];
const CL100K: &[&str] = &["gpt-4", "gpt-3.5", "gpt-35", "phi-4", "phi4"];

/// Families, by a part of the name, that make more tokens of a text than the estimate expects, and how many percent
/// more. Anthropic's vocabulary makes 16 % more of English than `OpenAI`'s and 30 % more of code; vocabularies of
/// 32,000 entries fall back to bytes for most scripts.
const HEAVIER: &[(&str, u32)] = &[
    ("claude", 10),
    ("llama-2", 20),
    ("llama2", 20),
    ("tinyllama", 20),
    ("vicuna", 20),
    ("mythomax", 20),
    ("mixtral", 20),
    ("mistral-7b", 20),
    ("mistral:7b", 20),
    ("phi-3", 20),
    ("phi3", 20),
];

/// What counts for a model of this name without a file: for those of a [`Family`] an estimate. Loading a built-in
/// vocabulary takes a moment, once, with the first count.
pub fn counter_for(model: &str) -> Counter {
    let name = bare(model);
    let is = |starts: &[&str]| starts.iter().any(|start| begins(&name, start));
    if is(O200K) {
        return memoised("o200k_base", |text| bpe_openai::o200k_base().count(text));
    }
    if is(CL100K) {
        return memoised("cl100k_base", |text| bpe_openai::cl100k_base().count(text));
    }
    match HEAVIER.iter().find(|(family, _)| name.contains(family)) {
        Some((family, percent)) => {
            Counter::new(format!("an estimate for {family}, {percent} % up"), move |text| {
                let tokens = u64::from(estimate(text)) * u64::from(100 + percent);
                u32::try_from(tokens.div_ceil(100)).unwrap_or(u32::MAX)
            })
        }
        None => Counter::ESTIMATE,
    }
}

/// The name without vendor and variant, lower case: `openai/GPT-4o:free` is `gpt-4o`. `gpt-oss:20b` keeps its size.
pub(crate) fn bare(model: &str) -> String {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    name.strip_suffix(":free").map_or_else(|| name.clone(), str::to_owned)
}

/// Whether a name begins with a family's name: `o1-mini` with `o1`, but `o1ive` does not.
pub(crate) fn begins(name: &str, family: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphabetic() || c.is_ascii_digit();
    name.strip_prefix(family).is_some_and(|rest| {
        // `gpt-4o` ends in a letter; what follows `o1` must not be one.
        family.starts_with("gpt") || family.starts_with("chatgpt") || !rest.starts_with(letters)
    })
}

/// A counter that remembers.
pub(crate) fn memoised(
    name: impl Into<String>,
    count: impl Fn(&str) -> usize + Send + Sync + 'static,
) -> Counter {
    let memo = Memo::default();
    Counter::new(name, move |text| {
        let key = key(text);
        memo.get(key).unwrap_or_else(|| {
            let tokens = u32::try_from(count(text)).unwrap_or(u32::MAX);
            memo.put(key, tokens);
            tokens
        })
    })
}

/// Length and hash: two texts that are taken for each other would have to share both.
type Key = (usize, u64);

fn key(text: &str) -> Key {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    (text.len(), hasher.finish())
}

/// Counts of texts. When the young generation is full it becomes the old one, and the old one is forgotten; what is
/// still asked for moves to the young one.
#[derive(Default)]
struct Memo(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Key, u32>,
    old: HashMap<Key, u32>,
}

impl Memo {
    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Every change is a single one, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: Key) -> Option<u32> {
        let mut generations = self.lock();
        if let Some(&tokens) = generations.young.get(&key) {
            return Some(tokens);
        }
        let tokens = generations.old.remove(&key)?;
        generations.put(key, tokens);
        Some(tokens)
    }

    fn put(&self, key: Key, tokens: u32) {
        self.lock().put(key, tokens);
    }
}

impl Generations {
    fn put(&mut self, key: Key, tokens: u32) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, tokens);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_count_is_remembered_and_memory_is_bounded() {
        let counted = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&counted);
        let counter = memoised("letters", move |text| {
            seen.fetch_add(1, Ordering::Relaxed);
            text.len()
        });
        for _ in 0..3 {
            assert_eq!(counter.count("four"), 4);
        }
        assert_eq!(counted.load(Ordering::Relaxed), 1);

        let memo = Memo::default();
        for n in 0..3 * REMEMBERED {
            memo.put((n, 0), 7);
            assert_eq!(memo.get((0, 0)), Some(7), "what is used stays, after {n}");
        }
        let generations = memo.lock();
        assert!(generations.young.len() <= REMEMBERED && generations.old.len() <= REMEMBERED);
        assert!(!generations.young.contains_key(&(1, 0)) && !generations.old.contains_key(&(1, 0)));
    }

    #[test]
    fn names_choose_the_vocabulary() {
        for (model, counter) in [
            ("gpt-4o-mini", "o200k_base"),
            ("openai/gpt-4.1", "o200k_base"),
            ("openai/gpt-5-mini:free", "o200k_base"),
            ("o3-mini", "o200k_base"),
            ("gpt-oss:20b", "o200k_base"),
            ("gpt-4-turbo", "cl100k_base"),
            ("openai/gpt-3.5-turbo", "cl100k_base"),
            ("anthropic/claude-sonnet-4", "an estimate for claude, 10 % up"),
            ("olmo-2", "an estimate"),
            ("phi4:14b", "cl100k_base"),
            ("microsoft/phi-4", "cl100k_base"),
            ("phi4-mini:3.8b", "o200k_base"),
            ("o1ive", "an estimate"),
            ("qwen3:8b", "an estimate"),
        ] {
            assert_eq!(counter_for(model).name(), counter, "{model}");
        }
    }
}
