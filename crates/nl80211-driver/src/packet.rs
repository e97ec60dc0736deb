//! A packet socket for EAPOL, where the kernel does not carry it over nl80211.

use crate::ap::ETHERTYPE_PAE;
use ieee80211_ies::MacAddr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A datagram packet socket bound to EAPOL on one network interface.
#[derive(Debug)]
pub(crate) struct PacketSocket {
    fd: OwnedFd,
    ifindex: libc::c_int,
}

impl PacketSocket {
    /// Opens it.
    pub(crate) fn eapol(ifindex: u32) -> io::Result<Self> {
        let ifindex = libc::c_int::try_from(ifindex).map_err(|_| io::Error::from_raw_os_error(libc::ENODEV))?;
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::socket(libc::AF_PACKET, kind, libc::c_int::from(ETHERTYPE_PAE.to_be())) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `fd` was just opened and belongs to nobody else.
        let socket = Self { fd: unsafe { OwnedFd::from_raw_fd(fd) }, ifindex };
        let address = socket.address(MacAddr::ZERO);
        // SAFETY: `address` is a whole sockaddr_ll of the length given.
        let result = unsafe { libc::bind(socket.fd.as_raw_fd(), (&raw const address).cast(), length_of_address()) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        // Word of what became of each PDU comes on the error queue, whose filling counts as something urgent to read.
        for option in [libc::SO_WIFI_STATUS, libc::SO_SELECT_ERR_QUEUE] {
            if let Err(error) = socket.set(option) {
                tracing::debug!(%error, "no word of what becomes of EAPOL");
            }
        }
        Ok(socket)
    }

    /// Turns an option of the socket level on.
    fn set(&self, option: libc::c_int) -> io::Result<()> {
        let on: libc::c_int = 1;
        let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or_default();
        // SAFETY: the descriptor is open, and `on` is an int of the length given.
        let result =
            unsafe { libc::setsockopt(self.fd.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const on).cast(), length) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Word of what became of a PDU: the length of its Ethernet frame, which is in `buffer`, and whether the peer's radio has
    /// acknowledged it.
    pub(crate) fn status(&self, buffer: &mut [u8]) -> io::Result<(usize, bool)> {
        let mut data = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        // Room for the report of the error queue and the acknowledgement, each far smaller than 64 octets.
        let mut control = [0_u64; 32];
        // SAFETY: a msghdr of zeros is a valid one.
        let mut message: libc::msghdr = unsafe { core::mem::zeroed() };
        message.msg_iov = &raw mut data;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control) as _;
        // SAFETY: `message` describes `buffer` and `control`, which outlive the call and are writable for the lengths given.
        let length =
            unsafe { libc::recvmsg(self.fd.as_raw_fd(), &raw mut message, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
        let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
        let mut acked = false;
        // SAFETY: the kernel has filled in `message`; its control messages lie within `control`.
        let mut part = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
        while !part.is_null() {
            // SAFETY: `part` points to a header within `control`.
            let header = unsafe { part.read_unaligned() };
            if header.cmsg_level == libc::SOL_SOCKET && header.cmsg_type == libc::SO_WIFI_STATUS {
                // SAFETY: a message of this kind holds an int.
                acked = unsafe { libc::CMSG_DATA(part).cast::<libc::c_int>().read_unaligned() } != 0;
            }
            // SAFETY: as above.
            part = unsafe { libc::CMSG_NXTHDR(&raw const message, part) };
        }
        Ok((length, acked))
    }

    /// EAPOL to or from `peer` on the interface.
    fn address(&self, peer: MacAddr) -> libc::sockaddr_ll {
        let mut octets = [0; 8];
        if let Some(first) = octets.first_chunk_mut::<6>() {
            *first = peer.octets();
        }
        libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: ETHERTYPE_PAE.to_be(),
            sll_ifindex: self.ifindex,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 6,
            sll_addr: octets,
        }
    }

    /// Sends a PDU.
    pub(crate) fn send(&self, destination: MacAddr, pdu: &[u8]) -> io::Result<()> {
        let address = self.address(destination);
        // SAFETY: `pdu` is readable for its length, and `address` is a whole sockaddr_ll of the length given.
        let sent = unsafe {
            libc::sendto(
                self.fd.as_raw_fd(),
                pdu.as_ptr().cast(),
                pdu.len(),
                0,
                (&raw const address).cast(),
                length_of_address(),
            )
        };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Receives a PDU: its sender, and its length in `buffer`.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<(MacAddr, usize)> {
        let mut address = self.address(MacAddr::ZERO);
        let mut length = length_of_address();
        // SAFETY: `buffer` is writable for its length; `address` and `length` are valid and describe each other.
        let received = unsafe {
            libc::recvfrom(
                self.fd.as_raw_fd(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                0,
                (&raw mut address).cast(),
                &raw mut length,
            )
        };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        Ok((MacAddr::from_slice(&address.sll_addr).unwrap_or_default(), received))
    }
}

impl AsRawFd for PacketSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

fn length_of_address() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<libc::sockaddr_ll>()).unwrap_or_default()
}
