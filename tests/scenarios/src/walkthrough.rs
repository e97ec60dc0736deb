//! The sessions of a wpa_supplicant P2P tutorial, typed into wpa_cli at a terminal; `lab walkthrough` puts what the
//! screens showed into `docs/walkthrough.md`.
//!
//! Each board has the files, the device name `p2p0` and the command lines of the tutorial, and a `/run` of its own.

mod board;

use anyhow::{Result, anyhow};
use harness::{AccessPoint, Lab, Scenario};

use board::{Board, CONFIG, address};

/// How the name of a file with a screen ends.
pub const SCREEN: &str = "screen";

/// Boards that run, called `device1` and so on.
fn boards<const N: usize>(lab: &mut Lab, more: &str) -> Result<[Board; N]> {
    let mut list = Vec::new();
    for number in 1..=N {
        let config = format!("{CONFIG}{number}\npersistent_reconnect=1\np2p_no_group_iface=1\n{more}");
        let mut board = Board::new(lab, &format!("device{number}"), &config)?;
        board.start()?;
        list.push(board);
    }
    list.try_into().map_err(|_| anyhow!("not {N} boards"))
}

/// Both search; the addresses that each was told of the other.
fn find(one: &mut Board, two: &mut Board) -> Result<(String, String)> {
    one.enter("p2p_find")?;
    two.enter("p2p_find")?;
    let second = address(&one.see(&format!("P2P-DEVICE-FOUND .*name='{}'", two.device()))?)?;
    let first = address(&two.see(&format!("P2P-DEVICE-FOUND .*name='{}'", one.device()))?)?;
    Ok((first, second))
}

/// Forms a group, `one` asking and `two` asked; the client and the owner.
fn connect(mut one: Board, mut two: Board, words: [&str; 2]) -> Result<(Board, Board)> {
    let (first, second) = find(&mut one, &mut two)?;
    one.enter(&format!("p2p_connect {second} {}", words[0]))?;
    two.see(&format!("P2P-GO-NEG-REQUEST {first} "))?;
    two.enter(&format!("p2p_connect {first} {}", words[1]))?;
    formed(one, two)
}

/// Waits for the group; the client and the owner.
fn formed(mut one: Board, mut two: Board) -> Result<(Board, Board)> {
    let mut owns = Vec::new();
    for board in [&mut one, &mut two] {
        board.see("P2P-GROUP-FORMATION-SUCCESS")?;
        owns.push(board.see("P2P-GROUP-STARTED p2p0 (GO|client) ")?.contains(" GO "));
    }
    let (client, mut owner) = if owns == [true, false] { (two, one) } else { (one, two) };
    owner.see("AP-STA-CONNECTED ")?;
    Ok((client, owner))
}

/// The owner starts a group by itself; its device address.
fn start_group(owner: &mut Board) -> Result<String> {
    owner.enter("p2p_group_add")?;
    let started = owner.see("P2P-GROUP-STARTED p2p0 GO ")?;
    let (_, address) = started.split_once("go_dev_addr=").unwrap_or_default();
    Ok(address.split(' ').next().unwrap_or_default().to_owned())
}

/// `client` joins `owner`'s group by push button.
fn join(owner: &mut Board, owner_address: &str, client: &mut Board) -> Result<()> {
    client.enter(&format!("p2p_connect {owner_address} pbc join"))?;
    owner.see("P2P-PROV-DISC-PBC-REQ ")?;
    owner.enter("wps_pbc")?;
    client.see("P2P-GROUP-STARTED p2p0 client ")?;
    owner.see("AP-STA-CONNECTED ")?;
    Ok(())
}

fn device_to_device(lab: &mut Lab) -> Result<()> {
    let [mut one, mut two] = boards(lab, "")?;
    one.shell("cat p2p_supplicant.conf", "configuration")?;
    one.keep_as("start")?;
    two.clear();
    let (mut client, mut owner) = connect(one, two, ["pbc"; 2])?;
    client.keep_as("device-to-device.client")?;
    owner.keep_as("device-to-device.owner")?;
    owner.keep_daemon("daemon")?;
    client.enter("p2p_group_remove p2p0")?;
    client.see("P2P-GROUP-REMOVED p2p0 client reason=REQUESTED")?;
    owner.see("AP-STA-DISCONNECTED ")?;
    owner.enter("p2p_group_remove p2p0")?;
    owner.see("P2P-GROUP-REMOVED p2p0 GO reason=REQUESTED")?;
    client.keep_as("ending.client")?;
    owner.keep_as("ending.owner")?;
    client.stop()?;
    owner.stop()
}

