//! A foreign protocol is named in exactly one crate; everybody else speaks `domain`.

use crate::source::{Finding, crate_of, is_test, manifests, masked, none_of, rust_files};

struct Foreign {
    /// How its packages and their Rust names begin.
    prefix: &'static str,
    home: &'static str,
    /// Whose tests may use it: as a stranger's client against our server.
    tests_of: &'static [&'static str],
}

const FOREIGN: &[Foreign] = &[
    Foreign { prefix: "twilight", home: "discord", tests_of: &["local-discord"] },
    Foreign { prefix: "rusqlite", home: "store-sqlite", tests_of: &[] },
    Foreign { prefix: "llama_cpp", home: "llm", tests_of: &[] },
];

const SQL_HOME: &str = "store-sqlite";

/// Beginnings of statements, in the capitals in which SQL is written here.
const SQL: &[&str] = &[
    "SELECT ",
    "INSERT INTO ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
];

fn check_source(path: &str, text: &str) -> Vec<Finding> {
    let Some(owner) = crate_of(path) else { return Vec::new() };
    let mut findings = Vec::new();
    for (at, line) in masked(text, true).lines().enumerate() {
        for foreign in FOREIGN {
            let allowed = owner == foreign.home || (is_test(path) && foreign.tests_of.contains(&owner));
            if !allowed && has_word_beginning(line, foreign.prefix) {
                findings.push(Finding::new(
                    path,
                    at + 1,
                    format!(
                        "`{}` is named only in `{}`: use or extend that crate's own types",
                        foreign.prefix, foreign.home
                    ),
                ));
            }
        }
    }
    // This file has the words in its table and its examples.
    if owner != SQL_HOME && !path.ends_with("tidy/protocols.rs") {
        let (code, texts) = (masked(text, true), masked(text, false));
        for (code, (at, line)) in code.lines().zip(texts.lines().enumerate()) {
            // In a literal: what is blank in the code.
            let written =
                |statement: &&str| line.match_indices(*statement).any(|(at, _)| code[at..].starts_with(' '));
            if SQL.iter().any(written) {
                findings.push(Finding::new(
                    path,
                    at + 1,
                    format!("SQL is written only in `{SQL_HOME}`: add a use case to `store`"),
                ));
            }
        }
    }
    findings
}

fn check_manifest(name: &str, path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut dev = false;
    for (at, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            dev = line.contains("dev-dependencies");
        }
        let code = line.split('#').next().unwrap_or_default().replace('-', "_");
        for foreign in FOREIGN {
            let allowed = name == foreign.home || (dev && foreign.tests_of.contains(&name));
            if !allowed && has_word_beginning(&code, foreign.prefix) {
                findings.push(Finding::new(
                    path,
                    at + 1,
                    format!(
                        "`{}` belongs to `{}` alone: go through that crate",
                        foreign.prefix, foreign.home
                    ),
                ));
            }
        }
    }
    findings
}

/// Whether a word of `line` begins with `prefix`.
fn has_word_beginning(line: &str, prefix: &str) -> bool {
    line.match_indices(prefix).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[test]
fn foreign_protocols_stay_in_their_crate() {
    let mut findings: Vec<Finding> =
        rust_files().iter().flat_map(|file| check_source(&file.path, &file.text)).collect();
    findings.extend(manifests().iter().flat_map(|(name, file)| check_manifest(name, &file.path, &file.text)));
    none_of(findings);
}

#[test]
fn a_foreign_word_is_found() {
    let uses = "//! twilight is fine in a comment\nuse twilight_model::id::Id;\n";
    assert_eq!(check_source("crates/bot/src/a.rs", uses)[0].line, 2);
    assert!(check_source("crates/discord/src/a.rs", uses).is_empty());
    assert!(check_source("crates/local-discord/tests/it/a.rs", uses).is_empty());
    assert_eq!(check_source("crates/local-discord/src/a.rs", uses).len(), 1);
    assert!(check_source("crates/bot/src/a.rs", "mod gateway_twilight;\n").is_empty());

    let sql = "let text = \"SELECT id FROM line\";\n";
    assert_eq!(check_source("crates/store/src/a.rs", sql).len(), 1);
    assert!(check_source("crates/store-sqlite/src/a.rs", sql).is_empty());
    assert!(check_source("crates/bot/src/a.rs", "match kind { STRING_SELECT => true }\n").is_empty());

    let manifest = "[dependencies]\nrusqlite.workspace = true # the engine\n";
    assert_eq!(check_manifest("store", "crates/store/Cargo.toml", manifest)[0].line, 2);
    assert!(check_manifest("store-sqlite", "crates/store-sqlite/Cargo.toml", manifest).is_empty());
    let manifest = "[dev-dependencies]\ntwilight-model.workspace = true\n";
    assert!(check_manifest("local-discord", "crates/local-discord/Cargo.toml", manifest).is_empty());
    assert_eq!(check_manifest("bot", "crates/bot/Cargo.toml", manifest).len(), 1);
}
