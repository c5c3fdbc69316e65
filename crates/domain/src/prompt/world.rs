//! Lore in the full shape: what fires, and where each piece stands.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Draft, LoreNote, Occasion, Section, SectionName};
use crate::{
    character::{Character, LorePosition},
    chat::Role,
    lore::{self, About, Fired, Reason, Rejected, Talk, Trigger, Utterance, Why},
    tokens::{Counter, PER_MESSAGE},
};

/// Messages that are searched for lore at most, whatever a book says.
const SCAN: usize = 50;

/// Where the note within the chat stands, whose top and bottom lore may take.
const NOTE_DEPTH: u32 = 4;

/// Tokens of the heading above woken lore.
const HEADING_TOKENS: u32 = 16;

/// Entries in the receipt that did not fire.
const NOTES: usize = 50;

/// Lore that fired, by its place. What is always there may stand with the stable part, the rest may not.
#[derive(Default)]
pub(super) struct World {
    pub(super) always_before: String,
    pub(super) always_after: String,
    /// With its heading.
    pub(super) woken: String,
    pub(super) personality: String,
    pub(super) scenario: String,
    pub(super) before_examples: Vec<String>,
    pub(super) after_examples: Vec<String>,
    /// By name, for `{{outlet::NAME}}`.
    pub(super) outlets: BTreeMap<String, String>,
    within: Vec<Within>,
    pub(super) without_system_prompt: bool,
    pub(super) without_post_history: bool,
    /// Tokens of what stands in no other section.
    pub(super) tokens: u32,
    pub(super) section: Option<Section>,
}

/// A message of lore within the chat.
struct Within {
    depth: u32,
    role: Role,
    text: String,
}

impl World {
    /// Finds what fires and expands it, in at most `budget` tokens.
    pub(super) fn of(draft: &mut Draft<'_>, budget: u32) -> Self {
        let character: &Character = draft.character;
        let known = draft.known;
        let Some(book) = known.book.or(character.book.as_ref()) else {
            return Self::default();
        };
        let transcript = draft.transcript;
        // A direction of ours is looked through like something that was said.
        let direction = Some(&transcript.direction).filter(|direction| !direction.is_empty());
        let mut messages: Vec<Utterance<'_>> = direction
            .map(|text| Utterance { name: "", text })
            .into_iter()
            .chain(transcript.all().rev().map(|said| Utterance { name: &said.label, text: &said.text }))
            .take(SCAN)
            .collect();
        messages.reverse();
        let all = transcript.all().count().max(1);
        let own = transcript.all().filter(|said| said.role == Role::Assistant).count();
        let (count, own_count) = known.messages.unwrap_or((all as u64, own as u64));
        let names: Vec<&str> = character.names().chain([character.id.as_str()]).collect();
        let talk = Talk {
            messages: &messages,
            count,
            own_count,
            character: About {
                name: character.called(),
                other_names: &names,
                tags: &character.tags,
                description: &character.description,
                personality: &character.personality,
                note: "",
                scenario: &character.scenario,
                creator_notes: &character.creator_notes,
            },
            user: draft.speakers.user_macro(),
            persona: known.persona,
            trigger: match draft.occasion {
                Occasion::GoOn { .. } => Trigger::Continue,
                _ => known.trigger,
            },
            similar: known.similar,
            context_tokens: draft.profile.context_tokens,
            room: budget.saturating_sub(HEADING_TOKENS),
            counter: &draft.profile.counter,
            ..Talk::default()
        };
        // The macros' dice stay where they are, whatever lore fires.
        let mut dice = draft.dice.clone();
        let active = lore::activate(book, &talk, &known.settings, &known.timers, &mut dice);
        draft.timers.clone_from(&active.timers);
        let mut world = Self::default();
        let mut section =
            Section { name: SectionName::Lore, tokens: 0, included: 0, left_out: 0, cut_chars: 0 };
        let mut sorter = Sorter::default();
        let mut left = talk.room;
        for fired in &active.fired {
            let text = draft.macros.expand(fired.entry.content.trim(), &mut dice).trim().to_owned();
            // Macros may have made it longer than it was.
            let tokens = if text == fired.entry.content {
                fired.tokens
            } else {
                draft.count(&text) + fired.tokens.saturating_sub(draft.count(&fired.entry.content))
            };
            let Some(rest) = left.checked_sub(tokens) else {
                section.left_out += 1;
                let reason = Reason::Budget { needs: tokens, left };
                draft.lore.push(LoreNote {
                    included: false,
                    reason: Some(reason.to_string()),
                    ..note(fired)
                });
                continue;
            };
            left = rest;
            section.included += 1;
            draft.lore.push(note(fired));
            world.without_system_prompt |= fired.entry.rules.without_system_prompt;
            world.without_post_history |= fired.entry.rules.without_post_history;
            sorter.put(fired, text, tokens);
        }
        section.left_out += active.crowded_out().count() as u32;
        let missed = active.rejected.iter().filter_map(|rejected| missed(rejected, &draft.profile.counter));
        draft.lore.extend(missed.take(NOTES));
        sorter.place(&mut world, character, &draft.profile.counter);
        mute_uncalled(draft, &world);
        section.tokens = world.tokens;
        world.section = Some(section);
        world
    }

