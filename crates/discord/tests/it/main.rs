//! The crate as the bot uses it, against servers that behave as Discord does or as it must not.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_pass_by_value,
    reason = "a test's helpers fail the test, and read better with values"
)]

mod fake;
mod gateway;
mod interacting;
mod limits;
mod speaking;
mod standing;
mod starting;
