//! Who else on this machine drives Wi-Fi: the kernel does not tell whose an interface or a registration is, but which processes
//! speak generic netlink can be seen, and those that drive radios are known by name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Programs that use a radio for P2P or as a station or access point, and what keeps each from P2P on a radio that is ours.
const KNOWN: [(&str, &str); 5] = [
    ("wpa_supplicant", "with p2p_disabled=1 in its configuration it leaves P2P to us"),
    ("iwd", "started with --nophys and this radio's name it leaves that to us"),
    ("hostapd", "it needs an interface of its own"),
    ("connmand", "it drives the radio through wpa_supplicant or iwd"),
    ("p2pd", "one for each radio is enough"),
];
/// The number of generic netlink among the netlink families (`NETLINK_GENERIC`).
const GENERIC: &str = "16";
/// Most processes that are named.
const MAX_NAMED: usize = 4;

/// The end of a message about a radio that is in use: by whom, as far as can be seen, and what to do.
pub(crate) fn advice() -> String {
    let proc = Path::new("/proc");
    let sockets = sockets(&fs::read_to_string(proc.join("net/netlink")).unwrap_or_default());
    let mut words = String::new();
    for (pid, name, advice) in others(proc, &sockets) {
        words.push_str(&format!("; {name} (process {pid}) drives Wi-Fi here: {advice}"));
    }
    words
}

/// The inodes of the generic netlink sockets in `/proc/net/netlink`: the second column is the family, the last one the inode.
fn sockets(table: &str) -> BTreeSet<String> {
    let row = |line: &str| {
        let mut columns = line.split_whitespace();
        let generic = columns.nth(1) == Some(GENERIC);
        columns.next_back().filter(|inode| generic && *inode != "0").map(str::to_owned)
    };
    table.lines().skip(1).filter_map(row).collect()
}

/// Known programs other than ourselves that have one of these sockets open.
fn others(proc: &Path, sockets: &BTreeSet<String>) -> Vec<(u32, String, &'static str)> {
    let own = std::process::id();
    let mut found = Vec::new();
    for entry in fs::read_dir(proc).into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        let known = KNOWN.iter().find(|(known, _)| *known == name.trim());
        let Some((name, advice)) = known.filter(|_| pid != own && found.len() < MAX_NAMED) else { continue };
        let holds = |link: fs::DirEntry| {
            let target = fs::read_link(link.path()).unwrap_or_default();
            let target = target.to_string_lossy();
            let inode = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            inode.is_some_and(|inode| sockets.contains(inode))
        };
        if fs::read_dir(entry.path().join("fd")).into_iter().flatten().flatten().any(holds) {
            found.push((pid, (*name).to_owned(), *advice));
        }
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_netlink_sockets_are_told_from_others() {
        let table = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n\
                     00000000a1b2c3d4 0   871        00000111 0        0        0     2        0        17000\n\
                     00000000a1b2c3d5 16  871        00000000 0        0        0     2        0        17001\n\
                     00000000a1b2c3d6 16  0          00000000 0        0        0     2        0        0\n\
                     nonsense\n";
        assert_eq!(sockets(table), BTreeSet::from(["17001".to_owned()]));
    }

    #[test]
    fn only_known_programs_with_such_a_socket_are_named() {
        let proc = std::env::temp_dir().join(format!("p2pd-owners-{}", std::process::id()));
        for (pid, name, socket) in
            [("1001", "wpa_supplicant", "17001"), ("1002", "bash", "17001"), ("1003", "iwd", "9")]
        {
            let fds = proc.join(pid).join("fd");
            fs::create_dir_all(&fds).expect("a directory");
            fs::write(proc.join(pid).join("comm"), format!("{name}\n")).expect("a file");
            std::os::unix::fs::symlink(format!("socket:[{socket}]"), fds.join("5")).expect("a link");
        }
        let named = others(&proc, &BTreeSet::from(["17001".to_owned()]));
        fs::remove_dir_all(&proc).expect("removed");
        let named: Vec<_> = named.iter().map(|(pid, name, _)| (*pid, name.as_str())).collect();
        assert_eq!(named, [(1001, "wpa_supplicant")]);
    }
}
