//! `/privacy`: what is kept about whoever asks, to see, to take along, to have erased, or not to have kept at all.
//!
//! Everybody asks about themselves alone: whose data it is comes from Discord's word on who calls, never from an option
//! or a button.

use std::collections::BTreeMap;

use domain::{
    UserId,
    command::{CommandCall, CommandSpec, ComponentCall, ModalCall, OptionKind, OptionSpec},
    outbound::{Answer, Button, ButtonStyle, File, Modal, ModalField, Panel, Row},
};
use futures_util::FutureExt as _;
use serde_json::Value;
use store::{Holds, PersonRecord, Table};

use super::{Command, Reaction, refused, shown};
use crate::{app::App, cast::Cast, clock, privacy};

const NAME: &str = "privacy";

/// What is to be written to have everything erased.
const WORD: &str = "erase";

/// What Discord takes as a file from anybody.
const FILE_BYTES: usize = 10 * 1024 * 1024;

/// Examples of a kind, and characters of each.
const EXAMPLES: u32 = 2;
const EXAMPLE_CHARS: usize = 120;

/// Characters of a panel that a list fills at most.
const LIST_CHARS: usize = 3_900;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .with_buttons(|app, call| pressed(app, call).boxed())
        .with_windows(|app, call| filled(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let sub = |name, description| OptionSpec {
        name,
        description,
        kind: OptionKind::Sub(Vec::new()),
        required: false,
    };
    CommandSpec::slash(
        NAME,
        "What is kept about you, and that it need not be",
        vec![
            sub("show", "What is kept about you, with examples"),
            sub("export", "All of it as one archive of readable files"),
            sub("erase", "Have all of it removed"),
            sub("opt-out", "From now on nothing is kept of you; characters still answer you"),
            sub("opt-in", "Let the characters remember you again"),
        ],
    )
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let user = call.author.id;
    match call.sub.as_deref() {
        Some("export") => export(app, user).await,
        Some("erase") => ask(app, user).await,
        Some("opt-out") => opt_out(app, user).await,
        Some("opt-in") => opt_in(app, user).await,
        _ => show(app, user).await,
    }
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let user = call.author.id;
    match call.id.split_once(':').map(|(_, verb)| verb) {
        Some("export") => Ok(Reaction::Say(export(app, user).await?)),
        Some("erase") => Ok(Reaction::Open(window())),
        Some("opt-out") => Ok(Reaction::Say(opt_out(app, user).await?)),
        Some("opt-in") => Ok(Reaction::Say(opt_in(app, user).await?)),
        _ => Err(refused("I do not know this button any more.")),
    }
}

async fn show(app: &App, user: UserId) -> anyhow::Result<Answer> {
    let record = app.store.person(user).await?;
    let out = app.opted_out.contains(user);
    let mut fields = Vec::new();
    for (name, rows) in &record.rows {
        // Indexes and sources say nothing that the memories themselves do not say.
        let Some(table) = Table::of(name).filter(|table| matches!(table.holds, Holds::People(_))) else {
            continue;
        };
        if table.name == "opted_out" {
            continue;
        }
        let examples = app.store.held(user, name, 0, EXAMPLES).await?;
        let mut value = examples.iter().filter_map(example).collect::<Vec<_>>().join("\n");
        if value.is_empty() {
            value = shown::cut(table.what, EXAMPLE_CHARS);
        }
        fields.push((format!("{} · {rows}", table.label), value, false));
    }
    let body = if record.is_empty() {
        "Nothing is kept about you."
    } else {
        "Only you see this. It is kept on the machine of whoever runs this bot, and not used to train anything. \
         What others say is theirs and is not counted here, even if they speak of you."
    };
    let mut body = body.to_owned();
    if out {
        body.push_str("\n**You have opted out**: nothing new is kept of you.");
    }
    let panel = Panel { title: "What is kept about you".to_owned(), body, fields, ..Panel::default() };
    Ok(Answer { panels: vec![panel], rows: vec![buttons(&record, out)], private: true, ..Answer::default() })
}

/// The words of a row, or what else tells something about it.
fn example(row: &Value) -> Option<String> {
    let words = ["text", "file_name", "name", "note"].iter().find_map(|name| row[*name].as_str());
    let words = words.filter(|words| !words.is_empty())?;
    Some(format!("- {}", shown::line(words, EXAMPLE_CHARS)))
}

fn buttons(record: &PersonRecord, out: bool) -> Row {
    let none = record.is_empty();
    let other = if out { ("opt-in", "Opt in") } else { ("opt-out", "Opt out") };
    Row::Buttons(vec![
        Button {
            style: ButtonStyle::Primary,
            disabled: none,
            ..Button::new(format!("{NAME}:export"), "Export")
        },
        Button {
            style: ButtonStyle::Danger,
            disabled: none,
            ..Button::new(format!("{NAME}:erase"), "Erase")
        },
        Button::new(format!("{NAME}:{}", other.0), other.1),
    ])
}

async fn export(app: &App, user: UserId) -> anyhow::Result<Answer> {
    let archive = privacy::archive(&*app.store, user, clock::now()).await?;
    if archive.bytes.len() > FILE_BYTES {
        return Err(refused(
            "That is more than Discord takes as a file. Whoever runs this bot can give it to you: \
             `acore privacy export` with your user id.",
        ));
    }
    let rows = shown::count(usize::try_from(archive.rows).unwrap_or(usize::MAX), "row", "rows");
    let mut text =
        format!("Everything that is kept about you: {rows}. `README.txt` in it says what is what.");
    if archive.cut {
        text.push_str(
            " There is more than fits into one archive; whoever runs this bot can give you the rest.",
        );
    }
    let file = File { name: "what-is-kept-about-me.zip".to_owned(), bytes: archive.bytes.into() };
    Ok(Answer { text, files: vec![file], private: true, ..Answer::default() })
}

/// What would go, with the button that asks once more.
async fn ask(app: &App, user: UserId) -> anyhow::Result<Answer> {
    let record = app.store.person(user).await?;
    if record.is_empty() {
        return Ok(Answer::private("Nothing is kept about you."));
    }
    let list = shown::list(record.rows.iter().filter_map(|(name, rows)| line(name, *rows)), LIST_CHARS);
    let panel = Panel {
        title: "Have all of this removed?".to_owned(),
        body: list,
        footer: "This cannot be undone. What stands on Discord stays there; what others said is theirs."
            .to_owned(),
        ..Panel::default()
    };
    let erase =
        Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:erase"), "Erase everything") };
    let export = Button::new(format!("{NAME}:export"), "Export first");
    Ok(Answer {
        panels: vec![panel],
        rows: vec![Row::Buttons(vec![erase, export])],
        private: true,
        ..Answer::default()
    })
}

fn line(name: &str, rows: u64) -> Option<String> {
    let table = Table::of(name).filter(|table| table.name != "opted_out")?;
    match table.holds {
        Holds::People(_) => Some(format!("- {}: {rows}", table.label)),
        Holds::With(_) | Holds::Nobody(_) => None,
    }
}

fn window() -> Modal {
    let field = ModalField {
        id: WORD.to_owned(),
        label: format!("Write “{WORD}” to have everything removed"),
        required: true,
        placeholder: WORD.to_owned(),
        max: 20,
        ..ModalField::default()
    };
    Modal {
        id: format!("{NAME}:{WORD}"),
        title: "Erase what is kept about you".to_owned(),
        fields: vec![field],
    }
}

async fn filled(app: &App, call: &ModalCall) -> anyhow::Result<Reaction> {
    let said = written(&call.fields);
    if !said.is_some_and(|said| said.trim().eq_ignore_ascii_case(WORD)) {
        return Ok(Reaction::Say(Answer::private(format!("Nothing was removed: that was not “{WORD}”."))));
    }
    let user = call.author.id;
    let erased = privacy::erase(app, user).await?;
    let list = shown::list(erased.rows.iter().filter_map(|(name, rows)| line(name, *rows)), LIST_CHARS);
    let again = if app.opted_out.contains(user) {
        "You have opted out, so nothing new is kept; that you have is the only thing that is."
    } else {
        "If you write where the characters listen, they remember that again; `/privacy opt-out` ends it for good."
    };
    let panel = Panel {
        title: "Removed".to_owned(),
        body: if list.is_empty() { "Nothing was left.".to_owned() } else { list },
        footer: again.to_owned(),
        ..Panel::default()
    };
    Ok(Reaction::Update(Answer { panels: vec![panel], private: true, ..Answer::default() }))
}

fn written(fields: &BTreeMap<String, domain::Untrusted>) -> Option<&str> {
    fields.get(WORD).map(domain::Untrusted::raw)
}

async fn opt_out(app: &App, user: UserId) -> anyhow::Result<Answer> {
    let before = app.opted_out.contains(user);
    app.opted_out.add(user, clock::now()).await?;
    let record = app.store.person(user).await?;
    let mut text = if before { "You have opted out already. " } else { "You have opted out. " }.to_owned();
    text.push_str(
        "Characters still answer you, but nothing that you say is kept, and the next answer knows nothing of the \
         one before.",
    );
    if record.is_empty() {
        return Ok(Answer::private(text));
    }
    text.push_str(" What was kept until now stays until you have it erased.");
    let erase =
        Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:erase"), "Erase that, too") };
    Ok(Answer { rows: vec![Row::Buttons(vec![erase])], ..Answer::private(text) })
}

async fn opt_in(app: &App, user: UserId) -> anyhow::Result<Answer> {
    Ok(Answer::private(if app.opted_out.remove(user).await? {
        "The characters remember you again, from now on."
    } else {
        "You had not opted out: the characters remember you."
    }))
}
