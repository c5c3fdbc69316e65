//! World info: which pieces of lore come up in what was said.
//!
//! The rules are those of Character Card V2 and V3 and of `SillyTavern`'s World Info; `docs/world-info.md` lists every
//! one of them with the test that shows it. [`activate`] is pure: what lasts ([`Timers`]) and the dice come in, and
//! the same arguments give the same result.
//!
//! One activation is a series of sweeps. The first goes through the messages. As long as entries fire and may wake
//! others, the next ones go through the texts of those as well; then the levels of delayed entries open, one by one;
//! then, if so few entries fired, older messages are taken in. In every sweep what matched is settled in this order:
//! groups, dice, budget. Each sweep but the last fires an entry, opens a level or takes in a message, so there is an
//! end whatever the entries say.

use std::cmp::Reverse;

use fastrand::Rng;

use crate::tokens::Counter;

mod budget;
mod decorator;
mod entry;
mod group;
mod key;
mod merge;
mod outcome;
mod pairs;
mod scan;
mod text;
mod timers;

pub(crate) use budget::counted;
pub use budget::{Budget, cost};
pub(crate) use decorator::apply as apply_decorators;
pub use entry::{
    CharacterFilter, Logic, LoreEntry, LorePosition, Lorebook, Recursion, Rules, Sources, Timed, Trigger,
};
pub use key::Key;
pub use merge::{Owner, Strategy};
pub use outcome::{Activation, Fired, Reason, Rejected, Why};
pub use timers::Timers;

use budget::Room;
use group::Contender;
use scan::{Candidate, Match, Sweep, Texts};
use text::Work;
use timers::Effect;

/// How lore is looked for where a book or an entry does not say.
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many of the newest messages are searched.
    pub scan_depth: u32,
    /// Tokens of all entries together.
    pub budget: Budget,
    /// When to go on searching, or to stop.
    pub reach: Reach,
    /// Whether `Mira` and `mira` differ.
    pub case_sensitive: bool,
    /// Whether keys must stand as whole words.
    pub whole_words: bool,
    /// Whether entries with fewer matching keys lose their groups.
    pub group_scoring: bool,
    /// Whether keys are also found in the names of those who speak. Expressions with `\x01` always see them.
    pub include_names: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scan_depth: 4,
            budget: Budget::Percent(25),
            reach: Reach::Open,
            case_sensitive: false,
            whole_words: true,
            group_scoring: false,
            // Anybody can choose a name.
            include_names: false,
        }
    }
}

/// How far the sweeps go. The two limits exclude each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Until nothing new fires.
    #[default]
    Open,
    /// So many sweeps at most; 1 is no recursion.
    MaxSteps(u32),
    /// Older messages are taken in one by one until so many entries fired.
    MinActivations {
        /// How many.
        entries: u32,
        /// Messages that are searched at most; 0 is all.
        max_depth: u32,
    },
}

/// Something that was said.
#[derive(Clone, Copy, Debug)]
pub struct Utterance<'a> {
    /// By whom.
    pub name: &'a str,
    /// What.
    pub text: &'a str,
}

/// The character for whom lore is looked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// Its name: `{{char}}` in keys.
    pub name: &'a str,
    /// Other names that filters may call it by.
    pub other_names: &'a [&'a str],
    /// Its tags.
    pub tags: &'a [String],
    /// Its description.
    pub description: &'a str,
    /// Its personality.
    pub personality: &'a str,
    /// Its note within the chat.
    pub note: &'a str,
    /// Its scenario.
    pub scenario: &'a str,
    /// Its author's notes.
    pub creator_notes: &'a str,
}

/// The chat at the moment of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Talk<'a> {
    /// What was said, oldest first.
    pub messages: &'a [Utterance<'a>],
    /// Messages that the chat has had in all: the clock of timed effects.
    pub count: u64,
    /// Those of them by the character.
    pub own_count: u64,
    /// Who will answer.
    pub character: About<'a>,
    /// Whom: `{{user}}` in keys.
    pub user: &'a str,
    /// What is known of that person.
    pub persona: &'a str,
    /// The kind of answer.
    pub trigger: Trigger,
    /// The number of the greeting that the chat began with, where there was one.
    pub greeting: Option<u32>,
    /// The name of the person's picture, where it has one.
    pub user_icon: Option<&'a str>,
    /// Entries whose text is like what was said, by number, with the likeness.
    pub similar: &'a [(usize, f32)],
    /// Tokens of the model's context.
    pub context_tokens: u32,
    /// Tokens that the prompt has for lore. Nothing goes beyond.
    pub room: u32,
    /// How tokens are counted.
    pub counter: &'a Counter,
}

/// Nothing was said, and tokens are estimated.
impl Default for Talk<'_> {
    fn default() -> Self {
        Self {
            messages: &[],
            count: 0,
            own_count: 0,
            character: About::default(),
            user: "",
            persona: "",
            trigger: Trigger::default(),
            greeting: None,
            user_icon: None,
            similar: &[],
            context_tokens: 0,
            room: 0,
            counter: &Counter::ESTIMATE,
        }
    }
}

