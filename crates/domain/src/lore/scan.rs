//! The sweeps through what was said and through what entries say.
//!
//! Every key is compared with every text at most once, whatever the entries wake: what came up is remembered.

use super::{
    Key, Logic, LoreEntry, Reason, Settings, Talk, Why,
    text::{Compare, Text, Work, recursed},
    timers::Effect,
};

/// An entry while it is looked at.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) entry: &'a LoreEntry,
    pub(super) index: usize,
    pub(super) sticky: bool,
    /// What makes it fire whatever comes up.
    always: Option<Why<'a>>,
    similar: Option<f32>,
    /// Fired, or rejected for good.
    pub(super) done: bool,
    compare: Compare,
    keys: Hits<'a>,
    secondary: Hits<'a>,
    additional: Hits<'a>,
    excluding: Hits<'a>,
    /// How many of the newest messages were compared, and of the woken entries' texts.
    seen_messages: usize,
    seen_recursed: usize,
    seen_extra: bool,
    /// The entry whose text first held one of the keys.
    woken_by: Option<usize>,
}

/// A match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match<'a> {
    pub(super) why: Why<'a>,
    pub(super) score: u32,
    pub(super) woken_by: Option<usize>,
}

/// Keys and which of them came up.
#[derive(Debug)]
struct Hits<'a> {
    keys: &'a [Key],
    /// The keys with their macros replaced, if any has some.
    resolved: Option<Vec<Key>>,
    up: Vec<bool>,
}

impl<'a> Hits<'a> {
    fn new(keys: &'a [Key], talk: &Talk<'_>) -> Self {
        let resolved = keys
            .iter()
            .any(Key::is_template)
            .then(|| keys.iter().map(|key| key.resolved(talk.character.name, talk.user)).collect());
        Self { keys, resolved, up: vec![false; keys.len()] }
    }

    /// Looks for the keys that did not come up yet; whether any came up now.
    fn search(&mut self, text: &Text, how: Compare, work: &mut Work) -> bool {
        let keys = self.resolved.as_deref().unwrap_or(self.keys);
        let mut found = false;
        for (key, up) in keys.iter().zip(&mut self.up) {
            if !*up && text.holds(key, how, work) {
                *up = true;
                found = true;
            }
        }
        found
    }

    fn first(&self) -> Option<&'a str> {
        self.keys.iter().zip(&self.up).find(|(_, up)| **up).map(|(key, _)| key.text())
    }

    fn count(&self) -> u32 {
        self.up.iter().filter(|up| **up).count() as u32
    }

    fn all(&self) -> bool {
        self.up.iter().all(|up| *up)
    }
}

/// All that can be searched.
#[derive(Debug)]
pub(super) struct Texts<'a> {
    /// Newest first.
    messages: Vec<Text>,
    /// Persona, description, personality, note, scenario, creator's notes.
    extra: [Text; 6],
    /// What woken entries say, with their numbers.
    recursed: Vec<(usize, Text)>,
    char: &'a str,
    user: &'a str,
}

impl<'a> Texts<'a> {
    pub(super) fn new(talk: &Talk<'a>, settings: &Settings) -> Self {
        let who = &talk.character;
        let extra =
            [talk.persona, who.description, who.personality, who.note, who.scenario, who.creator_notes];
        Self {
            messages: talk
                .messages
                .iter()
                .rev()
                .map(|said| Text::said(said.name, said.text, settings.include_names))
                .collect(),
            extra: extra.map(|text| Text::new(text.to_owned())),
            recursed: Vec::new(),
            char: who.name,
            user: talk.user,
        }
    }

    pub(super) fn add(&mut self, index: usize, content: &str) {
        self.recursed.push((index, Text::new(recursed(content, self.char, self.user))));
    }

    pub(super) fn messages(&self) -> usize {
        self.messages.len()
    }
}

/// Which part of the texts a sweep goes through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep {
    /// Messages that are searched for entries without a depth of their own.
    pub(super) depth: usize,
    /// Whether texts of woken entries are searched as well.
    pub(super) recursion: bool,
    /// The highest level of delayed entries that is open.
    pub(super) level: Option<u32>,
}

