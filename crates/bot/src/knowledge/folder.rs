//! The operator's folder: `[SERVER-ID/][@CHARACTER/][CATEGORY/]file`.

use std::{
    fs::{self, Metadata},
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use domain::{CharacterId, GuildId};

use super::reading::Ending;

/// The category of what lies in no folder of its own.
pub(super) const GENERAL: &str = "general";

/// Folders within each other that are looked into.
const DEPTH: usize = 8;

/// Files and folders that are looked at: whoever points at a whole disk meant something else.
const ENTRIES: usize = 50_000;

/// Bytes of a path below the folder.
const PATH_BYTES: usize = 500;

/// A document's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// Its path below the folder, with `/`.
    pub(super) name: String,
    pub(super) ending: Ending,
    pub(super) stamp: Stamp,
    pub(super) whose: Whose,
}

/// By what a change is noticed without reading the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) bytes: u64,
    /// Milliseconds of the Unix epoch; 0 where the file system does not tell.
    pub(super) changed: i64,
}

/// Who knows it, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) guild: Option<GuildId>,
    pub(super) character: Option<CharacterId>,
    pub(super) category: String,
}

/// What lies in the folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// By name.
    pub(super) files: Vec<Found>,
    /// Files that are none of ours.
    pub(super) ignored: usize,
    /// Paths, and what is wrong with them.
    pub(super) wrong: Vec<(String, String)>,
    /// Whether something could not be looked at: what is not in the list may still be there.
    pub(super) partial: bool,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let changed = since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default();
        Self { bytes: metadata.len(), changed }
    }
}

/// Lists a folder.
///
/// # Errors
/// When the folder itself cannot be read: nothing is known about what lies in it.
pub(super) fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let mut left = vec![(folder.to_owned(), Vec::<String>::new())];
    let mut looked_at = 0;
    while let Some((path, above)) = left.pop() {
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if above.is_empty() => return Err(error),
            Err(error) => {
                listing.partial = true;
                listing.wrong.push((above.join("/"), format!("cannot be read: {error}")));
                continue;
            }
        };
        for entry in entries {
            looked_at += 1;
            if looked_at > ENTRIES {
                listing.partial = true;
                listing.wrong.push((String::new(), format!("has more than {ENTRIES} files and folders")));
                listing.files.sort_by(|a, b| a.name.cmp(&b.name));
                return Ok(listing);
            }
            let Ok(entry) = entry else {
                listing.partial = true;
                continue;
            };
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.chars().any(char::is_control)) else {
                listing.wrong.push((above.join("/"), "has a file whose name is no text".to_owned()));
                continue;
            };
            // What editors, versioning and desktops leave behind.
            if name.starts_with('.') || name.starts_with('~') || name.ends_with('~') {
                continue;
            }
            // A link to a file is that file; a link to a folder could lead round in circles.
            let (Ok(kind), Ok(metadata)) = (entry.file_type(), fs::metadata(entry.path())) else {
                listing.partial = true;
                continue;
            };
            if kind.is_dir() {
                if above.len() < DEPTH {
                    let below = above.iter().cloned().chain([name.to_owned()]).collect();
                    left.push((entry.path(), below));
                } else {
                    listing
                        .wrong
                        .push((above.join("/"), "has too many folders within each other".to_owned()));
                }
            } else if metadata.is_file() {
                file(&mut listing, &entry.path(), &above, name, &metadata);
            }
        }
    }
    listing.files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listing)
}

fn file(listing: &mut Listing, path: &Path, above: &[String], name: &str, metadata: &Metadata) {
    let Some(ending) = Ending::of(name) else {
        listing.ignored += 1;
        return;
    };
    let full = above.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("/");
    if full.len() > PATH_BYTES {
        listing.wrong.push((above.join("/"), "has a file whose path is too long".to_owned()));
        return;
    }
    match whose(above) {
        Ok(whose) => {
            let (path, stamp) = (path.to_owned(), Stamp::of(metadata));
            listing.files.push(Found { path, name: full, ending, stamp, whose });
        }
        Err(why) => listing.wrong.push((full, why)),
    }
}

/// Who knows what lies in these folders.
fn whose(above: &[String]) -> Result<Whose, String> {
    let mut folders = above;
    let mut whose = Whose { guild: None, character: None, category: GENERAL.to_owned() };
    // Discord's ids have 17 to 20 digits for as long as there is Discord; a year is a category.
    if let Some((first, rest)) = folders.split_first()
        && (15..=20).contains(&first.len())
        && let Ok(guild) = first.parse()
    {
        whose.guild = Some(guild);
        folders = rest;
    }
    if let Some((first, rest)) = folders.split_first()
        && let Some(character) = first.strip_prefix('@')
    {
        let id = CharacterId::new(character).map_err(|error| error.to_string())?;
        whose.character = Some(id);
        folders = rest;
    }
    if let Some(last) = folders.last() {
        whose.category = super::category(last);
    }
    Ok(whose)
}

/// The bytes of a file, if it is the same before and after; none if somebody writes it at this moment.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(found: &Found) -> io::Result<Option<(Vec<u8>, Stamp)>> {
    let mut file = fs::File::open(&found.path)?;
    let before = Stamp::of(&file.metadata()?);
    let mut bytes = Vec::new();
    // One byte more than is read tells that there is more.
    file.by_ref().take(found.ending.most() as u64 + 1).read_to_end(&mut bytes)?;
    let after = Stamp::of(&file.metadata()?);
    Ok((before == after).then_some((bytes, after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(folder: &Path, name: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "text").unwrap();
    }

    #[test]
    fn folders_tell_server_character_and_category() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "rules.md",
            "Maps/North/coast.txt",
            "@mira/diary.md",
            "@mira/Poems/sea.md",
            "123456789012345678/a.html",
            "123456789012345678/@nox/Law/b.pdf",
            "2024/report.txt",
        ];
        for name in names {
            put(folder.path(), name);
        }
        for other in [".git/config.txt", "picture.png", "~lock.md", "backup.txt~", "@No One/x.md"] {
            put(folder.path(), other);
        }
        let listing = list(folder.path()).unwrap();
        let told: Vec<_> = listing
            .files
            .iter()
            .map(|found| {
                let Whose { guild, character, category } = &found.whose;
                let character = character.as_ref().map(CharacterId::as_str);
                (found.name.as_str(), guild.map(GuildId::get), character, category.as_str())
            })
            .collect();
        let here = Some(123_456_789_012_345_678);
        assert_eq!(
            told,
            [
                ("123456789012345678/@nox/Law/b.pdf", here, Some("nox"), "law"),
                ("123456789012345678/a.html", here, None, "general"),
                ("2024/report.txt", None, None, "2024"),
                ("@mira/Poems/sea.md", None, Some("mira"), "poems"),
                ("@mira/diary.md", None, Some("mira"), "general"),
                ("Maps/North/coast.txt", None, None, "north"),
                ("rules.md", None, None, "general"),
            ]
        );
        assert_eq!((listing.ignored, listing.partial), (1, false));
        assert!(listing.wrong.len() == 1 && listing.wrong[0].0 == "@No One/x.md", "{:?}", listing.wrong);
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(list(&folder.path().join("no")).is_err());
        assert_eq!(list(folder.path()).unwrap(), Listing::default());
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_are_followed_and_circles_are_not() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "a/rules.md");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/round")).unwrap();
        std::os::unix::fs::symlink("a/rules.md", folder.path().join("again.md")).unwrap();
        let names: Vec<_> = list(folder.path()).unwrap().files.into_iter().map(|found| found.name).collect();
        assert_eq!(names, ["a/rules.md", "again.md"]);
    }
}
