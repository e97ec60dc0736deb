//! The file as text: all lines are kept, in their order.

use super::{ConfigError, Invalid, Known, Network, global_key, octets};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

/// Longest configuration file that is read, octets. Far above any that is in use; it bounds memory.
const MAX_FILE: u64 = 1 << 20;
/// Most network blocks in a file.
const MAX_NETWORKS: usize = 1000;

/// A configuration file's text, with the settings and network blocks found in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConfigFile {
    items: Vec<Item>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Item {
    /// A comment, an empty line, or a line of a block that is not ours (`cred`, `identity`, `blob-…`).
    Plain(String),
    /// `key=value` outside of blocks; `text` is the line as read, until the value is changed, and
    /// `line` its number (0 for a new one).
    Setting { key: String, value: String, line: usize, text: Option<String> },
    /// A network block.
    Network(Network),
}

/// Kinds of block beside `network` that wpa_supplicant knows.
fn is_foreign_block(line: &str) -> bool {
    line == "cred={" || line == "identity={" || (line.starts_with("blob-") && line.ends_with("={"))
}

/// What a line says: without leading and trailing blanks and without comment. A `#` begins a comment unless it stands
/// between two quotes, which are paired from the left as in wpa_supplicant; what follows in the comment may hold quotes, too.
fn meaning(line: &str) -> &str {
    const BLANKS: [char; 3] = [' ', '\t', '\r'];
    let line = line.trim_matches(BLANKS);
    let mut within = None;
    for (at, c) in line.char_indices() {
        match (c, within) {
            ('"', None) => within = Some(at),
            ('"', Some(_)) => within = None,
            // A quote that is never closed hides nothing.
            ('#', Some(open)) if closes(line, open) => {}
            ('#', _) => return line.get(..at).unwrap_or_default().trim_end_matches(BLANKS),
            _ => {}
        }
    }
    line
}

/// Whether the quote at this place is closed by another one.
fn closes(line: &str, open: usize) -> bool {
    line.get(open + 1..).is_some_and(|rest| rest.contains('"'))
}

/// Whether a value is read back as it was written.
pub(super) fn survives(value: &str) -> bool {
    !value.chars().any(char::is_control) && {
        let line = format!("k={value}");
        meaning(&line) == line
    }
}

impl ConfigFile {
    /// Reads the text of a file. On an error the line's number (from 1) comes with it.
    pub fn parse(text: &str) -> Result<Self, (usize, Invalid)> {
        let mut file = Self::default();
        // Not `lines`, which drops a carriage return: lines are kept as they are.
        let mut lines = text.split_terminator('\n').enumerate().map(|(index, line)| (index + 1, line));
        while let Some((number, line)) = lines.next() {
            let said = meaning(line);
            if said.is_empty() {
                file.items.push(Item::Plain(line.to_owned()));
            } else if said == "network={" {
                let network = file.read_network(&mut lines, number)?;
                if file.networks().count() >= MAX_NETWORKS {
                    return Err((number, Invalid::TooMany("1000 network blocks")));
                }
                file.items.push(Item::Network(network));
            } else if is_foreign_block(said) {
                file.items.push(Item::Plain(line.to_owned()));
                loop {
                    let (_, line) = lines.next().ok_or((number, Invalid::Unclosed))?;
                    file.items.push(Item::Plain(line.to_owned()));
                    if meaning(line) == "}" {
                        break;
                    }
                }
            } else {
                let (key, value) = said.split_once('=').ok_or((number, Invalid::Syntax))?;
                global_key(key).ok_or_else(|| (number, Invalid::UnknownKey(key.to_owned())))?;
                file.items.push(Item::Setting {
                    key: key.to_owned(),
                    value: value.to_owned(),
                    line: number,
                    text: Some(line.to_owned()),
                });
            }
        }
        Ok(file)
    }

    fn read_network<'a>(
        &self,
        lines: &mut impl Iterator<Item = (usize, &'a str)>,
        start: usize,
    ) -> Result<Network, (usize, Invalid)> {
        let mut network = Network::new(self.allot_id());
        loop {
            let (number, line) = lines.next().ok_or((start, Invalid::Unclosed))?;
            let said = meaning(line);
            if said == "}" {
                return Ok(network);
            }
            network.read_line(line, said).map_err(|reason| (number, reason))?;
        }
    }

    /// One more than the highest that is there: as in wpa_supplicant the first after all are gone is 0 again.
    fn allot_id(&self) -> u32 {
        self.networks().map(|n| n.id).max().map_or(0, |highest| highest.saturating_add(1))
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let io = |error| ConfigError::Io { path: path.to_owned(), error };
        if fs::metadata(path).map_err(io)?.len() > MAX_FILE {
            return Err(io(std::io::Error::other("larger than 1 MiB")));
        }
        let text = octets::decode(&fs::read(path).map_err(io)?);
        Self::parse(&text).map_err(|(line, reason)| ConfigError::Line { path: path.to_owned(), line, reason })
    }

    /// The whole as it is to be written.
    pub fn show(&self) -> String {
        let mut out = String::new();
        for item in &self.items {
            match item {
                Item::Plain(text) | Item::Setting { text: Some(text), .. } => {
                    out.push_str(text);
                    out.push('\n');
                }
                Item::Setting { key, value, text: None, .. } => {
                    out.push_str(key);
                    out.push('=');
                    out.push_str(value);
                    out.push('\n');
                }
                Item::Network(network) => network.show(&mut out),
            }
        }
        out
    }

