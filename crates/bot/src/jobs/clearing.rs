//! Drops for good what was cleared and not brought back.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt as _;

use super::Job;
use crate::{clearing, clock};

pub(super) fn job() -> Job {
    Job {
        name: "clearing",
        // Ten minutes may have passed while nobody ran.
        first: Duration::from_secs(5),
        every: Duration::from_secs(15),
        run: |app| {
            async { clearing::drop_old(app, clock::now()).await.context("dropping what was cleared") }.boxed()
        },
    }
}
