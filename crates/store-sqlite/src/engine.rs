//! The threads: one that writes, two that read.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;
use store::{Result, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::{fault::Fault, schema::Database};

/// Jobs that wait before callers must.
const QUEUE: usize = 1_024;

/// Jobs of one transaction at most.
const BATCH: usize = 256;

/// Given an error it does not run and answers that.
type Job = Box<dyn FnOnce(Result<&Connection>) -> Done + Send>;

/// A job that ran inside a transaction that is not committed yet.
struct Done {
    keep: bool,
    /// Tells the caller: the error of the commit, or what the job answered.
    answer: Box<dyn FnOnce(std::result::Result<(), StoreError>) + Send>,
}

#[derive(Debug)]
pub(crate) struct Engine {
    /// `None` after `close`.
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Asks the writer to fold its log after the next commit.
    fold: Arc<AtomicBool>,
    write: mpsc::Sender<Job>,
    read: mpsc::Sender<Job>,
    writer: JoinHandle<Result<()>>,
    readers: Vec<JoinHandle<()>>,
}

impl Engine {
    pub(crate) fn start(database: Database) -> Result<Self> {
        let Database { writer, readers, lock } = database;
        let (write, write_jobs) = mpsc::channel(QUEUE);
        let (read, read_jobs) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(read_jobs));
        let readers = readers
            .into_iter()
            .map(|connection| {
                let jobs = Arc::clone(&jobs);
                spawn("store-read", move || read_all(&connection, &jobs))
            })
            .collect::<Result<Vec<_>>>()?;
        let fold = Arc::new(AtomicBool::new(false));
        let writer = spawn("store-write", {
            let fold = Arc::clone(&fold);
            move || write_all(writer, write_jobs, &fold, lock)
        })?;
        Ok(Self { running: Mutex::new(Some(Running { fold, write, read, writer, readers })) })
    }

    /// Runs a job that changes something; answers when it is durable.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let queue = self.queue(|running| &running.write)?;
        ask(queue, job).await
    }

    /// Runs a job that removes words: the log, which still holds them, is written into the file and emptied right after
    /// the commit.
    pub(crate) async fn erase<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let mut fold = None;
        let queue = self.queue(|running| {
            fold = Some(Arc::clone(&running.fold));
            &running.write
        })?;
        ask(queue, move |connection| {
            let before = connection.total_changes();
            let result = job(connection);
            // Asked on the writer's thread, so that no earlier commit uses it up.
            if let Some(fold) = fold.filter(|_| connection.total_changes() != before) {
                fold.store(true, Ordering::Relaxed);
            }
            result
        })
        .await
    }

    /// Runs a job that only looks, on one consistent state that holds all writes answered before.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let queue = self.queue(|running| &running.read)?;
        ask(queue, job).await
    }

    /// Has the log written into the file and emptied soon: what was deleted is still in it.
    pub(crate) async fn fold(&self) -> Result<()> {
        let queue = self.queue(|running| {
            running.fold.store(true, Ordering::Relaxed);
            &running.write
        })?;
        ask(queue, |_| Ok(())).await
    }

    /// Does what is queued, writes the log into the file and releases it.
    pub(crate) async fn close(&self) -> Result<()> {
        let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        let Running { write, read, writer, readers, fold: _ } = running;
        drop((write, read));
        let joined = tokio::task::spawn_blocking(move || {
            for reader in readers {
                drop(reader.join());
            }
            writer.join()
        });
        match joined.await {
            Ok(Ok(closed)) => closed,
            _ => Err(StoreError::unavailable("closing it was stopped")),
        }
    }

    fn queue(&self, which: impl FnOnce(&Running) -> &mpsc::Sender<Job>) -> Result<mpsc::Sender<Job>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|running| which(running).clone()).ok_or_else(closed)
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("it is closed")
}

fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).stack_size(512 * 1024).spawn(body).map_err(|error| {
        StoreError::Unavailable { reason: "no thread".to_owned(), source: Some(Arc::new(error)) }
    })
}

async fn ask<T: Send + 'static>(
    queue: mpsc::Sender<Job>,
    job: impl FnOnce(&Connection) -> std::result::Result<T, Fault> + Send + 'static,
) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |connection| {
        let result = connection.and_then(|connection| {
            catch_unwind(AssertUnwindSafe(|| job(connection).map_err(StoreError::from)))
                .unwrap_or_else(|_| Err(StoreError::unavailable("a job panicked; nothing of it was kept")))
        });
        let keep = result.is_ok();
        let answer = move |committed: std::result::Result<(), StoreError>| {
            // A caller that went away is no error.
            drop(answer.send(committed.and(result)));
        };
        Done { keep, answer: Box::new(answer) }
    });
    queue.send(job).await.map_err(|_| closed())?;
    drop(queue);
    answered.await.unwrap_or_else(|_| Err(StoreError::unavailable("its thread ended")))
}

