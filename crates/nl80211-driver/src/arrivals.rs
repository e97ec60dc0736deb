//! Network interfaces that come and go: for whoever waits for a radio that was taken away.

use crate::kernel::KernelSockets;
use crate::link;
use crate::machine::{Protocol, SocketId};
use crate::netlink;
use crate::sockets::{NetlinkSockets, Received};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;

/// Octets of the longest datagram of rtnetlink: the kernel packs a dump into at most this many (`netlink_dump`).
const LONGEST: usize = 32 << 10;

/// What the kernel says of a network interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// Its number, which no other interface of the namespace gets as long as it lives.
    pub ifindex: u32,
    /// What it is called now; `None` when it is gone.
    pub name: Option<String>,
}

/// Reports the network interfaces that there are, and from then on all changes, as the kernel tells them. Needs a tokio runtime.
#[derive(Debug)]
pub struct Arrivals {
    sockets: KernelSockets,
    buffer: Vec<u8>,
    reported: VecDeque<Arrival>,
}

impl Arrivals {
    /// Begins to listen.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn listen() -> io::Result<Self> {
        let mut sockets = KernelSockets::new();
        sockets.open(SocketId::Route, &Protocol::Route(vec![link::GROUP_LINK]))?;
        sockets.send(SocketId::Route, &link::dump(1))?;
        Ok(Self { sockets, buffer: vec![0; LONGEST], reported: VecDeque::new() })
    }

    /// The next report. Dropping the future loses nothing.
    ///
    /// # Errors
    /// The socket is broken.
    pub async fn next(&mut self) -> io::Result<Arrival> {
        loop {
            if let Some(arrival) = self.reported.pop_front() {
                return Ok(arrival);
            }
            match poll_fn(|cx| self.sockets.poll_receive(cx, &mut self.buffer)).await {
                Received::Datagram(_, length) => {
                    let datagram = self.buffer.get(..length).unwrap_or_default();
                    self.reported.extend(netlink::messages(datagram).filter_map(|message| {
                        let link = link::parse(&message)?;
                        let name = if link.gone { None } else { Some(link.name?) };
                        Some(Arrival { ifindex: link.ifindex, name })
                    }));
                }
                // What was lost is told again.
                Received::Drained(socket) => self.sockets.send(socket, &link::dump(1))?,
                Received::Broken(_, errno) => return Err(io::Error::from_raw_os_error(errno)),
                _ => {}
            }
        }
    }
}
