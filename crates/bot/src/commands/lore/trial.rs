//! `/lore test`: which entries a text would wake, and why.

use std::fmt::Write as _;

use domain::{
    GuildId,
    character::{Character, Lorebook},
    command::CommandCall,
    lore::{self, About, Activation, Reason, Settings, Talk, Timers, Utterance, Why},
    outbound::{Answer, Panel},
};
use fastrand::Rng;

use super::LIST_CHARS;
use crate::{
    app::App,
    commands::{refused, shown},
    lore::books,
};

pub(super) async fn test(app: &App, call: &CommandCall, guild: GuildId) -> anyhow::Result<Answer> {
    let cast = app.cast.of(Some(guild)).await?;
    let character = match call.text("character") {
        Some(name) => cast.by_name(name.raw()).ok_or_else(|| refused("Nobody here has that name."))?,
        None => {
            cast.characters().first().ok_or_else(|| refused("Nobody is here who could know anything."))?
        }
    };
    let merged = books(app, Some(guild), character).await?;
    let Some(book) = merged.as_deref().or(character.book.as_ref()) else {
        return Err(refused(format!(
            "Neither this server nor {} has a lorebook.",
            shown::line(&character.name, 80)
        )));
    };
    let text = call.text("text").map(|text| text.raw().to_owned()).unwrap_or_default();
    let context = app.model.profile().context_tokens;
    let mut dice = Rng::with_seed(call.interaction.id.get());
    let active = activate(book, character, &text, context, &mut dice);
    let panel = Panel {
        title: format!("What {} would think of", shown::line(&character.name, 80)),
        body: account(&active),
        footer: format!(
            "{} of {} tokens · as if this were the first message of a chat{}",
            active.tokens(),
            active.budget,
            if active.exhausted { " · the search was cut short" } else { "" }
        ),
        ..Panel::default()
    };
    Ok(Answer { panels: vec![panel], private: true, ..Answer::default() })
}

fn activate<'a>(
    book: &'a Lorebook,
    character: &Character,
    text: &str,
    context_tokens: u32,
    dice: &mut Rng,
) -> Activation<'a> {
    let names: Vec<&str> = character.names().chain([character.id.as_str()]).collect();
    let talk = Talk {
        messages: &[Utterance { name: "somebody", text }],
        count: 1,
        character: About {
            name: character.called(),
            other_names: &names,
            tags: &character.tags,
            description: &character.description,
            personality: &character.personality,
            scenario: &character.scenario,
            creator_notes: &character.creator_notes,
            note: "",
        },
        user: "somebody",
        context_tokens,
        // A quarter is what a prompt has for lore, as a rule.
        room: context_tokens / 4,
        ..Talk::default()
    };
    lore::activate(book, &talk, &Settings::default(), &Timers::default(), dice)
}

fn account(active: &Activation<'_>) -> String {
    let mut out = String::new();
    for fired in &active.fired {
        // Writing to a String cannot fail.
        let _ = write!(out, "✅ **{}** {}", shown::line(&fired.entry.label, 80), why(fired.why));
        if fired.score > 1 {
            let _ = write!(out, " · score {}", fired.score);
        }
        if fired.level > 0 {
            let _ = write!(out, " · level {}", fired.level);
        }
        if let Some(by) = fired.woken_by {
            let _ = write!(out, " · woken by “{}”", shown::line(by, 80));
        }
        let _ = writeln!(out, " · {} tokens", fired.tokens);
    }
    if active.fired.is_empty() {
        out.push_str("Nothing fires.\n");
    }
    for rejected in &active.rejected {
        let came_up = rejected.why.is_some()
            || matches!(rejected.reason, Reason::Secondary { .. } | Reason::Excluded { .. });
        if came_up {
            let mark = if matches!(rejected.reason, Reason::Budget { .. } | Reason::TooLarge { .. }) {
                "✂️"
            } else {
                "➖"
            };
            let why = rejected.why.map(why).unwrap_or_default();
            let reason = shown::line(&rejected.reason.to_string(), 200);
            let _ = writeln!(out, "{mark} **{}** {why} · {reason}", shown::line(&rejected.entry.label, 80));
        }
    }
    let silent = active.rejected.iter().filter(|rejected| rejected.why.is_none()).count();
    let _ = write!(out, "-# {} did not come up.", shown::count(silent, "entry", "entries"));
    shown::cut(&out, LIST_CHARS)
}

fn why(why: Why<'_>) -> String {
    match why {
        Why::Constant => "always in".to_owned(),
        Why::Decorator => "by @@activate".to_owned(),
        Why::Sticky => "still there".to_owned(),
        Why::Kept => "fired before".to_owned(),
        Why::Semantic { score } => format!("alike by {score:.2}"),
        Why::Key { key, secondary: None } => format!("by “{}”", shown::line(key, 80)),
        Why::Key { key, secondary: Some(second) } => {
            format!("by “{}” and “{}”", shown::line(key, 80), shown::line(second, 80))
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::card;

    use super::*;

    #[test]
    fn what_fires_and_what_is_cut_is_told_with_its_reason() {
        let book = card::parse_lorebook(
            br#"{"token_budget": 20, "recursive_scanning": true, "entries": {
                "0": {"key": ["sea"], "comment": "Salt", "content": "The sea is salt, and so is the kelp.", "order": 90},
                "1": {"key": ["kelp"], "comment": "Kelp", "content": "Green.", "order": 80},
                "2": {"key": ["sea"], "comment": "Long", "content": "A very long story about the sea that nobody ever heard to its end, because it never ends.", "order": 10},
                "3": {"key": ["hill"], "comment": "Hill", "content": "High."}
            }}"#,
        )
        .unwrap();
        let character = card::parse(br#"{"name":"Q","description":"d"}"#).unwrap();
        let active = activate(&book, &character, "How is the **sea**?", 8_192, &mut Rng::with_seed(1));
        let told = account(&active);
        assert!(told.contains("✅ **Salt** by “sea”"), "{told}");
        assert!(told.contains("✅ **Kelp** by “kelp” · level 1 · woken by “Salt”"), "{told}");
        assert!(told.contains("✂️ **Long** by “sea”"), "{told}");
        assert!(!told.contains("Hill") && told.contains("1 entry did not come up"), "{told}");
    }
}
