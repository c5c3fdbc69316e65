//! Makes the vectors that memories are found by.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt as _;

use super::Job;
use crate::vectors;

pub(super) fn job() -> Job {
    Job {
        name: "vectors",
        first: Duration::from_secs(5),
        every: Duration::from_secs(5),
        run: |app| async move { vectors::fill(app).await.context("making vectors of memories") }.boxed(),
    }
}
