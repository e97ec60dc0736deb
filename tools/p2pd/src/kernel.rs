//! The kernel's radio behind the daemon: `wifi-direct` over nl80211.

use crate::backend::{Backend, Opener, Radio};
use crate::cli::Ability;
use ieee80211_ies::MacAddr;
use p2p_core::State;
use radio::{Bss, Capabilities};
use std::convert::Infallible;
use std::future::{Future, ready};
use wifi_direct::api::{Config, Error, Event, GroupInfo, GroupRecord, PeerView, Reply, Request};

/// Opens the kernel's radios.
#[derive(Debug)]
pub struct Kernel;

/// A device on one of the kernel's radios. Until `wifi-direct` has one, there is none.
#[derive(Debug)]
pub struct Device(Infallible);

impl Radio for Device {
    fn request(&mut self, _: Request) -> Result<Reply, Error> {
        match self.0 {}
    }

    fn config(&self) -> &Config {
        match self.0 {}
    }

    fn address(&self) -> MacAddr {
        match self.0 {}
    }

    fn peers(&self) -> Vec<PeerView> {
        match self.0 {}
    }

    fn peer(&self, _: MacAddr) -> Option<PeerView> {
        match self.0 {}
    }

    fn groups(&self) -> Vec<GroupInfo> {
        match self.0 {}
    }

    fn state(&self) -> State {
        match self.0 {}
    }

    fn capabilities(&self) -> &Capabilities {
        match self.0 {}
    }

    fn on_p2p_device(&self) -> bool {
        match self.0 {}
    }

    fn uuid(&self) -> Option<[u8; 16]> {
        match self.0 {}
    }

    fn scan_results(&self) -> &[Bss] {
        match self.0 {}
    }

    fn flush_scan_results(&mut self) {
        match self.0 {}
    }

    fn set_records(&mut self, _: Vec<GroupRecord>) {
        match self.0 {}
    }
}

impl Backend for Device {
    fn event(&mut self) -> impl Future<Output = Event> {
        std::future::pending()
    }

    fn close(self) -> impl Future<Output = ()> {
        ready(())
    }
}

impl Opener for Kernel {
    type Backend = Device;

    fn open(&mut self, _: &str, _: Config, _: &[Ability]) -> impl Future<Output = Result<Self::Backend, String>> {
        ready(Err(String::from("this build has no nl80211 backend")))
    }
}
