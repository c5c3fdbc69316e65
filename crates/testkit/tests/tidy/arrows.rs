//! Who may know whom: ARCHITECTURE's star, as a table.

use toml::Table;

use crate::source::{Finding, manifests, none_of};

/// Crate, what it may be built on, what its tests may use besides.
const STAR: &[(&str, &[&str], &[&str])] = &[
    ("domain", &[], &[]),
    ("llm", &["domain"], &["testkit", "local-discord"]),
    ("discord", &["domain"], &["testkit", "local-discord"]),
    ("store", &["domain"], &[]),
    ("store-sqlite", &["domain", "store"], &[]),
    ("local-discord", &[], &[]),
    ("testkit", &["domain"], &[]),
    ("bot", &["domain", "llm", "store", "store-sqlite", "discord", "local-discord"], &["testkit"]),
];

fn check(name: &str, path: &str, text: &str, ours: &[&str]) -> Vec<Finding> {
    let Some((_, may, tests_may)) = STAR.iter().find(|(known, ..)| *known == name) else {
        return vec![Finding::new(
            path,
            1,
            format!(
                "the crate `{name}` is not in ARCHITECTURE's star: draw it there and add it to the table of arrows"
            ),
        )];
    };
    let manifest: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut findings = Vec::new();
    for (table, in_tests) in
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
    {
        for to in dependencies(&manifest, table) {
            let allowed = may.contains(&to) || (in_tests && tests_may.contains(&to));
            if ours.contains(&to) && !allowed {
                let line = text.lines().position(|line| names(line, to)).map_or(1, |at| at + 1);
                findings.push(Finding::new(
                    path,
                    line,
                    format!("`{name}` must not know `{to}`: move what both need to `domain`, or wire them in `bot`"),
                ));
            }
        }
    }
    findings
}

fn dependencies<'a>(manifest: &'a Table, table: &str) -> Vec<&'a str> {
    let plain = manifest.get(table).and_then(|found| found.as_table());
    let by_target = manifest.get("target").and_then(|targets| targets.as_table());
    let by_target =
        by_target.into_iter().flat_map(Table::values).filter_map(|target| target.get(table)?.as_table());
    plain.into_iter().chain(by_target).flat_map(Table::keys).map(String::as_str).collect()
}

fn names(line: &str, dependency: &str) -> bool {
    let line =
        line.trim_start().trim_start_matches("[dependencies.").trim_start_matches("[dev-dependencies.");
    line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=', ']']))
}

#[test]
fn no_arrow_that_the_star_does_not_have() {
    let crates = manifests();
    let ours: Vec<&str> = crates.iter().map(|(name, _)| name.as_str()).collect();
    none_of(crates.iter().flat_map(|(name, file)| check(name, &file.path, &file.text, &ours)));
}

#[test]
fn a_new_arrow_is_found() {
    let ours = ["domain", "llm", "store", "testkit", "discord"];
    let text = "[package]\nname = \"llm\"\n[dependencies]\ndomain.workspace = true\nstore.workspace = true\n\
                [dev-dependencies]\ntestkit.workspace = true\n[target.'cfg(unix)'.dependencies]\ndiscord.workspace = true\n";
    let found = check("llm", "crates/llm/Cargo.toml", text, &ours);
    assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [5, 9]);
    // What tests may use, the crate itself may not.
    let text = text.replace("dev-dependencies", "build-dependencies");
    assert_eq!(check("llm", "crates/llm/Cargo.toml", &text, &ours).len(), 3);
    assert_eq!(check("voice", "crates/voice/Cargo.toml", "", &ours).len(), 1);
}
