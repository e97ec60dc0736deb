//! Nanoseconds, instructions and allocations for typical frames, and frames a second of a long capture; `docs/performance.md` has
//! the table.
//!
//! * `cargo run --release`: times and allocations; instructions where valgrind is installed; tshark's frames a second where that is,
//!   and airscope's where the variable `AIRSCOPE` tells its program
//! * `cargo run --release -- capture FILE`: writes a capture of a million frames, for other programs
#![forbid(unsafe_code)]

use std::alloc::System;
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use ieee80211::elements::rsn::RsnElement;
use ieee80211::elements::{DSSSParameterSetElement, SSIDElement};
use ieee80211::mgmt_frame::{BeaconFrame, ProbeResponseFrame};
use ieee80211_ies::bss::DsssParameterSet;
use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype};
use ieee80211_ies::rsn::Rsn;
use ieee80211_ies::wfd::Wfd;
use ieee80211_ies::{Elements, KnownElement, check, id, p2p, wsc};
use scroll::Pread;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Rounds of a measurement; the fastest counts, as what else the machine does only adds.
const ROUNDS: usize = 3000;
/// Runs in a round: so few that the system seldom interrupts one.
const RUNS: u32 = 200;

const FORMATION: &[u8] = include_bytes!("../../../crates/ieee80211-ies/tests/data/formation.pcap");

/// The frames of a capture in the old libpcap format.
fn frames() -> Vec<&'static [u8]> {
    let (mut frames, mut at) = (Vec::new(), 24);
    while let Some(len) = FORMATION.get(at + 8..at + 12) {
        let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
        frames.push(&FORMATION[at + 16..at + 16 + len]);
        at += 16 + len;
    }
    frames
}

/// One thing that is measured.
struct Case<'a> {
    what: String,
    by: &'static str,
    run: Box<dyn FnMut() + 'a>,
}

impl Case<'_> {
    fn measure(&mut self, instructions: Option<u64>) {
        (self.run)();
        let region = Region::new(ALLOCATOR);
        for _ in 0..100 {
            (self.run)();
        }
        let change = region.change();
        let allocations = (change.allocations + change.reallocations) / 100;
        let mut best = f64::MAX;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            for _ in 0..RUNS {
                (self.run)();
            }
            best = best.min(began.elapsed().as_nanos() as f64 / f64::from(RUNS));
        }
        let instructions = instructions.map_or_else(|| "–".to_owned(), |count| count.to_string());
        println!("| {} | {} | {best:.0} | {instructions} | {allocations} |", self.what, self.by);
    }
}

