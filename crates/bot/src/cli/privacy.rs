//! `acore privacy`: what is kept about a person, for whoever runs the bot. Works on the data folder while the bot is
//! stopped.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::UserId;
use store::{Holds, Store, StoreError, Table};
use store_sqlite::SqliteStore;

use super::Failure;
use crate::{
    clock,
    config::Config,
    privacy::{self, Offline},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tell what is kept about a person: tables and counts.
    Show(Person),
    /// Write everything that is kept about a person into a ZIP archive of readable JSON files.
    Export {
        #[command(flatten)]
        person: Person,
        /// Where to.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Remove everything about a person but that they opted out.
    Erase {
        #[command(flatten)]
        person: Person,
        /// Do it; without this it is only told what would go.
        #[arg(long)]
        yes: bool,
    },
    /// Keep nothing of a person from now on.
    OptOut(Person),
    /// Let a person be remembered again.
    OptIn(Person),
    /// Print the page on what is kept, why and how long, as Markdown.
    Page,
}

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Person {
    /// The Discord user's id.
    #[arg(value_name = "USER_ID", value_parser = clap::value_parser!(u64).range(1..))]
    user: u64,
}

impl Person {
    fn id(self) -> UserId {
        UserId(self.user)
    }
}

/// The page needs no configuration.
#[expect(clippy::unnecessary_wraps, reason = "every subcommand ends the same way")]
pub(super) fn page() -> Result<(), Failure> {
    print(&privacy::page());
    Ok(())
}

pub(super) async fn privacy(config: &Config, command: &Command) -> Result<(), Failure> {
    let folder = &config.data.folder;
    let store = open(folder).await?;
    let done = run(&store, command, folder).await;
    store.close().await?;
    print(&done?);
    Ok(())
}

async fn run(store: &Arc<dyn Store>, command: &Command, folder: &Path) -> anyhow::Result<String> {
    Ok(match command {
        Command::Show(person) => show(&**store, person.id()).await?,
        Command::Export { person, out } => export(&**store, person.id(), out).await?,
        Command::Erase { person, yes: true } => {
            let erased = Offline(store.clone()).erase(person.id()).await?;
            let mut text = lines("Removed or changed:", &erased.rows);
            if erased.rows.is_empty() {
                "There was nothing about them.\n".clone_into(&mut text);
            }
            text + &copies(folder)
        }
        Command::Erase { person, yes: false } => {
            let told = show(&**store, person.id()).await?;
            format!("{told}Nothing was removed. With --yes it is; that cannot be undone.\n")
        }
        Command::OptOut(person) => {
            store.opt_out(person.id(), clock::now()).await?;
            "Nothing is kept of them from now on. `acore privacy erase` removes what was kept before.\n"
                .to_owned()
        }
        Command::OptIn(person) => if store.opt_in(person.id()).await? {
            "They may be remembered again.\n"
        } else {
            "They had not opted out.\n"
        }
        .to_owned(),
        Command::Page => privacy::page(),
    })
}

async fn open(folder: &Path) -> anyhow::Result<Arc<dyn Store>> {
    let path = folder.join("acore.db");
    if !path.exists() {
        bail!("there is no database in {}: set [data] folder, or ACORE_DATA", folder.display());
    }
    match SqliteStore::open(&path).await {
        Ok(store) => Ok(Arc::new(store)),
        Err(error @ StoreError::Unavailable { .. }) => Err(error).context(
            "the database cannot be opened; if the bot is running, stop it first, or have the member use /privacy",
        ),
        Err(error) => Err(error.into()),
    }
}

async fn show(store: &dyn Store, user: UserId) -> anyhow::Result<String> {
    let record = store.person(user).await?;
    if record.rows.is_empty() {
        return Ok(format!("Nothing is kept about {user}.\n"));
    }
    Ok(lines(&format!("Kept about {user}:"), &record.rows))
}

fn lines(title: &str, rows: &[(&'static str, u64)]) -> String {
    let mut text = format!("{title}\n");
    for (name, rows) in rows {
        let label = Table::of(name).map_or("", |table| match table.holds {
            Holds::With(_) => "",
            Holds::People(_) | Holds::Nobody(_) => table.label,
        });
        text.push_str(format!("  {name:<16} {rows:>8}  {label}").trim_end());
        text.push('\n');
    }
    text
}

async fn export(store: &dyn Store, user: UserId, out: &Path) -> anyhow::Result<String> {
    let archive = privacy::archive(store, user, clock::now()).await?;
    let mut file =
        std::fs::File::create_new(out).with_context(|| format!("cannot write {}", out.display()))?;
    file.write_all(&archive.bytes).and_then(|()| file.sync_all())?;
    let cut = if archive.cut { "There is more than fits into one archive.\n" } else { "" };
    Ok(format!("{} rows in {}\n{cut}", archive.rows, out.display()))
}

/// Copies that were made before an upgrade still hold what was removed.
fn copies(folder: &Path) -> String {
    let files = std::fs::read_dir(folder.join("backup")).into_iter().flatten().flatten();
    let mut names: Vec<_> = files.map(|file| format!("  {}\n", file.path().display())).collect();
    names.sort();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "Copies from before upgrades still hold it; delete those that you do not need:\n{}",
        names.concat()
    )
}

#[expect(clippy::print_stdout, reason = "what the command is for")]
fn print(text: &str) {
    print!("{text}");
}