impl<'a> Candidate<'a> {
    pub(super) fn new(
        entry: &'a LoreEntry,
        index: usize,
        effect: Effect,
        kept: bool,
        talk: &Talk<'_>,
        settings: &Settings,
    ) -> Self {
        let sticky = effect == Effect::Sticky;
        let similar = talk.similar.iter().find(|(similar, _)| *similar == index).map(|(_, score)| *score);
        let secondary: &[Key] = if entry.selective { &entry.secondary_keys } else { &[] };
        Self {
            entry,
            index,
            sticky,
            always: [
                (entry.rules.activate, Why::Decorator),
                (kept, Why::Kept),
                (sticky, Why::Sticky),
                (entry.constant, Why::Constant),
            ]
            .into_iter()
            .find_map(|(on, why)| on.then_some(why)),
            similar: similar.filter(|_| entry.vectorized),
            done: false,
            compare: Compare {
                case_sensitive: entry.case_sensitive.unwrap_or(settings.case_sensitive),
                whole_words: entry.whole_words.unwrap_or(settings.whole_words),
            },
            keys: Hits::new(&entry.keys, talk),
            secondary: Hits::new(secondary, talk),
            additional: Hits::new(&entry.rules.additional_keys, talk),
            excluding: Hits::new(&entry.rules.exclude_keys, talk),
            seen_messages: 0,
            seen_recursed: 0,
            seen_extra: false,
            woken_by: None,
        }
    }

    /// Whether the sweep is one that can wake the entry.
    pub(super) fn takes_part(&self, sweep: Sweep) -> bool {
        if self.sticky || self.entry.rules.activate {
            return true;
        }
        match self.entry.recursion.delay {
            Some(level) => sweep.level.is_some_and(|open| level <= open),
            None => !(sweep.recursion && self.entry.recursion.excluded),
        }
    }

    /// Looks through the texts of the sweep that were not looked through before.
    pub(super) fn search(&mut self, texts: &Texts<'_>, sweep: Sweep, work: &mut Work) {
        let depth =
            self.entry.scan_depth.map_or(sweep.depth, |depth| depth as usize).min(texts.messages.len());
        for text in &texts.messages[self.seen_messages.min(depth)..depth] {
            self.compare_with(text, None, work);
        }
        self.seen_messages = self.seen_messages.max(depth);
        if !self.seen_extra {
            self.seen_extra = true;
            let wanted = self.entry.sources;
            let wanted = [
                wanted.persona,
                wanted.description,
                wanted.personality,
                wanted.note,
                wanted.scenario,
                wanted.creator_notes,
            ];
            for (text, _) in texts.extra.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
                self.compare_with(text, None, work);
            }
        }
        if sweep.recursion && !self.entry.recursion.excluded {
            for (from, text) in &texts.recursed[self.seen_recursed..] {
                self.compare_with(text, Some(*from), work);
            }
            self.seen_recursed = texts.recursed.len();
        }
    }

    fn compare_with(&mut self, text: &Text, from: Option<usize>, work: &mut Work) {
        let fresh = self.keys.count() == 0;
        if self.keys.search(text, self.compare, work) && fresh {
            self.woken_by = from;
        }
        for hits in [&mut self.secondary, &mut self.additional, &mut self.excluding] {
            hits.search(text, self.compare, work);
        }
    }

    /// Whether the entry fires, or why not yet.
    pub(super) fn verdict(&self) -> Result<Match<'a>, Reason<'a>> {
        let always = |why| Ok(Match { why, score: self.score(), woken_by: None });
        if let Some(why) = self.always {
            return always(why);
        }
        if let Some(key) = self.excluding.first() {
            return Err(Reason::Excluded { key });
        }
        if let Some(score) = self.similar {
            self.additional()?;
            return always(Why::Semantic { score });
        }
        let Some(key) = self.keys.first() else {
            return Err(Reason::NoKey);
        };
        self.additional()?;
        let logic = self.entry.logic;
        let secondary = self.secondary.first();
        let fits = self.secondary.keys.is_empty()
            || match logic {
                Logic::AndAny => secondary.is_some(),
                Logic::AndAll => self.secondary.all(),
                Logic::NotAny => secondary.is_none(),
                Logic::NotAll => !self.secondary.all(),
            };
        if !fits {
            return Err(Reason::Secondary { key, logic });
        }
        let secondary = secondary.filter(|_| matches!(logic, Logic::AndAny | Logic::AndAll));
        Ok(Match { why: Why::Key { key, secondary }, score: self.score(), woken_by: self.woken_by })
    }

    fn additional(&self) -> Result<(), Reason<'a>> {
        if self.additional.keys.is_empty() || self.additional.count() > 0 {
            Ok(())
        } else {
            Err(Reason::Decorator("additional_keys"))
        }
    }

    /// One point for every key; for secondary keys as their logic has it.
    fn score(&self) -> u32 {
        let secondary = match self.entry.logic {
            Logic::AndAny => self.secondary.count(),
            Logic::AndAll if self.secondary.all() => self.secondary.count(),
            Logic::AndAll | Logic::NotAny | Logic::NotAll => 0,
        };
        self.keys.count() + secondary
    }
}
