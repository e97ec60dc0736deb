//! Frames in words, one a line.

use eapol::{KeyFrame, KeyInformation, PacketType, Pdu};
use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype};
use ieee80211_ies::wsc::Wsc;
use ieee80211_ies::{Elements, MacAddr, escape};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::time::Duration;
use wifi_direct::simulation::OnAir;

/// Frame-control bits (IEEE 802.11-2020 §9.2.4.1): data, its QoS kind, an encrypted body; which addresses are which.
const DATA: u16 = 0x0008;
const TYPE: u16 = 0x000c;
const QOS: u16 = 0x0080;
const NO_BODY: u16 = 0x0040;
const PROTECTED: u16 = 0x4000;
const KIND: u16 = 0x00fc;
const BEACON: u16 = 0x0080;
const PROBE_REQUEST: u16 = 0x0040;
/// Octets that CCMP adds: header and MIC (IEEE 802.11-2020 §12.5.3.2).
const CCMP: usize = 16;
/// LLC, SNAP and the EtherType of EAPOL.
const EAPOL: &[u8] = &[0xaa, 0xaa, 0x03, 0, 0, 0, 0x88, 0x8e];

/// Who has which address.
#[derive(Default)]
pub(super) struct Names(BTreeMap<MacAddr, String>);

impl Names {
    /// The first name of an address stays.
    pub(super) fn add(&mut self, address: MacAddr, name: &str) {
        self.0.entry(address).or_insert_with(|| name.to_owned());
    }

    fn of(&self, address: MacAddr) -> String {
        match self.0.get(&address) {
            Some(name) => name.clone(),
            None if address == MacAddr([0xff; 6]) => String::from("all"),
            None => address.to_string(),
        }
    }

    fn path(&self, from: MacAddr, to: MacAddr) -> String {
        let width = self.0.values().map(String::len).max().unwrap_or(0);
        format!("{:>width$} → {:<width$}", self.of(from), self.of(to))
    }
}

/// A frame and its repetitions.
struct Line {
    text: String,
    repetitions: u32,
}

/// Probe requests to all, one after the other, of one device.
struct Search {
    from: MacAddr,
    ssid: String,
    since: Duration,
    count: u32,
    frequencies: BTreeSet<u32>,
}

/// Writes a line for each frame but repetitions, further beacons and the series of probe requests of a search.
pub(super) fn list(recorded: &[OnAir], names: &Names, out: &mut impl Write) -> io::Result<()> {
    let mut beacons: BTreeMap<MacAddr, usize> = BTreeMap::new();
    let mut last: Option<(u64, Line)> = None;
    let mut searches: Vec<Search> = Vec::new();
    for on_air in recorded {
        let Some((to, from)) = addresses(&on_air.frame) else { continue };
        match control(&on_air.frame) & KIND {
            BEACON => {
                let seen = beacons.entry(from).or_default();
                *seen += 1;
                if *seen > 1 {
                    continue;
                }
            }
            PROBE_REQUEST if to.is_group() => {
                note_search(&mut searches, on_air, from);
                continue;
            }
            _ => {}
        }
        if let Some((_, line)) = last.as_mut().filter(|(number, _)| *number == on_air.number) {
            line.repetitions += 1;
            continue;
        }
        if let Some((_, line)) = last.take() {
            write_line(&line, out)?;
        }
        write_searches(&mut searches, names, out)?;
        let fate = if to.is_group() || on_air.acked {
            ""
        } else if on_air.delivered.is_empty() {
            " (not received)"
        } else {
            " (not acknowledged)"
        };
        let what = words(&on_air.frame);
        let text = format!("{} {} MHz {}: {what}{fate}", time(on_air.at), on_air.frequency, names.path(from, to));
        last = Some((on_air.number, Line { text, repetitions: 0 }));
    }
    if let Some((_, line)) = last {
        write_line(&line, out)?;
    }
    write_searches(&mut searches, names, out)?;
    for (from, count) in beacons.into_iter().filter(|(_, count)| *count > 1) {
        writeln!(out, "{:>11} {} further beacons of {}", "", count - 1, names.of(from))?;
    }
    Ok(())
}

fn note_search(searches: &mut Vec<Search>, on_air: &OnAir, from: MacAddr) {
    let ssid = match Frame::parse(&on_air.frame) {
        Ok(frame) => network(frame.body.elements()),
        Err(_) => String::new(),
    };
    let known = searches.iter_mut().find(|s| s.from == from && s.ssid == ssid);
    let search = match known {
        Some(search) => search,
        None => {
            searches.push(Search { from, ssid, since: on_air.at, count: 0, frequencies: BTreeSet::new() });
            let Some(search) = searches.last_mut() else { return };
            search
        }
    };
    search.count += 1;
    search.frequencies.insert(on_air.frequency);
}

