//! Exercises two radios of one machine through the seam: opening, scanning, listening, frames.
//!
//! usage: probe WLAN0 WLAN1 [ignore=FEATURE ...]
//!
//! The second radio listens on a channel; the first sends it a P2P public action frame and a probe request. Everything
//! that either reports is printed. Meant for simulated radios (`mac80211_hwsim`).

use ieee80211_ies::MacAddr;
use nl80211_driver::{Driver, Feature, Options};
use radio::{Capabilities, Command, CommandId, Event, FrameKind, InterfaceId, InterfaceKind, Reply, ScanRequest};
use radio::{SendStatus, Transmission};
use std::time::Duration;

const CHANNEL: u32 = 2437;
const P2P_ACTION: [u8; 6] = [0x04, 0x09, 0x50, 0x6f, 0x9a, 0x09];
/// Long enough for a scan of all channels.
const PATIENCE: Duration = Duration::from_secs(20);

struct Node {
    driver: Driver,
    capabilities: Capabilities,
    /// The interface that says P2P things.
    device: InterfaceId,
    address: MacAddr,
    last: u64,
}

impl Node {
    async fn open(ifname: &str, options: Options) -> Result<Self, Box<dyn std::error::Error>> {
        let (mut driver, capabilities, base) = Driver::open(ifname, options).await?;
        println!("{ifname}: {base:?}");
        println!("{ifname}: others {:?}", driver.interfaces());
        println!("{ifname}: leftovers removed: {:?}", driver.clear_leftovers().await?);
        let channels: Vec<u32> = capabilities.bands.iter().flat_map(|b| &b.channels).map(|c| c.frequency).collect();
        println!("{ifname}: {} channels, first {:?}", channels.len(), channels.first());
        println!("{ifname}: {:?}", Capabilities { bands: Vec::new(), ..capabilities.clone() });
        let mut node = Self { driver, capabilities, device: InterfaceId::BASE, address: base.address, last: 0 };
        node.done(Command::SetInterfaceUp { iface: InterfaceId::BASE, up: true }).await?;
        if node.capabilities.supports(InterfaceKind::P2pDevice) {
            let name = format!("p2p-dev-{ifname}");
            let iface = InterfaceId(1);
            let kind = InterfaceKind::P2pDevice;
            let create = Command::CreateInterface { iface, kind, name, address: None };
            if let Reply::Interface { address, name } = node.done(create).await? {
                println!("{ifname}: P2P device {name} has {address}");
                node.address = address;
            }
            node.device = iface;
        }
        Ok(node)
    }

    fn command(&mut self, command: Command) -> CommandId {
        self.last += 1;
        let id = CommandId(self.last);
        self.driver.command(id, command);
        id
    }

    /// Carries out a command and waits for its end.
    async fn done(&mut self, command: Command) -> Result<Reply, Box<dyn std::error::Error>> {
        let text = format!("{command:?}");
        let id = self.command(command);
        match self.until(|event| matches!(event, Event::Done { id: of, .. } if *of == id)).await? {
            Event::Done { result, .. } => Ok(result.map_err(|refused| format!("{text}: {refused}"))?),
            _ => unreachable!("only the end of the command was waited for"),
        }
    }

    /// Waits for an event, printing all.
    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Result<Event, Box<dyn std::error::Error>> {
        loop {
            let event = tokio::time::timeout(PATIENCE, self.driver.event()).await?;
            print(self.address, &event);
            if wanted(&event) {
                return Ok(event);
            }
        }
    }
}

fn print(who: MacAddr, event: &Event) {
    match event {
        Event::ScanDone { seen, .. } => {
            println!("{who}: scan done, {} seen", seen.len());
            for bss in seen {
                println!(
                    "{who}:   {} at {} MHz, {} dBm, {} ms ago",
                    bss.bssid, bss.frequency, bss.signal_dbm, bss.age_ms
                );
            }
        }
        other => println!("{who}: {other:?}"),
    }
}

/// A management frame with that first octet and body.
fn frame(kind: u8, to: MacAddr, from: MacAddr, bssid: MacAddr, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind, 0, 0, 0];
    frame.extend(to.octets());
    frame.extend(from.octets());
    frame.extend(bssid.octets());
    frame.extend([0, 0]);
    frame.extend(body);
    frame
}

