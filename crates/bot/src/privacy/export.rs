//! Everything that is kept about a person, as one archive of readable files.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use domain::{Timestamp, UserId};
use serde_json::Value;
use store::{Column, Holds, PAGE, PersonRecord, Store, TABLES, Table};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Bytes of readable text in one archive; tens of times what a talkative member has.
const MOST: usize = 128 * 1024 * 1024;

/// An archive.
pub struct Archive {
    /// The ZIP file.
    pub bytes: Vec<u8>,
    /// Rows in it, of how many that there are.
    pub rows: u64,
    /// Whether there was more than fits.
    pub cut: bool,
}

/// Packs everything that is kept about a person.
pub async fn archive(store: &dyn Store, user: UserId, now: Timestamp) -> anyhow::Result<Archive> {
    let record = store.person(user).await?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let (mut bytes, mut rows, mut cut) = (0, 0, false);
    begin(&mut zip, "README.txt")?;
    zip.write_all(readme(user, now, &record).as_bytes())?;
    for (name, count) in &record.rows {
        let Some(table) = Table::of(name) else { continue };
        begin(&mut zip, &format!("{name}.json"))?;
        zip.write_all(b"[")?;
        let mut told = 0;
        while told < *count && !cut {
            let page = store.held(user, name, told, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for row in page {
                let text = format!("{}{:#}", if told == 0 { "\n" } else { ",\n" }, readable(row, table));
                zip.write_all(text.as_bytes())?;
                bytes += text.len();
                told += 1;
            }
            cut = bytes > MOST;
            // Packing is work: others get their turn.
            tokio::task::yield_now().await;
        }
        zip.write_all(b"\n]\n")?;
        rows += told;
    }
    let bytes = zip.finish()?.into_inner();
    Ok(Archive { bytes, rows, cut })
}

fn begin(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str) -> anyhow::Result<()> {
    Ok(zip.start_file(name, SimpleFileOptions::default())?)
}

/// Times as people write them.
pub(crate) fn readable(mut row: Value, table: &Table) -> Value {
    if let Value::Object(fields) = &mut row {
        for (name, value) in fields.iter_mut() {
            if table.column(name) == Some(Column::Time)
                && let Some(time) = value.as_i64().and_then(|at| jiff::Timestamp::from_millisecond(at).ok())
            {
                *value = time.to_string().into();
            }
        }
    }
    row
}

fn readme(user: UserId, now: Timestamp, record: &PersonRecord) -> String {
    let time = jiff::Timestamp::from_millisecond(now.as_millis()).map(|now| now.to_string());
    let mut text = format!(
        "What this bot keeps about the Discord user {user}, as of {}.\n\n\
         Each file is a table of its database, as JSON: a list of rows. Numbers of users, channels and messages are \
         Discord's, as texts. Times are UTC.\nTexts that others said, and texts made of several people's words, are \
         not copied here, because they are theirs, too; such rows say so in \"note\".\n\
         Files that you brought (characters, documents) are named with their sizes; their commands give them back.\n\n",
        time.unwrap_or_default(),
    );
    for table in TABLES {
        let rows = record.of(table.name);
        if rows > 0 && !matches!(table.holds, Holds::Nobody(_)) {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{}.json ({rows})\n  {}\n  Why: {}\n  How long: {}\n",
                table.name, table.what, table.why, table.until
            );
        }
    }
    if record.rows.is_empty() {
        text.push_str("Nothing.\n");
    }
    text
}
