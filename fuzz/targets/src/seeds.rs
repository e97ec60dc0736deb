//! First inputs, made of captures: frames as they are, and scripts in which a machine hears them.

use crate::corpus;
use crate::mutate::Random;
use ieee80211_ies::frame::{Action, Body, Frame, Gas, Subtype};
use ieee80211_ies::nan::ServiceDescriptor;
use ieee80211_ies::rsn::RsnExtension;
use ieee80211_ies::wfd::Wfd;
use ieee80211_ies::wsc::ndef::{self, Record};
use ieee80211_ies::{Elements, KnownElement, eht, emit_fragmented, he, id};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Old libpcap's magic, little endian, microseconds.
const MAGIC: u32 = 0xa1b2_c3d4;
/// Link type of frames that begin with their 802.11 header.
const LINKTYPE_IEEE802_11: u32 = 105;

/// The frames of a capture in the old libpcap format with plain 802.11 headers.
///
/// # Errors
/// Another kind of file.
pub fn frames(file: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let word = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
    if (word(0), word(20)) != (Some(MAGIC), Some(LINKTYPE_IEEE802_11)) {
        return Err(io::Error::other("not a libpcap file of 802.11 frames without radiotap"));
    }
    let (mut frames, mut at) = (Vec::new(), 24);
    while let Some(len) = word(at + 8) {
        let frame = file.get(at + 16..at + 16 + len as usize);
        frames.push(frame.ok_or_else(|| io::Error::other("the file is cut off"))?.to_vec());
        at += 16 + len as usize;
    }
    Ok(frames)
}

