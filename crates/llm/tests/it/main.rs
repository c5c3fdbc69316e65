//! The providers over real sockets, and the embedded one with a real model.

mod conformance;
mod detect;
#[cfg(feature = "embedded")]
mod embedded;
mod retry;
mod support;
mod wire;
