//! The driver's end of the sockets.

use super::{ENODEV, Kernel};
use core::task::{Context, Poll};
use core::time::Duration;
use ieee80211_ies::MacAddr;
use nl80211_driver::machine::{Protocol, SocketId};
use nl80211_driver::{NetlinkSockets, Received};
use radio::Command;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

/// The driver's end of the sockets.
#[derive(Clone)]
pub struct Sockets(pub Rc<RefCell<Kernel>>);

impl NetlinkSockets for Sockets {
    fn open(&mut self, socket: SocketId, protocol: &Protocol) -> io::Result<()> {
        let mut kernel = self.0.borrow_mut();
        match protocol {
            Protocol::Eapol(ifindex) => drop(kernel.packets.insert(socket, (*ifindex, VecDeque::new()))),
            _ => drop(kernel.open.insert(socket, VecDeque::new())),
        }
        Ok(())
    }

    fn join(&mut self, _socket: SocketId, _groups: &[u32]) -> io::Result<()> {
        Ok(())
    }

    fn close(&mut self, socket: SocketId) {
        let mut kernel = self.0.borrow_mut();
        kernel.open.remove(&socket);
        kernel.packets.remove(&socket);
        // Registrations end with their socket.
        for i in &mut kernel.interfaces {
            i.registered.retain(|(by, ..)| *by != socket);
        }
    }

    fn send(&mut self, socket: SocketId, message: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().request(socket, message);
        Ok(())
    }

    fn send_packet(&mut self, socket: SocketId, destination: MacAddr, pdu: &[u8]) -> io::Result<()> {
        let mut kernel = self.0.borrow_mut();
        let ifindex = kernel.packets.get(&socket).map(|(index, _)| *index);
        let iface = kernel.interfaces.iter().find(|i| i.ifindex == ifindex).map(|i| i.id);
        let iface = iface.ok_or_else(|| io::Error::from_raw_os_error(ENODEV))?;
        // A packet socket knows nothing of keys: what is sent there is encrypted as soon as there is one.
        kernel.quietly(Command::SendEapol { iface, destination, pdu: pdu.to_vec(), encrypt: true });
        Ok(())
    }

    fn poll_receive(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Received> {
        let mut kernel = self.0.borrow_mut();
        for (socket, queue) in &mut kernel.open {
            if let Some(bytes) = queue.pop_front() {
                let room = buffer.get_mut(..bytes.len()).expect("the driver's buffer holds any message of ours");
                room.copy_from_slice(&bytes);
                return Poll::Ready(Received::Datagram(*socket, bytes.len()));
            }
        }
        for (socket, (_, queue)) in &mut kernel.packets {
            if let Some((source, pdu)) = queue.pop_front() {
                let room = buffer.get_mut(..pdu.len()).expect("the driver's buffer holds any PDU");
                room.copy_from_slice(&pdu);
                return Poll::Ready(Received::Packet(*socket, source, pdu.len()));
            }
        }
        Poll::Pending
    }

    fn since_boot(&self) -> Duration {
        self.0.borrow().air.borrow().now()
    }
}