/// Inputs by target.
pub(crate) type Inputs = BTreeSet<(&'static str, Vec<u8>)>;

/// Writes the first inputs of all targets, made of the frames of `captures`; says how many there are.
///
/// # Errors
/// What the system says of a file.
pub fn write(captures: &[impl AsRef<Path>]) -> io::Result<usize> {
    let mut inputs = Inputs::new();
    let mut heard = Vec::new();
    for path in captures {
        for frame in frames(&fs::read(path)?)? {
            take_frame(&frame, &mut inputs);
            heard.push(frame);
        }
    }
    conversations(&heard, &mut inputs);
    frames_of_others(&mut inputs);
    inputs.extend(scripted());
    texts(&mut inputs);
    for (target, input) in &inputs {
        corpus::store(target, "seed-", input)?;
    }
    Ok(inputs.len())
}

/// What one frame is good for.
fn take_frame(bytes: &[u8], inputs: &mut Inputs) {
    if let Some(pdu) = eapol(bytes) {
        let target = if pdu.get(1) == Some(&3) { "eapol_key" } else { "eap" };
        inputs.insert((target, pdu.to_vec()));
        // The WSC message behind the EAP header of an expanded type (RFC 3748 §5.7), opcode and flags.
        if let Some(message) = pdu.get(18..).filter(|_| target == "eap" && pdu.get(8) == Some(&254)) {
            inputs.insert(("wsc", message.to_vec()));
            inputs.insert(("eap", message.to_vec()));
        }
        return;
    }
    let Ok(frame) = Frame::parse(bytes) else { return };
    inputs.insert(("frame", bytes.to_vec()));
    let mut body = Vec::new();
    frame.body.emit(&mut body);
    inputs.insert(("parse_emit", [&[frame.body.subtype().0], &body[..]].concat()));
    if let Body::Action(action) = frame.body {
        let target = if matches!(action, Action::Gas(_)) { "gas" } else { "public_action" };
        inputs.insert((target, body.clone()));
        if let Action::Gas(Gas::InitialRequest { query: octets, .. } | Gas::InitialResponse { response: octets, .. }) =
            action
        {
            inputs.insert(("gas", octets.to_vec()));
        }
    }
    let elements = frame.body.elements();
    if !elements.is_empty() {
        inputs.insert(("elements", elements.bytes().to_vec()));
        inputs.insert(("strict_lenient", elements.bytes().to_vec()));
    }
    if let Some(rsn) = elements.find(id::RSN) {
        inputs.insert(("rsn", rsn.body.to_vec()));
    }
    attributes(elements, inputs);
}

fn attributes(elements: Elements<'_>, inputs: &mut Inputs) {
    if let Ok(Some(read)) = elements.p2p() {
        inputs.insert(("p2p", read.bytes().to_vec()));
    }
    if let Ok(Some(read)) = elements.wsc() {
        inputs.insert(("wsc", read.bytes().to_vec()));
    }
    if let Ok(Some(read)) = Wfd::find(elements) {
        inputs.insert(("wfd", read.bytes().to_vec()));
    }
}

/// The EAPOL PDU of a data frame in the clear.
fn eapol(frame: &[u8]) -> Option<&[u8]> {
    let control = *frame.first()?;
    let header = if control & 0x80 != 0 { 26 } else { 24 };
    let protected = frame.get(1)? & 0x40 != 0;
    let llc = frame.get(header..header + 8)?;
    let is_eapol = control & 0x0c == 8 && !protected && llc.ends_with(&[0x88, 0x8e]);
    frame.get(header + 8..).filter(|_| is_eapol)
}

/// Length and octets as the scripts of `p2p_core::fuzzing` and `mlme::fuzzing` read them.
fn counted(octets: &[u8]) -> Vec<u8> {
    match octets.split_at_checked(255) {
        Some((first, rest)) if octets.len() > 255 => [&[255, (rest.len() / 8) as u8], first, rest].concat(),
        Some((first, _)) => [&[255, 0], first].concat(),
        None => [&[octets.len() as u8], octets].concat(),
    }
}

/// Machines hear the frames of a capture, one after the other and all together.
fn conversations(frames: &[Vec<u8>], inputs: &mut Inputs) {
    let (mut all_p2p, mut all_owner) = (vec![0], vec![0]);
    for bytes in frames {
        let Ok(frame) = Frame::parse(bytes) else { continue };
        let mut body = Vec::new();
        frame.body.emit(&mut body);
        let station = bytes.get(14).copied().unwrap_or_default();
        let p2p = match frame.body {
            // Behind category, public action, OUI and type, which the script supplies.
            Body::Action(Action::P2pPublic { .. }) => {
                Some([&[20, 16, 0, station], &counted(body.get(6..).unwrap_or_default())[..]].concat())
            }
            Body::ProbeRequest { .. } => Some([&[20, 16, 1, station], &counted(&body)[..]].concat()),
            Body::ProbeResponse { elements, .. } => {
                Some([&[20, 15, station, 1], &counted(elements.bytes())[..], &[0]].concat())
            }
            Body::Beacon { elements, .. } => Some([&[20, 15, station, 1, 0][..], &counted(elements.bytes())].concat()),
            _ => None,
        };
        if let Some(step) = p2p {
            all_p2p.extend_from_slice(&step);
            inputs.insert(("p2p_machine", [&[0, 0, 0], &step[..]].concat()));
            for state in 0..12 {
                inputs.insert(("p2p_states", [&[state], &step[..]].concat()));
            }
        }
        // Station, kind of happening, subtype, frame; then the end of one command.
        let step = [&[station, 0, frame.body.subtype().0], &counted(&body)[..], &[1, 0, 0, 0]].concat();
        if !matches!(frame.body.subtype(), Subtype::BEACON | Subtype::PROBE_RESPONSE) {
            inputs.insert(("owner", [&[0], &step[..]].concat()));
            all_owner.extend_from_slice(&step);
        }
        if let Body::AssociationResponse { elements, .. } = frame.body {
            inputs.insert(("join", [&[0, 0, 0, 0, 100, 5, 0, 6, 0], &counted(elements.bytes())[..]].concat()));
        }
    }
    all_p2p.truncate(4096);
    all_owner.truncate(4096);
    inputs.insert(("p2p_machine", all_p2p));
    inputs.insert(("owner", all_owner));
}

/// What is in no capture of ours.
fn frames_of_others(inputs: &mut Inputs) {
    let descriptor = ServiceDescriptor {
        service_id: [1, 2, 3, 4, 5, 6],
        instance: 1,
        matching_filter: Some(&[1, 7]),
        service_info: Some(b"printer"),
        ..ServiceDescriptor::default()
    };
    let mut attributes = Vec::new();
    descriptor.emit(&mut attributes);
    inputs.insert(("public_action", Action::NanServiceDiscovery { attributes: &attributes }.to_vec()));
    let attributes = [0x10, 0x4a, 0, 1, 0x10, 0x10, 0x2c, 0, 24];
    let password = [&attributes[..], &[7; 20], &[0, 16, 1, 2]].concat();
    let mut tag = Vec::new();
    ndef::emit(&[Record { media_type: ndef::WSC, payload: &password }], &mut tag);
    inputs.insert(("wsc", tag));
    inputs.insert(("wsc", password));
    let mut elements = Vec::new();
    let phy = [0x08; 11];
    he::Capabilities { mac: [1; 6], phy, mcs: &[0xfa; 8], ppe_thresholds: &[0x39, 0x1c] }.emit(&mut elements);
    let six_ghz = he::SixGhzOperation { primary_channel: 5, control: 2, centre_0: 7, centre_1: 15, minimum_rate: 6 };
    let (vht, max_cohosted, six_ghz) = (Some([1, 42, 0]), Some(2), Some(six_ghz));
    let (parameters, colour, basic_mcs) = (0x3ff4, 12, 0xfffc);
    he::Operation { parameters, colour, basic_mcs, vht, max_cohosted, six_ghz }.emit(&mut elements);
    eht::Capabilities { mac: 3, phy: [2; 9], mcs_and_ppe: &[0x44; 9] }.emit(&mut elements);
    let wide = eht::OperationInformation { control: 4, centre_0: 31, centre_1: 63, disabled_subchannels: Some(6) };
    eht::Operation { parameters: 0, basic_mcs: [0x44; 4], information: Some(wide) }.emit(&mut elements);
    RsnExtension(&[0x20]).emit(&mut elements);
    emit_fragmented(id::EXTENSION, Some(107), &[3; 400], &mut elements);
    for target in ["elements", "strict_lenient"] {
        inputs.insert((target, elements.clone()));
    }
}

/// Scripts of what goes well.
pub(crate) fn scripted() -> Inputs {
    let mut inputs = Inputs::new();
    scripts(&mut inputs);
    inputs
}

fn scripts(inputs: &mut Inputs) {
    let alternately =
        |start: u8, count| -> Vec<u8> { [start].into_iter().chain([7, 6].into_iter().cycle().take(count)).collect() };
    for start in 0..4 {
        inputs.insert(("registration", alternately(start, 60)));
    }
    for stage in 0..10 {
        for target in ["registrar", "enrollee"] {
            inputs.insert((target, vec![stage, 1, 30, 0, 1, 0, 7]));
            inputs.insert((target, vec![stage, 5, 30, 0, 1, 0, 7]));
            // Octets of its own: EAPOL, EAP response of the expanded type, WSC_MSG, a version.
            let pdu = [2, 0, 0, 19, 2, 0, 0, 19, 254, 0, 0x37, 0x2a, 0, 0, 0, 1, 4, 0, 0x10, 0x4a, 0, 1, 0x10];
            inputs.insert((target, [&[stage, 2, pdu.len() as u8, 0], &pdu[..]].concat()));
        }
    }
    for akm in 0..2 {
        // Towards the client and the owner in turn, nothing happens to the frames.
        let steps: Vec<u8> = [akm].into_iter().chain([0x29, 0x28].into_iter().cycle().take(16)).collect();
        inputs.insert(("handshake", steps.clone()));
        inputs.insert(("handshake", [&steps[..], &[0x16, 0x29, 0x28]].concat()));
        // Message 3 with the RSN element and a group key.
        let key_data = [
            &[48, 20, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 2, 0, 0][..],
            &[0xdd, 22, 0, 0x0f, 0xac, 1, 1, 0],
            &[0x11; 16],
            &[0xdd, 0],
        ]
        .concat();
        let signed = |step: u8, info: u16, counter: u8, key_data: &[u8]| {
            let [low, high] = info.to_le_bytes();
            let head = [step, 0, low, high, 16, counter, 0, 0];
            [&head[..], &(key_data.len() as u16).to_le_bytes(), key_data].concat()
        };
        let message3 = signed(11, 0x13c8, 1, &key_data);
        inputs.insert(("supplicant", [&[akm], &message3[..]].concat()));
        inputs.insert(("supplicant", [&[akm], &message3[..], &signed(19, 0x1380, 2, &key_data)].concat()));
        let rsne = key_data.get(..22).unwrap_or_default();
        let message2 = signed(20, 0x0108, 1, rsne);
        inputs.insert(("authenticator", [&[akm], &message2[..], &signed(20, 0x0308, 2, &[])].concat()));
        inputs.insert((
            "authenticator",
            [&[akm], &message2[..], &signed(20, 0x0308, 2, &[]), &[3], &signed(36, 0x0300, 3, &[])].concat(),
        ));
    }
    datagrams(inputs);
    // Both search, then the left one connects, then the right one, then time passes.
    let search = [0x0e, 0, 0, 0, 0x0f, 0, 0, 0, 0x7c, 0x7c];
    let connect = [0x0e, 5, 0, 0, 0x2f, 5, 0, 0, 0x7c, 0x7c];
    for kind in [0x00, 0x11, 0x22, 0x45] {
        inputs.insert(("two_devices", [&[1, kind, 0], &search[..], &connect].concat()));
        inputs.insert(("two_devices", [&[2, kind, 40], &search[..], &connect, &[0x06, 17, 1, 0]].concat()));
        inputs.insert(("two_devices", [&[3, kind, 0, 0x0e, 12, 1, 0][..], &search, &[0x2f, 5, 4, 0, 0x7c]].concat()));
        let persistent = [0x0e, 5, 64, 0, 0x2f, 5, 64, 0, 0x7c, 0x7c, 0x06, 17, 1, 0, 0x7c, 0x0e, 14, 0, 0, 0x7c];
        inputs.insert(("two_devices", [&[4, kind | 0x88, 0], &search[..], &persistent].concat()));
    }
}

/// Netlink messages of the kinds that the driver waits for, with attributes that count up.
fn datagrams(inputs: &mut Inputs) {
    let mut random = Random::new(1);
    for command in 1..=150_u8 {
        let mut payload = vec![command, 1, 0, 0];
        for _ in 0..6 {
            let (kind, len) = (random.below(300) as u16, random.below(12));
            payload.extend_from_slice(&(4 + len as u16).to_le_bytes());
            payload.extend_from_slice(&kind.to_le_bytes());
            payload.extend((0..len.next_multiple_of(4)).map(|_| random.number() as u8));
        }
        let (kind, sequence) = ([28_u16, 28, 28, 16, 2, 3][random.below(6)], random.below(110) as u32);
        let length = 16 + payload.len();
        let mut message = Vec::new();
        message.extend_from_slice(&(length as u32).to_le_bytes());
        message.extend_from_slice(&kind.to_le_bytes());
        message.extend_from_slice(&[0, 0]);
        message.extend_from_slice(&sequence.to_le_bytes());
        message.extend_from_slice(&[0; 4]);
        message.extend_from_slice(&payload);
        message.resize(length.next_multiple_of(4), 0);
        let words = (message.len() / 4) as u8;
        if command % 5 == 0 {
            inputs.insert(("opening", [&[words], &message[..]].concat()));
        }
        if command % 3 == 0 && words < 0x40 {
            let socket = (random.below(4) as u8) << 6;
            inputs.insert(("netlink", [&[socket | words], &message[..]].concat()));
        }
    }
}

/// Configuration files and commands.
fn texts(inputs: &mut Inputs) {
    let files = [
        "ctrl_interface=DIR=/var/run/p2pd GROUP=netdev\nupdate_config=1\ndevice_name=My device\n",
        "device_type=1-0050F204-1\nconfig_methods=virtual_push_button physical_display keypad\np2p_go_intent=15\ncountry=DE\n",
        "p2p_listen_reg_class=81\np2p_listen_channel=11\np2p_oper_reg_class=115\np2p_oper_channel=40\n# a comment\n",
        "network={\n\tssid=\"DIRECT-ab\"\n\tbssid=02:00:00:00:00:01\n\tpsk=\"12345678\"\n\tproto=RSN\n\tkey_mgmt=WPA-PSK\n\
         \tpairwise=CCMP\n\tauth_alg=OPEN\n\tmode=3\n\tdisabled=2\n\tp2p_client_list=02:00:00:00:01:00\n}\n",
        "network={\n\tssid=4449524543542d6162\n\tpsk=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n}\n",
        "manufacturer=P\"x#y\\n\"\nserial_number=\"#\" # z\np2p_no_group_iface=1\np2p_pref_chan=81:1,115:36\n",
        "cred={\n\trealm=\"x\"\n}\nblob-a={\nAAAA\n}\n",
    ];
    for file in files {
        inputs.insert(("config_file", file.as_bytes().to_vec()));
    }
    let commands = [
        "P2P_FIND 3 type=social\nP2P_PEER FIRST\nP2P_PEERS\nP2P_STOP_FIND\nSTATUS",
        "P2P_FIND\nSTATUS\nP2P_CONNECT 02:00:00:00:01:00 pbc go_intent=15\nP2P_CANCEL",
        "P2P_CONNECT 02:00:00:00:01:00 pin display\nP2P_CONNECT 02:00:00:00:01:00 12345670 keypad join\nP2P_FLUSH",
        "P2P_GROUP_ADD freq=2412 ht40\nSTATUS\nWPS_PBC\nWPS_PIN any 12345670\nALL_STA\nP2P_GET_PASSPHRASE\nP2P_GROUP_REMOVE *",
        "P2P_GROUP_ADD persistent\nLIST_NETWORKS\nP2P_INVITE persistent=0 peer=02:00:00:00:01:00\nSAVE_CONFIG",
        "SET device_name a\\nb\nGET device_name\nSET p2p_go_intent 16\nP2P_SET listen_channel 11 81\nP2P_LISTEN 2",
        "ADD_NETWORK\nSET_NETWORK 0 ssid \"x\"\nSET_NETWORK 0 psk \"12345678\"\nGET_NETWORK 0 ssid\nREMOVE_NETWORK all",
        "P2P_PROV_DISC 02:00:00:00:01:00 display\nP2P_REJECT 02:00:00:00:01:00\nP2P_EXT_LISTEN 100 500\nP2P_EXT_LISTEN",
        "VENDOR_ELEM_ADD 1 dd0411223344\nVENDOR_ELEM_GET 1\nVENDOR_ELEM_REMOVE 1 *\nSCAN\nSCAN_RESULTS\nBSS 0",
    ];
    for text in commands {
        inputs.insert(("control", text.as_bytes().to_vec()));
    }
}
