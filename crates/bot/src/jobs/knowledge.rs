//! Looks what changed in the operator's folder of documents.

use std::time::Duration;

use futures_util::FutureExt as _;

use super::Job;
use crate::{app::App, clock, knowledge::Steps};

pub(super) fn job() -> Job {
    Job {
        name: "knowledge",
        first: Duration::from_secs(2),
        every: Duration::from_mins(1),
        run: |app| look(app).boxed(),
    }
}

async fn look(app: &App) -> anyhow::Result<()> {
    app.knowledge.scan(None, clock::now(), &Steps::default()).await?;
    Ok(())
}
