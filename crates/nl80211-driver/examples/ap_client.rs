//! An access point and a client on two radios of one machine, through the seam.
//!
//! usage: ap_client WLAN0 WLAN1 [ignore=FEATURE ...]
//!
//! The first becomes a group owner, the second joins it; EAPOL goes both ways, in the clear and encrypted; the owner
//! changes channel, and the client leaves. No protocol machine takes part: the frames are made here, and just good
//! enough for the kernel. Meant for simulated radios (`mac80211_hwsim`).

mod common;

use common::{Failure, Node, frame, options, print};
use ieee80211_ies::MacAddr;
use radio::{AccessPoint, Association, Beacon, Channel, ChannelSwitch, Cipher, Command, CommandId, Connection, Event};
use radio::{FrameKind, InterfaceId, InterfaceKind, Key, KeyKind, Reply, ScanRequest, Secret, SendStatus};
use radio::{StationFlags, StationParameters, StationRates, Transmission};

const CHANNEL: u32 = 2437;
const NEXT_CHANNEL: u32 = 2412;
const SSID: &[u8] = b"DIRECT-ab";
const RATES: [u8; 10] = [1, 8, 0x8c, 0x12, 0x98, 0x24, 0xb0, 0x48, 0x60, 0x6c];
/// RSN: CCMP, PSK (IEEE 802.11-2020 §9.4.2.24)
const RSN: [u8; 22] = [48, 20, 1, 0, 0, 15, 172, 4, 1, 0, 0, 15, 172, 4, 1, 0, 0, 15, 172, 2, 0, 0];
/// EAPOL-Start (IEEE 802.1X-2020 §11.3)
const EAPOL_START: [u8; 4] = [1, 1, 0, 0];
/// Scans until a beacon must have been heard.
const SCANS: u8 = 10;
/// Long enough for a scan of one channel, or the announcement of another.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
const GROUP: InterfaceId = InterfaceId(2);

fn beacon_head(address: MacAddr, channel: u8) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend([100, 0, 0x11, 4]);
    body.extend([0, SSID.len() as u8]);
    body.extend(SSID);
    body.extend(RATES);
    body.extend([3, 1, channel]);
    frame(0x80, MacAddr::BROADCAST, address, address, &body)
}

fn beacon(address: MacAddr, channel: u8) -> Beacon {
    Beacon { head: beacon_head(address, channel), tail: RSN.to_vec(), ..Beacon::default() }
}

fn to_channel(frame: Vec<u8>) -> Transmission {
    Transmission { frequency: Some(CHANNEL), frame, wait_ms: 0, no_cck: true, no_ack: false }
}

/// Two radios and what they have said that was not waited for.
struct Pair {
    owner: Node,
    client: Node,
    seen: Vec<(Who, Event)>,
    /// Whether a refusal is not the end.
    may_refuse: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    Owner,
    Client,
}

impl Pair {
    /// The next event of either, printed.
    async fn next(&mut self) -> (Who, Event) {
        let (who, event) = tokio::select! {
            event = self.owner.driver.event() => (Who::Owner, event),
            event = self.client.driver.event() => (Who::Client, event),
        };
        print(if who == Who::Owner { self.owner.address } else { self.client.address }, &event);
        if let (Event::Done { id, result: Err(refused) }, false) = (&event, self.may_refuse) {
            panic!("{who:?}: {id:?} refused: {refused}");
        }
        (who, event)
    }