fn read_all(connection: &Connection, jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(job) = job else { return };
        // One transaction, so that several statements see one state.
        let done = match run(connection, "BEGIN") {
            Ok(()) => job(Ok(connection)),
            Err(error) => job(Err(error)),
        };
        let ended = if connection.is_autocommit() { Ok(()) } else { run(connection, "COMMIT") };
        (done.answer)(ended);
    }
}

/// Takes the lock file along: it is released after the connection is closed.
fn write_all(
    connection: Connection,
    mut jobs: mpsc::Receiver<Job>,
    fold: &AtomicBool,
    lock: File,
) -> Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut done = Vec::with_capacity(BATCH);
    while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
        let committed = commit(&connection, &mut batch, &mut done);
        if let Err(error) = &committed {
            tracing::error!(
                error = error as &dyn std::error::Error,
                jobs = done.len(),
                "a transaction was lost"
            );
        }
        for one in done.drain(..) {
            (one.answer)(committed.clone());
        }
        if fold.swap(false, Ordering::Relaxed) {
            match checkpoint(&connection).map_err(StoreError::from) {
                Ok(true) => {}
                // Somebody reads for a long time: again after the next commit.
                Ok(false) => fold.store(true, Ordering::Relaxed),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the log was not folded");
                }
            }
        }
    }
    let folded = checkpoint(&connection).map(drop).map_err(StoreError::from);
    let closed = connection.close().map_err(|(_, error)| Fault::from(error).into());
    drop(lock);
    folded.and(closed)
}

/// Runs all jobs in one transaction, each of them whole or not at all; every job ends up in `done`.
fn commit(connection: &Connection, batch: &mut Vec<Job>, done: &mut Vec<Done>) -> Result<()> {
    let mut healthy = run(connection, "BEGIN IMMEDIATE");
    for job in batch.drain(..) {
        match &healthy {
            Ok(()) => healthy = run_alone(connection, job, done),
            Err(error) => done.push(job(Err(error.clone()))),
        }
    }
    let committed = healthy.and_then(|()| run(connection, "COMMIT"));
    if committed.is_err() && !connection.is_autocommit() {
        run(connection, "ROLLBACK")?;
    }
    committed
}

/// Runs a job so that its failure takes nothing of the others along.
fn run_alone(connection: &Connection, job: Job, done: &mut Vec<Done>) -> Result<()> {
    if let Err(error) = run(connection, "SAVEPOINT job") {
        done.push(job(Err(error.clone())));
        return Err(error);
    }
    let one = job(Ok(connection));
    let keep = one.keep;
    done.push(one);
    if connection.is_autocommit() {
        return Err(StoreError::unavailable("SQLite gave the transaction up: the disk is full or fails"));
    }
    if !keep {
        run(connection, "ROLLBACK TO job")?;
    }
    run(connection, "RELEASE job")
}

fn run(connection: &Connection, statement: &str) -> Result<()> {
    let run = || connection.prepare_cached(statement)?.execute([]);
    run().map(drop).map_err(|error| Fault::from(error).into())
}

/// Writes the log into the file and empties it; answers whether nobody kept it from that.
fn checkpoint(connection: &Connection) -> std::result::Result<bool, Fault> {
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))? == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    const INSERT: &str = "INSERT INTO setting VALUES ('s', ?1, ?2)";

    fn count(connection: &Connection) -> std::result::Result<i64, Fault> {
        Ok(connection.query_row("SELECT count(*) FROM setting", [], |row| row.get(0))?)
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_costs_only_what_did_not_fit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("acore.db");
        let database = schema::open(&path).unwrap();
        database.writer.pragma_update(None, "max_page_count", 140).unwrap();
        let engine = Engine::start(database).unwrap();
        let mut stored = 0;
        let error = loop {
            let row = (stored, "x".repeat(8_000));
            match engine.write(move |connection| Ok(connection.execute(INSERT, row)?)).await {
                Ok(_) => stored += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(stored > 3);
        assert_eq!(engine.read(count).await.unwrap(), stored);
        let small = engine.write(|connection| Ok(connection.execute(INSERT, ("small", "x"))?)).await;
        assert_eq!(small.unwrap(), 1, "what fits is still taken");
        engine.close().await.unwrap();
        assert_eq!(count(&schema::open(&path).unwrap().writer).unwrap(), stored + 1);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_its_caller_alone() {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::start(schema::open(&directory.path().join("acore.db")).unwrap()).unwrap();
        let panicked = engine.write::<()>(|connection| {
            connection.execute(INSERT, ("half", "done"))?;
            panic!("on purpose")
        });
        let fine = engine.write(|connection| Ok(connection.execute(INSERT, ("whole", "done"))?));
        let (panicked, fine) = tokio::join!(panicked, fine);
        assert!(matches!(panicked, Err(StoreError::Unavailable { .. })), "{panicked:?}");
        assert_eq!(fine.unwrap(), 1);
        assert!(engine.read::<()>(|_| panic!("on purpose")).await.is_err());
        assert_eq!(engine.read(count).await.unwrap(), 1);
    }
}