/// Finds the entries that fire.
pub fn activate<'a>(
    book: &'a Lorebook,
    talk: &Talk<'_>,
    settings: &Settings,
    timers: &Timers,
    dice: &mut Rng,
) -> Activation<'a> {
    let timers = timers.current(book, talk.count);
    let room = Room::new(book, settings.budget, talk.context_tokens, talk.room);
    let mut run = Run {
        settings,
        candidates: Vec::new(),
        texts: Texts::new(talk, settings),
        work: Work::new(),
        fired: Vec::new(),
        rejected: Vec::new(),
        room,
        counter: talk.counter,
        dice,
        recursive: book.recursive_scanning,
    };
    for (index, entry) in book.entries.iter().enumerate() {
        let effect = timers.effect(entry, talk.count);
        let met = timers.has_met(entry);
        if let Some(reason) = ruled_out(entry, talk, effect, met) {
            run.rejected.push(Rejected { entry, index, why: None, reason });
        } else {
            let kept = met && entry.rules.keep_after_match;
            run.candidates.push(Candidate::new(entry, index, effect, kept, talk, settings));
        }
    }
    run.sweeps(book.scan_depth.unwrap_or(settings.scan_depth) as usize);
    run.finish(timers, talk.count)
}

/// What keeps an entry from firing before any key is looked at.
fn ruled_out<'a>(entry: &LoreEntry, talk: &Talk<'_>, effect: Effect, met: bool) -> Option<Reason<'a>> {
    let rules = &entry.rules;
    if !entry.enabled {
        return Some(Reason::Disabled);
    }
    if entry.content.trim().is_empty() {
        return Some(Reason::Empty);
    }
    if !entry.triggers.is_empty() && !entry.triggers.contains(&talk.trigger) {
        return Some(Reason::Trigger);
    }
    if !lets_in(&entry.filter, &talk.character) {
        return Some(Reason::Character);
    }
    if u64::from(entry.timed.delay) > talk.count {
        return Some(Reason::Delay { needs: entry.timed.delay });
    }
    if let Effect::Cooldown(until) = effect {
        return Some(Reason::Cooldown { until });
    }
    if rules.activate {
        return None;
    }
    if met && rules.keep_after_match {
        return None;
    }
    let forbidden = [
        (rules.dont_activate, "dont_activate"),
        (met && rules.dont_after_match, "dont_activate_after_match"),
        (rules.only_after.is_some_and(|after| talk.own_count < u64::from(after)), "activate_only_after"),
        (
            rules.only_every.is_some_and(|every| !talk.own_count.is_multiple_of(u64::from(every.max(1)))),
            "activate_only_every",
        ),
        (rules.greeting.zip(talk.greeting).is_some_and(|(wanted, is)| wanted != is), "is_greeting"),
        (
            rules.user_icon.as_deref().zip(talk.user_icon).is_some_and(|(wanted, is)| wanted != is),
            "is_user_icon",
        ),
    ];
    forbidden.into_iter().find(|(forbids, _)| *forbids).map(|(_, name)| Reason::Decorator(name))
}

fn lets_in(filter: &CharacterFilter, character: &About<'_>) -> bool {
    if filter.names.is_empty() && filter.tags.is_empty() {
        return true;
    }
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    let named = filter.names.iter().any(|name| {
        same(name, character.name) || character.other_names.iter().any(|other| same(name, other))
    });
    let tagged = filter.tags.iter().any(|tag| character.tags.iter().any(|own| same(own, tag)));
    (named || tagged) != filter.exclude
}

/// An activation under way.
struct Run<'a, 'b> {
    settings: &'b Settings,
    candidates: Vec<Candidate<'a>>,
    texts: Texts<'b>,
    work: Work,
    fired: Vec<Fired<'a>>,
    rejected: Vec<Rejected<'a>>,
    room: Room,
    counter: &'b Counter,
    dice: &'b mut Rng,
    recursive: bool,
}

