//! The stories in `scenarios/*.md`: who says what, and who answers or why nobody does. They are documentation that
//! runs; `scenarios/README.md` tells how they are written.

use std::{fmt::Write as _, fs, path::Path};

mod play;
mod script;

use script::{Script, Step};

/// Fewer than this means that a file is not read as it should be.
const SCENARIOS: usize = 40;

#[test]
fn every_story_goes_as_it_is_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/scenarios");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "md") && !path.ends_with("README.md"));
    files.sort();
    let mut stories = 0;
    let mut wrong = String::new();
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy();
        let text = fs::read_to_string(path).unwrap();
        for script in Script::all(&text).unwrap_or_else(|problem| panic!("{name}: {problem}")) {
            stories += 1;
            let told =
                play::told(&script).unwrap_or_else(|problem| panic!("{name}: {}: {problem}", script.title));
            if told.iter().any(|line| !line.as_expected()) {
                write!(wrong, "\n{name}: {}\n{}", script.title, diff(&told)).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "stories that go otherwise (- as written, + as it is):\n{wrong}");
    assert!(stories >= SCENARIOS, "{stories} stories were found");
}

/// A line of a story, with what it was expected to lead to and what it led to.
struct Told<'a> {
    step: &'a Step,
    actual: Option<String>,
    fits: bool,
}

impl Told<'_> {
    fn as_expected(&self) -> bool {
        self.fits
    }
}

fn diff(told: &[Told<'_>]) -> String {
    let mut text = String::new();
    for line in told {
        writeln!(text, "   - {}", line.step.line).unwrap();
        let expected = line.step.expected.as_deref();
        if line.fits {
            if let Some(expected) = expected {
                writeln!(text, "     - {expected}").unwrap();
            }
            continue;
        }
        for (sign, what) in [('-', expected), ('+', line.actual.as_deref())] {
            writeln!(text, "{sign}    - {}", what.unwrap_or("(nothing)")).unwrap();
        }
    }
    text
}