fn write_searches(searches: &mut Vec<Search>, names: &Names, out: &mut impl Write) -> io::Result<()> {
    for search in searches.drain(..) {
        let place = match (search.frequencies.first(), search.frequencies.len()) {
            (Some(frequency), 1) => format!("{frequency} MHz"),
            (_, channels) => format!("{channels} channels"),
        };
        let path = names.path(search.from, MacAddr([0xff; 6]));
        let times = if search.count > 1 { format!(", {} times", search.count) } else { String::new() };
        writeln!(out, "{} {place:<8} {path}: Probe Request{}{times}", time(search.since), search.ssid)?;
    }
    Ok(())
}

fn time(at: Duration) -> String {
    format!("{:>11.6}", at.as_secs_f64())
}

fn write_line(line: &Line, out: &mut impl Write) -> io::Result<()> {
    match line.repetitions {
        0 => writeln!(out, "{}", line.text),
        more => writeln!(out, "{}, sent {} times", line.text, more + 1),
    }
}

/// Whether a frame is data that nobody without the key can read.
pub(super) fn carries_encrypted_data(on_air: &OnAir) -> bool {
    let control = control(&on_air.frame);
    control & TYPE == DATA && control & PROTECTED != 0
}

fn control(frame: &[u8]) -> u16 {
    frame.first_chunk().map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// Receiver and transmitter.
fn addresses(frame: &[u8]) -> Option<(MacAddr, MacAddr)> {
    Some((MacAddr::from_slice(frame.get(4..)?)?, MacAddr::from_slice(frame.get(10..)?)?))
}

/// What a frame is.
fn words(frame: &[u8]) -> String {
    if control(frame) & TYPE == DATA {
        return data(frame);
    }
    match Frame::parse(frame) {
        Ok(frame) => management(&frame.body),
        Err(malformed) => format!("malformed frame ({malformed})"),
    }
}

fn management(body: &Body<'_>) -> String {
    match body {
        Body::ProbeRequest { elements } => format!("Probe Request{}", network(*elements)),
        Body::ProbeResponse { elements, .. } => format!("Probe Response{}", network(*elements)),
        Body::Beacon { elements, .. } => format!("Beacon{}", network(*elements)),
        Body::Authentication { transaction, status, .. } => format!("Authentication {transaction} ({status})"),
        Body::AssociationRequest { elements, .. } => format!("Association Request{}", registration(*elements)),
        Body::AssociationResponse { status, aid, .. } => format!("Association Response ({status}, AID {aid})"),
        Body::ReassociationRequest { elements, .. } => format!("Reassociation Request{}", registration(*elements)),
        Body::ReassociationResponse { status, aid, .. } => format!("Reassociation Response ({status}, AID {aid})"),
        Body::Deauthentication { reason, .. } => format!("Deauthentication ({reason})"),
        Body::Disassociation { reason, .. } => format!("Disassociation ({reason})"),
        Body::Action(Action::P2pPublic { subtype, elements, .. }) => p2p(*subtype, *elements),
        Body::Action(Action::P2p { subtype, .. }) => subtype.to_string(),
        Body::Action(Action::Gas(_)) => String::from("service discovery"),
        _ => String::from("another management frame"),
    }
}

fn network(elements: Elements<'_>) -> String {
    match elements.ssid() {
        Ok(Some(ssid)) if !ssid.is_empty() => format!(" \"{}\"", escape::ssid(ssid.as_bytes())),
        _ => String::new(),
    }
}

/// Whether a station comes for WSC or for the network.
fn registration(elements: Elements<'_>) -> String {
    let purpose = match (elements.wsc(), elements.find(ieee80211_ies::id::RSN)) {
        (Ok(Some(_)), _) => " for WSC",
        (_, Some(_)) => " with RSN",
        _ => "",
    };
    format!("{}{purpose}", network(elements))
}

fn p2p(subtype: P2pPublicSubtype, elements: Elements<'_>) -> String {
    let mut details = Vec::new();
    if let Ok(Some(p2p)) = elements.p2p() {
        if let Some(intent) = p2p.group_owner_intent() {
            details.push(format!("intent {}, tie breaker {}", intent.intent, u8::from(intent.tie_breaker)));
        }
        if let Some(status) = p2p.status() {
            details.push(status.to_string());
        }
        if let Some(channel) = p2p.operating_channel() {
            details.push(format!("operating channel {}", channel.channel));
        }
        if let Some(group) = p2p.group_id() {
            details.push(format!("\"{}\"", escape::ssid(group.ssid.as_bytes())));
        }
    }
    if let Ok(Some(wsc)) = elements.wsc()
        && let Some(id) = wsc.device_password_id()
    {
        details.push(match id.0 {
            4 => String::from("push button"),
            other => format!("device password {other}"),
        });
    }
    if details.is_empty() { subtype.to_string() } else { format!("{subtype} ({})", details.join(", ")) }
}

fn data(frame: &[u8]) -> String {
    let control = control(frame);
    if control & NO_BODY != 0 {
        return String::from("Null (is anybody there?)");
    }
    let body = frame.get(if control & QOS != 0 { 26 } else { 24 }..).unwrap_or_default();
    if control & PROTECTED != 0 {
        return format!("encrypted data (CCMP, {} octets)", body.len().saturating_sub(CCMP));
    }
    match body.strip_prefix(EAPOL) {
        Some(pdu) => eapol(pdu),
        None => format!("unencrypted data ({} octets)", body.len()),
    }
}

fn eapol(bytes: &[u8]) -> String {
    let Ok(pdu) = Pdu::parse(bytes) else { return String::from("malformed EAPOL") };
    match pdu.kind {
        PacketType::Eap => eap(pdu.body),
        PacketType::Start => String::from("EAPOL-Start"),
        PacketType::Key => KeyFrame::parse(bytes).map_or("malformed EAPOL-Key", |key| key_message(key.info)).to_owned(),
        _ => String::from("EAPOL"),
    }
}

/// Which message of which handshake (IEEE 802.11-2020 §12.7.6, §12.7.7).
fn key_message(info: KeyInformation) -> &'static str {
    use KeyInformation as Info;
    let (answer_wanted, signed) = (info.has(Info::ACK), info.has(Info::MIC));
    match (info.has(Info::PAIRWISE), answer_wanted, signed) {
        (true, true, false) => "EAPOL-Key message 1 of 4",
        (true, false, _) if !info.has(Info::SECURE) => "EAPOL-Key message 2 of 4",
        (true, true, true) => "EAPOL-Key message 3 of 4",
        (true, false, _) => "EAPOL-Key message 4 of 4",
        (false, true, _) => "EAPOL-Key group message 1 of 2",
        (false, false, _) => "EAPOL-Key group message 2 of 2",
    }
}