    /// The first event that is wanted, of those not asked about so far.
    async fn until(&mut self, wanted: impl Fn(Who, &Event) -> bool) -> Result<Event, Failure> {
        if let Some(at) = self.seen.iter().position(|(who, event)| wanted(*who, event)) {
            return Ok(self.seen.remove(at).1);
        }
        let wait = async {
            loop {
                let (who, event) = self.next().await;
                if wanted(who, &event) {
                    return event;
                }
                self.seen.push((who, event));
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.map_err(|_| "nothing came".into())
    }

    async fn done(&mut self, who: Who, command: Command) -> Result<Reply, Failure> {
        let text = format!("{command:?}");
        let id = self.command(who, command);
        match self.until(|of, event| of == who && matches!(event, Event::Done { id: d, .. } if *d == id)).await {
            Ok(Event::Done { result: Ok(reply), .. }) => Ok(reply),
            _ => Err(text.into()),
        }
    }

    fn command(&mut self, who: Who, command: Command) -> CommandId {
        if who == Who::Owner { self.owner.command(command) } else { self.client.command(command) }
    }

    /// The owner waits for a frame of a type.
    async fn frame(&mut self, kind: u8) -> Result<Vec<u8>, Failure> {
        let is = |event: &Event| matches!(event, Event::Received { frame, .. } if frame.first() == Some(&kind));
        match self.until(|who, event| who == Who::Owner && is(event)).await? {
            Event::Received { frame, .. } => Ok(frame),
            _ => Err("not a frame".into()),
        }
    }

    /// EAPOL goes from one to the other.
    async fn eapol(&mut self, from: Who, to: MacAddr, encrypt: bool) -> Result<Event, Failure> {
        let known = self.owner.capabilities.control_port;
        let pdu = vec![2, 3, 0, 4, u8::from(encrypt), 1, 2, 3];
        let command = Command::SendEapol { iface: GROUP, destination: to, pdu: pdu.clone(), encrypt };
        let id = self.command(from, command);
        let mut sent = None;
        let mut received = None;
        while sent.is_none() || received.is_none() {
            match self.until(|_, event| matches!(event, Event::Sent { .. } | Event::Eapol { .. })).await? {
                Event::Sent { id: of, status } if of == id => sent = Some(status),
                event @ Event::Eapol { .. } => received = Some(event),
                _ => {}
            }
        }
        if known {
            assert_eq!(sent, Some(SendStatus::Acked));
        }
        let received = received.ok_or("no EAPOL")?;
        assert!(matches!(&received, Event::Eapol { pdu: p, .. } if *p == pdu));
        if known {
            assert!(matches!(&received, Event::Eapol { encrypted: Some(e), .. } if *e == encrypt));
        }
        Ok(received)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().without_time().init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second, rest @ ..] = arguments.as_slice() else { return Err("usage: ap_client WLAN0 WLAN1".into()) };
    let mut owner = Node::open(first, options(rest)).await?;
    let mut client = Node::open(second, options(rest)).await?;
    let mut addresses = Vec::new();
    for (node, kind, name) in
        [(&mut owner, InterfaceKind::P2pGo, "p2p-wlan0-0"), (&mut client, InterfaceKind::P2pClient, "p2p-wlan1-0")]
    {
        let address = Some(MacAddr([0x0a, 0, 0, 0, u8::from(kind == InterfaceKind::P2pGo), 9]));
        let create = Command::CreateInterface { iface: GROUP, kind, name: name.to_owned(), address };
        let Reply::Interface { name, address: made } = node.done(create).await? else {
            return Err("no address".into());
        };
        println!("{name} has {made}");
        assert_eq!(Some(made), address);
        addresses.push(made);
        node.address = made;
    }
    let [go, sta] = *addresses.as_slice() else { return Err("two interfaces".into()) };
    let authenticate = client.capabilities.authenticate;
    let mut pair = Pair { owner, client, seen: Vec::new(), may_refuse: false };
    use Who::{Client, Owner};

    println!("--- the owner starts");
    let kinds = vec![FrameKind::ApMlme, FrameKind::ProbeRequest, FrameKind::Action(vec![0x7f, 0x50, 0x6f, 0x9a, 0x09])];
    pair.done(Owner, Command::ReceiveFrames { iface: GROUP, kinds }).await?;
    let ap = AccessPoint {
        ssid: SSID.to_vec(),
        channel: Channel::no_ht(CHANNEL),
        beacon_interval: 100,
        dtim_period: 2,
        beacon: beacon(go, 6),
        ctwindow: 0,
        basic_rates: vec![12, 24, 48],
        isolate: false,
    };
    pair.done(Owner, Command::StartAp { iface: GROUP, ap }).await?;
    pair.done(Owner, Command::ForbidCck { iface: GROUP }).await?;
    pair.done(Client, Command::ForbidCck { iface: GROUP }).await?;
    pair.done(Owner, Command::UpdateBeacon { iface: GROUP, beacon: beacon(go, 6) }).await?;

    println!("--- the client looks");
    let scan = ScanRequest {
        ssids: vec![SSID.to_vec()],
        frequencies: vec![CHANNEL],
        no_cck: true,
        bssid: Some(go),
        flush: true,
        ..ScanRequest::default()
    };
    // Nobody answers the probe requests here, so a beacon must come in the time that the scan takes.
    let mut found = false;
    for _ in 0..SCANS {
        pair.done(Client, Command::Scan { iface: GROUP, scan: scan.clone() }).await?;
        let Event::ScanDone { seen, .. } = pair.until(|_, event| matches!(event, Event::ScanDone { .. })).await? else {
            return Err("no scan".into());
        };
        if let Some(bss) = seen.iter().find(|bss| bss.bssid == go) {
            assert!(bss.frequency == CHANNEL && bss.age_ms < 1000 && !bss.beacon.is_empty());
            found = true;
            break;
        }
    }
    assert!(found, "the owner was not seen");

    let association = |rsn: bool| Association {
        bssid: go,
        frequency: CHANNEL,
        ssid: SSID.to_vec(),
        elements: if rsn { RSN.to_vec() } else { vec![221, 5, 0, 0x50, 0xf2, 4, 0] },
        rsn,
    };
    for rsn in [false, true] {
        println!("--- the client joins, RSN {rsn}");
        if authenticate {
            let ssid = SSID.to_vec();
            pair.done(Client, Command::Authenticate { iface: GROUP, bssid: go, frequency: CHANNEL, ssid }).await?;
        } else {
            let connection = Connection { association: association(rsn), privacy: true };
            pair.done(Client, Command::Connect { iface: GROUP, connection }).await?;
        }
        pair.frame(0xb0).await?;
        let flags = StationFlags { authenticated: true, ..StationFlags::default() };
        let station = StationParameters { address: sta, flags, rates: None };
        if pair.owner.capabilities.full_ap_client_state {
            pair.done(Owner, Command::AddStation { iface: GROUP, station }).await?;
        }
        let answer = frame(0xb0, sta, go, go, &[0, 0, 2, 0, 0, 0]);
        let id = pair.command(Owner, Command::Transmit { iface: GROUP, transmission: to_channel(answer) });
        let sent = pair.until(|_, event| matches!(event, Event::Sent { id: of, .. } if *of == id));
        assert_eq!(sent.await?, Event::Sent { id, status: SendStatus::Acked });
        if authenticate {
            pair.until(|_, event| matches!(event, Event::Authenticated { status: Some(0), .. })).await?;
            pair.command(Client, Command::Associate { iface: GROUP, association: association(rsn) });
        }
        pair.frame(0x00).await?;
        let flags = StationFlags { authenticated: true, associated: true, wme: true, ..StationFlags::default() };
        let rates = StationRates {
            aid: 1,
            listen_interval: 5,
            capability: 0x411,
            rates: RATES[2..].to_vec(),
            uapsd: Some((0, 0)),
            ..StationRates::default()
        };
        let station = StationParameters { address: sta, flags, rates: Some(rates) };
        if pair.owner.capabilities.full_ap_client_state {
            pair.done(Owner, Command::SetStation { iface: GROUP, station }).await?;
        } else {
            pair.done(Owner, Command::AddStation { iface: GROUP, station }).await?;
        }
        let mut body = vec![0x11, 4, 0, 0, 1, 0xc0];
        body.extend(RATES);
        let answer = frame(0x10, sta, go, go, &body);
        pair.command(Owner, Command::Transmit { iface: GROUP, transmission: to_channel(answer) });
        // EAPOL of the owner that overtakes the report must be held.
        pair.command(
            Owner,
            Command::SendEapol { iface: GROUP, destination: sta, pdu: EAPOL_START.to_vec(), encrypt: false },
        );
        let joined = |event: &Event| {
            matches!(event, Event::Associated { status: Some(0), .. } | Event::Connected { status: Some(0), .. })
        };
        let before =
            pair.until(|who, event| joined(event) || (who == Who::Client && matches!(event, Event::Eapol { .. })));
        assert!(joined(&before.await?), "EAPOL before the report");
        pair.until(|who, event| who == Client && matches!(event, Event::Eapol { .. })).await?;

        println!("--- EAPOL");
        pair.eapol(Client, go, false).await?;
        pair.eapol(Owner, sta, false).await?;
        if rsn {
            println!("--- keys");
            let key = |kind, index| Key {
                kind,
                index,
                cipher: Cipher::Ccmp128,
                material: Secret::new((0..16).map(|n| n + index).collect()),
                receive_sequence: [0; 6],
            };
            pair.done(Owner, Command::InstallKey { iface: GROUP, key: key(KeyKind::Group, 1) }).await?;
            pair.done(Owner, Command::InstallKey { iface: GROUP, key: key(KeyKind::Pairwise(sta), 0) }).await?;
            pair.done(Client, Command::InstallKey { iface: GROUP, key: key(KeyKind::Pairwise(go), 0) }).await?;
            pair.done(Client, Command::InstallKey { iface: GROUP, key: key(KeyKind::Group, 1) }).await?;
            pair.done(Owner, Command::SetAuthorized { iface: GROUP, address: sta, authorized: true }).await?;
            pair.done(Client, Command::SetAuthorized { iface: GROUP, address: go, authorized: true }).await?;
            pair.eapol(Owner, sta, true).await?;
            pair.eapol(Client, go, true).await?;
            pair.done(Client, Command::SetPowerSave { iface: GROUP, on: false }).await?;

            println!("--- the station");
            let Reply::Station(info) = pair.done(Owner, Command::QueryStation { iface: GROUP, address: sta }).await?
            else {
                return Err("no station".into());
            };
            println!("{info:?}");
            assert!(info.inactive_ms.is_some() && info.rx_packets > Some(0));
            pair.done(Owner, Command::ProbeStation { iface: GROUP, address: sta }).await?;
            pair.until(|_, event| matches!(event, Event::StationProbed { acked: true, .. })).await?;

            println!("--- another channel");
            let mut during = beacon(go, 6);
            let announcement = [37, 3, 0, 1, 5];
            during.tail.extend(announcement);
            let switch = ChannelSwitch {
                channel: Channel::no_ht(NEXT_CHANNEL),
                count: 5,
                block_transmission: false,
                counter_offset: (during.tail.len() - 1) as u16,
                during,
                after: beacon(go, 1),
            };
            pair.may_refuse = true;
            let switching = pair.done(Owner, Command::SwitchChannel { iface: GROUP, switch }).await;
            pair.may_refuse = false;
            if switching.is_err() {
                println!("no channel switch on this radio");
            }
            for side in [Owner, Client].into_iter().filter(|_| switching.is_ok()) {
                let to = |event: &Event| match event {
                    Event::ChannelSwitched { channel, .. } => channel.frequency == NEXT_CHANNEL,
                    _ => false,
                };
                pair.until(|who, event| who == side && to(event)).await?;
            }
        }

        let remove = Command::RemoveStation { iface: GROUP, address: sta, reason: 3, deauthenticate: true };
        if rsn {
            println!("--- the owner forgets the client");
            pair.done(Owner, remove.clone()).await?;
            let pdu = EAPOL_START.to_vec();
            pair.command(Client, Command::SendEapol { iface: GROUP, destination: go, pdu, encrypt: false });
            let stranger = Event::UnexpectedFrame { iface: GROUP, address: sta };
            pair.until(|_, event| *event == stranger).await?;
        }

        println!("--- the client leaves");
        let id = pair.command(Client, Command::Disconnect { iface: GROUP, bssid: go, reason: 3 });
        pair.until(|_, event| matches!(event, Event::Done { id: of, .. } if *of == id)).await?;
        pair.frame(0xc0).await?;
        pair.until(|_, event| matches!(event, Event::Disconnected { reason: 3, local: true, .. })).await?;
        assert!(!pair.seen.iter().any(|(_, event)| matches!(event, Event::Disconnected { .. })), "reported twice");
        if !rsn {
            pair.done(Owner, remove).await?;
        }
        pair.seen.clear();
    }

    println!("--- the end");
    pair.done(Owner, Command::StopAp { iface: GROUP }).await?;
    pair.done(Owner, Command::RemoveInterface { iface: GROUP }).await?;
    pair.done(Client, Command::RemoveInterface { iface: GROUP }).await?;
    println!("AP CLIENT OK");
    Ok(())
}