/// How many instructions one run of a case takes: what 2000 runs under callgrind take more than 1000 do.
fn instructions(case: usize) -> Option<u64> {
    let count = |runs: u32| -> Option<u64> {
        let program = std::env::current_exe().ok()?;
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
        let output = command.args(["case", &case.to_string(), &runs.to_string()]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
    };
    Some((count(2000)? - count(1000)?) / 1000)
}

/// What all crates can say of a beacon or probe response: interval, SSID, channel, ciphers, number of vendor elements.
fn ours(bytes: &[u8]) -> (u16, usize, u8, usize, usize) {
    let frame = Frame::parse(bytes).expect("a frame");
    let (Body::Beacon { interval, elements, .. } | Body::ProbeResponse { interval, elements, .. }) = frame.body else {
        return (0, 0, 0, 0, 0);
    };
    let ssid = elements.ssid().ok().flatten().map_or(0, |ssid| ssid.len());
    let channel = elements.get::<DsssParameterSet>().ok().flatten().map_or(0, |set| set.channel);
    let ciphers = elements.get::<Rsn<'_>>().ok().flatten().map_or(0, |rsn| rsn.pairwise.len());
    let vendor = elements.iter().filter(|element| element.id == id::VENDOR_SPECIFIC).count();
    (interval, ssid, channel, ciphers, vendor)
}

/// The same in one pass over the elements.
fn in_one_pass(bytes: &[u8]) -> (u16, usize, u8, usize, usize) {
    let frame = Frame::parse(bytes).expect("a frame");
    let (Body::Beacon { interval, elements, .. } | Body::ProbeResponse { interval, elements, .. }) = frame.body else {
        return (0, 0, 0, 0, 0);
    };
    let (mut ssid, mut channel, mut ciphers, mut vendor) = (0, 0, 0, 0);
    for element in elements {
        match element.id {
            id::SSID => ssid = element.body.len(),
            id::DSSS_PARAMETER_SET => channel = DsssParameterSet::parse(element.body).map_or(0, |set| set.channel),
            id::RSN => ciphers = Rsn::parse(element.body).map_or(0, |rsn| rsn.pairwise.len()),
            id::VENDOR_SPECIFIC => vendor += 1,
            _ => {}
        }
    }
    (interval, ssid, channel, ciphers, vendor)
}

macro_rules! theirs {
    ($name:ident, $frame:ty) => {
        fn $name(bytes: &[u8]) -> (u16, usize, u8, usize, usize) {
            let frame: $frame = bytes.pread(0).expect("a frame");
            let ssid = frame.elements.get_first_element::<SSIDElement>().map_or(0, |ssid| ssid.length_in_bytes());
            let channel =
                frame.elements.get_first_element::<DSSSParameterSetElement>().map_or(0, |set| set.current_channel);
            let rsn = frame.elements.get_first_element::<RsnElement>();
            let ciphers = rsn.and_then(|rsn| rsn.pairwise_cipher_suite_list).map_or(0, |list| list.count());
            let vendor = frame.elements.raw_element_iterator().filter(|element| is_vendor(element)).count();
            (frame.beacon_interval, ssid, channel, ciphers, vendor)
        }
    };
}

theirs!(ieee80211_beacon, BeaconFrame<'_>);
theirs!(ieee80211_probe_response, ProbeResponseFrame<'_>);

fn is_vendor(element: &ieee80211::elements::RawIEEE80211Element<'_>) -> bool {
    matches!(element.tlv_type, 221)
}

/// Everything that a probe response of P2P says: device, capability, WSC methods, WFD device information.
fn everything(bytes: &[u8]) -> usize {
    let frame = Frame::parse(bytes).expect("a frame");
    let elements = frame.body.elements();
    let mut said = 0;
    if let Ok(Some(read)) = elements.p2p() {
        said += read.device_info().map_or(0, |info| info.name.len() + info.secondary.iter().count());
        said += read.capability().map_or(0, |capability| usize::from(capability.group));
        said += usize::from(read.listen_channel().is_some()) + usize::from(read.group_info().is_some());
    }
    if let Ok(Some(read)) = elements.wsc() {
        said += read.device_name().map_or(0, <[u8]>::len) + usize::from(read.device_password_id().is_some());
        said += usize::from(read.config_methods().is_some()) + usize::from(read.primary_device_type().is_some());
    }
    if let Ok(Some(read)) = Wfd::find(elements) {
        said += read.device_information().map_or(0, |information| usize::from(information.control_port));
    }
    said
}

/// The attributes of a GO Negotiation Request, read.
fn negotiation(bytes: &[u8]) -> usize {
    let frame = Frame::parse(bytes).expect("a frame");
    let Ok(Some(read)) = frame.body.elements().p2p() else { return 0 };
    let channels = read.channel_list().map_or(0, |list| list.channels().count());
    channels
        + read.group_owner_intent().map_or(0, |intent| usize::from(intent.intent))
        + read.device_info().map_or(0, |info| info.name.len())
        + usize::from(read.intended_interface_address().is_some())
        + usize::from(read.operating_channel().is_some())
        + usize::from(read.configuration_timeout().is_some())
}

fn main() -> io::Result<()> {
    let frames = frames();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["capture", file] = arguments[..] {
        return write_capture(&frames, file);
    }
    let management = |frame: &&&[u8]| frame[0] & 0x0c == 0;
    let is = |subtype: u8| move |frame: &&&[u8]| frame[0] == subtype << 4;
    let beacon = *frames.iter().find(is(8)).expect("a beacon");
    let mut response = frames.iter().filter(is(5)).max_by_key(|frame| frame.len()).expect("a probe response").to_vec();
    if Wfd::find(Frame::parse(&response).expect("a frame").body.elements()) == Ok(None) {
        response.extend_from_slice(&wfd_information());
    }
    let request = frames.iter().filter(management).find(|frame| {
        matches!(
            Frame::parse(frame).map(|frame| frame.body),
            Ok(Body::Action(Action::P2pPublic { subtype: P2pPublicSubtype::GO_NEGOTIATION_REQUEST, .. }))
        )
    });
    let request = *request.expect("a GO Negotiation Request");
    let mut cases = cases(beacon, &response, request);

    if let ["case", number, runs] = arguments[..] {
        let case = number.parse().ok().and_then(|number: usize| cases.get_mut(number)).expect("a case");
        for _ in 0..runs.parse::<u32>().expect("a number of runs") {
            (case.run)();
        }
        return Ok(());
    }
    // The crates are compared by what they deliver: it is the same.
    assert_eq!(ours(beacon), ieee80211_beacon(beacon));
    assert_eq!(in_one_pass(beacon), ieee80211_beacon(beacon));
    assert_eq!(ours(&response), ieee80211_probe_response(&response));
    println!("| what | by | ns | instructions | allocations |\n|---|---|---:|---:|---:|");
    for (number, case) in cases.iter_mut().enumerate() {
        case.measure(instructions(number));
    }
    println!("\n| a million frames, by | frames a second of processor time |\n|---|---:|");
    dissect(&frames);
    others(&frames)
}

fn cases<'a>(beacon: &'a [u8], response: &'a [u8], request: &'a [u8]) -> Vec<Case<'a>> {
    fn case<'a, T>(what: &str, by: &'static str, mut run: impl FnMut() -> T + 'a) -> Case<'a> {
        Case { what: what.to_owned(), by, run: Box::new(move || _ = black_box(run())) }
    }
    const OURS: &str = "ieee80211-ies";
    const IEEE80211: &str = "ieee80211 0.5.9";
    const LIBWIFI: &str = "libwifi 0.5.0";
    let common = |name: &str, bytes: &[u8]| format!("{name}, {} octets: common fields", bytes.len());
    let (what_beacon, what_response) = (common("beacon", beacon), common("probe response", response));
    let strict = Frame::parse(response).expect("a frame").body.elements().bytes();

    let header = Frame::parse(request).expect("a frame").header;
    let elements = Frame::parse(request).expect("a frame").body.elements();
    let attributes = elements.p2p().ok().flatten().expect("P2P attributes").to_attributes();
    let mut password = Vec::new();
    wsc::Writer::new(&mut password).version().device_password_id(wsc::DevicePasswordId::PUSH_BUTTON);
    let (mut elements, mut out) = (Vec::with_capacity(512), Vec::with_capacity(512));
    let build = move || {
        elements.clear();
        out.clear();
        p2p::emit(black_box(&attributes), &mut elements);
        wsc::emit_element(&password, &mut elements);
        let (subtype, dialog_token) = (P2pPublicSubtype::GO_NEGOTIATION_REQUEST, 1);
        let action = Action::P2pPublic { subtype, dialog_token, elements: Elements::new(&elements) };
        Frame::new(header.destination, header.source, header.bssid, Body::Action(action)).emit(&mut out);
        black_box(&out);
    };
    vec![
        case(&what_beacon, OURS, move || ours(black_box(beacon))),
        case(&format!("{what_beacon}, in one pass"), OURS, move || in_one_pass(black_box(beacon))),
        case(&what_beacon, IEEE80211, move || ieee80211_beacon(black_box(beacon))),
        case(&what_beacon, LIBWIFI, move || libwifi::parse_frame(black_box(beacon), false)),
        case(&what_response, OURS, move || ours(black_box(response))),
        case(&format!("{what_response}, in one pass"), OURS, move || in_one_pass(black_box(response))),
        case(&what_response, IEEE80211, move || ieee80211_probe_response(black_box(response))),
        case(&what_response, LIBWIFI, move || libwifi::parse_frame(black_box(response), false)),
        case("the same: all of P2P, WSC and WFD, checked", OURS, move || everything(black_box(response))),
        case("the same: every element by the strict reading", OURS, move || check(black_box(strict))),
        case(&format!("GO Negotiation Request, {} octets: read", request.len()), OURS, move || {
            negotiation(black_box(request))
        }),
        case("GO Negotiation Request: built", OURS, build),
    ]
}

/// The management frames of the capture again and again, until they are a million, as a libpcap file.
fn write_capture(frames: &[&[u8]], file: &str) -> io::Result<()> {
    let management: Vec<&[u8]> = frames.iter().copied().filter(|frame| frame[0] & 0x0c == 0).collect();
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    out.write_all(&FORMATION[..24])?;
    for (number, frame) in (0_u32..1_000_000).zip(management.iter().cycle()) {
        let length = (frame.len() as u32).to_le_bytes();
        out.write_all(&(number / 10_000).to_le_bytes())?;
        out.write_all(&(number % 10_000 * 100).to_le_bytes())?;
        out.write_all(&length)?;
        out.write_all(&length)?;
        out.write_all(frame)?;
    }
    out.flush()
}

fn wfd_information() -> Vec<u8> {
    let information = ieee80211_ies::wfd::DeviceInformation { bitmap: 0x11, control_port: 7236, max_throughput: 50 };
    let subelement = ieee80211_ies::wfd::Subelement {
        id: ieee80211_ies::wfd::subelement::DEVICE_INFORMATION,
        body: &information.to_bytes(),
    };
    let mut out = Vec::new();
    ieee80211_ies::wfd::emit(&[subelement], &mut out);
    out
}

/// A capture of a million frames in memory, each read with all that it says of P2P, WSC and WFD.
fn dissect(frames: &[&[u8]]) {
    /// In pieces, each again and again, so that the system does not interrupt all of them.
    const PIECES: usize = 1000;
    const PIECE: usize = 1000;
    let management: Vec<&[u8]> = frames.iter().copied().filter(|frame| frame[0] & 0x0c == 0).collect();
    let capture: Vec<&[u8]> = management.iter().copied().cycle().take(PIECES * PIECE).collect();
    let mut seconds = 0.0;
    for piece in capture.chunks(PIECE) {
        let mut best = f64::MAX;
        for _ in 0..5 {
            let began = Instant::now();
            let said: usize = piece.iter().map(|frame| everything(black_box(frame))).sum();
            black_box(said);
            best = best.min(began.elapsed().as_secs_f64());
        }
        seconds += best;
    }
    println!("| ieee80211-ies | {:.2} million |", 1.0 / seconds);
}

/// The same frames in a file, read by other programs.
fn others(frames: &[&[u8]]) -> io::Result<()> {
    let file = std::env::temp_dir().join(format!("codec-bench-{}.pcap", std::process::id()));
    let name = file.to_string_lossy().into_owned();
    write_capture(frames, &name)?;
    let mut airscope = std::env::var_os("AIRSCOPE").map(|program| {
        let mut command = Command::new(program);
        command.args(["--progress", "never", &name]);
        ("airscope", command)
    });
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-r", &name, "-T", "fields", "-e", "wlan.sa", "-e", "wps.device_name", "-e", "wifi_p2p.status"]);
    for (by, command) in airscope.iter_mut().map(|(by, command)| (*by, command)).chain([("tshark", &mut tshark)]) {
        let before = of_children()?;
        let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        match done {
            Ok(status) if status.success() => {
                println!("| {by} | {:.3} million |", 1.0 / (of_children()? - before));
            }
            other => println!("| {by} | – ({other:?}) |"),
        }
    }
    std::fs::remove_file(file)
}

/// Seconds of processor time that ended children have taken: cutime and cstime of proc(5), in 1/100 s.
fn of_children() -> io::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let times = after_name.split_whitespace().skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    Ok(times.sum::<f64>() / 100.0)
}
