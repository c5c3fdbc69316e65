//! Stand-ins for the services around acore, for tests and benchmarks: real servers on real sockets, controlled by
//! scripts and gates instead of sleeps.

pub mod model;

pub use model::{Asked, Dialect, Gate, Reply, ScriptedModel};
