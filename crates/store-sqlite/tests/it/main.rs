//! The store on real files.

#![expect(clippy::unwrap_used, reason = "tests; the lint's own exception does not reach their helpers")]

mod canaries;
mod crash;
mod forgetting;
mod migrating;
mod model;
mod opening;
mod privacy;
mod sharing;
