//! The snapshot file: the playground survives a restart.
//!
//! One JSON file with the whole state. It is written to a temporary neighbour, synced and renamed, so that a crash
//! leaves the old one or the new one. A file that cannot be read is kept aside as `.broken`, and a fresh world begins.
//! A lock beside it (`.lock`) keeps a second server from overwriting what the first one saved.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::dispatch::{Scope, Subscription};
use crate::world::{State, World, message_flag};

/// At least this long between two saves.
const PAUSE: Duration = Duration::from_secs(1);
/// Saving may take this share of the time: a save that took 0.5 s is followed by a pause of 5 s.
const PAUSE_PER_WORK: u32 = 10;
/// How often to look for changes that no dispatch tells of, such as registered commands.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Dispatches that may wait while a save runs; more than that only mean the same: something changed.
const WAITING: usize = 4_096;
/// How often, and how long apart, the lock is tried: a server that is just ending may still hold it.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// Larger files are not loaded: the caps of [`crate::world::WorldLimits`] make them impossible.
const MAX_BYTES: u64 = 2 << 30;

/// What became of the file at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// There was none: the given world begins.
    Fresh,
    /// The world is as it was.
    Restored,
    /// It could not be read and is now under this name; the given world begins.
    Broken { kept: PathBuf, why: String },
}

/// The right to write the file, as long as the value lives; `None` if another server has it.
pub(crate) async fn lock(path: &Path) -> io::Result<Option<File>> {
    make_folder(path)?;
    let file = File::options().create(true).truncate(false).write(true).open(beside(path, ".lock"))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// Puts the file's state in the place of the world's, if there is one.
///
/// An error means that the file system does not cooperate, not that the content is wrong.
pub(crate) fn load(world: &World, path: &Path) -> io::Result<Loaded> {
    let size = match std::fs::metadata(path) {
        Ok(about) => about.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::Fresh),
        Err(error) => return Err(error),
    };
    let read =
        if size > MAX_BYTES { Err(format!("it has {size} bytes")) } else { parse(&std::fs::read(path)?) };
    match read {
        Ok(state) => {
            world.with(|core| core.state = state);
            tracing::info!(path = %path.display(), bytes = size, "the world is as it was");
            Ok(Loaded::Restored)
        }
        Err(why) => {
            let kept = beside(path, ".broken");
            std::fs::rename(path, &kept)?;
            let (path, kept_at) = (path.display(), kept.display());
            tracing::error!(%path, kept = %kept_at, %why, "the snapshot cannot be read; it is kept aside, and a fresh world begins");
            Ok(Loaded::Broken { kept, why })
        }
    }
}

fn parse(bytes: &[u8]) -> Result<State, String> {
    let mut state: State = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    // Nobody is connected yet: calls, presences of bots and open interactions ended with the last run.
    state.interactions.clear();
    // With the interactions go the responses that nobody can fill or see any more.
    for log in state.messages.values_mut() {
        log.retain(|_, m| m.flags & message_flag::LOADING == 0 && m.visible_to.is_none());
    }
    let bots: Vec<u64> = state.applications.values().map(|a| a.bot_user_id).collect();
    for guild in state.guilds.values_mut() {
        guild.voice_states.clear();
        guild.presences.retain(|user, _| !bots.contains(user));
    }
    Ok(state)
}

/// Writes the state, atomically.
pub(crate) fn save(world: &World, path: &Path) -> io::Result<()> {
    let text = world.snapshot().map_err(io::Error::other)?;
    make_folder(path)?;
    let temporary = beside(path, ".new");
    let mut file = File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    // The rename itself must outlive a power cut too.
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|f| !f.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Saves after changes, until it is told to stop; then once more.
#[derive(Debug)]
pub(crate) struct Keeper {
    task: JoinHandle<()>,
    saves: watch::Receiver<Saves>,
}

/// How many saves began and ended.
#[derive(Clone, Copy, Debug, Default)]
struct Saves {
    begun: u64,
    done: u64,
}

impl Keeper {
    /// Holds the `lock` until the last save is done.
    pub(crate) fn start(world: World, path: PathBuf, lock: File, stop: CancellationToken) -> Self {
        let (sender, saves) = watch::channel(Saves::default());
        // Subscribed before the server is there for anybody: no change goes unnoticed.
        let subscription = world.subscribe(Scope::Everything, WAITING);
        let task = tokio::spawn(async move {
            keep(world, path, subscription, sender, stop).await;
            drop(lock);
        });
        Self { task, saves }
    }

    /// Waits for a save that begins after this call. Something must have changed.
    pub(crate) fn saved(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut saves = self.saves.clone();
        let wanted = saves.borrow().begun + 1;
        async move {
            // An error means that the keeper ended, which it does with a last save.
            let _ = saves.wait_for(|s| s.done >= wanted).await;
        }
    }

    /// Waits for the last save. Cancel the token first.
    pub(crate) async fn finished(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the last snapshot was not written");
        }
    }
}

async fn keep(
    world: World,
    path: PathBuf,
    mut subscription: Subscription,
    saves: watch::Sender<Saves>,
    stop: CancellationToken,
) {
    // The first save shows early that the place can be written to.
    let mut dirty = true;
    let mut seen = ids(&world);
    let mut rested = Instant::now();
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = subscription.recv() => {
                dirty = true;
                if event.is_none() {
                    subscription = world.subscribe(Scope::Everything, WAITING);
                }
                while subscription.try_recv().is_some() {}
            }
            _ = look.tick() => dirty |= ids(&world) != seen,
            () = sleep_until(rested), if dirty => {
                dirty = false;
                seen = ids(&world);
                let started = Instant::now();
                saves.send_modify(|s| s.begun += 1);
                write(&world, &path).await;
                saves.send_modify(|s| s.done += 1);
                rested = Instant::now() + (started.elapsed() * PAUSE_PER_WORK).max(PAUSE);
            }
            () = stop.cancelled() => break,
        }
    }
    write(&world, &path).await;
}

/// The state of the id counter: whatever is made takes one.
fn ids(world: &World) -> String {
    world.read(|state| format!("{:?}", state.ids))
}

async fn write(world: &World, path: &Path) {
    let (world, target) = (world.clone(), path.to_owned());
    let written = tokio::task::spawn_blocking(move || save(&world, &target)).await;
    let error = match written {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        Err(stopped) => io::Error::other(stopped),
    };
    tracing::error!(path = %path.display(), %error, "the snapshot could not be written");
}
