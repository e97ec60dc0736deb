//! What the fuzzers call: one function for each parser and for each state machine that outside bytes reach.
//!
//! A target takes any bytes and panics when it finds a fault. The functions are here, in an ordinary library, so that
//! stable `cargo test` replays every committed input ([`corpus`]) and seeded mutations of it ([`mutate`]);
//! `fuzz/fuzz_targets` wraps each for cargo-fuzz. `fuzz/README.md` says how to run them.
#![forbid(unsafe_code)]

mod air;
mod captures;
mod codec;
pub mod corpus;
mod daemon;
mod differential;
mod handshake;
pub mod mutate;
mod registration;
mod script;
pub mod seeds;
mod states;

/// A target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of the cargo-fuzz binary and of its folder in `fuzz/corpus`.
    pub name: &'static str,
    /// What it plays, and what it demands beside not to panic.
    pub what: &'static str,
    /// Its dictionary in `fuzz/dictionaries`, without `.dict`.
    pub dictionary: &'static str,
    /// How many mutated inputs the ordinary tests try: as many as take about a second without optimisation.
    pub mutations: u32,
    /// Longest input that is made, octets.
    pub max_len: usize,
    /// The target itself.
    pub run: fn(&[u8]),
}

const fn target(
    name: &'static str,
    dictionary: &'static str,
    (mutations, max_len): (u32, usize),
    run: fn(&[u8]),
    what: &'static str,
) -> Target {
    Target { name, what, dictionary, mutations, max_len, run }
}

/// Longest input of a parser of frames: a little more than the longest management frame body (IEEE 802.11-2020 §9.2.4.8).
const FRAME: usize = 2400;
/// Longest script.
const SCRIPT: usize = 4096;

/// All targets.
pub const TARGETS: &[Target] = &[
    target("elements", "frames", (2000, FRAME), codec::elements, "a series of elements, every view and accessor"),
    target("frame", "frames", (2000, FRAME), codec::frame, "a management frame with its header"),
    target("p2p", "frames", (2000, FRAME), codec::p2p, "P2P attributes, every accessor, owned and written again"),
    target("wsc", "frames", (2000, FRAME), codec::wsc, "WSC attributes, every accessor, credentials, NDEF carriage"),
    target("wfd", "frames", (2000, 600), codec::wfd, "WFD subelements"),
    target("rsn", "frames", (2000, 257), codec::rsn, "the RSN and RSNX elements, written again"),
    target("public_action", "frames", (2000, FRAME), codec::public_action, "the body of an action frame"),
    target("gas", "frames", (2000, FRAME), codec::gas, "GAS, ANQP, service discovery"),
    target(
        "strict_lenient",
        "frames",
        (2000, FRAME),
        differential::strict_lenient,
        "what the strict reading takes the lenient one reads, and each fault lies where it is said to lie",
    ),
    target(
        "parse_emit",
        "frames",
        (2000, FRAME),
        differential::parse_emit,
        "what was read, written and read again is the same",
    ),
    target("eapol_key", "eapol", (2000, 1000), handshake::key_frame, "EAPOL-Key frames and KDEs, written again"),
    target(
        "supplicant",
        "eapol",
        (300, 1000),
        handshake::supplicant,
        "a client in each state hears an owner that has the PSK",
    ),
    target(
        "authenticator",
        "eapol",
        (300, 1000),
        handshake::authenticator,
        "an owner in each state hears a client that has the PSK",
    ),
    target(
        "handshake",
        "eapol",
        (200, SCRIPT),
        handshake::both,
        "both sides with a link that loses, repeats, reorders, forges: the same keys, each installed once",
    ),
    target("eap", "eapol", (2000, FRAME), registration::eap, "EAP and EAP-WSC framing, WSC messages, credentials"),
    target(
        "registration",
        "eapol",
        (15, 400),
        registration::both,
        "registrar and enrollee with a bad link: no credential but the owner's",
    ),
    target("registrar", "eapol", (20, FRAME), registration::registrar, "a registrar at each message hears anything"),
    target("enrollee", "eapol", (20, FRAME), registration::enrollee, "an enrollee at each message hears anything"),
    target(
        "p2p_machine",
        "frames",
        (300, SCRIPT),
        states::p2p_machine,
        "p2p-core: user, air and radio as a script has it; it comes to rest",
    ),
    target(
        "p2p_states",
        "frames",
        (300, SCRIPT),
        states::p2p_states,
        "p2p-core brought to each of its states first, then the same",
    ),
    target("owner", "frames", (300, SCRIPT), states::owner, "the owner's MLME: frames and the ends of its commands"),
    target("join", "frames", (300, SCRIPT), states::join, "a client's join: what its radio says"),
    target(
        "netlink",
        "netlink",
        (200, SCRIPT),
        states::netlink,
        "the kernel's datagrams to a driver with much under way",
    ),
    target("opening", "netlink", (200, SCRIPT), states::opening, "the kernel's answers to a driver that opens a radio"),
    target(
        "config_file",
        "text",
        (500, SCRIPT),
        daemon::config_file,
        "p2pd's configuration file: shown and read again it says the same",
    ),
    target(
        "control",
        "text",
        (15, 800),
        daemon::control,
        "control commands to a device on the simulated air: replies and events are text of one line",
    ),
    target(
        "two_devices",
        "none",
        (6, 120),
        air::two_devices,
        "two devices on the simulated air, their users and a lossy air: all comes to an end, nothing is left over",
    ),
    target(
        "airscope",
        "frames",
        (60, 6000),
        captures::airscope,
        "a capture file, told: text of one line a step, charts that are well-formed, bounded memory",
    ),
];

/// The target of this name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Runs the target of this name.
///
/// # Panics
/// When there is none, and where the target finds a fault.
pub fn run(name: &str, data: &[u8]) {
    let target = find(name).unwrap_or_else(|| panic!("no target {name}"));
    (target.run)(data);
}
