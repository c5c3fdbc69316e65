//! Versions and features of dependencies are chosen in the workspace's manifest and nowhere else: a crate with
//! features of its own would make every `cargo -p` build the shared dependencies anew.

use toml::{Table, Value};

use crate::source::{Finding, manifests, none_of};

fn check(path: &str, text: &str) -> Vec<Finding> {
    let manifest: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut findings = Vec::new();
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = std::iter::once(&manifest)
        .chain(targets.into_iter().flat_map(Table::values).filter_map(Value::as_table));
    for table in tables {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, how) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
                if !is_from_workspace(how) {
                    let line =
                        text.lines().position(|line| line.contains(name.as_str())).map_or(1, |at| at + 1);
                    findings.push(Finding::new(
                        path,
                        line,
                        format!("`{name}`: write `{name}.workspace = true` and choose its version and features in ./Cargo.toml"),
                    ));
                }
            }
        }
    }
    findings
}

/// `workspace = true` and at most `optional`.
fn is_from_workspace(how: &Value) -> bool {
    let Some(how) = how.as_table() else { return false };
    how.get("workspace") == Some(&Value::Boolean(true))
        && how.keys().all(|key| matches!(key.as_str(), "workspace" | "optional"))
}

#[test]
fn features_and_versions_only_in_the_workspace() {
    none_of(manifests().iter().flat_map(|(_, file)| check(&file.path, &file.text)));
}

#[test]
fn a_crates_own_choice_is_found() {
    let good =
        "[dependencies]\nserde.workspace = true\n[dependencies.a]\nworkspace = true\noptional = true\n";
    assert!(check("Cargo.toml", good).is_empty());
    for bad in [
        "[dependencies]\nserde = \"1\"\n",
        "[dev-dependencies]\nserde = { workspace = true, features = [\"rc\"] }\n",
        "[target.'cfg(unix)'.dependencies]\nserde = { path = \"../serde\" }\n",
    ] {
        assert_eq!(check("Cargo.toml", bad)[0].line, 2, "{bad}");
    }
}