impl<'a> Run<'a, '_> {
    fn sweeps(&mut self, depth: usize) {
        let mut levels: Vec<u32> =
            self.candidates.iter().filter_map(|candidate| candidate.entry.recursion.delay).collect();
        levels.sort_unstable();
        levels.dedup();
        let mut levels = levels.into_iter();
        let mut sweep = Sweep { depth, recursion: false, level: None };
        let mut step = 0_u32;
        loop {
            let level = if sweep.recursion { step } else { 0 };
            let woke = self.sweep(sweep, level);
            step += 1;
            let may_recurse = self.recursive
                && !self.work.spent()
                && !matches!(self.settings.reach, Reach::MaxSteps(steps) if steps > 0 && step >= steps);
            if may_recurse && woke {
                sweep.recursion = true;
                if sweep.level.is_none() {
                    sweep.level = levels.next();
                }
            } else if may_recurse && let Some(next) = levels.next() {
                sweep.recursion = true;
                sweep.level = Some(next);
            } else if let Some(deeper) = self.deeper(sweep.depth) {
                sweep.depth = deeper;
                sweep.recursion = false;
            } else {
                break;
            }
        }
    }

    /// The next depth, if more entries must fire and older messages may be taken in.
    fn deeper(&self, depth: usize) -> Option<usize> {
        let Reach::MinActivations { entries, max_depth } = self.settings.reach else {
            return None;
        };
        let most = match max_depth {
            0 => self.texts.messages(),
            most => self.texts.messages().min(most as usize),
        };
        let wanted = (self.fired.len() as u64) < u64::from(entries);
        (wanted && depth < most && !self.room.overflow && !self.work.spent()).then_some(depth + 1)
    }

    /// One sweep; whether an entry fired that may wake others.
    fn sweep(&mut self, sweep: Sweep, level: u32) -> bool {
        let mut matched: Vec<(usize, Match<'a>)> = Vec::new();
        for (at, candidate) in self.candidates.iter_mut().enumerate() {
            if candidate.done || !candidate.takes_part(sweep) {
                continue;
            }
            candidate.search(&self.texts, sweep, &mut self.work);
            if let Ok(found) = candidate.verdict() {
                matched.push((at, found));
            }
        }
        self.groups(&mut matched);
        matched.sort_by_key(|(at, _)| {
            let candidate = &self.candidates[*at];
            budget::rank(candidate.entry, candidate.sticky, candidate.index)
        });
        let mut woke = false;
        for (at, found) in matched {
            woke |= self.settle(at, found, level);
        }
        woke
    }

    /// Takes out what loses its groups.
    fn groups(&mut self, matched: &mut Vec<(usize, Match<'a>)>) {
        let contenders: Vec<Contender<'a>> = matched
            .iter()
            .map(|(at, found)| {
                let candidate = &self.candidates[*at];
                Contender {
                    entry: candidate.entry,
                    index: candidate.index,
                    score: found.score,
                    sticky: candidate.sticky,
                }
            })
            .filter(|contender| !contender.entry.groups.is_empty())
            .collect();
        if contenders.is_empty() {
            return;
        }
        let kept: Vec<&'a LoreEntry> = self.fired.iter().map(|fired| fired.entry).collect();
        let losers = group::losers(&contenders, &kept, self.settings.group_scoring, self.dice);
        matched.retain(|(at, found)| {
            let candidate = &mut self.candidates[*at];
            let lost = losers.iter().find(|(index, _)| *index == candidate.index);
            if let Some((index, reason)) = lost {
                candidate.done = true;
                let (entry, why) = (candidate.entry, Some(found.why));
                self.rejected.push(Rejected { entry, index: *index, why, reason: *reason });
            }
            lost.is_none()
        });
    }

    /// Dice and budget for one that matched; whether it fired and may wake others.
    fn settle(&mut self, at: usize, found: Match<'a>, level: u32) -> bool {
        let candidate = &mut self.candidates[at];
        candidate.done = true;
        let (entry, index, sticky) = (candidate.entry, candidate.index, candidate.sticky);
        let probability = entry.probability;
        if !sticky && probability < 100 {
            let rolled = self.dice.u8(0..100);
            if rolled >= probability {
                let reason = Reason::Chance { probability, rolled };
                self.rejected.push(Rejected { entry, index, why: Some(found.why), reason });
                return false;
            }
        }
        let tokens = counted(entry, self.counter);
        if let Err(reason) = self.room.take(entry, tokens) {
            self.rejected.push(Rejected { entry, index, why: Some(found.why), reason });
            return false;
        }
        let woken_by = found.woken_by.and_then(|by| {
            self.fired.iter().find(|fired| fired.index == by).map(|fired| fired.entry.label.as_str())
        });
        let level = if woken_by.is_some() || entry.recursion.delay.is_some() { level } else { 0 };
        self.fired.push(Fired { entry, index, why: found.why, level, woken_by, score: found.score, tokens });
        let wakes = self.recursive && !entry.recursion.prevents;
        if wakes {
            self.texts.add(index, &entry.content);
        }
        wakes
    }

    fn finish(self, mut timers: Timers, count: u64) -> Activation<'a> {
        let Self { candidates, mut fired, mut rejected, room, work, .. } = self;
        for candidate in candidates.iter().filter(|candidate| !candidate.done) {
            let waits = candidate.entry.recursion.delay.is_some();
            let reason = match candidate.verdict() {
                Err(Reason::NoKey) | Ok(_) if waits => Reason::Recursion,
                Err(reason) => reason,
                Ok(_) => Reason::NoKey,
            };
            rejected.push(Rejected { entry: candidate.entry, index: candidate.index, why: None, reason });
        }
        rejected.sort_by_key(|rejected| rejected.index);
        fired.sort_by_key(|fired| (Reverse(fired.entry.band), fired.entry.insertion_order, fired.index));
        for fired in &fired {
            timers.note(fired.entry, count);
        }
        let crowded = rejected
            .iter()
            .any(|rejected| matches!(rejected.reason, Reason::Budget { .. } | Reason::TooLarge { .. }));
        Activation {
            fired,
            rejected,
            timers,
            budget: room.budget(),
            overflow: crowded,
            exhausted: work.spent(),
        }
    }
}
