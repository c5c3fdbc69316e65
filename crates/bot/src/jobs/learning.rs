//! Learns about people, and tells conversations as episodes.

use std::time::Duration;

use futures_util::FutureExt as _;

use super::Job;
use crate::learning;

pub(super) fn learning() -> Job {
    Job {
        name: "learning",
        first: Duration::from_secs(20),
        every: Duration::from_secs(20),
        run: |app| {
            async {
                if app.memory.learning {
                    learning::learn(app).await?;
                }
                Ok(())
            }
            .boxed()
        },
    }
}

pub(super) fn telling() -> Job {
    Job {
        name: "telling",
        first: Duration::from_mins(1),
        every: Duration::from_mins(1),
        run: |app| {
            async {
                if app.memory.learning {
                    learning::tell(app).await?;
                }
                Ok(())
            }
            .boxed()
        },
    }
}
