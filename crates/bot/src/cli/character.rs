//! `acore character`: look at the cast, bring characters in and take them out.

mod import;

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Subcommand, ValueEnum};
use domain::character::Character;

use super::Failure;
use crate::{
    cards::{self, Card, Version, printable, shelf},
    cast::{Cast, Origin},
    config::{CharactersConfig, Config},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Name everybody and where their cards are.
    List,
    /// Show one character.
    Show {
        /// By id, name or alias.
        name: String,
    },
    /// Bring in character cards: JSON, PNG or CHARX, V1 to V3.
    ///
    /// Everything is checked before anything is written. A `.png` with the same name beside a card is its face.
    Import(import::Arguments),
    /// Write a character's card, for other programs or to keep.
    Export(Export),
}

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// Whom, by id, name or alias.
    name: String,
    /// In which form.
    #[arg(long, value_enum)]
    format: Format,
    /// Where to [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite the file if it is there.
    #[arg(long, requires = "out")]
    replace: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// JSON, Character Card V2.
    V2,
    /// JSON, Character Card V3.
    V3,
    /// The portrait with both in it.
    Png,
}

pub(super) fn character(config: &Config, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Import(arguments) => import::import(config, arguments)?,
        Command::List => {
            let cast = everybody(config.characters.folder.clone())?;
            say(&cast.characters().iter().map(|character| line(&cast, character)).collect::<String>())?;
        }
        Command::Show { name } => {
            let cast = everybody(config.characters.folder.clone())?;
            let character = find(&cast, name)?;
            say(&format!("{}{}", line(&cast, character), sheet(&card_of(&cast, character)?)))?;
        }
        Command::Export(arguments) => export(config, arguments)?,
    }
    Ok(())
}

/// Everybody who is there, those included that `characters.enabled` leaves out.
fn everybody(folder: Option<PathBuf>) -> anyhow::Result<Cast> {
    Ok(Cast::load(&CharactersConfig { folder, enabled: Vec::new() })?)
}

fn find<'a>(cast: &'a Cast, name: &str) -> anyhow::Result<&'a Character> {
    let known = || cast.characters().iter().map(|c| c.id.as_str()).collect::<Vec<_>>().join(", ");
    let found =
        cast.by_name(name).with_context(|| format!("nobody is called `{name}`; there are: {}", known()))?;
    Ok(found)
}

fn card_of(cast: &Cast, character: &Character) -> anyhow::Result<Card> {
    Ok(cast.card(&character.id).context("the character has no card")??)
}

fn export(config: &Config, arguments: &Export) -> anyhow::Result<()> {
    let cast = everybody(config.characters.folder.clone())?;
    let character = find(&cast, &arguments.name)?;
    let card = card_of(&cast, character)?;
    let bytes = match arguments.format {
        Format::V2 => cards::write_json(&card, Version::V2).into_owned().into_bytes(),
        Format::V3 => cards::write_json(&card, Version::V3).into_owned().into_bytes(),
        Format::Png => {
            let face = card.portrait().with_context(|| {
                format!("{} has no picture to put the card into; export it with --format v3", character.name)
            })?;
            cards::write_png(&card, face)?
        }
    };
    match &arguments.out {
        Some(path) => {
            shelf::write_file(path, &bytes, !arguments.replace).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    anyhow::anyhow!("{} is there already; --replace overwrites it", path.display())
                }
                _ => anyhow::Error::from(error).context(format!("cannot write {}", path.display())),
            })
        }
        None if matches!(arguments.format, Format::Png) && io::stdout().is_terminal() => {
            bail!("a picture does not belong on a terminal; name a file with --out FILE")
        }
        None => Ok(out(&bytes)?),
    }
}

/// A character in one line.
fn line(cast: &Cast, character: &Character) -> String {
    let place = match cast.origin(&character.id) {
        Some(Origin::Folder(shelved)) => shelved.card.display().to_string(),
        Some(Origin::BuiltIn | Origin::Guild { .. }) | None => "built in".to_owned(),
    };
    format!("{} ({}), {}\n", printable(&character.name), character.id, printable(&place))
}

/// What a card brings, a few lines.
fn sheet(card: &Card) -> String {
    let character = card.character();
    let version = card.version().map_or("V1".to_owned(), |version| version.to_string());
    let names: Vec<&str> = character.names().skip(1).collect();
    let about = if character.tagline.is_empty() { &character.description } else { &character.tagline };
    let lore = character.book.as_ref().map_or(0, |book| book.entries.len());
    let picture = if card.portrait().is_some() { "yes" } else { "no" };
    let optional = |name: &str, value: &str| {
        if value.is_empty() { String::new() } else { format!("  {name}: {}\n", beginning(value, 160)) }
    };
    let mut lines = vec![
        format!("  about: {}\n", beginning(about, 160)),
        optional("also called", &names.join(", ")),
        optional("greets", &character.first_mes),
        optional("tags", &character.tags.join(", ")),
        format!("  card: {version}, lore entries: {lore}, picture: {picture}\n"),
    ];
    lines.extend(card.notes().iter().map(|note| format!("  note: {}\n", printable(note))));
    lines.concat()
}

/// The first characters of a text in one line.
fn beginning(text: &str, most: usize) -> String {
    let line = printable(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match line.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None if line.is_empty() => "(nothing)".to_owned(),
        None => line,
    }
}

fn say(text: &str) -> io::Result<()> {
    out(text.as_bytes())
}

/// A pipe that was closed wants no more.
fn out(bytes: &[u8]) -> io::Result<()> {
    match io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Where imported cards go.
fn destination(config: &Config, into: Option<&Path>) -> PathBuf {
    let own = || CharactersConfig::own_folder(&config.data.folder);
    into.map(Path::to_path_buf).or_else(|| config.characters.folder.clone()).unwrap_or_else(own)
}

#[cfg(test)]
mod tests;
