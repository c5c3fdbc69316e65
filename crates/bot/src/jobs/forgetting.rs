//! Forgets servers that were left long ago.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt as _;

use super::Job;
use crate::leaving;

pub(super) fn job() -> Job {
    Job {
        name: "forgetting",
        first: Duration::from_mins(10),
        every: Duration::from_hours(6),
        run: |app| async { leaving::forget(app).await.context("forgetting servers that were left") }.boxed(),
    }
}
