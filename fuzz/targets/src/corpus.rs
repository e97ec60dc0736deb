//! The committed inputs and dictionaries in `fuzz/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder `fuzz` of this repository.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the inputs of a target are.
pub fn inputs_of(target: &str) -> PathBuf {
    folder().join("corpus").join(target)
}

/// The committed inputs of a target with their file names, in the order of these.
///
/// # Errors
/// What the system says of a file; none for a folder that is not there.
pub fn load(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut inputs = Vec::new();
    let entries = match fs::read_dir(inputs_of(target)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(inputs),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        inputs.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    }
    inputs.sort();
    Ok(inputs)
}

/// Writes an input, named by its contents; the same one twice is one file.
///
/// # Errors
/// What the system says.
pub fn store(target: &str, prefix: &str, input: &[u8]) -> io::Result<PathBuf> {
    let folder = inputs_of(target);
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{prefix}{:016x}", hash(input)));
    fs::write(&path, input)?;
    Ok(path)
}

/// FNV-1a of 64 bits: enough to tell files apart.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3))
}

/// The entries of a dictionary, which is written as libFuzzer reads it: a line is `name="value"` or `"value"`, with `\\`, `\"`
/// and `\xNN` in the value.
///
/// # Errors
/// What the system says of the file, or the first line that is none.
pub fn dictionary(name: &str) -> io::Result<Vec<Vec<u8>>> {
    let text = fs::read_to_string(folder().join("dictionaries").join(format!("{name}.dict")))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| entry(line).ok_or_else(|| io::Error::other(format!("not an entry: {line}")))).collect()
}

fn entry(line: &str) -> Option<Vec<u8>> {
    let (_, value) = line.split_once('"')?;
    let value = value.strip_suffix('"')?.as_bytes();
    let mut out = Vec::new();
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return Some(out),
            [b'\\', b'x', high, low, rest @ ..] => {
                let digit = |octet: u8| char::from(octet).to_digit(16);
                out.push((digit(*high)? << 4 | digit(*low)?) as u8);
                rest
            }
            [b'\\', octet @ (b'\\' | b'"'), rest @ ..] => {
                out.push(*octet);
                rest
            }
            [b'\\', ..] => return None,
            [octet, rest @ ..] => {
                out.push(*octet);
                rest
            }
        }
    }
}
