//! `/lore`: the server's lorebooks, to bring in, look at, try out, take along and remove.

mod bring;
mod trial;

use domain::{
    GuildId,
    card::{self, LorebookForm},
    command::{CommandCall, CommandSpec, ComponentCall, OptionKind, OptionSpec, Permissions},
    lore::{LoreEntry, LorePosition, Lorebook},
    outbound::{Answer, Button, ButtonStyle, File, Panel, Row},
};
use futures_util::FutureExt as _;
use store::GuildBook;

use super::{Command, Proposals, Reaction, chat, guild_of, manages, must_manage, refused, shown};
use crate::{
    app::App,
    cards,
    cast::Cast,
    lore::{Book, Unread, parsed},
};

pub(super) const NAME: &str = "lore";

/// Characters of a book's name: it must fit into a button's id.
const NAME_CHARS: usize = 60;

/// Characters of a panel that a list fills at most.
const LIST_CHARS: usize = 3_900;

const NO_BOOKS: &str =
    "No lorebook yet: `/lore import` brings one. Characters always know the books of their own cards.";

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .proposing(|app, call| propose(app, call).boxed())
        .with_buttons(|app, call| pressed(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let option = |name, description, kind, required| OptionSpec { name, description, kind, required };
    let sub = |name, description, options| option(name, description, OptionKind::Sub(options), false);
    let book = || option("book", "Which book", OptionKind::Autocompleted, true);
    let forms = [("As it came", "original"), ("World file (SillyTavern)", "world"), ("lorebook_v3", "v3")];
    let forms = forms.map(|(label, value)| (label.to_owned(), value.to_owned())).to_vec();
    CommandSpec::slash(
        NAME,
        "What the characters of this server know about its world",
        vec![
            sub(
                "import",
                "Bring a lorebook: a world file, a lorebook, or the book of a character card",
                vec![
                    option("file", "A .json, .png or .charx file", OptionKind::Attachment, true),
                    option(
                        "name",
                        "Its name here; else the book's own",
                        OptionKind::Text { max_length: 60 },
                        false,
                    ),
                ],
            ),
            sub("list", "The lorebooks of this server", Vec::new()),
            sub("show", "What stands in a book", vec![book()]),
            sub(
                "test",
                "Which entries a text would wake, why, and what there is no room for",
                vec![
                    option("text", "What somebody says", OptionKind::Text { max_length: 2_000 }, true),
                    option(
                        "character",
                        "For whom; else the first of the cast",
                        OptionKind::Autocompleted,
                        false,
                    ),
                ],
            ),
            sub(
                "export",
                "Take a book along",
                vec![book(), option("as", "In which form", OptionKind::Choice(forms), false)],
            ),
            sub("remove", "Remove a book", vec![book()]),
        ],
    )
    .needing(Permissions::MANAGE_GUILD)
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let guild = guild_of(&call.place)?;
    must_manage(call.permissions)?;
    match call.sub.as_deref() {
        Some("import") => bring::import(app, call, guild).await,
        Some("show") => show(book(app, call, guild).await?).await,
        Some("test") => trial::test(app, call, guild).await,
        Some("export") => export(book(app, call, guild).await?, call).await,
        Some("remove") => Ok(ask(&book(app, call, guild).await?)),
        _ => list(app, guild).await,
    }
}

/// The book that an option names.
async fn book(app: &App, call: &CommandCall, guild: GuildId) -> anyhow::Result<GuildBook> {
    let name = call.text("book").map(|name| name.raw().trim().to_owned()).unwrap_or_default();
    app.store
        .book(guild, &name)
        .await?
        .ok_or_else(|| refused("There is no book of that name here; `/lore list` tells which there are."))
}

async fn list(app: &App, guild: GuildId) -> anyhow::Result<Answer> {
    let books = app.lore.of(guild).await?;
    let line = |book: &Book| {
        let on = book.book.entries.iter().filter(|entry| entry.enabled).count();
        let entries = shown::count(book.book.entries.len(), "entry", "entries");
        format!("**{}** {entries}, {on} on", shown::line(&book.name, 100))
    };
    let body =
        if books.is_empty() { NO_BOOKS.to_owned() } else { shown::list(books.iter().map(line), LIST_CHARS) };
    let panel = Panel { title: "Lorebooks of this server".to_owned(), body, ..Panel::default() };
    Ok(Answer { panels: vec![panel], private: true, ..Answer::default() })
}

async fn show(kept: GuildBook) -> anyhow::Result<Answer> {
    let book = parsed(kept.json).await?;
    Ok(Answer { panels: vec![contents(&kept.name, &book)], private: true, ..Answer::default() })
}

/// What stands in a book.
fn contents(name: &str, book: &Lorebook) -> Panel {
    let number =
        |number: Option<u32>| number.map_or_else(|| "as usual".to_owned(), |number| number.to_string());
    Panel {
        title: shown::line(name, 200),
        body: shown::list(book.entries.iter().map(entry_line), LIST_CHARS),
        fields: vec![
            ("Entries".to_owned(), book.entries.len().to_string(), true),
            ("Messages searched".to_owned(), number(book.scan_depth), true),
            ("Tokens at most".to_owned(), number(book.token_budget), true),
        ],
        ..Panel::default()
    }
}

fn entry_line(entry: &LoreEntry) -> String {
    let keys: Vec<&str> = entry.keys.iter().map(domain::lore::Key::text).collect();
    let mut marks = Vec::new();
    for (on, mark) in [
        (!entry.enabled, "off"),
        (entry.constant, "always"),
        (entry.vectorized, "by meaning"),
        (entry.probability < 100, "by chance"),
        (!entry.groups.is_empty(), "grouped"),
        (matches!(entry.position, LorePosition::AtDepth { .. }), "within the chat"),
    ] {
        if on {
            marks.push(mark);
        }
    }
    let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
    format!("• **{}**{marks} {}", shown::line(&entry.label, 80), shown::line(&keys.join(", "), 120))
}

async fn export(kept: GuildBook, call: &CommandCall) -> anyhow::Result<Answer> {
    let form = call.text("as").map_or("original", |form| form.raw());
    let form = match form {
        "world" => Some(LorebookForm::World),
        "v3" => Some(LorebookForm::V3),
        _ => None,
    };
    let text = match form {
        Some(form) => {
            let written = cards::aside(move || card::lorebook_as(&kept.json, form)).await;
            written.ok_or(Unread::Lost)?.map_err(Unread::from)?
        }
        // What came in goes out byte for byte.
        None => kept.json,
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    let stem: String = kept.name.chars().map(plain).collect();
    let file = File { name: format!("{stem}.json"), bytes: text.into_bytes().into() };
    Ok(Answer { text: "Here it is.".to_owned(), files: vec![file], private: true, ..Answer::default() })
}

fn ask(kept: &GuildBook) -> Answer {
    let buttons = vec![
        Button {
            style: ButtonStyle::Danger,
            ..Button::new(format!("{NAME}:remove:{}", kept.name), "Remove")
        },
        Button::new(format!("{NAME}:keep:"), "Keep"),
    ];
    let text = format!(
        "Remove the lorebook **{}**? `/lore export` gives it to you first.",
        shown::line(&kept.name, 100)
    );
    Answer { text, rows: vec![Row::Buttons(buttons)], private: true, ..Answer::default() }
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let guild = guild_of(&call.place)?;
    must_manage(call.permissions)?;
    let mut parts = call.id.splitn(3, ':').skip(1);
    let (verb, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let text = match verb {
        "remove" if app.lore.remove(guild, rest).await? => {
            tracing::info!(%guild, book = rest, by = %call.author.id, "a lorebook was removed");
            format!("**{}** is gone.", shown::line(rest, 100))
        }
        "remove" => "It was gone already.".to_owned(),
        "keep" => "It stays.".to_owned(),
        "replace" => return bring::replace(app, call, guild, rest).await,
        "drop" => return Ok(bring::forget(app, call, guild, rest)),
        _ => return Err(refused("I do not know this button any more.")),
    };
    Ok(Reaction::Update(Answer::private(text)))
}

async fn propose(app: &App, call: &CommandCall) -> anyhow::Result<Proposals> {
    let guild = guild_of(&call.place)?;
    // A server can show the command to anybody; what it has is told to those who look after it.
    if !manages(call.permissions) {
        return Ok(Proposals::new());
    }
    if call.focused.as_deref() == Some("character") {
        return Ok(chat::proposed(&*app.cast.of(Some(guild)).await?, call, "character"));
    }
    let typed = call.text("book").map(|text| text.raw().to_lowercase()).unwrap_or_default();
    let books = app.store.books(guild).await?;
    let found = books.into_iter().filter(|book| book.name.to_lowercase().contains(&typed)).take(25);
    Ok(found.map(|book| (book.name.clone(), book.name)).collect())
}
