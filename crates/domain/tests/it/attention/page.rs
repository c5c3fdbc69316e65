//! The page about attention and the program agree.

use std::{fmt::Write as _, fs, path::Path};

use domain::{
    attention::{Gate, Part, Reason},
    rules::{Rules, RulesPatch},
};

/// The page's text, and all that is tested.
fn page_and_tests() -> (String, String, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../../docs/attention.md")).unwrap();
    let mut code = String::new();
    let mut stories = String::new();
    // What is done at the edge, such as granting a wish, is tested there.
    let mut folders = vec![root.join("tests/it"), root.join("../bot/tests/it"), root.join("../bot/src")];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if end == "rs" {
                code += &fs::read_to_string(path).unwrap();
            } else if end == "md" {
                stories += &fs::read_to_string(path).unwrap();
            }
        }
    }
    (page, code, stories)
}

#[test]
fn every_gate_reason_part_and_rule_is_on_the_page() {
    let (page, ..) = page_and_tests();
    let rows: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("| ")).collect();
    let prose = page.replace('\n', " ");
    let row = |what: &str| rows.iter().any(|row| row.starts_with(&format!("{what} |")));
    for gate in Gate::ALL {
        assert!(row(&gate.to_string()), "no row of the gate: {gate}");
    }
    for reason in Reason::ALL {
        let told = row(&reason.to_string()) || prose.contains(&format!("*{reason}*"));
        assert!(told, "no word of the reason: {reason}");
    }
    for part in Part::ALL {
        assert!(row(&part.to_string()), "no row of the part: {part}");
    }
    let nothing = RulesPatch::default();
    for shown in Rules::shown(&Rules::default(), &nothing, &nothing) {
        let mut line = String::new();
        write!(line, "`{}` | {} |", shown.rule, shown.value).unwrap();
        assert!(rows.contains(&line.as_str()), "no row: | {line}");
    }
    let in_order: Vec<_> = Gate::ALL.iter().map(|gate| page.find(&format!("| {gate} |"))).collect();
    assert!(in_order.is_sorted(), "the page tells the gates in another order");
    let in_order: Vec<_> =
        Reason::ALL.iter().filter_map(|reason| page.find(&format!("| {reason} |"))).collect();
    assert!(in_order.is_sorted() && in_order.len() >= 10, "the page tells the reasons in another order");
}

#[test]
fn every_test_and_every_story_on_the_page_is_there() {
    let (page, code, stories) = page_and_tests();
    let mut tests = 0;
    for name in page.split('`').skip(1).step_by(2) {
        if name.len() > 18 && name.contains('_') && !name.contains([':', ' ']) {
            assert!(code.contains(&format!("fn {name}(")), "there is no test `{name}`");
            tests += 1;
        }
    }
    let mut told = 0;
    for title in page.split('“').skip(1).filter_map(|rest| rest.split_once('”')) {
        if title.0 != "…" {
            assert!(stories.contains(&format!("## {}\n", title.0)), "there is no story “{}”", title.0);
            told += 1;
        }
    }
    assert!(tests > 30 && told > 40, "{tests} tests, {told} stories");
}
