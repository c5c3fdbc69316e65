//! Files that members upload with a command.

use std::{sync::LazyLock, time::Duration};

use domain::command::CommandCall;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::refused;
use crate::app::App;

/// Bytes of an uploaded file at most: what Discord lets anybody upload.
pub(super) const BYTES: usize = 10 * 1024 * 1024;

/// Files that are fetched and read at the same time in the whole process.
const ROOM: usize = 4;

/// How long somebody waits for a place.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file that was uploaded. It takes one of few places until it is dropped.
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    _place: SemaphorePermit<'static>,
}

/// Fetches the file of an option.
pub(super) async fn fetch(app: &App, call: &CommandCall, option: &str) -> anyhow::Result<Upload> {
    static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(ROOM));
    let file = call.attachment(option).ok_or_else(|| refused("There is no file with your command."))?;
    if file.size > BYTES as u64 {
        return Err(refused(too_large()));
    }
    let place = tokio::time::timeout(PATIENCE, PLACES.acquire()).await.ok().and_then(Result::ok);
    let place = place.ok_or_else(|| {
        refused("Too many files are being read at this moment. Please try again in a minute.")
    })?;
    let bytes = app.speaker.fetch_file(file.url.raw(), BYTES).await.map_err(|error| {
        tracing::warn!(%error, "an uploaded file could not be fetched");
        refused("The file could not be fetched from Discord. Please upload it once more.")
    })?;
    let name = file.filename.raw().chars().take(200).collect();
    Ok(Upload { name, bytes: bytes.to_vec(), _place: place })
}

fn too_large() -> String {
    format!("The file is too large: {} MB are the most.", BYTES / 1024 / 1024)
}