    /// Says the pieces that stand before the message with this number, counted from 1 at the newest; those of depth
    /// 0 stand behind it. With `oldest`, also those that are meant for older messages than there are.
    pub(super) fn say(&self, draft: &mut Draft<'_>, number: u32, oldest: bool) {
        for within in &self.within {
            if within.depth == number || (oldest && within.depth > number) {
                draft.say(within.role, &within.text);
            }
        }
    }
}

/// The pieces by place, while they come in.
#[derive(Default)]
struct Sorter {
    always: [Vec<String>; 2],
    woken: [Vec<String>; 2],
    /// Tokens of what woke, line breaks and all: it is another text for nearly every answer, so it is not counted as a
    /// whole before it stands in its message.
    woken_tokens: u32,
    personality: Vec<String>,
    scenario: Vec<String>,
    examples: [Vec<String>; 2],
    note: [Vec<String>; 2],
    outlets: BTreeMap<String, Vec<String>>,
    within: Vec<Within>,
}

impl Sorter {
    fn put(&mut self, fired: &Fired<'_>, text: String, tokens: u32) {
        let entry = fired.entry;
        let constant = fired.why == Why::Constant;
        if !constant && matches!(entry.position, LorePosition::BeforeChar | LorePosition::AfterChar) {
            self.woken_tokens = self.woken_tokens.saturating_add(tokens);
        }
        let pair = if constant { &mut self.always } else { &mut self.woken };
        match entry.position {
            LorePosition::BeforeChar => pair[0].push(text),
            LorePosition::AfterChar => pair[1].push(text),
            LorePosition::Personality => self.personality.push(text),
            LorePosition::Scenario => self.scenario.push(text),
            LorePosition::BeforeExamples => self.examples[0].push(text),
            LorePosition::AfterExamples => self.examples[1].push(text),
            LorePosition::NoteTop => self.note[0].push(text),
            LorePosition::NoteBottom => self.note[1].push(text),
            LorePosition::AtDepth { depth, role } => self.within.push(Within { depth, role, text }),
            LorePosition::Outlet => {
                self.outlets.entry(entry.outlet.trim().to_owned()).or_default().push(text);
            }
        }
    }