fn device_to_owner(lab: &mut Lab) -> Result<()> {
    let [mut device, mut owner] = boards(lab, "")?;
    device.clear();
    owner.clear();
    start_group(&mut owner)?;
    device.enter("p2p_find")?;
    let address = address(&device.see("P2P-DEVICE-FOUND .* group_capab=0x[0-9a-f]*[13579bdf] ")?)?;
    join(&mut owner, &address, &mut device)?;
    device.keep("device-to-owner")?;
    owner.keep("device-to-owner")?;
    owner.enter("p2p_group_remove p2p0")?;
    device.see("P2P-GROUP-REMOVED p2p0 client reason=GO_ENDING_SESSION")?;
    owner.see("P2P-GROUP-REMOVED p2p0 GO reason=REQUESTED")?;
    device.keep("ended-by-owner")?;
    device.stop()?;
    owner.stop()
}

fn pin(lab: &mut Lab) -> Result<()> {
    let [mut one, mut two] = boards(lab, "")?;
    one.clear();
    two.clear();
    let (first, second) = find(&mut one, &mut two)?;
    one.enter(&format!("p2p_connect {second} pin"))?;
    let shown = one.see("^\\d{8}$")?;
    two.see(&format!("P2P-GO-NEG-REQUEST {first} dev_passwd_id=5 "))?;
    two.enter(&format!("p2p_connect {first} {shown}"))?;
    let (mut client, mut owner) = formed(one, two)?;
    for board in [&mut client, &mut owner] {
        board.keep("pin")?;
    }
    client.stop()?;
    owner.stop()
}

fn legacy(lab: &mut Lab) -> Result<()> {
    let [mut owner] = boards(lab, "")?;
    let mut laptop = Board::laptop(lab)?;
    owner.clear();
    laptop.clear();
    owner.enter("p2p_group_add")?;
    let started = owner.see("P2P-GROUP-STARTED p2p0 GO ")?;
    let quoted = |key: &str| started.split_once(key).and_then(|(_, rest)| rest.split('"').nth(1)).unwrap_or_default();
    laptop.enter("add_network")?;
    let id = laptop.see("^\\d+$")?;
    laptop.enter(&format!("set_network {id} ssid \"{}\"", quoted("ssid=")))?;
    laptop.enter(&format!("set_network {id} psk \"{}\"", quoted("passphrase=")))?;
    laptop.enter(&format!("enable_network {id}"))?;
    laptop.see("CTRL-EVENT-CONNECTED ")?;
    owner.see("AP-STA-CONNECTED ")?;
    owner.keep_as("passphrase.owner")?;
    laptop.keep_as("passphrase.laptop")?;

    laptop.enter(&format!("remove_network {id}"))?;
    laptop.see("CTRL-EVENT-DISCONNECTED ")?;
    owner.see("AP-STA-DISCONNECTED ")?;
    owner.clear();
    laptop.clear();
    owner.enter("wps_pbc")?;
    laptop.enter("wps_pbc")?;
    laptop.see("CTRL-EVENT-CONNECTED ")?;
    owner.see("AP-STA-CONNECTED ")?;
    owner.keep_as("wps.owner")?;
    laptop.keep_as("wps.laptop")?;
    owner.stop()?;
    laptop.stop()
}

fn invitations(lab: &mut Lab) -> Result<()> {
    let [mut owner, mut client, mut guest] = boards(lab, "")?;
    owner.clear();
    client.clear();
    guest.clear();
    let owners = start_group(&mut owner)?;
    client.enter("p2p_listen")?;
    owner.enter("p2p_find")?;
    let clients = address(&owner.see("P2P-DEVICE-FOUND .*name='Test device2'")?)?;
    owner.enter(&format!("p2p_invite group=p2p0 peer={clients}"))?;
    client.see(&format!("P2P-INVITATION-RECEIVED sa={owners} go_dev_addr={owners} "))?;
    owner.see("P2P-INVITATION-RESULT ")?;
    join(&mut owner, &owners, &mut client)?;
    owner.keep("owner-invites")?;
    client.keep("owner-invites")?;

    guest.enter("p2p_listen")?;
    client.enter("p2p_find")?;
    let guests = address(&client.see("P2P-DEVICE-FOUND .*name='Test device3'")?)?;
    client.enter(&format!("p2p_invite group=p2p0 peer={guests}"))?;
    guest.see(&format!("P2P-INVITATION-RECEIVED sa={clients} go_dev_addr={owners} "))?;
    client.see("P2P-INVITATION-RESULT ")?;
    join(&mut owner, &owners, &mut guest)?;
    owner.keep("client-invites")?;
    client.keep("client-invites")?;
    guest.keep("client-invites")?;
    [owner, client, guest].into_iter().try_for_each(Board::stop)
}

