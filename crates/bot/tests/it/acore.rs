//! The real binary as a child process.

use std::{fs::File, path::PathBuf, process::Stdio, time::Duration};

use tokio::process::{Child, Command};

use crate::town::{PATIENCE, Town};

/// A running `acore`. Dropping it kills it.
pub(crate) struct Acore {
    child: Child,
    log: PathBuf,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

impl Acore {
    /// `acore run` in a town, with nothing but the town's settings in its environment.
    pub(crate) fn run(town: &Town) -> Self {
        Self::with(town, &["run"])
    }

    pub(crate) fn with(town: &Town, arguments: &[&str]) -> Self {
        let log = town.data.path().join("stderr.log");
        let to = File::options().create(true).append(true).open(&log).unwrap();
        let child = Self::command(town).args(arguments).stderr(to).stdin(Stdio::null()).spawn().unwrap();
        Self { child, log }
    }

    pub(crate) fn command(town: &Town) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acore"));
        command.env_clear().envs(&town.settings).current_dir(town.data.path()).kill_on_drop(true);
        command
    }

    /// What it wrote to standard error so far, and what its predecessors in this town did.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().expect("a process that runs").to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> Ended {
        self.ended_within(PATIENCE).await
    }

    pub(crate) async fn ended_within(&mut self, patience: Duration) -> Ended {
        let status = tokio::time::timeout(patience, self.child.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("it does not end:\n{}", self.log())).unwrap();
        Ended { code: status.code(), stderr: self.log() }
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}
