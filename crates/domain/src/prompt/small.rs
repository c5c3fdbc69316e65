//! The shape for small models: a few words, a few lines, everything close to the end.
//!
//! Each example question and the message that is answered end with a reminder of who speaks: a model of this size
//! holds on to a name only if it stands in the last turn as well as in the first.

use super::{Draft, Section, SectionName, Shape, said::Said, sampling};
use crate::{
    chat::{Role, Sampling},
    tokens::{PER_MESSAGE, estimate, truncate},
};

/// Tokens of the whole prompt: a small model forgets its system message in a longer one.
const PROMPT_TOKENS: u32 = 600;
const DESCRIPTION_TOKENS: u32 = 150;
const EXAMPLES_TOKENS: u32 = 260;
const TRIGGER_TOKENS: u32 = 110;
const LINE_TOKENS: u32 = 50;
const EXCHANGES: usize = 2;
const REPLY_TOKENS: u32 = 48;

// Found with `cargo run -p bot --example small_model`, which counts what goes wrong.

/// Hotter, a model of this size loses the thread within a sentence.
const HOTTEST: f32 = 0.6;
/// Less lets unlikely words through, after which it makes up a language.
const MIN_P: f32 = 0.12;
/// More drives it away from the few words that it has about its character.
const REPEAT_PENALTY: f32 = 1.05;

pub(super) fn write(draft: &mut Draft<'_>) -> Shape {
    let profile = draft.profile;
    let max_tokens = profile.reply_tokens.min(REPLY_TOKENS);
    let budget = profile.context_tokens.saturating_sub(max_tokens).min(PROMPT_TOKENS);
    let definition = system(draft);
    let examples = examples(draft);

    let alone = alone(draft);
    let mut trigger = note(SectionName::Trigger);
    let (said, cut_chars) = line(&draft.transcript.trigger, alone, TRIGGER_TOKENS);
    let said = format!("{said} {}", reminder(draft));
    trigger.tokens = estimate(&said) + PER_MESSAGE;
    trigger.included = 1;
    trigger.cut_chars = cut_chars;

    let used = definition.tokens + examples.tokens + trigger.tokens;
    let history = history(draft, alone, budget.saturating_sub(used));
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
    Shape { budget, max_tokens, stop, sampling }
}

fn note(name: SectionName) -> Section {
    Section { name, tokens: 0, included: 0, left_out: 0, cut_chars: 0 }
}

fn system(draft: &mut Draft<'_>) -> Section {
    let name = draft.character.called().to_owned();
    let description = draft.expand(&draft.character.small.description.clone());
    let kept = truncate(&description, DESCRIPTION_TOKENS);
    let mut section = note(SectionName::Definition);
    section.cut_chars = (description.chars().count() - kept.chars().count()) as u32;
    section.included = 1;
    let text = format!("{kept} Answer as {name} in one or two short sentences.").trim().to_owned();
    section.tokens = estimate(&text) + PER_MESSAGE;
    draft.push(Role::System, text);
    section
}

fn reminder(draft: &Draft<'_>) -> String {
    format!("(Speak as {}.)", draft.character.called())
}

/// The example lines as if they had been said.
fn examples(draft: &mut Draft<'_>) -> Section {
    let mut section = note(SectionName::Examples);
    let reminder = reminder(draft);
    for example in draft.character.small.lines.clone() {
        let (user, char) = (draft.expand(&example.user), draft.expand(&example.char));
        let said = format!("{user} {reminder}");
        let cost = estimate(&said) + estimate(&char) + 2 * PER_MESSAGE;
        if user.is_empty() || char.is_empty() || section.tokens + cost > EXAMPLES_TOKENS {
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
fn exchanges<'a>(draft: &'a Draft<'_>) -> Vec<[&'a Said; 2]> {
    let history = &draft.transcript.history;
    let pairs = history.windows(2).filter_map(|pair| match pair {
        [asked, answered] if asked.role == Role::User && answered.role == Role::Assistant => {
            Some([asked, answered])
        }
        _ => None,
    });
    let mut last: Vec<_> = pairs.rev().take(EXCHANGES).collect();
    last.reverse();
    last
}

fn history(draft: &mut Draft<'_>, alone: bool, budget: u32) -> Section {
    let mut section = note(SectionName::History);
    let mut kept = Vec::new();
    for exchange in exchanges(draft).into_iter().rev() {
        let lines = exchange.map(|said| (said.role, line(said, alone, LINE_TOKENS)));
        let cost: u32 = lines.iter().map(|(_, (text, _))| estimate(text) + PER_MESSAGE).sum();
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
fn line(said: &Said, alone: bool, budget: u32) -> (String, u32) {
    let words = said.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept = truncate(&words, budget);
    let cut_chars = (words.chars().count() - kept.chars().count()) as u32 + said.cut_chars;
    let text = if said.role == Role::Assistant || alone {
        kept.to_owned()
    } else {
        format!("{}: {kept}", said.label)
    };
    (text, cut_chars)
}