fn options(arguments: &[String]) -> Options {
    let named = |name: &str| match name {
        "control-port" => Feature::ControlPort,
        "socket-owner" => Feature::SocketOwner,
        "offchannel" => Feature::OffchannelTransmit,
        "authenticate" => Feature::Authenticate,
        "p2p-device" => Feature::P2pDevice,
        other => panic!("no feature is called {other}"),
    };
    let ignored = arguments.iter().filter_map(|a| a.strip_prefix("ignore="));
    Options { ignore_features: ignored.map(named).collect() }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().without_time().init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second, rest @ ..] = arguments.as_slice() else { return Err("usage: probe WLAN0 WLAN1".into()) };
    let mut a = Node::open(first, options(rest)).await?;
    let mut b = Node::open(second, options(rest)).await?;

    let kinds = vec![FrameKind::ProbeRequest, FrameKind::Action(P2P_ACTION.to_vec())];
    b.done(Command::ReceiveFrames { iface: b.device, kinds: kinds.clone() }).await?;
    a.done(Command::ReceiveFrames { iface: a.device, kinds }).await?;

    let scan = ScanRequest { ssids: vec![Vec::new()], no_cck: true, ..ScanRequest::default() };
    a.done(Command::Scan { iface: a.device, scan }).await?;
    a.until(|event| matches!(event, Event::ScanDone { .. })).await?;

    println!("--- listening");
    b.done(Command::RemainOnChannel { iface: b.device, frequency: CHANNEL, duration_ms: 2000 }).await?;
    b.until(|event| matches!(event, Event::RemainStarted { .. })).await?;

    println!("--- action frame");
    let mut body = P2P_ACTION.to_vec();
    body.extend([7, 1]);
    let transmission = Transmission {
        frequency: Some(CHANNEL),
        frame: frame(0xd0, b.address, a.address, b.address, &body),
        wait_ms: 100,
        no_cck: true,
        no_ack: false,
    };
    let id = a.command(Command::Transmit { iface: a.device, transmission });
    let sent = a.until(|event| matches!(event, Event::Sent { id: of, .. } if *of == id)).await?;
    assert_eq!(sent, Event::Sent { id, status: SendStatus::Acked });
    b.until(|event| matches!(event, Event::Received { frame, .. } if frame.ends_with(&[7, 1]))).await?;
    let cancel = a.done(Command::CancelWait { iface: a.device, transmission: id }).await;
    println!("{}: end of the wait: {cancel:?}", a.address);

    println!("--- answer from the listening radio");
    let transmission = Transmission {
        frequency: Some(CHANNEL),
        frame: frame(0xd0, a.address, b.address, b.address, &body),
        wait_ms: 0,
        no_cck: true,
        no_ack: false,
    };
    a.done(Command::RemainOnChannel { iface: a.device, frequency: CHANNEL, duration_ms: 500 }).await?;
    a.until(|event| matches!(event, Event::RemainStarted { .. })).await?;
    let id = b.command(Command::Transmit { iface: b.device, transmission });
    b.until(|event| matches!(event, Event::Sent { id: of, .. } if *of == id)).await?;
    a.until(|event| matches!(event, Event::Received { .. })).await?;

    println!("--- probe request");
    let scan = ScanRequest {
        ssids: vec![b"DIRECT-".to_vec()],
        frequencies: vec![CHANNEL],
        no_cck: true,
        ..ScanRequest::default()
    };
    a.until(|event| matches!(event, Event::RemainEnded { .. })).await?;
    a.done(Command::Scan { iface: a.device, scan }).await?;
    b.until(|event| matches!(event, Event::Received { frame, .. } if frame.first() == Some(&0x40))).await?;
    a.until(|event| matches!(event, Event::ScanDone { .. })).await?;
    b.until(|event| matches!(event, Event::RemainEnded { .. })).await?;

    println!("--- no probe requests any more");
    b.done(Command::ReceiveFrames { iface: b.device, kinds: Vec::new() }).await?;
    let refused = b.done(Command::CancelRemain { iface: b.device, remain: CommandId(99) }).await;
    println!("{}: {refused:?}", b.address);
    println!("PROBE OK");
    Ok(())
}
