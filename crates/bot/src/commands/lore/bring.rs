//! Bringing a lorebook in.

use domain::{
    GuildId, card,
    command::{CommandCall, ComponentCall},
    lore::Lorebook,
    outbound::{Answer, Button, ButtonStyle, Row},
};
use store::{GuildBook, StoreError};

use super::{NAME, NAME_CHARS, contents};
use crate::{
    app::App,
    cards, clock,
    commands::{Reaction, desk::Brought, refused, shown, upload},
    lore::{GUILD_BYTES, parsed},
};

pub(super) async fn import(app: &App, call: &CommandCall, guild: GuildId) -> anyhow::Result<Answer> {
    let upload = upload::fetch(app, call, "file").await?;
    let file_name = upload.name.clone();
    let read = cards::aside(move || read(&upload.bytes, &upload.name));
    let (json, book) = read.await.ok_or_else(|| refused("That file cannot be read."))??;
    let given = call.text("name").map(|name| name.raw().to_owned());
    let stem = file_name.rsplit_once('.').map_or(file_name.as_str(), |(stem, _)| stem);
    let name = name_of(given.or(book.name.clone()).as_deref().unwrap_or_default(), stem);
    let kept = GuildBook { guild, name, owner: call.author.id, json, added_at: clock::now() };
    let others = app.store.books(guild).await?;
    let taken: u64 = others.iter().filter(|book| book.name != kept.name).map(|book| book.bytes).sum();
    if taken + kept.json.len() as u64 > GUILD_BYTES as u64 {
        return Err(refused(format!(
            "There is no more room on this server: its lorebooks have {} MB together at most. `/lore remove` makes some.",
            GUILD_BYTES / 1024 / 1024
        )));
    }
    match app.lore.keep(&kept, false).await {
        Ok(()) => Ok(done(&kept, &book)),
        Err(StoreError::Exists) => {
            let ticket = call.interaction.id.get();
            let answer = ask(&kept, &book, ticket);
            app.desk.lay(ticket, call.author.id, guild, clock::now(), Brought::Book(Box::new(kept)));
            Ok(answer)
        }
        Err(error) => Err(full(error)),
    }
}

/// The book's JSON as it came, and what it says. A card brings its own book.
fn read(bytes: &[u8], file_name: &str) -> anyhow::Result<(String, Lorebook)> {
    let json = match cards::read(bytes, file_name) {
        Ok(card) => {
            let fields = if card.version().is_some() { &card.json()["data"] } else { card.json() };
            match &fields["character_book"] {
                serde_json::Value::Null => return Err(refused("That card has no lorebook.")),
                book => book.to_string(),
            }
        }
        Err(error) => match error.problem {
            cards::Problem::Lorebook | cards::Problem::TooLarge(_) | cards::Problem::Card(_) => {
                cards::text_of_file(bytes).map_err(|problem| refused(shown::complaint(&problem)))?
            }
            _ => return Err(refused(shown::complaint(&error))),
        },
    };
    let book =
        card::parse_lorebook(json.as_bytes()).map_err(|problem| refused(shown::complaint(&problem)))?;
    if book.entries.is_empty() {
        return Err(refused("That lorebook has no entries."));
    }
    Ok((json, book))
}

/// A name that can be shown and put into a button.
fn name_of(name: &str, file: &str) -> String {
    let plain = |name: &str| {
        let name: String = cards::printable(name).chars().filter(|c| !matches!(c, ':' | '`')).collect();
        name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(NAME_CHARS).collect::<String>()
    };
    [plain(name), plain(file)].into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "lore".to_owned())
}

fn done(kept: &GuildBook, book: &Lorebook) -> Answer {
    let entries = shown::count(book.entries.len(), "entry", "entries");
    let text = format!(
        "**{}** is here: {entries} that every character of this server knows from now on. `/lore test` tries them out.",
        shown::line(&kept.name, 100)
    );
    Answer { text, panels: vec![contents(&kept.name, book)], private: true, ..Answer::default() }
}

fn ask(kept: &GuildBook, book: &Lorebook, ticket: u64) -> Answer {
    let buttons = vec![
        Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:replace:{ticket}"), "Replace") },
        Button::new(format!("{NAME}:drop:{ticket}"), "Cancel"),
    ];
    let name = shown::line(&kept.name, 100);
    Answer {
        text: format!(
            "**A lorebook “{name}” is here already.** Replace it with this one? Nothing has happened yet."
        ),
        panels: vec![contents(&kept.name, book)],
        rows: vec![Row::Buttons(buttons)],
        private: true,
        ..Answer::default()
    }
}

pub(super) async fn replace(
    app: &App,
    call: &ComponentCall,
    guild: GuildId,
    ticket: &str,
) -> anyhow::Result<Reaction> {
    let Some(kept) = taken(app, call, guild, ticket) else {
        return Ok(Reaction::Update(Answer::private(
            "That was too long ago. Please import the file once more.",
        )));
    };
    let book = parsed(kept.json.clone()).await?;
    app.lore.keep(&kept, true).await.map_err(full)?;
    Ok(Reaction::Update(done(&kept, &book)))
}

pub(super) fn forget(app: &App, call: &ComponentCall, guild: GuildId, ticket: &str) -> Reaction {
    drop(taken(app, call, guild, ticket));
    Reaction::Update(Answer::private("Nothing was changed."))
}

fn taken(app: &App, call: &ComponentCall, guild: GuildId, ticket: &str) -> Option<GuildBook> {
    match app.desk.take(ticket.parse().ok()?, call.author.id, guild, clock::now())? {
        Brought::Book(book) => Some(*book),
        Brought::Card(_) | Brought::Chat(_) => None,
    }
}

fn full(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Full { what, most } => {
            refused(format!("There is no more room on this server: {most} {what} are the most."))
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_is_named_after_itself_or_its_file() {
        assert_eq!(name_of("  The\u{202E} Sunken: City ", "x"), "The Sunken City");
        assert_eq!(name_of("", "old_world"), "old_world");
        assert_eq!(name_of(":", "`"), "lore");
        let longest = format!("{NAME}:remove:{}", name_of(&"ä".repeat(200), "x"));
        assert!(longest.chars().count() <= domain::outbound::CUSTOM_ID_CHARS);
    }

    #[test]
    fn a_world_file_stays_as_it_came_and_a_card_gives_its_book() {
        let world =
            "{ \"entries\": {\"0\": {\"key\": [\"sea\"], \"content\": \"Salt.\", \"foreign\": 1.50}} }\n";
        let (json, book) = read(world.as_bytes(), "world.json").unwrap();
        assert_eq!((json.as_str(), book.entries.len()), (world, 1));
        let card = r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Q","character_book":{"entries":[{"keys":["sea"],"content":"Salt."}]}}}"#;
        assert_eq!(read(card.as_bytes(), "card.json").unwrap().1.entries.len(), 1);
        let none =
            r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Q","character_book":null}}"#;
        for bad in [none, "{\"entries\":{}}", "[1]", "no", "{\"a\":1}"] {
            assert!(read(bad.as_bytes(), "x.json").is_err(), "{bad}");
        }
    }
}
