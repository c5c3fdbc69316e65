//! The documentation and the tests agree.

use std::{fs, path::Path};

/// Every test that `docs/state.md` names is there, every rule names one, and no test is without a rule.
#[test]
fn every_rule_of_the_tables_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tables = fs::read_to_string(root.join("../../docs/state.md")).unwrap();
    let mut code = fs::read_to_string(root.join("src/state/lexicon.rs")).unwrap();
    for file in fs::read_dir(root.join("tests/it/state")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "rs") {
            code += &fs::read_to_string(path).unwrap();
        }
    }
    let (mut rules, mut in_rules) = (0, false);
    for line in tables.lines() {
        if line.starts_with("| rule") || line.starts_with("| field") {
            in_rules = line.starts_with("| rule");
            continue;
        }
        if !in_rules || !line.starts_with("| ") {
            continue;
        }
        rules += 1;
        let last = line.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
        let names: Vec<_> = last.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "a rule without a test: {line}");
        for name in names {
            assert!(code.contains(&format!("fn {name}(")), "there is no test `{name}`: {line}");
        }
    }
    assert!(rules > 60, "{rules} rules");
    for test in code.split("#[test]\n").skip(1) {
        let name = test.trim_start().trim_start_matches("fn ").split('(').next().unwrap();
        let told = tables.contains(&format!("`{name}`")) || name == "every_rule_of_the_tables_has_its_test";
        assert!(told, "docs/state.md does not tell of `{name}`");
    }
}
