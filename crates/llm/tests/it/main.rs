//! The providers over real sockets, and the embedded one with a real model.
#![expect(clippy::unwrap_used, reason = "what the tests share fails like a test does")]
#![cfg_attr(
    any(feature = "embedded", feature = "recall"),
    expect(clippy::print_stdout, reason = "a skipped test says so")
)]

mod conformance;
mod counting;
mod detect;
#[cfg(feature = "embedded")]
mod embedded;
mod embedder;
#[cfg(feature = "recall")]
mod recall;
mod retry;
mod seeing;
mod support;
mod vocabularies;
mod wire;
