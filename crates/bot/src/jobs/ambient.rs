//! Breaks long silences where that is wanted.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt as _;

use super::Job;
use crate::unasked;

pub(super) fn job() -> Job {
    Job {
        name: "ambient",
        first: Duration::from_secs(90),
        every: Duration::from_mins(1),
        run: |app| {
            async move { unasked::break_silences(app).await.context("looking at silent channels") }.boxed()
        },
    }
}
