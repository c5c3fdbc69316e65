//! Start, signals and end: the only place that spawns tasks and the only one that hears signals.
//!
//! The first signal (or a task that died) pulls the soft token: no new work, what is under way is finished. The hard
//! token follows at a second signal or after the deadline: what is unfinished stays in the journal for the next
//! start. Correctness does not depend on any of it (see the kill -9 tests); it only saves the members a wait.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Time between the first signal and the hard stop: container runtimes kill after ten seconds.
pub const GRACE: Duration = Duration::from_secs(8);

/// A cheap handle on the program's life.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    crashed: Arc<AtomicBool>,
}

impl Lifecycle {
    /// Pulled when the program should end: take no new work.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Pulled when the program ends now: drop what is under way.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// For libraries that spawn their own tasks.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Runs a task until it ends. A panic in it ends the program with a failure, loudly.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let life = self.clone();
        self.tasks.spawn(async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                tracing::error!(
                    task = name,
                    "a task died; the program ends so that a supervisor can start it anew"
                );
                life.crashed.store(true, Ordering::Release);
                life.soft.cancel();
            }
        });
    }

    /// Does something that can be left halfway, such as a part of the boot; `None` when the program is to end first.
    pub async fn unless_ended<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.soft.cancelled() => None,
            done = work => Some(done),
        }
    }

    /// Listens for SIGTERM and SIGINT in the background.
    pub fn listen_for_signals(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (soft, hard) = (self.soft.clone(), self.hard.clone());
        // Not tracked: it waits for signals that may never come, and must not hold the end up.
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if soft.is_cancelled() {
                    tracing::warn!("second signal: ending now");
                    hard.cancel();
                } else {
                    tracing::info!("ending: finishing what is under way (a second signal ends at once)");
                    soft.cancel();
                }
            }
        });
        Ok(())
    }

    /// Waits until every task is done, pulling the hard token after [`GRACE`].
    pub async fn drain(&self) -> Drained {
        self.drain_within(GRACE).await
    }

    async fn drain_within(&self, grace: Duration) -> Drained {
        self.soft.cancel();
        self.tasks.close();
        let patience = async {
            tokio::select! {
                () = tokio::time::sleep(grace) => {
                    tracing::warn!("not everything ended in time; the rest waits in the journal for the next start");
                    self.hard.cancel();
                }
                () = self.hard.cancelled() => {}
            }
            // Tasks that see the hard token end within a moment; one that does not is left behind.
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        let in_time = tokio::select! {
            () = self.tasks.wait() => true,
            () = patience => false,
        };
        self.hard.cancel();
        Drained { in_time, crashed: self.crashed.load(Ordering::Acquire) }
    }
}

/// How the end went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Every task ended by itself.
    pub in_time: bool,
    /// A task had died: the exit code says so.
    pub crashed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_dies_ends_the_program_with_a_failure() {
        let life = Lifecycle::default();
        life.spawn("doomed", async { panic!("on purpose") });
        life.soft().cancelled().await;
        assert_eq!(life.drain().await, Drained { in_time: true, crashed: true });
    }

    #[tokio::test]
    async fn a_boot_that_hangs_is_left_when_the_program_is_to_end() {
        let life = Lifecycle::default();
        assert_eq!(life.unless_ended(async { 7 }).await, Some(7));
        let booting = tokio::spawn({
            let life = life.clone();
            async move { life.unless_ended(std::future::pending::<()>()).await }
        });
        life.soft().cancel();
        assert_eq!(booting.await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_task_that_hangs_is_cut_off_after_the_grace() {
        let life = Lifecycle::default();
        life.spawn("stuck", std::future::pending());
        let drained = life.drain_within(Duration::from_millis(1)).await;
        assert_eq!(drained, Drained { in_time: false, crashed: false });
        assert!(life.hard().is_cancelled());
    }
}
