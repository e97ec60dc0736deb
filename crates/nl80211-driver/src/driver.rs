//! The radio as its user sees it.

use crate::{Error, Options};
use ieee80211_ies::MacAddr;
use radio::{Capabilities, Command, CommandId, Event, InterfaceKind};

/// The interface that a radio was opened on; its id is [`radio::InterfaceId::BASE`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaseInterface {
    /// Its name (`wlan0`).
    pub name: String,
    /// Its address.
    pub address: MacAddr,
    /// What it is.
    pub kind: InterfaceKind,
    /// Whether it is up.
    pub up: bool,
}

/// An open radio of the Linux kernel.
#[derive(Debug)]
pub struct Driver {
    queue: Vec<(CommandId, Command)>,
}

impl Driver {
    /// Opens the radio that carries the interface `ifname`.
    ///
    /// # Errors
    /// When the interface does not exist or is not a Wi-Fi station, or the kernel refuses what is needed (`EPERM`
    /// without `CAP_NET_ADMIN`).
    pub async fn open(ifname: &str, _options: Options) -> Result<(Self, Capabilities, BaseInterface), Error> {
        Err(Error::NoSuchInterface(ifname.to_owned()))
    }

    /// Queues a command; it is sent while [`Driver::event`] is awaited.
    pub fn command(&mut self, id: CommandId, command: Command) {
        self.queue.push((id, command));
    }

    /// The next thing that the radio has to say. Drives the sockets; nothing is lost when the future is dropped.
    pub async fn event(&mut self) -> Event {
        std::future::pending().await
    }
}