    /// The settings outside of blocks, in order: line number, key, value.
    pub(super) fn numbered_settings(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.items.iter().filter_map(|item| match item {
            Item::Setting { key, value, line, .. } => Some((*line, key.as_str(), value.as_str())),
            _ => None,
        })
    }

    /// The settings outside of blocks, in order.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.numbered_settings().map(|(_, key, value)| (key, value))
    }

    /// Keys that are in the file and change nothing here.
    pub fn kept_keys(&self) -> impl Iterator<Item = &str> {
        self.settings().map(|(key, _)| key).filter(|key| global_key(key) == Some(Known::Kept))
    }

    /// The value of a setting, as written.
    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.settings().filter(|(key, _)| *key == wanted).map(|(_, value)| value).last()
    }

    /// Gives a setting its value: in its old place, or after the last setting.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), Invalid> {
        global_key(key).ok_or_else(|| Invalid::UnknownKey(key.to_owned()))?;
        if !survives(value) {
            return Err(Invalid::Unwritable(key.to_owned()));
        }
        for item in self.items.iter_mut().rev() {
            match item {
                Item::Setting { key: old, value: slot, text, .. } if old == key => {
                    value.clone_into(slot);
                    *text = None;
                    return Ok(());
                }
                _ => {}
            }
        }
        let after = self.items.iter().rposition(|item| matches!(item, Item::Setting { .. }));
        let place = after.map_or(0, |at| at + 1);
        self.items.insert(place, Item::Setting { key: key.to_owned(), value: value.to_owned(), line: 0, text: None });
        Ok(())
    }

    /// Takes a setting away.
    pub fn unset(&mut self, unwanted: &str) {
        self.items.retain(|item| !matches!(item, Item::Setting { key, .. } if key == unwanted));
    }

    /// The network blocks, in order.
    pub fn networks(&self) -> impl Iterator<Item = &Network> {
        self.items.iter().filter_map(|item| match item {
            Item::Network(network) => Some(network),
            _ => None,
        })
    }

    /// The network block of this id.
    pub fn network(&self, id: u32) -> Option<&Network> {
        self.networks().find(|n| n.id == id)
    }

    /// The network block of this id, to be changed.
    pub fn network_mut(&mut self, id: u32) -> Option<&mut Network> {
        self.items.iter_mut().find_map(|item| match item {
            Item::Network(network) if network.id == id => Some(network),
            _ => None,
        })
    }

    /// Adds an empty network block and tells its id; `None` when there are too many.
    pub fn add_network(&mut self) -> Option<u32> {
        if self.networks().count() >= MAX_NETWORKS {
            return None;
        }
        let id = self.allot_id();
        if !self.items.is_empty() {
            self.items.push(Item::Plain(String::new()));
        }
        self.items.push(Item::Network(Network::new(id)));
        Some(id)
    }

    /// Removes a network block; whether there was one.
    pub fn remove_network(&mut self, id: u32) -> bool {
        let before = self.items.len();
        self.items.retain(|item| !matches!(item, Item::Network(n) if n.id == id));
        self.items.len() != before
    }

    /// Removes all network blocks.
    pub fn remove_networks(&mut self) {
        self.items.retain(|item| !matches!(item, Item::Network(_)));
    }
}

/// What [`write_in_steps`] is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Make the new file beside the old one.
    Create,
    /// Write a part of it.
    Write,
    /// Give it the old one's owner, group and permissions.
    Permissions,
    /// Write it through to the disk.
    Sync,
    /// Put it in the old one's place.
    Rename,
    /// Write the directory through to the disk.
    SyncDirectory,
}

/// Octets written at a time: a page.
const PART: usize = 4096;

/// Replaces a file so that there is the old or the new one whole, whatever happens: a new file beside it, written
/// through to the disk, then renamed. It gets the old one's owner, group and permissions, or 0600.
pub fn write_atomically(path: &Path, text: &str) -> Result<(), ConfigError> {
    write_in_steps(path, text, |_| {})
}

/// [`write_atomically`], telling each step before it is done, for who wants to see what an end in the middle leaves.
pub fn write_in_steps(path: &Path, text: &str, mut before: impl FnMut(Step)) -> Result<(), ConfigError> {
    let io = |error| ConfigError::Unwritten { path: path.to_owned(), error };
    // A symbolic link stays one: what it points at is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(path).ok();
    let mode = old.as_ref().map_or(0o600, |m| m.permissions().mode() & 0o7777);
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let temporary = Path::new(&name);
    // An old one may have been left by a crash, with other permissions.
    if let Err(error) = fs::remove_file(temporary)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(io(error));
    }
    let written = (|| {
        before(Step::Create);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
        for part in octets::encode(text).chunks(PART) {
            before(Step::Write);
            file.write_all(part)?;
        }
        before(Step::Permissions);
        if let Some(old) = &old {
            // Only root may give files away. Where we may not, the group alone may still be one of ours.
            let (owner, group) = (Some(old.uid()), Some(old.gid()));
            if fchown(&file, owner, group).is_err() {
                let _ = fchown(&file, None, group);
            }
        }
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        before(Step::Sync);
        file.sync_all()?;
        before(Step::Rename);
        fs::rename(temporary, path)
    })();
    if let Err(error) = written {
        // What is left of the temporary file serves nobody.
        let _ = fs::remove_file(temporary);
        return Err(io(error));
    }
    before(Step::SyncDirectory);
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The rename is durable once the directory is; some file systems cannot sync directories, and that is no failure.
    let _ = File::open(directory).and_then(|d| d.sync_all());
    Ok(())
}
