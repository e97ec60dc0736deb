//! A process that is killed while it writes its configuration leaves the old or the new file, whole.

mod common;

use common::Place;
use p2pd::config::{ConfigFile, Step, write_atomically, write_in_steps};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the writer is to write, and before which of its steps it is to be killed.
const PATH: &str = "P2PD_TEST_WRITE_TO";
const AT: &str = "P2PD_TEST_KILLED_AT";

fn old() -> String {
    "device_name=old\n".repeat(700)
}

fn new() -> String {
    "device_name=a new and longer name\n".repeat(900)
}

/// Not a test of its own: the process that [`every_step_of_writing`] kills.
#[test]
fn writer() {
    let (Ok(path), Ok(at)) = (std::env::var(PATH), std::env::var(AT)) else { return };
    let at: usize = at.parse().expect("a number");
    let mut steps = 0;
    let written = write_in_steps(path.as_ref(), &new(), |_| {
        if steps == at {
            // As sudden as a power cut for the process: nothing of it runs any more.
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).expect("killed");
        }
        steps += 1;
    });
    written.expect("written");
}

#[test]
fn every_step_of_writing() {
    let place = Place::new();
    let path = place.path("p2p.conf");
    let mut killed = 0;
    for at in 0.. {
        std::fs::write(&path, old()).expect("the old file");
        let status = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "writer", "--test-threads=1"])
            .env(PATH, &path)
            .env(AT, at.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("the writer runs");
        let left = std::fs::read_to_string(&path).expect("a file");
        if status.signal().is_none() {
            assert!(status.success() && left == new(), "the writer that lived has written");
            break;
        }
        killed += 1;
        assert!(left == old() || left == new(), "killed before step {at}: {} octets", left.len());
        // What a dead one left is in nobody's way.
        write_in_steps(&path, "x=1\n", |_| {}).expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "x=1\n");
    }
    // Create, eight parts, permissions, sync, rename, directory.
    assert_eq!(killed, 13);
}

#[test]
fn what_is_renamed_is_on_the_disk_and_so_is_the_renaming() {
    let place = Place::new();
    let path = place.path("p2p.conf");
    let mut steps = Vec::new();
    write_in_steps(&path, "a=1\n", |step| steps.push(step)).expect("written");
    use Step::{Create, Permissions, Rename, Sync, SyncDirectory, Write};
    assert_eq!(steps, [Create, Write, Permissions, Sync, Rename, SyncDirectory]);
    let left: Vec<_> = std::fs::read_dir(place.path("")).expect("a directory").flatten().collect();
    assert_eq!(left.len(), 1, "no temporary file stays");
}

#[test]
fn the_file_stays_whose_it_was_and_a_link_stays_a_link() {
    let place = Place::new();
    let (path, link) = (place.path("real.conf"), place.path("p2p.conf"));
    std::fs::write(&path, b"# \xa5\xb3 in EUC-JP\ndevice_name=a\n").expect("the old file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("permissions");
    // Only root may give files away; others keep their own.
    let (owner, group) = if rustix::process::geteuid().is_root() { (1000, 4) } else { ids(&path) };
    chown(&path, Some(owner), Some(group)).expect("its owner");
    std::os::unix::fs::symlink("real.conf", &link).expect("a link");
    let mut file = ConfigFile::read(&link).expect("a file that is not UTF-8");
    file.set("device_name", "b").expect("a value");
    write_atomically(&link, &file.show()).expect("written");
    assert_eq!(std::fs::read(&path).expect("a file"), b"# \xa5\xb3 in EUC-JP\ndevice_name=b\n");
    assert!(std::fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(ids(&path), (owner, group));
    assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o7777, 0o640);
}

fn ids(path: &Path) -> (u32, u32) {
    let data = std::fs::metadata(path).expect("a file");
    (data.uid(), data.gid())
}

#[test]
fn what_cannot_be_written_stays_as_it_was_and_says_so() {
    let place = Place::new();
    let path = place.path("p2p.conf");
    std::fs::write(&path, old()).expect("the old file");
    // In the way of the new file's first name, and not to be removed as a file.
    std::fs::create_dir(place.path("p2p.conf.tmp")).expect("a directory");
    let error = write_atomically(&path, &new()).expect_err("not written").to_string();
    assert!(error.contains("p2p.conf: not written, and left as it was: "), "{error}");
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), old());
}
