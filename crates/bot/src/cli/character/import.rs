//! Bringing cards in: all that is wrong is said, and what is there is not overwritten unasked.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use domain::{CharacterId, limits};

use super::{destination, everybody, line, say, sheet};
use crate::{
    cards::{
        Card, printable,
        shelf::{self, Shelved},
    },
    cast::{Cast, Origin},
    config::Config,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// A card, or a folder whose cards are all imported.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder of characters to put it into [default: characters.folder, else `characters` in the data folder].
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// Put it in the place of a character with the same id.
    #[arg(long)]
    replace: bool,
    /// Check and show, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Imports one after the other; a failure of one does not keep the others out.
pub(super) fn import(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let folder = destination(config, arguments.into.as_deref());
    let cast = everybody(Some(folder.clone()).filter(|folder| folder.is_dir()))?;
    let files = files(&arguments.files)?;
    let many = files.len() > 1;
    let mut import =
        Import { arguments, enabled: &config.characters.enabled, folder, cast, new: HashSet::new() };
    let mut refused = 0;
    for file in &files {
        match import.one(file) {
            Ok(()) => {}
            Err(error) if many => {
                refused += 1;
                say(&format!("NOT imported: {}\n", printable(&format!("{error:#}"))))?;
            }
            Err(error) => return Err(error),
        }
    }
    ensure!(refused == 0, "{refused} of {} cards were not imported; why is said above", files.len());
    Ok(())
}

fn files(named: &[PathBuf]) -> anyhow::Result<Vec<Shelved>> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let cards = shelf::list(path).with_context(|| format!("cannot read {}", path.display()))?;
            ensure!(!cards.is_empty(), "{} holds no .json, .png or .charx file", path.display());
            files.extend(cards);
        } else {
            files.push(Shelved::at(path));
        }
    }
    Ok(files)
}

struct Import<'a> {
    arguments: &'a Arguments,
    enabled: &'a [String],
    folder: PathBuf,
    /// Everybody who was there before.
    cast: Cast,
    /// Everybody who came with this import.
    new: HashSet<CharacterId>,
}

impl Import<'_> {
    fn one(&mut self, file: &Shelved) -> anyhow::Result<()> {
        let card = file.open()?;
        let id = card.character().id.clone();
        say(&format!(
            "{} ({id}), from {}\n{}",
            printable(&card.character().name),
            printable(&file.card.display().to_string()),
            sheet(&card)
        ))?;
        let replaced = self.check(&card, file)?;
        self.warn(&card)?;
        if self.arguments.dry_run {
            say("  nothing was written (--dry-run)\n")?;
        } else {
            let kept = shelf::keep(&card, &self.folder, replaced.as_deref())
                .with_context(|| format!("cannot write into {}", self.folder.display()))?;
            say(&format!("  imported as {}\n", printable(&kept.display().to_string())))?;
        }
        self.new.insert(id);
        Ok(())
    }

    /// Whether the card may come in, and the file that it replaces.
    fn check(&self, card: &Card, file: &Shelved) -> anyhow::Result<Option<PathBuf>> {
        let character = card.character();
        if self.new.contains(&character.id) {
            bail!(
                "{}: another card of this import has the id `{}` already",
                file.card.display(),
                character.id
            );
        }
        let Some(there) = self.cast.by_id(&character.id) else {
            let count = self.cast.characters().len()
                + self.new.iter().filter(|id| self.cast.by_id(id).is_none()).count();
            ensure!(
                count < limits::CHARACTERS,
                "there are {} characters already, which is the most; remove one first",
                limits::CHARACTERS
            );
            return Ok(None);
        };
        if !self.arguments.replace {
            bail!(
                "{}: somebody with the id `{}` is there already: {}; --replace puts this card in that place",
                file.card.display(),
                character.id,
                line(&self.cast, there).trim_end()
            );
        }
        Ok(match self.cast.origin(&character.id) {
            Some(Origin::Folder(old)) => {
                ensure!(
                    !same(&old.card, &file.card),
                    "{}: this is the character's card itself; there is nothing to import",
                    file.card.display()
                );
                Some(old.card.clone())
            }
            Some(Origin::BuiltIn | Origin::Guild { .. }) | None => None,
        })
    }

    /// What will not go as somebody might expect.
    fn warn(&self, card: &Card) -> anyhow::Result<()> {
        let character = card.character();
        for name in character.names() {
            if let Some(other) = self.cast.by_name(name).filter(|other| other.id != character.id) {
                say(&format!("  note: `{}` also calls {}\n", printable(name), other.id))?;
            }
        }
        let wanted = self.enabled.is_empty()
            || self.enabled.iter().any(|wanted| wanted == character.id.as_str() || *wanted == character.name);
        if !wanted {
            say(&format!(
                "  note: characters.enabled does not name `{}`, so it stays silent\n",
                character.id
            ))?;
        }
        Ok(())
    }
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
