//! What the daemon needs of a device: the public API of `wifi-direct` behind two small traits, so that whole sessions
//! can be run against a scripted one.

use crate::cli::Ability;
use ieee80211_ies::MacAddr;
use p2p_core::State;
use radio::{Bss, Capabilities};
use std::future::Future;
use wifi_direct::Arrival;
use wifi_direct::api::{Config, Error, Event, GroupInfo, GroupRecord, PeerView, Reply, Request, StationStatus};

/// What commands ask of a device. All of it answers at once.
pub trait Radio {
    /// Asks it to do something.
    fn request(&mut self, request: Request) -> Result<Reply, Error>;
    /// Its configuration in force.
    fn config(&self) -> &Config;
    /// Its P2P device address.
    fn address(&self) -> MacAddr;
    /// The address of the interface that it was opened on.
    fn base_address(&self) -> MacAddr;
    /// The peers, in the order of the table.
    fn peers(&self) -> Vec<PeerView>;
    /// One peer.
    fn peer(&self, address: MacAddr) -> Option<PeerView>;
    /// The groups that run or are being formed.
    fn groups(&self) -> Vec<GroupInfo>;
    /// The station's own connection.
    fn station(&self) -> StationStatus;
    /// What the P2P machine is doing.
    fn state(&self) -> State;
    /// Whether a scan runs.
    fn is_scanning(&self) -> bool;
    /// What the radio can do.
    fn capabilities(&self) -> &Capabilities;
    /// Whether discovery runs on a P2P_DEVICE interface (it is then addressed as `p2p-dev-…`).
    fn on_p2p_device(&self) -> bool;
    /// The UUID it shows to others, where it is known.
    fn uuid(&self) -> Option<[u8; 16]>;
    /// The networks seen by scans.
    fn scan_results(&self) -> &[Bss];
    /// Forgets the networks seen by scans.
    fn flush_scan_results(&mut self);
    /// Tells it the stored groups.
    fn set_records(&mut self, records: Vec<GroupRecord>);
}

/// A device that lives: it has events and an end.
pub trait Backend: Radio {
    /// The next event. Dropping the future loses nothing.
    fn event(&mut self) -> impl Future<Output = Event>;
    /// Ends it: groups and interfaces that it made are removed.
    fn close(self) -> impl Future<Output = ()>;
}

/// Makes devices of interface names.
pub trait Opener {
    /// What it makes.
    type Backend: Backend;
    /// Opens the radio of an interface. The error is for people.
    fn open(
        &mut self,
        ifname: &str,
        config: Config,
        without: &[Ability],
    ) -> impl Future<Output = Result<Self::Backend, String>>;
    /// Whether an interface is on one of these radios.
    fn is_on(&mut self, ifname: &str, radios: &[String]) -> impl Future<Output = bool> {
        let _ = (ifname, radios);
        std::future::ready(false)
    }
    /// Makes a station interface called `name` beside another, on its radio, with this address or one that the radio chooses. The
    /// error is for people.
    fn make(&mut self, beside: &str, name: &str, address: Option<MacAddr>) -> impl Future<Output = Result<(), String>> {
        let _ = (name, address);
        std::future::ready(Err(format!("{beside}: no radio for further interfaces")))
    }
    /// Removes what [`Opener::make`] made, if it did.
    fn unmake(&mut self, _name: &str) {}
    /// The next network interface of the system that comes, goes or is renamed, first of all those that are there. It is listened
    /// for from the first call on. Dropping the future loses nothing. Where radios do not come and go nothing is ever reported.
    fn arrival(&mut self) -> impl Future<Output = Arrival> {
        std::future::pending()
    }
    /// Has the next [`Opener::arrival`] begin with those that are there again.
    fn listen_anew(&mut self) {}
}
