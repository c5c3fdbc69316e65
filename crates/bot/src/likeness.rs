//! Which vectorised lore is like what was said, as an embedding model has it.

use std::collections::{BTreeMap, btree_map::Entry};

use domain::{
    character::Lorebook,
    event::Message,
    lore::{LoreEntry, Settings},
    scene::Scene,
};

use crate::embedding::{Embedding, cosine};

/// Vectorised entries of a book that are compared, the first ones: several books of a size fit into what is kept.
const ENTRIES: usize = 1_000;

/// Characters of an entry, and of what was said, that are compared: models for vectors see a few hundred words.
const CHARS: usize = 2_000;

/// Messages that are compared at most, whatever a book says.
const MESSAGES: usize = 50;

/// What tells likeness. A cheap handle.
#[derive(Clone, Debug)]
pub struct Likenesses(Embedding);

impl Likenesses {
    /// As the model has it.
    pub const fn new(embedding: Embedding) -> Self {
        Self(embedding)
    }

    /// The entries of a book that are like what was said in a scene and in the message that is answered: their numbers,
    /// with the likeness. None if nobody can say so in time.
    pub async fn of(
        &self,
        book: Option<&Lorebook>,
        scene: &Scene<'_>,
        question: Option<&Message>,
    ) -> Vec<(usize, f32)> {
        let Some(book) = book.filter(|book| book.entries.iter().any(compared)) else { return Vec::new() };
        let before = scene.history.iter().rev();
        let before = before.filter(|line| question.is_none_or(|asked| line.message != Some(asked.id)));
        let newest: Vec<&str> = question
            .map(|asked| asked.content.raw())
            .into_iter()
            .chain(before.map(|line| line.text.raw()))
            .take(MESSAGES)
            .collect();
        self.compare(book, &newest).await.unwrap_or_default()
    }

    /// `newest` is what was said, the newest first. Nothing if nobody can say so in time.
    async fn compare(&self, book: &Lorebook, newest: &[&str]) -> Option<Vec<(usize, f32)>> {
        let usual = book.scan_depth.unwrap_or(Settings::default().scan_depth);
        let depth = |entry: &LoreEntry| entry.scan_depth.unwrap_or(usual);
        let entries = book.entries.iter().enumerate().filter(|(_, entry)| compared(entry)).take(ENTRIES);
        let entries: Vec<(usize, &LoreEntry)> = entries.collect();
        // Entries of a book look equally far back, but for a few.
        let mut said_by_depth = BTreeMap::new();
        for (_, entry) in &entries {
            let depth = depth(entry);
            let Entry::Vacant(vacant) = said_by_depth.entry(depth) else { continue };
            let vector = match said(newest, depth as usize) {
                Some(text) => Some(self.0.query(&text).await?),
                None => None,
            };
            vacant.insert(vector);
        }
        let pairs = entries.iter().filter_map(|(index, entry)| {
            let said = said_by_depth.get(&depth(entry))?.as_ref()?;
            Some((*index, beginning(entry.content.trim()), said))
        });
        let pairs: Vec<_> = pairs.collect();
        let texts: Vec<&str> = pairs.iter().map(|(_, text, _)| *text).collect();
        let vectors = self.0.documents_in_time(&texts).await?;
        let least = self.0.least_likeness();
        let like = pairs.iter().zip(&vectors).filter_map(|((index, _, said), vector)| {
            let likeness = cosine(vector, said);
            (likeness >= least).then_some((*index, likeness))
        });
        Some(like.collect())
    }
}

/// Whether likeness can make a difference to an entry.
fn compared(entry: &LoreEntry) -> bool {
    entry.enabled && entry.vectorized && !entry.constant && !entry.content.trim().is_empty()
}

/// The newest messages as one text, the oldest of them first; nothing if there are none to be searched.
fn said(newest: &[&str], depth: usize) -> Option<String> {
    let mut some: Vec<&str> = newest.iter().take(depth).copied().collect();
    some.reverse();
    let text = some.join("\n");
    let text = text.trim();
    let start = text.char_indices().rev().nth(CHARS - 1).map_or(0, |(at, _)| at);
    Some(text[start..].to_owned()).filter(|text| !text.is_empty())
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(CHARS).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests;
