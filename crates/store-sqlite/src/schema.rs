//! Opening the file: one owner, an undamaged and known schema, the right settings.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use rusqlite_migration::{M, Migrations};
use store::{Result, StoreError};

use crate::fault::Fault;

/// "acor": tells our files from other people's.
const APPLICATION_ID: i64 = 0x6163_6f72;

/// Older versions can lose committed WAL data when two connections meet (<https://sqlite.org/wal.html>, "The WAL-Reset
/// Bug").
const OLDEST_SQLITE: i32 = 3_051_003;

/// Threads that read.
const READERS: usize = 2;

/// How often the lock is tried, 50 ms apart: a predecessor may be finishing.
const LOCK_TRIES: u32 = 20;

const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_first.sql")),
    M::up(include_str!("migrations/0002_cast.sql")).foreign_key_check(),
    M::up(include_str!("migrations/0003_memory.sql")),
];

/// An open database.
pub(crate) struct Database {
    pub(crate) writer: Connection,
    pub(crate) readers: Vec<Connection>,
    /// Locked while it is open; released when the last connection is closed.
    pub(crate) lock: File,
}

pub(crate) fn open(path: &Path) -> Result<Database> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(StoreError::unavailable(format!(
            "SQLite {} can lose data; 3.51.3 or newer is needed",
            rusqlite::version()
        )));
    }
    let directory = directory_of(path);
    fs::create_dir_all(&directory).map_err(|error| unavailable("its directory cannot be made", error))?;
    let lock = lock(&directory, path)?;
    open_with(path, STEPS, lock).map_err(|error| match error {
        StoreError::Corrupt { reason, source } => StoreError::Corrupt {
            reason: format!("{}: {reason}; it was left as it is, restore a backup", path.display()),
            source,
        },
        StoreError::Unavailable { reason, source } => {
            StoreError::Unavailable { reason: format!("{}: {reason}", path.display()), source }
        }
        other => other,
    })
}

fn open_with(path: &Path, steps: &[M<'_>], lock: File) -> Result<Database> {
    let exists = fs::metadata(path).is_ok_and(|file| file.len() > 0);
    if exists {
        let found = inspect(path, steps.len()).map_err(StoreError::from)?;
        if found > 0 && found < steps.len() {
            back_up(path, steps.len())?;
        }
    }
    let mut writer = connect(path, -2_048)?;
    writer.set_prepared_statement_cache_capacity(128);
    // A migration may make a table anew, and dropping the old one would take along what refers to it; the setting has
    // no effect within a transaction. Each migration checks the references itself.
    writer.pragma_update(None, "foreign_keys", false).map_err(Fault::from)?;
    Migrations::from_slice(steps).to_latest(&mut writer).map_err(|error| StoreError::Unavailable {
        reason: "its schema cannot be brought up to date; nothing was changed".to_owned(),
        source: Some(Arc::new(error)),
    })?;
    writer.pragma_update(None, "foreign_keys", true).map_err(Fault::from)?;
    let mut readers = Vec::with_capacity(READERS);
    for _ in 0..READERS {
        let reader = connect(path, -512)?;
        reader.pragma_update(None, "query_only", true).map_err(Fault::from)?;
        reader.set_prepared_statement_cache_capacity(48);
        readers.push(reader);
    }
    Ok(Database { writer, readers, lock })
}

/// Looks at a file without changing it: the schema version of an undamaged database of ours.
fn inspect(path: &Path, known: usize) -> std::result::Result<usize, Fault> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Closing must not write the log of a crash into a file that may be damaged.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(StoreError::corrupt(format!("the file is damaged ({check})"), None).into());
    }
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(StoreError::corrupt("the file is a database of another program", None).into());
    }
    match usize::try_from(version) {
        Ok(version) if version <= known => Ok(version),
        _ => {
            let found = u32::try_from(version).unwrap_or(u32::MAX);
            Err(StoreError::TooNew { found, known: known as u32 }.into())
        }
    }
}