fn persistent(lab: &mut Lab) -> Result<()> {
    let [mut one, mut two] = boards(lab, "update_config=1\n")?;
    one.clear();
    two.clear();
    let (mut client, mut owner) = connect(one, two, ["pbc persistent"; 2])?;
    client.keep_as("persistent.client")?;
    owner.keep_as("persistent.owner")?;
    owner.enter("p2p_group_remove p2p0")?;
    owner.see("P2P-GROUP-REMOVED p2p0 GO reason=REQUESTED")?;
    client.see("P2P-GROUP-REMOVED p2p0 client reason=GO_ENDING_SESSION")?;
    client.shell("cat p2p_supplicant.conf", "stored.client")?;
    owner.shell("cat p2p_supplicant.conf", "stored.owner")?;

    for (owner_invites, name) in [(true, "invited-again"), (false, "invited-again-by-client")] {
        let (inviting, invited) = if owner_invites { (&mut owner, &mut client) } else { (&mut client, &mut owner) };
        let (_, peer) = find(inviting, invited)?;
        invited.enter("p2p_stop_find")?;
        inviting.enter("p2p_stop_find")?;
        inviting.clear();
        invited.clear();
        invited.enter("p2p_listen")?;
        inviting.enter("list_networks")?;
        let row = inviting.see("\\[P2P-PERSISTENT\\]")?;
        let id = row.split(' ').next().unwrap_or_default();
        inviting.enter(&format!("p2p_invite persistent={id} peer={peer}"))?;
        inviting.see("P2P-INVITATION-RESULT status=0")?;
        client.see("P2P-GROUP-STARTED p2p0 client .*\\[PERSISTENT\\]")?;
        owner.see("P2P-GROUP-STARTED p2p0 GO .*\\[PERSISTENT\\]")?;
        owner.see("AP-STA-CONNECTED ")?;
        client.keep_as(&format!("{name}.client"))?;
        owner.keep_as(&format!("{name}.owner"))?;
        owner.enter("p2p_group_remove p2p0")?;
        owner.see("P2P-GROUP-REMOVED p2p0 GO reason=REQUESTED")?;
        client.see("P2P-GROUP-REMOVED p2p0 client reason=GO_ENDING_SESSION")?;
    }
    client.stop()?;
    owner.stop()
}

/// One process for the network at home and for P2P, on a radio of one channel.
fn beside_a_network(lab: &mut Lab) -> Result<()> {
    let home = AccessPoint { ssid: "home", passphrase: Some("correct horse"), channel: ('g', 6), more: "" };
    let _home = lab.access_point("home", home)?;
    let network = "network={\n\tssid=\"home\"\n\tpsk=\"correct horse\"\n}\n";
    let config = format!("ctrl_interface=/var/run/wpa_supplicant\ncountry=JP\ndevice_name=Test device1\n{network}");
    let mut board = Board::of_a_network(lab, "device1", &config)?;
    board.shell("cat wpa_supplicant.conf", "beside.configuration")?;
    board.start()?;
    board.see("CTRL-EVENT-CONNECTED ")?;
    board.enter("status")?;
    board.see("^wpa_state=COMPLETED")?;
    board.keep_as("beside.station")?;
    let mut other = Board::new(lab, "device2", &format!("{CONFIG}2\np2p_no_group_iface=1\n"))?;
    other.start()?;
    board.enter("interface p2p-dev-wlan0")?;
    let (first, second) = find(&mut board, &mut other)?;
    board.enter(&format!("p2p_connect {second} pbc go_intent=15"))?;
    other.see(&format!("P2P-GO-NEG-REQUEST {first} "))?;
    other.enter(&format!("p2p_connect {first} pbc"))?;
    other.see("P2P-GROUP-STARTED p2p0 client ")?;
    board.see("P2P-GROUP-STARTED p2p-wlan0-0 GO ")?;
    board.enter("interface wlan0")?;
    board.enter("status")?;
    board.see("^wpa_state=COMPLETED")?;
    board.keep_as("beside.group")?;
    board.stop()?;
    other.see("P2P-GROUP-REMOVED p2p0 client ")?;
    other.stop()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let session = |name: &str, run: fn(&mut Lab) -> Result<()>| Scenario::new(format!("walkthrough::{name}"), run);
    vec![
        session("device-to-device", device_to_device),
        session("device-to-owner", device_to_owner),
        session("pin", pin),
        session("legacy", legacy),
        session("invitations", invitations),
        session("persistent", persistent),
        session("beside-a-network", beside_a_network),
    ]
}
