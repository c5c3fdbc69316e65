//! The documentation and the tests agree.

use std::{fs, path::Path};

/// Every test that `docs/world-info.md` names is there, and every rule names one or says "not yet".
#[test]
fn every_rule_of_the_table_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("../../docs/world-info.md")).unwrap();
    let tests = root.join("tests/it");
    let mut code = fs::read_to_string(tests.join("prompts.rs")).unwrap();
    // What the bot does with it is shown end to end.
    for folder in [tests.join("lore"), root.join("../bot/tests/it")] {
        for file in fs::read_dir(folder).unwrap() {
            code += &fs::read_to_string(file.unwrap().path()).unwrap();
        }
    }
    let mut rules = 0;
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| rule")) {
        let last = line.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap().trim();
        if last == "not yet" {
            continue;
        }
        rules += 1;
        let mut names = 0;
        for name in last.split('`').skip(1).step_by(2) {
            assert!(code.contains(&format!("fn {name}(")), "there is no test `{name}`: {line}");
            names += 1;
        }
        assert!(names > 0, "a rule without a test: {line}");
    }
    assert!(rules > 40, "{rules} rules");
}
