//! What people do to a scene: they come first.

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation;

use super::Run;
use crate::{Timestamp, UserId};

/// What people said since the scene's last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Messages of people.
    pub messages: usize,
    /// When the newest came.
    pub newest: Timestamp,
}

/// What the scene does when its next turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yields {
    /// It goes on.
    GoesOn,
    /// It waits until then and looks again.
    Waits(Timestamp),
    /// It ends: the channel belongs to the people who talk in it.
    Ends,
}

/// How long people must have been quiet before the scene goes on.
const QUIET: Duration = Duration::from_secs(20);

/// Messages of people between two lines that end a scene.
const DROWNED: usize = 6;

impl Run {
    /// A line of a person in between is heard by the next voice; while people talk the scene waits, and when they
    /// have taken the channel over it ends. Whom they talk to is attention's business: an answer they asked for comes
    /// before the scene in any case.
    pub fn yields(&self, said: Option<Said>, now: Timestamp) -> Yields {
        match said {
            Some(said) if said.messages >= DROWNED => Yields::Ends,
            Some(said) if now.since(said.newest) < QUIET => Yields::Waits(said.newest.plus(QUIET)),
            Some(_) | None => Yields::GoesOn,
        }
    }

    /// Whether a message ends the scene at once: the one who asked for it calls it off.
    pub fn is_called_off(&self, by: UserId, text: &str) -> bool {
        by == self.asked_by && calls_it_off(text)
    }
}

/// Whether a message says nothing but that it is enough.
pub fn calls_it_off(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "stop",
        "stop it",
        "please stop",
        "stop please",
        "stop the scene",
        "end scene",
        "cut",
        "enough",
        "that's enough",
        "stopp",
        "halt",
        "aufhören",
        "schluss",
        "das reicht",
        "genug",
        "arrête",
        "arrêtez",
        "ça suffit",
        "basta",
        "para",
        "parem",
        "pare",
        "alto",
        "стоп",
        "хватит",
        "stoppa",
        "dur",
        "やめて",
        "停",
        "停止",
        "그만",
    ];
    let said: Vec<String> = text.unicode_words().map(str::to_lowercase).collect();
    !said.is_empty() && WORDS.iter().any(|phrase| phrase.unicode_words().eq(said.iter().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_is_enough_only_when_it_is_all_that_is_said() {
        for text in ["Stop!", "stop", "That's enough.", "CUT", "Schluss!", "Arrête!", "やめて", "хватит!"]
        {
            assert!(calls_it_off(text), "{text}");
        }
        for text in ["don't stop", "the bus stop is there", "enough bread for two", "", "…"] {
            assert!(!calls_it_off(text), "{text}");
        }
    }
}
