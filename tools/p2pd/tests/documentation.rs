//! `docs/control-interface.md` says what the command table says.

use std::path::Path;

#[test]
fn the_table_in_docs_is_the_table_in_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/control-interface.md");
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
