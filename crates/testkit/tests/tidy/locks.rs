//! Shared state is an actor's own, or a handle with a private lock whose methods return owned data. A lock in a
//! signature can be held across an await by anybody.

use crate::source::{Finding, crate_of, is_test, masked, none_of, rust_files, without_tests};

/// Handles with a private lock, and why each is no actor. Only a private field is allowed there, nothing else.
const HANDLES: &[(&str, &str)] = &[
    ("crates/bot/src/conversation/mailbox.rs", "finds an actor's mailbox, so it stands before all actors"),
    (
        "crates/local-discord/src/control/events.rs",
        "the ring of past events; written while a request is answered",
    ),
    ("crates/local-discord/src/control/playground.rs", "one small record that the page asks for"),
    ("crates/local-discord/src/faults.rs", "switches that every request reads"),
    ("crates/local-discord/src/gateway/budget.rs", "a counter per token, read and raised in one step"),
    ("crates/local-discord/src/gateway/registry.rs", "sessions by id, for connections that resume"),
    (
        "crates/local-discord/src/world.rs",
        "the whole server's state: a request sees and changes one moment of it",
    ),
];

const REMEDY: &str = "a shared lock: give the state to an actor, or hide it in a handle (a private field, listed with its \
                      reason in crates/testkit/tests/tidy/locks.rs)";

fn check(path: &str, text: &str) -> Vec<Finding> {
    let owner = crate_of(path).unwrap_or_default();
    if owner.starts_with("store") || owner == "testkit" || is_test(path) {
        return Vec::new();
    }
    let is_handle = HANDLES.iter().any(|(handle, _)| *handle == path);
    let code = without_tests(&masked(text, true));
    let lines =
        code.lines().enumerate().filter(|(_, line)| locks(line) && !(is_handle && is_private_field(line)));
    lines.map(|(at, _)| Finding::new(path, at + 1, REMEDY)).collect()
}

fn locks(line: &str) -> bool {
    let line: String = line.split_whitespace().collect();
    ["Mutex", "RwLock"].iter().any(|lock| {
        line.match_indices(lock).any(|(at, _)| {
            // `Arc<Mutex<`, `Arc<std::sync::Mutex<`, `Arc<tokio::sync::RwLock<`
            line[..at]
                .trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                .ends_with("Arc<")
        })
    })
}

/// `name: Arc<…>,` with no `pub` before it.
fn is_private_field(line: &str) -> bool {
    let Some((name, kind)) = line.trim().split_once(": ") else { return false };
    name.chars().all(|c| c.is_alphanumeric() || c == '_') && kind.starts_with("Arc<") && kind.ends_with(',')
}

#[test]
fn no_shared_lock_but_in_a_handle() {
    none_of(rust_files().iter().flat_map(|file| check(&file.path, &file.text)));
}

#[test]
fn the_list_of_handles_has_no_stale_entry() {
    let files = rust_files();
    let still = |path: &str| {
        files.iter().any(|file| file.path == path && masked(&file.text, true).lines().any(locks))
    };
    let stale = HANDLES.iter().filter(|(path, _)| !still(path));
    none_of(
        stale.map(|(path, _)| Finding::new(path, 1, "has no shared lock any more: strike it from the list")),
    );
}

#[test]
fn a_shared_lock_is_found() {
    let signature = "fn new(state: Arc<Mutex<State>>) {}\n";
    let field = "struct A {\n    state: Arc<std::sync::RwLock<State>>,\n}\n";
    assert_eq!(check("crates/bot/src/a.rs", signature).len(), 1);
    assert_eq!(check("crates/bot/src/a.rs", field)[0].line, 2);
    assert!(check(HANDLES[0].0, field).is_empty());
    assert_eq!(check(HANDLES[0].0, signature).len(), 1);
    assert_eq!(check(HANDLES[0].0, &field.replace("    state", "    pub(crate) state")).len(), 1);
    assert!(check("crates/store-sqlite/src/a.rs", signature).is_empty());
    assert!(check("crates/bot/tests/it/a.rs", signature).is_empty());
    assert!(check("crates/bot/src/a.rs", "// Arc<Mutex<\nstruct A(Mutex<State>);\n").is_empty());
    assert!(check("crates/bot/src/a.rs", &format!("#[cfg(test)]\nmod tests {{\n{signature}}}\n")).is_empty());
}
