//! How long a file and a function may be. Long ones grow one reasonable line at a time; here it ends.
//!
//! A function is measured from the line of its `fn` to that of its closing brace. Braces are counted in rustfmt-ed
//! code without comments and literals: macros that play with braces could fool it, and none here do.

use crate::source::{Finding, block_end, is_test, line_at, masked, none_of, rust_files};

const FILE: usize = 600;
const TEST_FILE: usize = 900;
const FUNCTION: usize = 100;

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let (lines, most) = (text.lines().count(), if is_test(path) { TEST_FILE } else { FILE });
    if lines <= most {
        return Vec::new();
    }
    vec![Finding::new(
        path,
        most + 1,
        format!("{lines} lines, {most} are allowed: split it by state or by noun"),
    )]
}

fn check_functions(path: &str, text: &str) -> Vec<Finding> {
    let code = masked(text, true);
    let mut findings = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let starts_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !starts_word || name.is_empty() {
            continue;
        }
        let Some(end) = block_end(&code, at) else { continue };
        let (first, last) = (line_at(&code, at), line_at(&code, end));
        let lines = last - first + 1;
        if lines > FUNCTION {
            findings.push(Finding::new(
                path,
                first,
                format!("`{name}` has {lines} lines, {FUNCTION} are allowed: give its steps names"),
            ));
        }
    }
    findings
}

#[test]
fn no_file_is_too_long() {
    none_of(rust_files().iter().flat_map(|file| check_file(&file.path, &file.text)));
}

#[test]
fn no_function_is_too_long() {
    none_of(rust_files().iter().flat_map(|file| check_functions(&file.path, &file.text)));
}

#[test]
fn a_long_file_is_found() {
    assert!(check_file("crates/bot/src/a.rs", &"//\n".repeat(FILE)).is_empty());
    assert_eq!(check_file("crates/bot/src/a.rs", &"//\n".repeat(FILE + 1)).len(), 1);
    assert!(check_file("crates/bot/src/a/tests.rs", &"//\n".repeat(TEST_FILE)).is_empty());
    assert_eq!(check_file("crates/bot/tests/it/a.rs", &"//\n".repeat(TEST_FILE + 1)).len(), 1);
}

#[test]
fn a_long_function_is_found() {
    let function = |lines: usize| {
        format!(
            "trait T {{\n    fn t(&self) -> [u8; 2];\n}}\nfn f(a: [u8; 4]) {{\n{}}}\n",
            "    g(\"}\"); // }\n".repeat(lines)
        )
    };
    assert!(check_functions("a.rs", &function(FUNCTION - 2)).is_empty());
    let found = check_functions("a.rs", &function(FUNCTION - 1));
    assert_eq!((found.len(), found[0].line), (1, 4));
}
