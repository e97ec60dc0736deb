//! The control protocol's transport: UNIX datagram sockets, their monitors and queues.

mod address;
mod queue;
mod socket;

pub use address::Address;
pub use socket::{BindError, ControlSocket, Endpoint, MAX_REQUEST, remove_leftovers};

use crate::events::{Line, Scope};
use crate::interface::Interface;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

/// How often a full receiver is tried again (section 4.2 of the contract). No event stands for it: a socket that is not connected
/// to its receiver is always writable to `poll`, however full that one is.
pub const RETRY: Duration = Duration::from_millis(20);

/// A request as it came in.
#[derive(Debug)]
pub struct Received {
    /// Whose socket it came to.
    pub endpoint: Endpoint,
    /// Who sent it.
    pub from: Address,
    /// The request.
    pub text: String,
}

/// All control sockets of the daemon.
#[derive(Debug, Default)]
pub struct Control {
    sockets: Vec<ControlSocket>,
}

impl Control {
    /// Adds a socket.
    pub fn add(&mut self, socket: ControlSocket) {
        self.sockets.push(socket);
    }

    /// The socket that speaks for this, while there is one.
    pub fn get_mut(&mut self, endpoint: &Endpoint) -> Option<&mut ControlSocket> {
        self.sockets.iter_mut().find(|socket| socket.endpoint() == endpoint)
    }

    /// Whether the interface's name has a socket.
    pub fn has(&self, ifname: &str) -> bool {
        self.sockets.iter().any(|s| s.ifname() == Some(ifname))
    }

    /// The directory of an interface's socket.
    pub fn directory_of(&self, ifname: &str) -> Option<String> {
        let socket = self.sockets.iter().find(|s| s.ifname() == Some(ifname))?;
        Some(socket.path()?.parent()?.display().to_string())
    }

    /// Closes and removes the socket of an interface's name.
    pub fn remove(&mut self, ifname: &str) {
        self.sockets.retain(|s| s.ifname() != Some(ifname));
    }

    /// Closes and removes all sockets.
    pub fn clear(&mut self) {
        self.sockets.clear();
    }

    /// Waits for the next request on any socket. Dropping the future loses nothing.
    pub async fn receive(&mut self, buffer: &mut [u8]) -> Received {
        poll_fn(|cx| {
            for socket in &mut self.sockets {
                if let Poll::Ready((text, from)) = socket.poll_receive(cx, buffer) {
                    return Poll::Ready(Received { endpoint: socket.endpoint().clone(), from, text });
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Tells an event to all monitors that it concerns.
    pub fn publish(&mut self, interface: &Interface, line: &Line) {
        let plain = format!("<{}>{}", line.level, line.text);
        for socket in &mut self.sockets {
            match (socket.endpoint(), &line.scope) {
                (Endpoint::Global, Scope::Device) => socket.tell(line.level, &plain),
                (Endpoint::Global, Scope::Interface(name)) => {
                    let named = format!("IFNAME={name} {plain}");
                    socket.tell(line.level, &named);
                }
                (Endpoint::Global, Scope::DeviceCopy) => {}
                (Endpoint::Interface(ifname), Scope::Device | Scope::DeviceCopy) if interface.is_base(ifname) => {
                    socket.tell(line.level, &plain);
                }
                (Endpoint::Interface(ifname), Scope::Socket(name)) if ifname == name => socket.tell(line.level, &plain),
                // The P2P interface's own events reach the monitors of its network interface too.
                (Endpoint::Interface(ifname), Scope::Interface(name))
                    if ifname == name || (interface.p2p_name() == name && interface.is_base(ifname)) =>
                {
                    socket.tell(line.level, &plain);
                }
                _ => {}
            }
        }
    }

    /// Whether something waits for a receiver to have room.
    pub fn is_waiting(&self) -> bool {
        self.sockets.iter().any(ControlSocket::is_waiting)
    }

    /// Tries to send what waits.
    pub fn flush(&mut self) {
        self.sockets.iter_mut().for_each(ControlSocket::flush);
    }
}
