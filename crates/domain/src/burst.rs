//! Several messages of one person that are one question: whether to wait for more, and what may join a turn.
//!
//! Waiting is what everybody pays for, so almost nobody waits: a message is answered at once unless its text is
//! visibly unfinished or its writer is known to send in pieces. What comes while an answer is still being thought
//! about joins it for nothing: see [`may_join`].

use std::{collections::VecDeque, time::Duration};

use crate::{
    CharacterId, Timestamp,
    attention::Verdict,
    event::{AuthorKind, Message},
    limits,
};

/// The longest gap between two messages of one burst.
pub const GAP: Duration = Duration::from_secs(8);

/// The longest pause before an answer is begun.
pub const PAUSE_AT_MOST: Duration = Duration::from_millis(2_500);

/// The pause after a message that visibly goes on, of a person of whom nothing is known.
const UNFINISHED: Duration = Duration::from_millis(1_200);

/// Messages of a burst.
pub const MESSAGES: usize = 8;

/// Messages of a person that a habit remembers.
const REMEMBERED: usize = 12;

/// Remembered messages that are enough to speak of a habit.
const ENOUGH: usize = 4;

/// How a person sends in a channel: in whole messages, or in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habit {
    /// For each of the last messages, the gap until the next one of the same burst; `None` where none followed.
    gaps: VecDeque<Option<Duration>>,
    /// The last message, of which it is not known yet whether another one follows.
    last: Option<Timestamp>,
}

impl Habit {
    /// Notes a message of the person; `interrupted` if somebody else spoke since their last one.
    pub fn note(&mut self, at: Timestamp, interrupted: bool) {
        if let Some(last) = self.last.replace(at) {
            let gap = at.since(last);
            self.gaps.push_back((!interrupted && gap <= GAP && at >= last).then_some(gap));
            if self.gaps.len() > REMEMBERED {
                self.gaps.pop_front();
            }
        }
    }

    /// How long this person usually takes to send the next piece; nothing for people who send whole messages.
    pub fn usual_gap(&self) -> Option<Duration> {
        let mut followed: Vec<Duration> = self.gaps.iter().flatten().copied().collect();
        // In pieces is: more often than not.
        if self.gaps.len() < ENOUGH || followed.len() * 2 <= self.gaps.len() {
            return None;
        }
        followed.sort_unstable();
        // Three of four pieces come within this.
        followed.get((followed.len() * 3).div_ceil(4) - 1).copied()
    }
}

/// How long to wait for more of a message before an answer is begun: nothing, for almost all messages.
///
/// `typing` is whether the person was seen typing after the message was sent.
pub fn pause(text: &str, habit: &Habit, typing: bool) -> Duration {
    let usual = habit.usual_gap();
    let unfinished = is_unfinished(text);
    match usual {
        // Somebody who types on is waited for, if they are known to send in pieces or broke off.
        Some(_) if typing => PAUSE_AT_MOST,
        None if typing && unfinished => PAUSE_AT_MOST,
        Some(gap) if unfinished => (gap + gap / 2).max(UNFINISHED).min(PAUSE_AT_MOST),
        Some(gap) => (gap + gap / 4).min(PAUSE_AT_MOST),
        None if unfinished => UNFINISHED,
        None => Duration::ZERO,
    }
}

/// Whether a text breaks off: behind a comma, a colon or a dash, with a word that joins sentences, or within
/// a code block.
pub fn is_unfinished(text: &str) -> bool {
    let text = text.trim_end();
    if text.matches("```").count() % 2 == 1 {
        return true;
    }
    // Only words that hardly ever end a sentence: "I think so" and "since when" are whole.
    let joining = [
        "and", "but", "because", "or", "the", "if", "und", "aber", "weil", "oder", "et", "mais", "y", "pero",
        "и", "но",
    ];
    let last_word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    if text.ends_with(':') {
        // `:wave:` is an emoji that was not converted.
        return last_word.len() < 3 || !last_word.starts_with(':');
    }
    text.ends_with([',', ';', '、', '，', '،', '—', '–'])
        || text.ends_with(" -")
        || (text.contains(char::is_whitespace) && joining.contains(&last_word.to_lowercase().as_str()))
}

/// A turn that waits or runs, as far as a further message of its asker is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The newest message that is part of the question.
    pub last: &'a Message,
    /// Messages that are part of it.
    pub messages: usize,
    /// Characters of them all.
    pub chars: usize,
    /// Who answers.
    pub characters: &'a [CharacterId],
    /// Whether anything of the answer can be seen already.
    pub shown: bool,
    /// Whether somebody else spoke since the newest message.
    pub spoken_between: bool,
}

/// Whether a further message belongs to a question that nobody has seen an answer to: then the answer is thought
/// anew for both, instead of twice.
///
/// It must be of the same person, come soon, and turn to nobody else: neither a reply to another message nor a call
/// for a character that does not answer anyway. `verdict` is what attention says of the message by itself; commands
/// and what is not to be heard (`#ignore`) never join.
pub fn may_join(asked: &Asked<'_>, later: &Message, verdict: &Verdict) -> bool {
    let last = asked.last;
    let length = later.content.raw().chars().count();
    let continues = later.author.id == last.author.id
        && later.author.kind == AuthorKind::Human
        && later.place.channel == last.place.channel
        && later.id != last.id
        && later.sent_at >= last.sent_at
        && later.sent_at.since(last.sent_at) <= GAP
        && later.reply_to.is_none_or(|reply| Some(reply.message) == last.reply_to.map(|reply| reply.message));
    let fits = asked.messages < MESSAGES && asked.chars.saturating_add(length) <= limits::INCOMING_CHARS;
    let same_ears = match verdict {
        Verdict::Answer(chosen) => {
            // Who was chosen freely gives way to who answers already; whoever is called is called.
            chosen.iter().all(|chosen| {
                asked.characters.contains(&chosen.character) || !chosen.reason.calls_a_character()
            })
        }
        Verdict::Silent { gate } => gate.leaves_nobody_addressed(),
    };
    continues && fits && same_ears && !asked.shown && !asked.spoken_between
}
