//! Nothing unfinished and nothing that looks tested and is not.

use crate::source::{Finding, masked, none_of, rust_files};

const LEFTOVERS: &[(&str, &str)] = &[
    ("todo!", "write it, or leave the feature out"),
    ("unimplemented!", "write it, or leave the feature out"),
    ("#[ignore", "a test that nobody runs says nothing: run it, or delete it"),
    ("#[should_panic", "name the failure: return an error and assert on it"),
];

fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in masked(text, true).lines().enumerate() {
        for (word, remedy) in LEFTOVERS {
            if line.contains(word) {
                findings.push(Finding::new(path, at + 1, format!("`{word}`: {remedy}")));
            }
        }
    }
    findings
}

#[test]
fn nothing_is_left_unfinished_or_untested() {
    none_of(rust_files().iter().flat_map(|file| check(&file.path, &file.text)));
}

#[test]
fn a_leftover_is_found() {
    let text = "fn a() {\n    todo!()\n}\n#[test]\n#[ignore = \"slow\"]\nfn b() {} // todo! later\n";
    let lines: Vec<usize> = check("a.rs", text).iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [2, 5]);
    assert!(check("a.rs", "let a = \"todo!\";\n").is_empty());
}
