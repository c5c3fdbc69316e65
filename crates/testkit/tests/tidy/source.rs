//! The files of the repository, and Rust source with its comments and literals blanked out.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// What is wrong and what to do instead.
    pub(crate) remedy: String,
}

impl Finding {
    /// `line` counts from 1.
    pub(crate) fn new(file: &str, line: usize, remedy: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, remedy: remedy.into() }
    }
}

/// Fails with all the findings at once.
pub(crate) fn none_of(findings: impl IntoIterator<Item = Finding>) {
    let mut text = String::new();
    for Finding { file, line, remedy } in findings {
        let _ = write!(text, "\n  {file}:{line}: {remedy}");
    }
    assert!(text.is_empty(), "breaches of a house rule:{text}\n");
}

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct File {
    /// From the repository's root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file that git tracks or would track: a breach shows before it is committed.
pub(crate) fn files() -> Vec<File> {
    let root = root();
    let listed = Command::new("git")
        // A checkout of another user, as in containers, is read all the same.
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output();
    let paths = match listed {
        Ok(output) if output.status.success() => output.stdout,
        other => {
            panic!("the tidy tests ask git which files are the project's, and it did not answer: {other:?}")
        }
    };
    String::from_utf8_lossy(&paths)
        .split_terminator('\0')
        // Deleted and not yet committed, or not text: nothing to read.
        .filter_map(|path| {
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            Some(File { path: path.to_owned(), text })
        })
        .collect()
}

/// The Rust files among them.
pub(crate) fn rust_files() -> Vec<File> {
    let files: Vec<File> = files()
        .into_iter()
        .filter(|file| Path::new(&file.path).extension().is_some_and(|extension| extension == "rs"))
        .collect();
    assert!(
        files.len() > 50,
        "only {} Rust files were found: the tidy tests look in the wrong place",
        files.len()
    );
    files
}

/// The manifests of the crates, by crate name.
pub(crate) fn manifests() -> Vec<(String, File)> {
    let found: Vec<(String, File)> = files()
        .into_iter()
        .filter_map(|file| {
            let name = file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?.to_owned();
            Some((name, file))
        })
        .collect();
    assert!(
        found.len() >= 8,
        "only {} crates were found: the tidy tests look in the wrong place",
        found.len()
    );
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `crates/NAME/…` gives NAME.
pub(crate) fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

/// Test code by its place: `tests/`, `benches/`, `examples/`, or a `tests.rs` within `src`.
pub(crate) fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches" | "examples"))
}

/// The number of the line at `offset`, from 1.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Blanks out comments; with `literals` also what stands in string and character literals. Lines keep their
/// numbers and columns their places, so that what remains can be searched and its braces counted.
pub(crate) fn masked(text: &str, literals: bool) -> String {
    let mut output = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (length, hide) = token(rest);
        let hide = match hide {
            Kind::Code => false,
            Kind::Comment => true,
            Kind::Literal => literals,
        };
        for byte in rest[..length].bytes() {
            output.push(if hide && byte != b'\n' { b' ' } else { byte });
        }
        rest = &rest[length..];
    }
    String::from_utf8(output).unwrap_or_else(|error| panic!("masking keeps or blanks whole tokens: {error}"))
}

enum Kind {
    Code,
    Comment,
    Literal,
}

/// The length of what `text` begins with, and its kind.
fn token(text: &str) -> (usize, Kind) {
    let first = text.chars().next().map_or(1, char::len_utf8);
    if text.starts_with("//") {
        (text.find('\n').unwrap_or(text.len()), Kind::Comment)
    } else if text.starts_with("/*") {
        (block_comment(text), Kind::Comment)
    } else if let Some(length) = raw_string(text) {
        (length, Kind::Literal)
    } else if text.starts_with('"') {
        (quoted(text, b'"'), Kind::Literal)
    } else if let Some(inside) = text.strip_prefix('\'') {
        // A lifetime has no closing quote after its first character.
        let mut inside = inside.chars();
        if inside.next() == Some('\\') || inside.next() == Some('\'') {
            (quoted(text, b'\''), Kind::Literal)
        } else {
            (1, Kind::Code)
        }
    } else {
        // A whole word at once: the `r` at the end of `for` begins no raw string.
        let word = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        (word.max(first), Kind::Code)
    }
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text.as_bytes()[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if text.as_bytes()[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let after = ["r", "br", "cr"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    let body = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close)?;
    Some(text.len() - body.len() + end + close.len())
}

fn quoted(text: &str, quote: u8) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' {
            bytes.next();
        } else if byte == quote {
            return at + 1;
        }
    }
    text.len()
}

/// `text` (masked) without the blocks that `#[cfg(test)]` stands before.
pub(crate) fn without_tests(text: &str) -> String {
    let mut output = text.to_owned();
    let mut from = 0;
    while let Some(start) = output[from..].find("#[cfg(test)]").map(|at| from + at) {
        let end = block_end(&output, start).unwrap_or(output.len());
        let blank: String = output[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        output.replace_range(start..end, &blank);
        from = start + blank.len();
    }
    output
}

/// The end of the item that begins at `from` in masked text: behind its block, or behind a `;` that comes first.
pub(crate) fn block_end(text: &str, from: usize) -> Option<usize> {
    let (mut round, mut curly) = (0_i32, 0_i32);
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => round += 1,
            b')' | b']' => round -= 1,
            b'{' => curly += 1,
            b'}' => {
                curly -= 1;
                if curly == 0 && round == 0 {
                    return Some(at + 1);
                }
            }
            b';' if curly == 0 && round == 0 => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[test]
fn comments_and_literals_are_blanked_and_lines_stay() {
    let text = "let a = \"x // {\"; // }\nlet b = r#\"\"{\"#; /* { /* } */ */ let c = '{'; fn d<'a>(e: &'a str) {}\n";
    let code = masked(text, true);
    assert_eq!(code.len(), text.len());
    assert_eq!(code.lines().count(), 2);
    assert_eq!(code.matches(['{', '}']).collect::<String>(), "{}");
    assert!(code.contains("fn d<'a>(e: &'a str) {}"));
    assert!(masked(text, false).contains("x // {"));
    assert!(masked("for\"{\"", true).starts_with("for"));
}

#[test]
fn test_modules_are_left_out() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod more {\n    fn b() {}\n}\nfn c() {}\n";
    let code = without_tests(text);
    assert_eq!(code.lines().count(), text.lines().count());
    assert!(code.contains("fn a") && code.contains("fn c") && !code.contains("fn b"));
}
