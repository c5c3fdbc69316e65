//! docs/privacy.md, made from the list of what is kept.

use std::fmt::Write as _;

use store::{Holds, TABLES};

const PREFACE: &str = "# What is kept about people

<!-- Made by `acore privacy page`; a test keeps it true. -->

Everything that the bot keeps is in one SQLite file, `acore.db` in its data folder, on the machine of whoever runs it.
This page is made from the list that the program itself goes by; a table or a column that is not in the list fails the
build.

## Your rights

| | |
|---|---|
| `/privacy show` | what is kept about you, with examples |
| `/privacy export` | all of it as one archive of readable JSON files |
| `/privacy erase` | all of it is removed, after you confirm |
| `/privacy opt-out` | from now on nothing is kept of you; characters still answer you |
| `/privacy opt-in` | ends that |

The commands work on servers and in direct messages, and only you see their answers. Whoever runs the bot has the same
as `acore privacy show|export|erase|opt-out|opt-in USER_ID` while it is stopped. Who edits or deletes a message on
Discord has it changed or removed here at once, with everything that was made of it.

**Opted out**: a message of yours is kept while it is being answered, so that a crash loses nothing, and not a moment
longer. There is no line in any history, no memory, no bond, no receipt with your name; the answer is not kept either.
The next question knows nothing of the one before. What was kept before stays until you erase it. If you do something
that is kept by its nature (you bring a character, you change a setting), that is kept.

**Erased** means overwritten: SQLite runs with `secure_delete`, the full-text index too, and the write-ahead log is
emptied at the end. A test looks for the words and for the number, byte for byte.

What erasing does *not* reach:

- what stands on Discord: delete it there;
- what other people said, even if they mention you or quote you: those words are theirs;
- what a character said to others, even if it spoke of you;
- a summary that outlived every line that it was made of (the newest 50,000 lines of a channel are kept for that): whose
  words are in it is not known any more;
- copies of the database that were made before, by whoever runs the bot, or before an upgrade (`backup/` beside the
  database): they are to be deleted, or erased from again when they are restored;
- the log of the program: it holds numbers of messages, channels and turns, of people only where they change
  something for a server, and no texts; how long it is kept is up to whoever runs the bot;
- what a model's provider keeps: the words that are needed for an answer are sent to the configured model. The
  embedded model, and an Ollama on the same machine, keep them there.

**No training.** Nothing that is kept here is used to train a model. What a provider does with the words that it is
sent is told by its own terms.

**Deletion.** A message that is deleted or edited on Discord, a channel that is cleared, a server that is forgotten: all
of that removes what was kept, and what was made of it, in the same transaction. The lines of a channel that
`/clear_history` clears are set aside for ten minutes, where nobody sees or recalls them and deletions and edits reach
them, so that it can be taken back; then they are gone. Without anybody's doing, what the table
says goes by age and number.

**While the bot is away** nobody tells it what is deleted or edited. Soon after it is back it reads the newest hundred
messages of each channel in which something was said within two weeks, three hundred channels at most, and forgets or
changes what differs. A channel that is no more is forgotten as a whole.

**Age.** Discord's own rules on age hold. Characters whose cards are for adults speak in age-restricted channels only,
and never elsewhere, not in direct messages either.

In memory only, and gone with the process: who is typing, what people are playing, how often somebody was answered in
the last minute, previews of files that are being brought in.

## Every table

";

/// The page, as Markdown.
pub fn page() -> String {
    let mut page = String::from(PREFACE);
    for table in TABLES {
        let people = match table.holds {
            Holds::People(erased) => format!("Erasing: {erased}."),
            Holds::With(other) => format!("Erasing: its rows go with those of `{other}`."),
            Holds::Nobody(why) => format!("Nothing of a person: {why}."),
        };
        let columns: Vec<_> = table.columns.iter().map(|(name, _)| format!("`{name}`")).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "### `{}`: {}\n\n{}\n\n- Why: {}\n- How long: {}\n- {people}\n- Columns: {}\n",
            table.name,
            table.label,
            table.what,
            table.why,
            table.until,
            columns.join(", "),
        );
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_committed_page_is_this() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/privacy.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == page(), "docs/privacy.md is stale: run `acore privacy page > docs/privacy.md`");
    }
}
