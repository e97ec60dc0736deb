//! `docs/security.md` names tests and fuzz targets: all of them exist.

use fuzz_targets::{corpus, find};

#[test]
fn what_the_table_names_exists() {
    let root = corpus::folder().join("..");
    let text = std::fs::read_to_string(root.join("docs/security.md")).expect("docs/security.md");
    let (mut tests, mut targets) = (0, 0);
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let shown_by = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
        for part in shown_by.split(';') {
            let words: Vec<&str> = part.split('`').skip(1).step_by(2).collect();
            match words[..] {
                [path, ref names @ ..] if path.ends_with(".rs") => {
                    let source = std::fs::read_to_string(root.join(path)).unwrap_or_else(|_| panic!("{path}"));
                    for name in names {
                        assert!(source.contains(&format!("fn {name}(")), "{path} has no {name}");
                        tests += 1;
                    }
                }
                ref names if part.contains("fuzz target") => {
                    for name in names {
                        assert!(find(name).is_some(), "no target {name}");
                        targets += 1;
                    }
                }
                _ => {}
            }
        }
    }
    assert!(tests >= 18 && targets >= 7, "{tests} tests, {targets} targets");
}
