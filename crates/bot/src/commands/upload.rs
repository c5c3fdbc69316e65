//! Files that members upload with a command.

use domain::command::CommandCall;

use super::refused;
use crate::app::App;

/// Bytes of an uploaded file at most: what Discord lets anybody upload.
pub(super) const BYTES: usize = 10 * 1024 * 1024;

/// Fetches the file of an option; its name and its bytes.
pub(super) async fn fetch(app: &App, call: &CommandCall, option: &str) -> anyhow::Result<(String, Vec<u8>)> {
    let file = call.attachment(option).ok_or_else(|| refused("There is no file with your command."))?;
    if file.size > BYTES as u64 {
        return Err(refused(too_large()));
    }
    let bytes = app.speaker.fetch_file(file.url.raw(), BYTES).await.map_err(|error| {
        tracing::warn!(%error, "an uploaded file could not be fetched");
        refused("The file could not be fetched from Discord. Please upload it once more.")
    })?;
    Ok((file.filename.raw().chars().take(200).collect(), bytes.to_vec()))
}

fn too_large() -> String {
    format!("The file is too large: {} MB are the most.", BYTES / 1024 / 1024)
}
