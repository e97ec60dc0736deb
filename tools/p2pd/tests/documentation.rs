//! `docs/control-interface.md` says what the tables in the program say, and what it claims is shown somewhere.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_table_in_docs_is_the_table_in_the_program() {
    let path = root().join("docs/control-interface.md");
    let wanted = p2pd::commands::documentation();
    if std::env::var_os("P2PD_WRITE_DOCS").is_some() {
        std::fs::write(&path, &wanted).expect("docs can be written");
    }
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(present == wanted, "run: P2PD_WRITE_DOCS=1 cargo test -p p2pd --test documentation");
}

#[test]
fn no_command_is_listed_twice() {
    let mut names: Vec<&str> = p2pd::commands::COMMANDS.iter().map(|c| c.name).collect();
    names.sort_unstable();
    let before = names.len();
    names.dedup();
    assert_eq!(names.len(), before);
}

/// The text of all files below a directory.
fn texts(directory: &Path, out: &mut String) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push_str(&std::fs::read_to_string(&path).expect("text"));
        }
    }
}

#[test]
fn every_claim_is_shown_by_something_that_is_there() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut scenarios = String::new();
    texts(&root().join("tests/scenarios/src"), &mut scenarios);
    let mut wrong = Vec::new();
    for (name, shown) in p2pd::commands::claims() {
        if shown.is_empty() {
            wrong.push(format!("{name}: nothing shows it"));
        }
        for by in shown.split(", ").filter(|s| !s.is_empty()) {
            let there = if let Some(scenario) = by.strip_prefix("lab ") {
                scenarios.contains(&format!("\"{scenario}"))
            } else {
                let (file, function) = by.split_once("::").expect("file::function");
                let unit = function.strip_prefix("tests::");
                let mut text = String::new();
                let directory = package.join(format!("tests/{file}"));
                if unit.is_none() && directory.is_dir() {
                    texts(&directory, &mut text);
                } else {
                    let folder = if unit.is_some() { "src/config" } else { "tests" };
                    text = std::fs::read_to_string(package.join(format!("{folder}/{file}.rs"))).unwrap_or_default();
                }
                // The test has to speak of it, or of what it is made of.
                let word = name.split([' ', ',', '=']).next().unwrap_or_default();
                text.contains(&format!("fn {}()", unit.unwrap_or(function)))
                    && (unit.is_some() || name.contains(", ") || file == "wpa_cli" || text.contains(word))
            };
            if !there {
                wrong.push(format!("{name}: {by} does not show it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
