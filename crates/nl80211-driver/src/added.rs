//! A further interface on a radio, made at a user's wish.

use crate::driver::{DATAGRAM, open, receive_on};
use crate::errno;
use crate::kernel::KernelSockets;
use crate::machine::SocketId;
use crate::netlink::{self, Answer};
use crate::request::Set;
use crate::sockets::NetlinkSockets;
use crate::{Error, Options, interface, nl80211 as nl};
use ieee80211_ies::MacAddr;

/// What is being done, in errors.
const WHAT: &str = "making an interface";

/// A station interface that exists as long as this does: the kernel removes it with the socket that it was made on
/// (`NL80211_ATTR_IFACE_SOCKET_OWNER`), also when the process is killed.
#[derive(Debug)]
pub struct AddedInterface {
    name: String,
    _owner: KernelSockets,
}

impl AddedInterface {
    /// Makes a station interface called `name` on the radio that carries `beside`, with this address or one that the kernel
    /// chooses. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// When `beside` is no Wi-Fi interface, or the kernel refuses: the name is taken (`ENFILE`), or the driver has no more to give.
    pub async fn station(beside: &str, name: &str, address: Option<MacAddr>) -> Result<Self, Error> {
        let socket = |error| Error::Socket { what: WHAT, error };
        let mut sockets = KernelSockets::new();
        let mut buffer = vec![0; DATAGRAM].into_boxed_slice();
        let (opened, _) = open(&mut sockets, &mut buffer, beside, Options::default()).await?;
        let sequence = opened.sequence + 1;
        let radio = Set::default().u32(nl::NL80211_ATTR_WIPHY, opened.wiphy);
        let bytes = interface::new(nl::NL80211_IFTYPE_STATION, name, address, true)
            .encode(opened.family, sequence, radio)
            .map_err(|error| Error::Refused { what: WHAT, refused: error.into() })?;
        sockets.send(SocketId::Control, &bytes).map_err(socket)?;
        loop {
            let datagram = receive_on(&mut sockets, &mut buffer, SocketId::Control).await?;
            for message in netlink::messages(datagram).filter(|message| message.sequence == sequence) {
                match message.answer() {
                    Answer::Acknowledged { .. } => return Ok(Self { name: name.to_owned(), _owner: sockets }),
                    Answer::Refused { errno, text } => {
                        return Err(Error::Refused { what: WHAT, refused: errno::refused(errno, text) });
                    }
                    Answer::Data | Answer::Noop => {}
                }
            }
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}
