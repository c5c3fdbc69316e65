//! `/memory`: what the characters know of oneself, to page through, correct, share and have forgotten.

use domain::{
    UserId,
    command::{CommandCall, CommandSpec, ComponentCall, ModalCall, OptionKind, OptionSpec},
    event::Place,
    memory::{Item, ItemId, Kind, Reach},
    outbound::{Answer, Button, ButtonStyle, Modal, ModalField, Panel, Row, Select, SelectChoice},
};
use futures_util::FutureExt as _;

use super::{Command, Reaction, refused, remembered, shown};
use crate::{app::App, cast::Cast};

const NAME: &str = "memory";

/// Items of a page.
const PAGE: usize = 10;

/// Characters of a corrected item.
const CHARS: u16 = 300;

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .with_buttons(|app, call| pressed(app, call).boxed())
        .with_windows(|app, call| filled(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let kinds =
        [("What they know about you", "facts"), ("Conversations", "episodes"), ("What you said", "lines")];
    CommandSpec::slash(
        NAME,
        "What the characters remember of you: look, correct, share, forget",
        vec![OptionSpec {
            name: "of",
            description: "Which memories; without it, what they know about you",
            kind: OptionKind::Choice(
                kinds.map(|(label, value)| (label.to_owned(), value.to_owned())).to_vec(),
            ),
            required: false,
        }],
    )
}

/// Which memories are shown, by their letter in a button's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shelf {
    Facts,
    Episodes,
    Lines,
}

impl Shelf {
    fn of(name: &str) -> Self {
        match name {
            "episodes" | "e" => Self::Episodes,
            "lines" | "l" => Self::Lines,
            _ => Self::Facts,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Facts => 'f',
            Self::Episodes => 'e',
            Self::Lines => 'l',
        }
    }

    const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Facts => &[Kind::Fact],
            Self::Episodes => &[Kind::Episode],
            Self::Lines => &[Kind::Line],
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Facts => "What the characters know about you",
            Self::Episodes => "Conversations of yours that they remember",
            Self::Lines => "What you said that they remember",
        }
    }
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let shelf = Shelf::of(call.text("of").map_or("", |of| of.raw()));
    page(app, &call.place, call.author.id, shelf, None).await
}

/// A page of a shelf, of what is older than an item.
async fn page(
    app: &App,
    place: &Place,
    user: UserId,
    shelf: Shelf,
    before: Option<ItemId>,
) -> anyhow::Result<Answer> {
    let mut items = remembered::of(app, place, user, shelf.kinds(), before, PAGE + 1).await?;
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    if items.is_empty() {
        let text = match before {
            None if app.opted_out.contains(user) => {
                "Nothing is remembered of you: you have opted out. `/privacy opt-in` changes that."
            }
            None => "Nothing is remembered of you yet. `/remember` tells the characters something.",
            Some(_) => "There is nothing older.",
        };
        return Ok(Answer::private(text));
    }
    let panel = Panel {
        title: shelf.title().to_owned(),
        body: shown::list(items.iter().map(remembered::line), 3_900),
        footer: "Choose one to see where it comes from, to correct, share or forget it.".to_owned(),
        ..Panel::default()
    };
    let choice = |item: &Item| SelectChoice {
        label: item.draft.text.raw().split_whitespace().collect::<Vec<_>>().join(" "),
        value: item.id.0.to_string(),
        ..SelectChoice::default()
    };
    let select = Select {
        id: format!("{NAME}:show:{}", shelf.letter()),
        placeholder: "Look at one closely".to_owned(),
        choices: items.iter().map(choice).collect(),
        min: 1,
        max: 1,
    };
    let mut rows = vec![Row::Select(select)];
    let mut buttons = Vec::new();
    if before.is_some() {
        buttons.push(Button::new(format!("{NAME}:first:{}", shelf.letter()), "Newest"));
    }
    if let Some(last) = items.last().filter(|_| more) {
        buttons.push(Button::new(format!("{NAME}:older:{}:{}", shelf.letter(), last.id.0), "Older"));
    }
    if !buttons.is_empty() {
        rows.push(Row::Buttons(buttons));
    }
    Ok(Answer { panels: vec![panel], rows, private: true, ..Answer::default() })
}

