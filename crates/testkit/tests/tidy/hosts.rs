//! Packages are named by name and fetched by their ordinary clients, which every machine has set up its own way:
//! no file names a registry's host.

use crate::source::{Finding, files, none_of};

/// In two parts, so that this file does not name them either.
const HOSTS: &[(&str, &str)] = &[
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("npmjs", ".org"),
    ("npmjs", ".com"),
    ("yarnpkg", ".com"),
    ("deb.debian", ".org"),
    ("security.debian", ".org"),
    ("archive.ubuntu", ".com"),
    ("proxy.golang", ".org"),
    ("static.rust-lang", ".org"),
];

fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        // Cargo writes this line itself, for every package.
        if path.ends_with("Cargo.lock") && line.starts_with("source = \"registry+") {
            continue;
        }
        for (name, end) in HOSTS {
            let host = format!("{name}{end}");
            // A longer word that begins like a host is none.
            let named = line.match_indices(&host).any(|(at, _)| {
                !line[at + host.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
            });
            if named {
                findings.push(Finding::new(
                    path,
                    at + 1,
                    format!("names the host {host}: name the package and its client instead"),
                ));
            }
        }
    }
    findings
}

#[test]
fn no_file_names_a_registrys_host() {
    none_of(files().iter().flat_map(|file| check(&file.path, &file.text)));
}

#[test]
fn a_host_is_found() {
    let host = HOSTS[0].0.to_owned() + HOSTS[0].1;
    assert_eq!(check("README.md", &format!("hello\nhttps://{host}/x\n"))[0].line, 2);
    assert!(check("README.md", &format!("{host}ta\n")).is_empty());
    let source = format!("source = \"registry+https://github.com/rust-lang/{host}-index\"\n");
    assert!(check("Cargo.lock", &source).is_empty());
    assert_eq!(check("package-lock.json", &source).len(), 1);
}