    fn place(mut self, world: &mut World, character: &Character, counter: &Counter) {
        let [always_before, mut always_after] = self.always;
        // There is nothing to stand in.
        for (text, section) in
            [(&mut self.personality, &character.personality), (&mut self.scenario, &character.scenario)]
        {
            if section.trim().is_empty() {
                always_after.append(text);
            }
        }
        let [mut woken, woken_after] = self.woken;
        woken.extend(woken_after);
        if !woken.is_empty() {
            let heading = format!("What {} knows about what came up:", character.called());
            world.tokens = self.woken_tokens.saturating_add(counter.count(&heading));
            world.woken = format!("{heading}\n{}", woken.join("\n"));
        }
        world.always_before = always_before.join("\n");
        world.always_after = always_after.join("\n");
        world.personality = self.personality.join("\n");
        world.scenario = self.scenario.join("\n");
        [world.before_examples, world.after_examples] = self.examples;
        world.outlets = self.outlets.into_iter().map(|(name, texts)| (name, texts.join("\n"))).collect();
        let note = self.note.concat().join("\n");
        world.within = self.within;
        if !note.is_empty() {
            world.within.push(Within { depth: NOTE_DEPTH, role: Role::System, text: note });
        }
        // What is meant for older messages stands before what is meant for newer ones, wherever they end up.
        world.within.sort_by_key(|within| Reverse(within.depth));
        let within: u32 = world.within.iter().map(|within| counter.count(&within.text) + PER_MESSAGE).sum();
        let always = counter.count(&world.always_before) + counter.count(&world.always_after);
        world.tokens = world.tokens.saturating_add(always).saturating_add(within);
    }
}

/// Says of entries whose outlet no text calls that they are not in the prompt.
fn mute_uncalled(draft: &mut Draft<'_>, world: &World) {
    let Some(book) = draft.known.book.or(draft.character.book.as_ref()) else { return };
    let card = draft.character;
    let texts = [
        &card.system_prompt,
        &card.description,
        &card.personality,
        &card.scenario,
        &card.mes_example,
        &card.first_mes,
        &card.post_history_instructions,
    ];
    for outlet in world.outlets.keys() {
        let call = format!("outlet::{outlet}");
        if texts.iter().any(|text| text.contains(&call)) {
            continue;
        }
        let in_it = |label: &str| {
            book.entries.iter().any(|entry| {
                entry.label == label
                    && entry.position == LorePosition::Outlet
                    && entry.outlet.trim() == outlet
            })
        };
        for note in draft.lore.iter_mut().filter(|note| note.included && in_it(&note.entry)) {
            note.included = false;
            note.reason = Some(format!("nothing calls the outlet “{outlet}”"));
        }
    }
}

fn note(fired: &Fired<'_>) -> LoreNote {
    let (key, secondary_key, cause) = causes(fired.why);
    LoreNote {
        entry: fired.entry.label.clone(),
        key,
        secondary_key,
        cause,
        level: fired.level,
        woken_by: fired.woken_by.map(str::to_owned),
        tokens: fired.tokens,
        automation_id: fired.entry.automation_id.clone(),
        included: true,
        reason: None,
    }
}

/// A note on an entry that came up and did not fire.
fn missed(rejected: &Rejected<'_>, counter: &Counter) -> Option<LoreNote> {
    let worth_telling = rejected.why.is_some() || matches!(rejected.reason, Reason::Secondary { .. });
    worth_telling.then(|| {
        let (key, secondary_key, cause) = rejected.why.map_or((None, None, None), causes);
        LoreNote {
            entry: rejected.entry.label.clone(),
            key,
            secondary_key,
            cause,
            level: 0,
            woken_by: None,
            tokens: lore::counted(rejected.entry, counter),
            automation_id: None,
            included: false,
            reason: Some(rejected.reason.to_string()),
        }
    })
}

/// The key, the second key, or what else it was.
fn causes(why: Why<'_>) -> (Option<String>, Option<String>, Option<String>) {
    let other = |cause: &str| (None, None, Some(cause.to_owned()));
    match why {
        Why::Constant => (None, None, None),
        Why::Key { key, secondary } => (Some(key.to_owned()), secondary.map(str::to_owned), None),
        Why::Decorator => other("@@activate"),
        Why::Sticky => other("sticky"),
        Why::Kept => other("fired before"),
        Why::Semantic { score } => (None, None, Some(format!("likeness {score:.2}"))),
    }
}
