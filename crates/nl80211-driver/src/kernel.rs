//! The kernel's sockets.

use crate::machine::{Protocol, SocketId};
use crate::packet::PacketSocket;
use crate::sockets::{NetlinkSockets, Received};
use core::task::{Context, Poll};
use core::time::Duration;
use ieee80211_ies::MacAddr;
use neli::consts::socket::{Msg, NlFamily};
use neli::socket::NlSocket;
use neli::utils::Groups;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Octets that the kernel may queue on a socket: a burst of a thousand frames.
const RECEIVE_BUFFER: libc::c_int = 1 << 20;
/// `NETLINK_CAP_ACK`: acknowledgements do not repeat the request
const NETLINK_CAP_ACK: libc::c_int = 10;

/// Sockets of the Linux kernel, on the current tokio runtime.
#[derive(Default)]
pub struct KernelSockets {
    // Sorted by id, which is the order in which they are to be heard.
    sockets: BTreeMap<SocketId, Socket>,
    /// Those that have overflowed and are not empty yet.
    congested: BTreeSet<SocketId>,
}

enum Socket {
    Netlink(AsyncFd<NlSocket>),
    Packet(AsyncFd<PacketSocket>),
}

impl std::fmt::Debug for KernelSockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.sockets.keys()).finish()
    }
}

impl KernelSockets {
    /// None open yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn netlink(&self, socket: SocketId) -> io::Result<&NlSocket> {
        match self.sockets.get(&socket) {
            Some(Socket::Netlink(fd)) => Ok(fd.get_ref()),
            _ => Err(io::Error::from_raw_os_error(libc::ENOTCONN)),
        }
    }
}

impl NetlinkSockets for KernelSockets {
    fn open(&mut self, socket: SocketId, protocol: &Protocol) -> io::Result<()> {
        let opened = match protocol {
            Protocol::Generic(groups) => Socket::Netlink(netlink(NlFamily::Generic, groups)?),
            Protocol::Route(groups) => Socket::Netlink(netlink(NlFamily::Route, groups)?),
            Protocol::Eapol(ifindex) => {
                Socket::Packet(watched(PacketSocket::eapol(*ifindex)?, Interest::READABLE | Interest::PRIORITY)?)
            }
        };
        self.congested.remove(&socket);
        self.sockets.insert(socket, opened);
        Ok(())
    }

    fn join(&mut self, socket: SocketId, groups: &[u32]) -> io::Result<()> {
        self.netlink(socket)?.add_mcast_membership(Groups::new_groups(groups))
    }

    fn close(&mut self, socket: SocketId) {
        self.sockets.remove(&socket);
    }

    fn send(&mut self, socket: SocketId, message: &[u8]) -> io::Result<()> {
        self.netlink(socket)?.send(message, Msg::empty()).map(drop)
    }

    fn send_packet(&mut self, socket: SocketId, destination: MacAddr, pdu: &[u8]) -> io::Result<()> {
        match self.sockets.get(&socket) {
            Some(Socket::Packet(fd)) => fd.get_ref().send(destination, pdu),
            _ => Err(io::Error::from_raw_os_error(libc::ENOTCONN)),
        }
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Received> {
        for (id, socket) in &self.sockets {
            let received = match socket {
                Socket::Netlink(fd) => poll_netlink(*id, fd, self.congested.contains(id), cx, buffer),
                Socket::Packet(fd) => poll_packet(*id, fd, cx, buffer),
            };
            match received {
                Poll::Ready(Received::Overrun(id)) => self.congested.insert(id),
                Poll::Ready(Received::Drained(id)) => self.congested.remove(&id),
                Poll::Ready(_) => true,
                Poll::Pending => continue,
            };
            return received;
        }
        Poll::Pending
    }

    fn since_boot(&self) -> Duration {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid timespec that the call fills in.
        if unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) } != 0 {
            return Duration::ZERO;
        }
        let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
        Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanos)
    }
}