fn connect(path: &Path, cache_size: i64) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            // Network file systems lack the shared memory that it needs.
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
                Some("the file system cannot keep a write-ahead log".to_owned()),
            ));
        }
        for (name, value) in [
            ("synchronous", "FULL"),
            ("foreign_keys", "ON"),
            ("secure_delete", "ON"),
            ("trusted_schema", "OFF"),
            ("temp_store", "MEMORY"),
            ("journal_size_limit", "16777216"),
        ] {
            connection.pragma_update(None, name, value)?;
        }
        connection.pragma_update(None, "cache_size", cache_size)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // Else a statement with `LIMIT ?` is prepared anew whenever it is run: its plan would depend on the number.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    };
    open().map_err(|error| Fault::from(error).into())
}

/// Copies the old state aside, durably, before it is migrated.
fn back_up(path: &Path, version: usize) -> Result<PathBuf> {
    let directory = directory_of(path).join("backup");
    let target = directory.join(format!("pre-{version}.db"));
    let unfinished = directory.join(format!("pre-{version}.tmp"));
    let no_backup = |error| unavailable("a backup before the migration cannot be made", error);
    fs::create_dir_all(&directory).map_err(no_backup)?;
    if unfinished.exists() {
        fs::remove_file(&unfinished).map_err(no_backup)?;
    }
    let name = unfinished.to_str().ok_or_else(|| StoreError::unavailable("its path is not Unicode"))?;
    let connection = connect(path, -2_048)?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(Fault::from)?;
    File::open(&unfinished).and_then(|file| file.sync_all()).map_err(no_backup)?;
    fs::rename(&unfinished, &target).map_err(no_backup)?;
    File::open(&directory).and_then(|file| file.sync_all()).map_err(no_backup)?;
    Ok(target)
}

fn lock(directory: &Path, path: &Path) -> Result<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(directory.join("LOCK"))
        .map_err(|error| unavailable("its lock file cannot be made", error))?;
    for _ in 1..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(50)),
            Err(TryLockError::Error(error)) => return Err(unavailable("it cannot be locked", error)),
        }
    }
    Err(StoreError::unavailable(format!("{} is in use by another process", path.display())))
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn unavailable(reason: &str, error: std::io::Error) -> StoreError {
    StoreError::Unavailable { reason: reason.to_owned(), source: Some(Arc::new(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_sound() {
        Migrations::from_slice(STEPS).validate().unwrap();
    }

    #[test]
    fn an_old_schema_is_backed_up_before_it_is_migrated() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("acore.db");
        let reopen = |steps: &[M<'_>]| open_with(&path, steps, lock(directory.path(), &path).unwrap());
        let database = reopen(STEPS).unwrap();
        database.writer.execute("INSERT INTO setting VALUES ('s', 'k', 'old')", []).unwrap();
        drop(database);
        assert!(!directory.path().join("backup").exists(), "a new database needs no backup");

        let steps = [STEPS, &[M::up("UPDATE setting SET value = 'new'")]].concat();
        let value = |connection: &Connection| {
            connection.query_row("SELECT value FROM setting", [], |row| row.get::<_, String>(0)).unwrap()
        };
        assert_eq!(value(&reopen(&steps).unwrap().writer), "new");
        let next = steps.len();
        let backup = Connection::open(directory.path().join(format!("backup/pre-{next}.db"))).unwrap();
        assert_eq!(value(&backup), "old");

        let broken = [&steps[..], &[M::up("UPDATE setting SET value = 3; nonsense")]].concat();
        assert!(matches!(reopen(&broken), Err(StoreError::Unavailable { .. })));
        assert_eq!(value(&reopen(&steps).unwrap().writer), "new", "a failed migration changes nothing");
        let Err(StoreError::TooNew { found, known }) = reopen(STEPS) else { panic!("it was opened") };
        assert_eq!((found as usize, known as usize), (next, STEPS.len()));
    }
}