/// One item, closely.
fn closely(item: &Item) -> Answer {
    let mut fields = vec![("Who may hear of it".to_owned(), remembered::reach(item), true)];
    if let Some(character) = &item.draft.character {
        fields.push(("Told to".to_owned(), character.to_string(), true));
    }
    if let domain::memory::Detail::Fact(fact) = &item.draft.detail {
        let sure = format!("{} of 100", fact.confidence);
        fields.push(("How sure".to_owned(), sure, true));
    }
    let links = remembered::links(item, 5);
    let from = match item.draft.reach {
        Reach::Guild(_) | Reach::Everyone => "You shared it, or told it by a command.".to_owned(),
        Reach::Room { .. } => links.join("\n"),
    };
    fields.push(("Where it comes from".to_owned(), from, false));
    let panel =
        Panel { title: "One memory".to_owned(), body: remembered::line(item), fields, ..Panel::default() };
    let id = item.id.0;
    let mut buttons = Vec::new();
    if item.draft.detail.kind() == Kind::Fact {
        buttons.push(Button::new(format!("{NAME}:correct:{id}"), "Correct"));
        if item.draft.owner.is_some() && item.draft.reach != Reach::Everyone {
            buttons.push(Button::new(format!("{NAME}:server:{id}"), "Share on this server"));
            buttons.push(Button::new(format!("{NAME}:everywhere:{id}"), "Share everywhere"));
        }
    }
    buttons
        .push(Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:forget:{id}"), "Forget") });
    buttons.push(Button::new(format!("{NAME}:first:{}", shelf_of(item).letter()), "Back"));
    Answer { panels: vec![panel], rows: vec![Row::Buttons(buttons)], private: true, ..Answer::default() }
}

const fn shelf_of(item: &Item) -> Shelf {
    match item.draft.detail.kind() {
        Kind::Episode => Shelf::Episodes,
        Kind::Line => Shelf::Lines,
        Kind::Fact | Kind::Passage => Shelf::Facts,
    }
}

/// An item of whoever presses, or a sentence why not.
async fn own(app: &App, place: &Place, user: UserId, id: &str) -> anyhow::Result<Item> {
    let id = id.parse().map_err(|_| refused("I do not know this button any more."))?;
    let item = app.store.item(ItemId(id)).await?;
    item.filter(|item| remembered::is_of(app, place, item, user)).ok_or_else(|| {
        refused("That is forgotten already, or it was corrected since. `/memory` shows what there is.")
    })
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let (place, user) = (&call.place, call.author.id);
    let mut parts = call.id.split(':').skip(1);
    let (verb, what, more) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    Ok(match verb {
        "first" => Reaction::Update(page(app, place, user, Shelf::of(what), None).await?),
        "older" => {
            let before = more.and_then(|id| id.parse().ok()).map(ItemId);
            Reaction::Update(page(app, place, user, Shelf::of(what), before).await?)
        }
        "show" => {
            let id = call.values.first().map_or("", String::as_str);
            Reaction::Update(closely(&own(app, place, user, id).await?))
        }
        "correct" => Reaction::Open(window(&own(app, place, user, what).await?)),
        "forget" => {
            let item = own(app, place, user, what).await?;
            let shelf = shelf_of(&item);
            app.store.remove_items(&[item.id]).await?;
            Reaction::Update(page(app, place, user, shelf, None).await?)
        }
        "server" | "everywhere" => {
            let item = own(app, place, user, what).await?;
            if item.draft.owner != Some(user) {
                return Err(refused("Only who said it can share it."));
            }
            let reach = match (verb, call.place.guild) {
                ("server", Some(guild)) => Reach::Guild(guild),
                ("server", None) => return Err(refused("That can only be done on a server.")),
                _ => Reach::Everyone,
            };
            match app.store.share(item.id, reach).await? {
                Some(id) => Reaction::Update(closely(&own(app, place, user, &id.0.to_string()).await?)),
                None => return Err(refused("That is forgotten already.")),
            }
        }
        _ => return Err(refused("I do not know this button any more.")),
    })
}

fn window(item: &Item) -> Modal {
    let field = ModalField {
        id: "text".to_owned(),
        label: "What is so?".to_owned(),
        long: true,
        required: true,
        value: item.draft.text.raw().chars().take(usize::from(CHARS)).collect(),
        max: CHARS,
        ..ModalField::default()
    };
    Modal {
        id: format!("{NAME}:corrected:{}", item.id.0),
        title: "Correct a memory".to_owned(),
        fields: vec![field],
    }
}

async fn filled(app: &App, call: &ModalCall) -> anyhow::Result<Reaction> {
    let id = call.id.rsplit(':').next().unwrap_or_default();
    let item = own(app, &call.place, call.author.id, id).await?;
    let text = call.fields.get("text").map_or("", |text| text.raw());
    let text = domain::quote::quoted(text, usize::from(CHARS));
    if text.is_empty() {
        return Err(refused("It needs some words. To have it forgotten, press “Forget”."));
    }
    match app.store.correct(item.id, &text.into()).await? {
        Some(id) => {
            Ok(Reaction::Update(closely(&own(app, &call.place, call.author.id, &id.0.to_string()).await?)))
        }
        None => Err(refused("That is forgotten already.")),
    }
}
