//! The kernel's radio behind the daemon: `wifi-direct` over nl80211.

use crate::backend::{Backend, Opener, Radio};
use crate::cli::Ability;
use crate::owners;
use ieee80211_ies::MacAddr;
use p2p_core::State;
use radio::{Bss, Capabilities};
use wifi_direct::api::{Config, Error, Event, GroupInfo, GroupRecord, PeerView, Reply, Request, StationStatus};
use wifi_direct::{AddedInterface, Arrival, Arrivals, Feature, OpenError, OpenOptions, WifiDirect, inspect};

/// Opens the kernel's radios.
#[derive(Debug, Default)]
pub struct Kernel {
    /// Listens for interfaces, once somebody wants to know.
    arrivals: Option<Arrivals>,
    /// What was made at users' wish.
    added: Vec<AddedInterface>,
}

impl Radio for WifiDirect {
    fn request(&mut self, request: Request) -> Result<Reply, Error> {
        self.request(request)
    }

    fn config(&self) -> &Config {
        self.device().config()
    }

    fn address(&self) -> MacAddr {
        self.device().address()
    }

    fn base_address(&self) -> MacAddr {
        self.device().base_address()
    }

    fn peers(&self) -> Vec<PeerView> {
        self.device().peers(self.now()).collect()
    }

    fn peer(&self, address: MacAddr) -> Option<PeerView> {
        self.device().peer(self.now(), address)
    }

    fn groups(&self) -> Vec<GroupInfo> {
        self.device().groups()
    }

    fn station(&self) -> StationStatus {
        self.device().station()
    }

    fn state(&self) -> State {
        self.device().state()
    }

    fn is_scanning(&self) -> bool {
        self.device().is_scanning()
    }

    fn capabilities(&self) -> &Capabilities {
        self.device().capabilities()
    }

    fn on_p2p_device(&self) -> bool {
        self.device().has_discovery_interface()
    }

    fn uuid(&self) -> Option<[u8; 16]> {
        Some(self.device().uuid())
    }

    fn scan_results(&self) -> &[Bss] {
        self.device().scan_results()
    }

    fn flush_scan_results(&mut self) {
        self.device_mut().forget_scan_results();
    }

    fn set_records(&mut self, records: Vec<GroupRecord>) {
        self.device_mut().set_records(records);
    }
}

impl Backend for WifiDirect {
    async fn event(&mut self) -> Event {
        self.event().await
    }

    async fn close(self) {
        self.close().await;
    }
}

impl Opener for Kernel {
    type Backend = WifiDirect;

    async fn open(&mut self, ifname: &str, config: Config, without: &[Ability]) -> Result<WifiDirect, String> {
        let ignore_features = without.iter().map(|ability| feature(*ability)).collect();
        let options = OpenOptions { ignore_features };
        let opened = WifiDirect::open(ifname, config, options).await.map_err(|error| match error {
            OpenError::InUse { .. } | OpenError::AccessPoint(_) => format!("{error}{}", owners::advice()),
            other => other.to_string(),
        })?;
        if opened.device().config().leave_base {
            tracing::warn!("{ifname} is left to another program{}", owners::advice());
        }
        Ok(opened)
    }

    async fn is_on(&mut self, ifname: &str, radios: &[String]) -> bool {
        // Where it cannot be told opening it says why.
        inspect(ifname).await.is_ok_and(|seen| radios.contains(&seen.capabilities.name))
    }

    async fn make(&mut self, beside: &str, name: &str, address: Option<MacAddr>) -> Result<(), String> {
        let added = AddedInterface::station(beside, name, address).await.map_err(|error| error.to_string())?;
        self.added.push(added);
        Ok(())
    }

    fn unmake(&mut self, name: &str) {
        self.added.retain(|added| added.name() != name);
    }

    fn listen_anew(&mut self) {
        self.arrivals = None;
    }

    async fn arrival(&mut self) -> Arrival {
        match self.arrivals.take().map_or_else(Arrivals::listen, Ok) {
            Ok(arrivals) => match self.arrivals.insert(arrivals).next().await {
                Ok(arrival) => return arrival,
                Err(error) => {
                    self.arrivals = None;
                    tracing::error!("cannot listen for interfaces any more: {error}");
                }
            },
            Err(error) => tracing::error!("cannot listen for interfaces: {error}"),
        }
        std::future::pending().await
    }
}

/// What the driver calls an ability.
fn feature(ability: Ability) -> Feature {
    match ability {
        Ability::ControlPort => Feature::ControlPort,
        Ability::SocketOwner => Feature::SocketOwner,
        Ability::OffchannelTx => Feature::OffchannelTransmit,
        Ability::P2pDevice => Feature::P2pDevice,
        Ability::Authenticate => Feature::Authenticate,
        Ability::FullApClientState => Feature::FullApClientState,
    }
}
