//! Nanoseconds and allocations for typical frames, and frames a second of a long capture: `cargo run --release` here.
//! `docs/codec.md` has the table.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ieee80211::elements::rsn::RsnElement;
use ieee80211::elements::{DSSSParameterSetElement, SSIDElement};
use ieee80211::mgmt_frame::{BeaconFrame, ProbeResponseFrame};
use ieee80211_ies::bss::DsssParameterSet;
use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype};
use ieee80211_ies::rsn::Rsn;
use ieee80211_ies::wfd::Wfd;
use ieee80211_ies::{Elements, check, id, p2p, wsc};
use scroll::Pread;

/// Counts allocations.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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

fn measure(what: &str, by: &str, mut run: impl FnMut()) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..100 {
        run();
    }
    let allocations = (ALLOCATIONS.load(Ordering::Relaxed) - before) / 100;
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..RUNS {
            run();
        }
        best = best.min(began.elapsed().as_nanos() as f64 / f64::from(RUNS));
    }
    println!("| {what} | {by} | {best:.0} | {allocations} |");
}

/// What all crates can say of a beacon or probe response: interval, capability, SSID, channel, ciphers, number of vendor elements.
fn ours(bytes: &[u8]) -> (u16, u16, usize, u8, usize, usize) {
    let frame = Frame::parse(bytes).expect("a frame");
    let (Body::Beacon { interval, capability, elements, .. }
    | Body::ProbeResponse { interval, capability, elements, .. }) = frame.body
    else {
        return (0, 0, 0, 0, 0, 0);
    };
    let ssid = elements.ssid().ok().flatten().map_or(0, |ssid| ssid.len());
    let channel = elements.get::<DsssParameterSet>().ok().flatten().map_or(0, |set| set.channel);
    let ciphers = elements.get::<Rsn<'_>>().ok().flatten().map_or(0, |rsn| rsn.pairwise.len());
    let vendor = elements.iter().filter(|element| element.id == id::VENDOR_SPECIFIC).count();
    (interval, capability, ssid, channel, ciphers, vendor)
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

fn main() {
    let frames = frames();
    let management = |frame: &&&[u8]| frame[0] & 0x0c == 0;
    let is = |subtype: u8| move |frame: &&&[u8]| frame[0] == subtype << 4;
    let beacon = *frames.iter().find(is(8)).expect("a beacon");
    let mut response = frames.iter().filter(is(5)).max_by_key(|frame| frame.len()).expect("a probe response").to_vec();
    let information = wfd_information();
    if Wfd::find(Frame::parse(&response).expect("a frame").body.elements()) == Ok(None) {
        response.extend_from_slice(&information);
    }
    let request = frames.iter().filter(management).find(|frame| {
        matches!(
            Frame::parse(frame).map(|frame| frame.body),
            Ok(Body::Action(Action::P2pPublic { subtype: P2pPublicSubtype::GO_NEGOTIATION_REQUEST, .. }))
        )
    });
    let request = *request.expect("a GO Negotiation Request");

    println!("| what | by | ns | allocations |\n|---|---|---|---|");
    let octets = |bytes: &[u8]| bytes.len();
    let what = format!("beacon, {} octets: common fields", octets(beacon));
    measure(&what, "ieee80211-ies", || _ = black_box(ours(black_box(beacon))));
    measure(&what, "ieee80211 0.5.9", || _ = black_box(ieee80211_beacon(black_box(beacon))));
    measure(&what, "libwifi 0.5.0", || _ = black_box(libwifi::parse_frame(black_box(beacon), false)));
    let what = format!("probe response, {} octets: common fields", octets(&response));
    measure(&what, "ieee80211-ies", || _ = black_box(ours(black_box(&response))));
    measure(&what, "ieee80211 0.5.9", || _ = black_box(ieee80211_probe_response(black_box(&response))));
    measure(&what, "libwifi 0.5.0", || _ = black_box(libwifi::parse_frame(black_box(&response), false)));
    let what = "the same: all of P2P, WSC and WFD, checked";
    measure(what, "ieee80211-ies", || _ = black_box(everything(black_box(&response))));
    let strict = Frame::parse(&response).expect("a frame").body.elements().bytes();
    measure("the same: every element by the strict reading", "ieee80211-ies", || {
        _ = black_box(check(black_box(strict)))
    });
    let what = format!("GO Negotiation Request, {} octets: read", octets(request));
    measure(&what, "ieee80211-ies", || _ = black_box(negotiation(black_box(request))));

    let frame = Frame::parse(request).expect("a frame");
    let attributes = frame.body.elements().p2p().ok().flatten().expect("P2P attributes").to_attributes();
    let mut password = Vec::new();
    wsc::Writer::new(&mut password).version().device_password_id(wsc::DevicePasswordId::PUSH_BUTTON);
    let (mut elements, mut out) = (Vec::with_capacity(512), Vec::with_capacity(512));
    measure("GO Negotiation Request: built", "ieee80211-ies", || {
        elements.clear();
        out.clear();
        p2p::emit(black_box(&attributes), &mut elements);
        wsc::emit_element(&password, &mut elements);
        let (subtype, dialog_token) = (P2pPublicSubtype::GO_NEGOTIATION_REQUEST, 1);
        let action = Action::P2pPublic { subtype, dialog_token, elements: Elements::new(&elements) };
        Frame::new(frame.header.destination, frame.header.source, frame.header.bssid, Body::Action(action))
            .emit(&mut out);
        black_box(&out);
    });

    dissect(&frames);
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
    println!("\na million frames: {:.2} million a second", 1.0 / seconds);
}
