//! A model's raw output as something a character would say.
//!
//! Taken away: thinking, leaked marks of the chat format, the character's own name as a prefix, quotes around the
//! whole, and everything from where the model begins to speak for somebody else. Normal text stays as it is.

use crate::character::Character;

mod brief;
mod labels;
mod marks;
mod stages;

use labels::Labels;

/// A cleaned reply, or as much of it as is safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// What to show; empty when nothing is left.
    pub text: String,
    /// The reply ends here, whatever the model adds: it began to speak for somebody else, or said enough.
    pub over: bool,
}

/// Cleans the replies of one character in one scene.
#[derive(Clone, Debug)]
pub struct Cleaner {
    labels: Labels,
    brief: bool,
}

/// Cleans a whole reply. `others` are the names of everybody else present, as the prompt showed them.
pub fn clean(raw: &str, character: &Character, others: &[String]) -> String {
    Cleaner::new(character, others).whole(raw).text
}

impl Cleaner {
    /// For a character among `others`, given by the names that the prompt showed.
    pub fn new(character: &Character, others: &[String]) -> Self {
        Self { labels: Labels::new(character, others), brief: false }
    }

    /// Keeps replies to whole sentences and ends them after the first sentence that is past 90 characters: small
    /// models stop in mid-sentence, and begin to ramble after the second one.
    #[must_use]
    pub fn brief(self, brief: bool) -> Self {
        Self { brief, ..self }
    }

    /// The part of a growing reply that will not change any more. For every text that begins with `raw`, the
    /// cleaned text begins with the text returned here.
    pub fn partial(&self, raw: &str) -> Cleaned {
        self.run(raw, false)
    }

    /// The reply when all of it is there.
    pub fn whole(&self, raw: &str) -> Cleaned {
        self.run(raw, true)
    }

    fn run(&self, raw: &str, whole: bool) -> Cleaned {
        let cleaned = stages::run(raw, &self.labels, whole);
        if self.brief { brief::shortened(cleaned, whole) } else { cleaned }
    }
}
