//! The rules of the house that neither rustc nor clippy can check.
//!
//! Each rule is a function from text to findings, one test that runs it over the repository, and one that shows
//! that it can fail. A finding names the file, the line and the remedy. A rule is not loosened to let a file pass.

#[path = "tidy/arrows.rs"]
mod arrows;
#[path = "tidy/hosts.rs"]
mod hosts;
#[path = "tidy/leftovers.rs"]
mod leftovers;
#[path = "tidy/locks.rs"]
mod locks;
#[path = "tidy/manifests.rs"]
mod manifests;
#[path = "tidy/names.rs"]
mod names;
#[path = "tidy/protocols.rs"]
mod protocols;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;
