//! What the examples share: a radio with its P2P interface, whose every event is printed.
#![allow(dead_code, reason = "each example uses a part of it")]

use ieee80211_ies::MacAddr;
use nl80211_driver::{Driver, Feature, Options};
use radio::{Capabilities, Command, CommandId, Event, InterfaceId, InterfaceKind, Reply};
use std::time::Duration;

/// Whatever goes wrong.
pub(crate) type Failure = Box<dyn std::error::Error>;
/// Long enough for a scan of all channels.
const PATIENCE: Duration = Duration::from_secs(20);

/// A radio.
pub(crate) struct Node {
    pub(crate) driver: Driver,
    pub(crate) capabilities: Capabilities,
    /// The interface that says P2P things.
    pub(crate) device: InterfaceId,
    pub(crate) address: MacAddr,
    last: u64,
}

impl Node {
    pub(crate) async fn open(ifname: &str, options: Options) -> Result<Self, Failure> {
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

    /// A radio that is open already.
    pub(crate) fn new(driver: Driver) -> Self {
        let capabilities = driver.capabilities().clone();
        Self { driver, capabilities, device: InterfaceId::BASE, address: MacAddr::ZERO, last: 0 }
    }

    pub(crate) fn command(&mut self, command: Command) -> CommandId {
        self.last += 1;
        let id = CommandId(self.last);
        self.driver.command(id, command);
        id
    }

    /// Carries out a command and waits for its end.
    pub(crate) async fn done(&mut self, command: Command) -> Result<Reply, Failure> {
        let text = format!("{command:?}");
        let id = self.command(command);
        match self.until(|event| matches!(event, Event::Done { id: of, .. } if *of == id)).await? {
            Event::Done { result, .. } => Ok(result.map_err(|refused| format!("{text}: {refused}"))?),
            _ => unreachable!("only the end of the command was waited for"),
        }
    }

    /// Waits for an event, printing all.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Result<Event, Failure> {
        loop {
            let event = tokio::time::timeout(PATIENCE, self.driver.event()).await?;
            print(self.address, &event);
            if wanted(&event) {
                return Ok(event);
            }
        }
    }
}

pub(crate) fn print(who: MacAddr, event: &Event) {
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
pub(crate) fn frame(kind: u8, to: MacAddr, from: MacAddr, bssid: MacAddr, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind, 0, 0, 0];
    frame.extend(to.octets());
    frame.extend(from.octets());
    frame.extend(bssid.octets());
    frame.extend([0, 0]);
    frame.extend(body);
    frame
}

pub(crate) fn options(arguments: &[String]) -> Options {
    let named = |name: &str| match name {
        "control-port" => Feature::ControlPort,
        "socket-owner" => Feature::SocketOwner,
        "offchannel" => Feature::OffchannelTransmit,
        "authenticate" => Feature::Authenticate,
        "full-state" => Feature::FullApClientState,
        "p2p-device" => Feature::P2pDevice,
        other => panic!("no feature is called {other}"),
    };
    let ignored = arguments.iter().filter_map(|a| a.strip_prefix("ignore="));
    Options { ignore_features: ignored.map(named).collect() }
}
