//! A module is named for what it is about. These names are about nothing, so everything gathers there.

use crate::source::{Finding, none_of, rust_files};

const BANNED: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"];

fn check(path: &str) -> Vec<Finding> {
    let banned = path.trim_end_matches(".rs").split(['/', '_', '-']).find(|word| BANNED.contains(word));
    let remedy = |word: &str| {
        format!(
            "no module named `{word}`: put the code beside its caller, or name the file for what it holds"
        )
    };
    banned.map(|word| Finding::new(path, 1, remedy(word))).into_iter().collect()
}

/// A module within a file.
fn check_inline(path: &str, text: &str) -> Vec<Finding> {
    let code = crate::source::masked(text, true);
    let mut findings = Vec::new();
    for (at, line) in code.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let module = words.iter().position(|word| *word == "mod").and_then(|at| words.get(at + 1));
        let name = module.map(|name| name.trim_end_matches(';')).unwrap_or_default();
        if name.split('_').any(|word| BANNED.contains(&word)) {
            findings.push(Finding::new(
                path,
                at + 1,
                format!("no module named `{name}`: name it for what it holds"),
            ));
        }
    }
    findings
}

#[test]
fn no_module_is_named_for_nothing() {
    let files = rust_files();
    let mut findings: Vec<Finding> = files.iter().flat_map(|file| check(&file.path)).collect();
    findings.extend(files.iter().flat_map(|file| check_inline(&file.path, &file.text)));
    none_of(findings);
}

#[test]
fn a_name_for_nothing_is_found() {
    for path in ["crates/bot/src/util.rs", "crates/bot/src/common/mod.rs", "crates/bot/src/http_utils.rs"] {
        assert_eq!(check(path).len(), 1, "{path}");
    }
    assert!(check("crates/bot/src/futility.rs").is_empty());
    assert_eq!(check_inline("a.rs", "use a;\n    pub(crate) mod helpers {\n")[0].line, 2);
    assert!(check_inline("a.rs", "mod model; // mod util\n").is_empty());
}
