//! The shape for small models: a few words, a few lines, everything close to the end.
//!
//! Each example question and the message that is answered end with a reminder of who speaks: a model of this size
//! holds on to a name only if it stands in the last turn as well as in the first.

use super::{
    Aim, Draft, MindNote, Occasion, Profile, Section, SectionName, Shape, Stage, attached, fence::fence,
    remembered, said::Said, sampling,
};
use crate::{
    chat::{Role, Sampling},
    tokens::PER_MESSAGE,
};

/// Tokens of the whole prompt: a small model forgets its system message in a longer one.
const PROMPT_TOKENS: u32 = 600;
const DESCRIPTION_TOKENS: u32 = 150;
const EXAMPLES_TOKENS: u32 = 260;
const TRIGGER_TOKENS: u32 = 110;
const LINE_TOKENS: u32 = 50;
const EXCHANGES: usize = 2;
const REPLY_TOKENS: u32 = 48;
/// The word for a mood.
const MOOD_CHARS: usize = 16;

// Found with `cargo run -p bot --example small_model`, which counts what goes wrong.

/// Hotter, a model of this size loses the thread within a sentence.
const HOTTEST: f32 = 0.6;
/// Less lets unlikely words through, after which it makes up a language.
const MIN_P: f32 = 0.12;
/// More drives it away from the few words that it has about its character.
const REPEAT_PENALTY: f32 = 1.05;

/// Tokens of the prompt.
pub(super) fn budget(profile: &Profile) -> u32 {
    profile.context_tokens.saturating_sub(profile.reply_tokens.min(REPLY_TOKENS)).min(PROMPT_TOKENS)
}

pub(super) fn write(draft: &mut Draft<'_>, aim: Aim) -> Shape {
    let profile = draft.profile;
    let budget = aim.budget;
    let share = |tokens: u32| (u64::from(tokens) * u64::from(budget) / u64::from(PROMPT_TOKENS)) as u32;
    let definition = system(draft, share(DESCRIPTION_TOKENS));
    let examples = examples(draft, share(EXAMPLES_TOKENS));

    let alone = alone(draft);
    let (said, trigger) = last(draft, alone, &share);
    let used = definition.tokens + examples.tokens + trigger.tokens;
    let history = history(draft, alone, budget.saturating_sub(used).saturating_sub(aim.reserve));
    draft.say(Role::User, &said);

    draft.sections = [definition, examples, history, trigger]
        .into_iter()
        .filter(|section| section.tokens > 0 || section.left_out > 0)
        .collect();
    let chosen = sampling(draft.character.sampling, profile.sampling);
    let sampling = Sampling {
        temperature: Some(chosen.temperature.unwrap_or(HOTTEST).min(HOTTEST)),
        min_p: Some(chosen.min_p.unwrap_or(MIN_P)),
        repeat_penalty: Some(chosen.repeat_penalty.unwrap_or(REPEAT_PENALTY)),
        ..chosen
    };
    // Nothing good ever stood on the second line, behind an echo of the reminder, or behind an offer to help. Four
    // are as many as OpenAI takes.
    let stop = ["\n", "(Speak", " Speak as", " How can I"].map(str::to_owned).to_vec();
    let max_tokens = draft.reply_tokens(profile.reply_tokens.min(REPLY_TOKENS));
    Shape { max_tokens, stop, sampling }
}

/// What the character is to say something to: the last message, with the reminder.
fn last(draft: &mut Draft<'_>, alone: bool, share: &impl Fn(u32) -> u32) -> (String, Section) {
    let transcript = draft.transcript;
    let reminder = reminder(draft);
    let unseen = attached::briefly(draft);
    let (mut said, mut cut_chars) = (String::new(), 0);
    let mut add = |(text, cut): (String, u32)| {
        if !text.is_empty() {
            said.extend([if said.is_empty() { "" } else { " " }, &text]);
        }
        cut_chars += cut;
    };
    let heard = |others: &[Said]| others.iter().rev().find(|said| said.role == Role::User).cloned();
    let name = match (draft.occasion, &transcript.focus) {
        // Not what others answered already: a model of this size says it again instead of its own.
        (Occasion::Message(_) | Occasion::Too(_), Some(focus)) => {
            add(line(draft, focus, alone, share(TRIGGER_TOKENS)));
            SectionName::Trigger
        }
        (Occasion::Scene { stage, .. }, Some(topic)) => {
            // Once it goes, what was said last is enough to hold on to.
            let other = heard(&transcript.history).filter(|_| stage != Stage::Opening);
            if let Some(other) = other {
                add(line(draft, &other, false, share(TRIGGER_TOKENS)));
            } else {
                add(("Talk about this:".to_owned(), 0));
                add(line(draft, topic, true, share(TRIGGER_TOKENS)));
            }
            SectionName::Direction
        }
        (Occasion::GoOn { .. }, _) => {
            add(("Go on.".to_owned(), 0));
            SectionName::Direction
        }
        (Occasion::Remark { .. }, _) | (_, None) => {
            let kept = draft.truncate(&transcript.direction, share(TRIGGER_TOKENS));
            add((kept.split_whitespace().collect::<Vec<_>>().join(" "), 0));
            SectionName::Direction
        }
    };
    add((unseen.to_owned(), 0));
    add((reminder, 0));
    let section =
        Section { name, tokens: draft.count(&said) + PER_MESSAGE, included: 1, left_out: 0, cut_chars };
    (said, section)
}

