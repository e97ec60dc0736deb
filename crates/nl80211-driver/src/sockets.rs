//! What the driver needs of an operating system.

use crate::machine::{Protocol, SocketId};
use core::task::{Context, Poll};
use core::time::Duration;
use ieee80211_ies::MacAddr;
use std::io;

/// Something that was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Received {
    /// A datagram of this many octets on a netlink socket.
    Datagram(SocketId, usize),
    /// An EAPOL PDU of this many octets on a packet socket, and its sender.
    Packet(SocketId, MacAddr, usize),
    /// Word of what became of an EAPOL PDU sent on a packet socket: the length of its Ethernet frame, and whether the peer's radio
    /// has acknowledged it.
    PacketStatus(SocketId, usize, bool),
    /// A socket's receive buffer has overflowed (`ENOBUFS`), or a datagram was longer than the buffer given.
    Overrun(SocketId),
    /// All that was queued on a socket after its [`Received::Overrun`] has been received. Until then the kernel drops
    /// everything for it, without another word (`NETLINK_S_CONGESTED`).
    Drained(SocketId),
    /// A socket is broken, with this error number.
    Broken(SocketId, i32),
}

/// The sockets of a driver: the kernel's, or a stand-in.
pub trait NetlinkSockets {
    /// Opens a socket.
    ///
    /// # Errors
    /// What the operating system says.
    fn open(&mut self, socket: SocketId, protocol: &Protocol) -> io::Result<()>;

    /// Joins a generic netlink socket to multicast groups.
    ///
    /// # Errors
    /// What the operating system says.
    fn join(&mut self, socket: SocketId, groups: &[u32]) -> io::Result<()>;

    /// Closes a socket; one that is not open is left alone.
    fn close(&mut self, socket: SocketId);

    /// Sends a message. The kernel carries it out meanwhile; nothing is waited for.
    ///
    /// # Errors
    /// What the operating system says.
    fn send(&mut self, socket: SocketId, message: &[u8]) -> io::Result<()>;

    /// Sends an EAPOL PDU on a packet socket.
    ///
    /// # Errors
    /// What the operating system says.
    fn send_packet(&mut self, socket: SocketId, destination: MacAddr, pdu: &[u8]) -> io::Result<()>;

    /// The next thing received, in `buffer`; of several sockets that have something, of the first in the order of
    /// [`SocketId`].
    fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Received>;

    /// The time since the machine was booted, in sleep too (`CLOCK_BOOTTIME`): the clock of scan results.
    fn since_boot(&self) -> Duration;
}
