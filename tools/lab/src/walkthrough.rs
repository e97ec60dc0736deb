//! `lab walkthrough`: puts what the screens of the tutorial's sessions show into the document about them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use harness::lab::Settings;
use scenarios::SCREEN;

use crate::run::{boot, daemon};
use crate::vm::Scratch;

/// The scenarios whose screens these are.
const TOPIC: &str = "walkthrough::";
/// What stands before a block with a screen, and after its name.
const MARK: (&str, &str) = ("<!-- screen ", " -->");
/// What a block is enclosed in.
const FENCE: &str = "```";

/// Run the tutorial's sessions and put what their terminals showed into docs/walkthrough.md
#[derive(Args)]
pub(crate) struct Walkthrough {
    /// The document
    #[arg(default_value = "docs/walkthrough.md")]
    document: PathBuf,
    /// The daemon under test [default: the p2pd beside this program]
    #[arg(long, value_name = "FILE")]
    p2pd: Option<PathBuf>,
}

impl Walkthrough {
    /// Writes the document anew; the exit code.
    pub(crate) fn run(self, kernel: impl FnOnce() -> Result<PathBuf>) -> Result<i32> {
        let text = fs::read_to_string(&self.document).with_context(|| self.document.display().to_string())?;
        let settings = Settings { p2pd: daemon(self.p2pd)?, rounds: 1, seed: 1 };
        let kernel = kernel()?;
        let mut screens = BTreeMap::new();
        for scenario in scenarios::all().into_iter().filter(|scenario| scenario.name.starts_with(TOPIC)) {
            println!("{}", scenario.name);
            let scratch = Scratch::new(&std::env::temp_dir(), &format!("lab-{}", std::process::id()))?;
            boot(&kernel, &scenario, &settings, scratch.path()).with_context(|| scenario.name.clone())?;
            collect(scratch.path(), &mut screens)?;
        }
        fs::write(&self.document, fill(&text, screens)?)?;
        Ok(0)
    }
}

fn collect(directory: &Path, screens: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == SCREEN) {
            let name = path.file_stem().context("a screen without a name")?.to_string_lossy().into_owned();
            screens.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The document with the screens in its blocks: every screen once, and no block without one.
fn fill(document: &str, mut screens: BTreeMap<String, String>) -> Result<String> {
    let mut text = String::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        let Some(name) = line.strip_prefix(MARK.0).and_then(|rest| rest.strip_suffix(MARK.1)) else { continue };
        let screen = screens.remove(name).with_context(|| format!("no screen {name:?} is left"))?;
        ensure!(lines.next().is_some_and(|fence| fence.starts_with(FENCE)), "no block after the mark of {name:?}");
        ensure!(lines.any(|line| line == FENCE), "the block of {name:?} has no end");
        text.push_str(&format!("{FENCE}text\n{screen}{FENCE}\n"));
    }
    if !screens.is_empty() {
        bail!("no block for {}", screens.into_keys().collect::<Vec<_>>().join(", "));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screens() -> BTreeMap<String, String> {
        BTreeMap::from([("a".to_owned(), "> new\n".to_owned())])
    }

    #[test]
    fn blocks_are_replaced_and_the_text_stays() {
        let document = "Words.\n<!-- screen a -->\n```text\n> old\n```\n```sh\nx\n```\n";
        let expected = "Words.\n<!-- screen a -->\n```text\n> new\n```\n```sh\nx\n```\n";
        assert_eq!(fill(document, screens()).unwrap(), expected);
        assert_eq!(fill(expected, screens()).unwrap(), expected);
    }

    #[test]
    fn blocks_and_screens_must_match() {
        for odd in ["", "<!-- screen b -->\n```\n```\n", "<!-- screen a -->\nno block\n", "<!-- screen a -->\n```\n"] {
            assert!(fill(odd, screens()).is_err(), "{odd:?}");
        }
    }
}