/// The word for a mood, as the system message says it.
fn mood(draft: &mut Draft<'_>) -> String {
    let note = draft.known.state.iter().find(|note| note.label == "mood");
    let Some(note) = note else { return String::new() };
    let text = fence(note.text, &[]).text;
    let word: String = text.chars().take_while(|c| c.is_alphabetic()).take(MOOD_CHARS).collect();
    if word.is_empty() {
        return String::new();
    }
    let said = format!(" {} feels {}.", draft.character.called(), word.to_lowercase());
    draft.mind.push(MindNote { label: note.label.to_owned(), text: word, included: true });
    said
}

fn system(draft: &mut Draft<'_>, budget: u32) -> Section {
    let name = draft.character.called().to_owned();
    let description = draft.expand(&draft.character.small.description.clone());
    let kept = draft.truncate(&description, budget);
    let mut section = Section::empty(SectionName::Definition);
    section.cut_chars = (description.chars().count() - kept.chars().count()) as u32;
    section.included = 1;
    let mood = mood(draft);
    let known = remembered::briefly(draft);
    let text =
        format!("{kept}{mood}{known} Answer as {name} in one or two short sentences.").trim().to_owned();
    section.tokens = draft.count(&text) + PER_MESSAGE;
    draft.push(Role::System, text);
    section
}

fn reminder(draft: &Draft<'_>) -> String {
    format!("(Speak as {}.)", draft.character.called())
}

/// The example lines as if they had been said.
fn examples(draft: &mut Draft<'_>, budget: u32) -> Section {
    let mut section = Section::empty(SectionName::Examples);
    let reminder = reminder(draft);
    for example in draft.character.small.lines.clone() {
        let (user, char) = (draft.expand(&example.user), draft.expand(&example.char));
        let said = format!("{user} {reminder}");
        let cost = draft.count(&said) + draft.count(&char) + 2 * PER_MESSAGE;
        if user.is_empty() || char.is_empty() || section.tokens + cost > budget {
            section.left_out += 1;
            continue;
        }
        section.tokens += cost;
        section.included += 1;
        draft.push(Role::User, said);
        draft.push(Role::Assistant, char);
    }
    section
}

/// What was last said to the character and what it answered. What others say to each other is left out: a model of
/// this size goes on in whatever words stand there, in a goblin's when it should be a moth.
fn exchanges<'a>(draft: &Draft<'a>) -> Vec<[&'a Said; 2]> {
    let said: Vec<&Said> = match draft.occasion {
        // Its own message, which goes on, is the last.
        Occasion::GoOn { .. } => draft.transcript.history.iter().chain(&draft.transcript.focus).collect(),
        _ => draft.transcript.history.iter().collect(),
    };
    let pairs = said.windows(2).filter_map(|pair| match pair {
        [asked, answered] if asked.role == Role::User && answered.role == Role::Assistant => {
            Some([*asked, *answered])
        }
        _ => None,
    });
    let mut last: Vec<_> = pairs.rev().take(EXCHANGES).collect();
    last.reverse();
    last
}

fn history(draft: &mut Draft<'_>, alone: bool, budget: u32) -> Section {
    let mut section = Section::empty(SectionName::History);
    let mut kept = Vec::new();
    for exchange in exchanges(draft).into_iter().rev() {
        let lines = exchange.map(|said| (said.role, line(draft, said, alone, LINE_TOKENS)));
        let cost: u32 = lines.iter().map(|(_, (text, _))| draft.count(text) + PER_MESSAGE).sum();
        if section.tokens + cost > budget {
            break;
        }
        section.tokens += cost;
        section.included += 2;
        kept.push(lines);
    }
    section.left_out = (draft.transcript.history.len() as u32).saturating_sub(section.included);
    for (role, (text, cut_chars)) in kept.into_iter().rev().flatten() {
        section.cut_chars += cut_chars;
        draft.say(role, &text);
    }
    section
}

/// Whether nobody but the one who asks has spoken to the character lately: then names are noise.
fn alone(draft: &Draft<'_>) -> bool {
    let user = draft.speakers.user();
    exchanges(draft).iter().all(|[asked, _]| asked.label == user)
}

/// One line without line breaks, since a small model takes an empty line for its end.
fn line(draft: &Draft<'_>, said: &Said, alone: bool, budget: u32) -> (String, u32) {
    let words = said.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept = draft.truncate(&words, budget);
    let cut_chars = (words.chars().count() - kept.chars().count()) as u32 + said.cut_chars;
    let text = if said.role == Role::Assistant || alone {
        kept.to_owned()
    } else {
        format!("{}: {kept}", said.label)
    };
    (text, cut_chars)
}
