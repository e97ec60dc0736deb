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
        if result == 0 { Ok(socket) } else { Err(io::Error::last_os_error()) }
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
