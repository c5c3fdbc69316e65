//! Reads the stories.

use std::{sync::Arc, time::Duration};

use domain::character::Character;

use crate::stage::character;

/// One story.
pub(super) struct Script {
    pub(super) title: String,
    pub(super) cast: Vec<Arc<Character>>,
    pub(super) steps: Vec<Step>,
}

/// One line of a story.
pub(super) struct Step {
    pub(super) line: String,
    pub(super) after: Duration,
    pub(super) what: What,
    pub(super) expected: Option<String>,
}

/// What a line says.
pub(super) enum What {
    /// `- rule NAME: VALUE`
    Rule(String, String),
    /// `- here: WHAT`
    Here(String),
    /// `- NAME is playing WHAT`
    Does { who: String, kind: String, what: String },
    /// `- NAME (HOW, …): TEXT`
    Says { who: String, how: Vec<String>, text: String },
}

/// Without a time, so long passes between two lines.
const USUAL: Duration = Duration::from_secs(10);

impl Script {
    pub(super) fn all(text: &str) -> Result<Vec<Self>, String> {
        let mut cast = Vec::new();
        let mut scripts: Vec<Self> = Vec::new();
        for line in text.lines() {
            if let Some(title) = line.strip_prefix("## ") {
                scripts.push(Self { title: title.to_owned(), cast: cast.clone(), steps: Vec::new() });
            } else if let Some(member) = line.strip_prefix("* ") {
                cast.push(Arc::new(person_of_the_cast(member)?));
            } else if let Some(line) = line.strip_prefix("- ") {
                let script = scripts.last_mut().ok_or("a line before the first story")?;
                script.steps.push(step(line)?);
            } else if let Some(expected) = line.strip_prefix("  - ") {
                let step = scripts.last_mut().and_then(|script| script.steps.last_mut());
                let before = step.ok_or("an outcome of nothing")?.expected.replace(expected.to_owned());
                if let Some(before) = before {
                    return Err(format!("two outcomes of one line: {before} / {expected}"));
                }
            }
        }
        match scripts.iter().find(|script| script.steps.iter().all(|step| step.expected.is_none())) {
            Some(empty) => Err(format!("{}: nothing is expected", empty.title)),
            None => Ok(scripts),
        }
    }
}

/// `Mira, called lamp lady, likes lighthouses and storms, plays chess, for adults only`
fn person_of_the_cast(line: &str) -> Result<Character, String> {
    let mut parts = line.split(", ");
    let name = parts.next().unwrap_or_default();
    let mut member = if name.is_ascii() { character(name, &[]) } else { character(&slug(name), &[]) };
    name.clone_into(&mut member.name);
    for part in parts {
        let list = |text: &str| text.split(" and ").map(str::to_owned).collect::<Vec<_>>();
        if let Some(names) = part.strip_prefix("called ") {
            member.aliases = list(names);
        } else if let Some(topics) = part.strip_prefix("likes ") {
            member.topics = list(topics);
        } else if let Some(games) = part.strip_prefix("plays ") {
            member.activities = list(games);
        } else if part == "for adults only" {
            member.age_restricted = true;
        } else {
            return Err(format!("of {}: {part}?", member.name));
        }
    }
    Ok(member)
}

/// An id for a name without any letter that an id may have.
fn slug(name: &str) -> String {
    name.chars().map(|c| format!("{:x}", u32::from(c))).collect::<Vec<_>>().join("-")
}

fn step(line: &str) -> Result<Step, String> {
    let (after, rest) = match line.strip_prefix('+') {
        Some(timed) => {
            let (time, rest) = timed.split_once(' ').ok_or_else(|| format!("only a time: {line}"))?;
            (duration(time)?, rest)
        }
        None => (USUAL, line),
    };
    Ok(Step { line: line.to_owned(), after, what: what(rest)?, expected: None })
}

fn what(line: &str) -> Result<What, String> {
    if let Some(rule) = line.strip_prefix("rule ") {
        let (name, value) = rule.split_once(": ").ok_or_else(|| format!("a rule without a value: {line}"))?;
        return Ok(What::Rule(name.to_owned(), value.to_owned()));
    }
    if let Some(what) = line.strip_prefix("here: ") {
        return Ok(What::Here(what.to_owned()));
    }
    for (verb, kind) in [(" is playing ", "playing"), (" is listening to ", "listening")] {
        if let Some((who, what)) = line.split_once(verb)
            && !who.contains(':')
        {
            return Ok(What::Does { who: who.to_owned(), kind: kind.to_owned(), what: what.to_owned() });
        }
    }
    let (head, text) = line.split_once(':').ok_or_else(|| format!("nobody says {line:?}"))?;
    let (who, how) = match head.split_once(" (") {
        Some((who, how)) => {
            let how = how.strip_suffix(')').ok_or_else(|| format!("an open bracket: {line}"))?;
            (who, how.split(", ").map(str::to_owned).collect())
        }
        None => (head, Vec::new()),
    };
    Ok(What::Says { who: who.to_owned(), how, text: text.trim().to_owned() })
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let number: f64 = digits.parse().map_err(|_| format!("no time: {text}"))?;
    let unit = match &text[digits.len()..] {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3_600.0,
        other => return Err(format!("no unit of time: {other}")),
    };
    Ok(Duration::from_secs_f64(number * unit))
}