fn poll_netlink(
    id: SocketId,
    fd: &AsyncFd<NlSocket>,
    congested: bool,
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<Received> {
    loop {
        let mut guard = match fd.poll_read_ready(cx) {
            Poll::Ready(Ok(guard)) => guard,
            Poll::Ready(Err(error)) => return Poll::Ready(Received::Broken(id, errno(&error))),
            // Not for certain empty: tokio says so too when the task has had its share.
            Poll::Pending => return Poll::Pending,
        };
        // With MSG_TRUNC the length is the datagram's, also when it did not fit.
        match guard.try_io(|fd| fd.get_ref().recv(&mut *buffer, Msg::TRUNC)) {
            Err(_would_block) if congested => return Poll::Ready(Received::Drained(id)),
            Err(_would_block) => {}
            Ok(Ok((length, _))) if length > buffer.len() => return Poll::Ready(Received::Overrun(id)),
            Ok(Ok((length, _))) => return Poll::Ready(Received::Datagram(id, length)),
            Ok(Err(error)) => match errno(&error) {
                libc::EINTR => {}
                libc::ENOBUFS => return Poll::Ready(Received::Overrun(id)),
                errno => return Poll::Ready(Received::Broken(id, errno)),
            },
        }
    }
}

fn poll_packet(id: SocketId, fd: &AsyncFd<PacketSocket>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Received> {
    loop {
        let mut guard = match fd.poll_read_ready(cx) {
            Poll::Ready(Ok(guard)) => guard,
            Poll::Ready(Err(error)) => return Poll::Ready(Received::Broken(id, errno(&error))),
            Poll::Pending => return Poll::Pending,
        };
        let received = guard.try_io(|fd| {
            // What became of ours comes first: the peer's answer may follow it.
            match fd.get_ref().status(buffer) {
                Ok((length, acked)) => Ok(Received::PacketStatus(id, length, acked)),
                Err(_nothing) => {
                    fd.get_ref().receive(buffer).map(|(source, length)| Received::Packet(id, source, length))
                }
            }
        });
        match received {
            Err(_would_block) => {}
            Ok(Ok(received)) => return Poll::Ready(received),
            Ok(Err(error)) => match errno(&error) {
                // The interface is down, or too much came: EAPOL is repeated.
                libc::EINTR | libc::ENETDOWN | libc::ENOBUFS => {}
                errno => return Poll::Ready(Received::Broken(id, errno)),
            },
        }
    }
}

/// A netlink socket with all that the driver counts on.
fn netlink(family: NlFamily, groups: &[u32]) -> io::Result<AsyncFd<NlSocket>> {
    let socket = NlSocket::connect(family, None, Groups::new_groups(groups))?;
    socket.nonblock()?;
    // Kernels before 4.12 know neither; explanations and cookies of acknowledgements are then missing.
    if let Err(error) = socket.enable_ext_ack(true) {
        tracing::debug!(%error, "no extended acknowledgements");
    }
    if let Err(error) = set_option(&socket, libc::SOL_NETLINK, NETLINK_CAP_ACK, 1) {
        tracing::debug!(%error, "acknowledgements are not capped");
    }
    // Beyond the limit for everybody where we may.
    set_option(&socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, RECEIVE_BUFFER)
        .or_else(|_| set_option(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, RECEIVE_BUFFER))?;
    watched(socket, Interest::READABLE)
}

/// A socket whose readiness tokio watches.
fn watched<T: AsRawFd>(socket: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    // SAFETY: both kinds of socket own their descriptor, return the same one every time, and close it only when dropped.
    Ok(unsafe { AsyncFd::register_with_interest(socket, interest) }?)
}

fn set_option(socket: &impl AsRawFd, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or_default();
    // SAFETY: the descriptor is open while `socket` is borrowed, and `value` is an int of the length given.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const value).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}
