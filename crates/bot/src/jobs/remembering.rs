//! Takes what was said into the memory.

use std::time::Duration;

use futures_util::FutureExt as _;

use super::Job;
use crate::remembering;

pub(super) fn job() -> Job {
    Job {
        name: "remembering",
        first: Duration::from_secs(2),
        // One read of an index that is empty when nothing was said.
        every: Duration::from_secs(2),
        run: |app| remembering::remember(app).boxed(),
    }
}