/// An EAP packet (RFC 3748 §4), in which WSC is the expanded type of the Wi-Fi Alliance (WSC 2.0 §7.7.1).
fn eap(packet: &[u8]) -> String {
    let [code, _, _, _, rest @ ..] = packet else { return String::from("malformed EAP") };
    match (*code, rest) {
        (3, _) => String::from("EAP Success"),
        (4, _) => String::from("EAP Failure (as WSC always ends)"),
        (1, [1, ..]) => String::from("EAP Request Identity"),
        (2, [1, identity @ ..]) => format!("EAP Response Identity {}", escape::ssid(identity)),
        (1 | 2, [254, 0, 0x37, 0x2a, 0, 0, 0, 1, operation, flags, message @ ..]) => {
            // A first fragment says how long the whole is.
            let message = if flags & 2 != 0 { message.get(2..).unwrap_or_default() } else { message };
            match operation {
                1 => String::from("WSC Start"),
                2 => String::from("WSC ACK"),
                3 => String::from("WSC NACK"),
                4 => format!("WSC {}", wsc_message(message)),
                5 => String::from("WSC Done"),
                6 => String::from("WSC fragment acknowledged"),
                other => format!("WSC operation {other}"),
            }
        }
        (code, _) => format!("EAP code {code}"),
    }
}

/// Which message (WSC 2.0 §12, Message Type).
fn wsc_message(attributes: &[u8]) -> &'static str {
    let kind = Wsc::parse(attributes).ok().and_then(|wsc| wsc.message_type());
    match kind.map(|kind| kind.0) {
        Some(4) => "M1",
        Some(5) => "M2",
        Some(6) => "M2D",
        Some(7) => "M3",
        Some(8) => "M4",
        Some(9) => "M5",
        Some(10) => "M6",
        Some(11) => "M7",
        Some(12) => "M8",
        _ => "message",
    }
}
