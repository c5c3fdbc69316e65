//! What is done now and then: a list; each job is a file of its own.

mod ambient;
mod clearing;
mod forgetting;
mod knowledge;
mod learning;
mod prune;
mod remembering;
mod vectors;

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::app::App;

/// Something that is done again and again.
pub struct Job {
    /// What the log calls it.
    pub name: &'static str,
    /// Time from the start to the first run: a start has better things to do.
    pub first: Duration,
    /// Time between two runs.
    pub every: Duration,
    /// Does it once.
    pub run: for<'a> fn(&'a App) -> BoxFuture<'a, anyhow::Result<()>>,
}

/// Every job, by name.
pub fn all() -> [Job; 9] {
    [
        ambient::job(),
        clearing::job(),
        forgetting::job(),
        knowledge::job(),
        learning::learning(),
        prune::job(),
        remembering::job(),
        learning::telling(),
        vectors::job(),
    ]
}

/// Starts all of them. They end with the soft token, in the middle of a run too: every job must bear that.
pub fn start(app: &App) {
    for job in all() {
        let app = app.clone();
        app.life.clone().spawn(job.name, async move {
            tokio::select! {
                () = app.life.soft().cancelled() => {}
                () = repeat(&app, &job) => {}
            }
        });
    }
}

async fn repeat(app: &App, job: &Job) {
    tokio::time::sleep(job.first).await;
    loop {
        if let Err(error) = (job.run)(app).await {
            tracing::error!(
                job = job.name,
                error = format!("{error:#}"),
                "a job failed; it is tried again next time"
            );
        }
        tokio::time::sleep(job.every).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_this() {
        assert_eq!(
            all().map(|job| job.name),
            [
                "ambient",
                "clearing",
                "forgetting",
                "knowledge",
                "learning",
                "prune",
                "remembering",
                "telling",
                "vectors"
            ]
        );
    }
}
