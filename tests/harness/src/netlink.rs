//! Netlink messages and one blocking socket: as much as the lab's requests to the kernel need.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::socket::{
    self, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, setsockopt, sockopt,
};

/// `NLM_F_REQUEST`.
const REQUEST: u16 = 0x001;
/// `NLM_F_ACK`.
const ACK: u16 = 0x004;
/// `NLM_F_ROOT | NLM_F_MATCH`: every object.
const DUMP: u16 = 0x300;
/// `NLM_F_CREATE | NLM_F_EXCL`.
pub const CREATE: u16 = 0x600;
/// `NLMSG_ERROR`.
const ERROR: u16 = 2;
/// `NLMSG_DONE`.
const DONE: u16 = 3;
/// Octets of `struct nlmsghdr`.
const HEADER: usize = 16;
/// Octets of `struct genlmsghdr`.
const GENERIC_HEADER: usize = 4;
/// `GENL_ID_CTRL`: the family that names the others.
const CONTROL_FAMILY: u16 = 16;
/// Room for the frames that wait while one is being carried.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Attributes of a message under construction.
#[derive(Default)]
pub struct Attrs(Vec<u8>);

impl Attrs {
    /// No attribute yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with a fixed header that stands before the attributes.
    pub fn after(header: &[u8]) -> Self {
        Self(header.to_vec())
    }

    /// Appends one attribute.
    pub fn bytes(mut self, kind: u16, data: &[u8]) -> Self {
        let length = u16::try_from(data.len() + 4).expect("an attribute of the lab is shorter than 64 KiB");
        self.0.extend_from_slice(&length.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(data);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    /// Appends a `u32`.
    pub fn u32(self, kind: u16, value: u32) -> Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    /// Appends a string with its terminating zero.
    pub fn string(self, kind: u16, value: &str) -> Self {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    /// Appends an attribute that says something by being there.
    pub fn flag(self, kind: u16) -> Self {
        self.bytes(kind, &[])
    }

    /// Appends a flag when `present`.
    pub fn flag_if(self, present: bool, kind: u16) -> Self {
        if present { self.flag(kind) } else { self }
    }
}

/// One received message: its type and what follows the netlink header.
#[derive(Debug, Clone)]
pub struct Message {
    /// `nlmsg_type`: the family of a generic message.
    pub kind: u16,
    /// `nlmsg_seq`: zero for what nobody asked for.
    pub seq: u32,
    /// The octets after the header.
    pub body: Vec<u8>,
}

impl Message {
    /// The command of a generic netlink message.
    pub fn command(&self) -> u8 {
        self.body.first().copied().unwrap_or(0)
    }

    /// The first attribute of this kind in a generic netlink message.
    pub fn attr(&self, kind: u16) -> Option<&[u8]> {
        find_attr(self.body.get(GENERIC_HEADER..)?, kind)
    }

    /// The first attribute of this kind as a `u32`.
    pub fn u32(&self, kind: u16) -> Option<u32> {
        Some(u32::from_ne_bytes(self.attr(kind)?.get(..4)?.try_into().ok()?))
    }

    /// The first attribute of this kind as text, without its terminating zero.
    pub fn string(&self, kind: u16) -> Option<String> {
        let text = self.attr(kind)?;
        Some(String::from_utf8_lossy(text.strip_suffix(&[0]).unwrap_or(text)).into_owned())
    }
}

fn find_attr(mut data: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16::from_ne_bytes(data.get(..2)?.try_into().ok()?));
        // The two highest bits say "nested" and "network order".
        let found = u16::from_ne_bytes(data.get(2..4)?.try_into().ok()?) & 0x3fff;
        let value = data.get(4..length)?;
        if found == kind {
            return Some(value);
        }
        data = data.get(length.next_multiple_of(4)..)?;
    }
}

/// One netlink socket.
pub struct Netlink {
    fd: Arc<OwnedFd>,
    seq: u32,
    unsolicited: VecDeque<Message>,
}

impl Netlink {
    /// A generic netlink socket in the namespace of the calling thread.
    pub fn generic() -> Result<Self> {
        Self::open(SockProtocol::NetlinkGeneric)
    }

    /// A routing netlink socket in the namespace of the calling thread.
    pub fn route() -> Result<Self> {
        Self::open(SockProtocol::NetlinkRoute)
    }

    fn open(protocol: SockProtocol) -> Result<Self> {
        let fd = socket::socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)
            .context("netlink socket")?;
        socket::bind(fd.as_raw_fd(), &NetlinkAddr::new(0, 0)).context("netlink bind")?;
        setsockopt(&fd, sockopt::RcvBufForce, &RECEIVE_BUFFER).context("netlink receive buffer")?;
        Ok(Self { fd: Arc::new(fd), seq: 0, unsolicited: VecDeque::new() })
    }

    /// The number of a generic netlink family.
    pub fn family(&mut self, name: &str) -> Result<u16> {
        const GET_FAMILY: u8 = 3;
        const FAMILY_ID: u16 = 1;
        const FAMILY_NAME: u16 = 2;
        let (_, replies) = self
            .ask(CONTROL_FAMILY, &generic(GET_FAMILY, Attrs::new().string(FAMILY_NAME, name)), ACK)
            .with_context(|| format!("generic netlink family {name}"))?;
        let id = replies.iter().find_map(|m| m.attr(FAMILY_ID)?.get(..2)?.try_into().ok());
        Ok(u16::from_ne_bytes(id.with_context(|| format!("no number for the family {name}"))?))
    }

    /// Sends a generic request; the number of its acknowledgement (zero but for a new radio's) and its replies.
    pub fn call(&mut self, family: u16, command: u8, attrs: Attrs) -> Result<(i32, Vec<Message>)> {
        self.ask(family, &generic(command, attrs), ACK)
    }

    /// Asks for every object of a generic command.
    pub fn dump(&mut self, family: u16, command: u8, attrs: Attrs) -> Result<Vec<Message>> {
        Ok(self.ask(family, &generic(command, attrs), DUMP)?.1)
    }

    /// Sends a generic request that is not to be answered.
    pub fn tell(&self, family: u16, command: u8, attrs: Attrs) -> Result<()> {
        send(&self.fd, family, REQUEST, 0, &generic(command, attrs))
    }

    /// A handle by which other threads send from this socket.
    pub fn sender(&self) -> Sender {
        Sender { fd: Arc::clone(&self.fd) }
    }

    /// Sends a routing request with `extra` flags.
    pub fn route_call(&mut self, kind: u16, extra: u16, body: Attrs) -> Result<()> {
        self.ask(kind, &body.0, ACK | extra).map(|_| ())
    }

    /// The next message that nobody asked for; waits for it.
    pub fn next_unsolicited(&mut self) -> Result<Message> {
        loop {
            if let Some(message) = self.unsolicited.pop_front() {
                return Ok(message);
            }
            let received = self.receive()?;
            self.unsolicited.extend(received);
        }
    }

    fn ask(&mut self, kind: u16, body: &[u8], flags: u16) -> Result<(i32, Vec<Message>)> {
        self.seq += 1;
        send(&self.fd, kind, REQUEST | flags, self.seq, body)?;
        let mut replies = Vec::new();
        loop {
            let mut end = None;
            for message in self.receive()? {
                if message.seq != self.seq {
                    self.unsolicited.push_back(message);
                } else if message.kind == ERROR || message.kind == DONE {
                    let code = message.body.get(..4).and_then(|b| b.try_into().ok()).map_or(0, i32::from_ne_bytes);
                    end = Some(code);
                } else {
                    replies.push(message);
                }
            }
            match end {
                Some(code) if code < 0 => bail!(io::Error::from_raw_os_error(-code)),
                Some(code) => return Ok((code, replies)),
                None => {}
            }
        }
    }

    fn receive(&self) -> Result<Vec<Message>> {
        let mut buffer = vec![0; 1 << 18];
        let length = loop {
            match socket::recv(self.fd.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(length) => break length,
                Err(Errno::EINTR) => {}
                Err(error) => bail!("netlink receive: {error}"),
            }
        };
        let mut rest = buffer.get(..length).unwrap_or_default();
        let mut messages = Vec::new();
        while let Some((message, size)) = parse(rest) {
            messages.push(message);
            rest = rest.get(size.next_multiple_of(4)..).unwrap_or_default();
        }
        Ok(messages)
    }
}

/// Sends requests that are not to be answered.
pub struct Sender {
    fd: Arc<OwnedFd>,
}

impl Sender {
    /// Sends a generic request.
    pub fn tell(&self, family: u16, command: u8, attrs: Attrs) -> Result<()> {
        send(&self.fd, family, REQUEST, 0, &generic(command, attrs))
    }
}

fn send(fd: &OwnedFd, kind: u16, flags: u16, seq: u32, body: &[u8]) -> Result<()> {
    let length = u32::try_from(HEADER + body.len()).context("message too long")?;
    let mut message = Vec::with_capacity(HEADER + body.len());
    message.extend_from_slice(&length.to_ne_bytes());
    message.extend_from_slice(&kind.to_ne_bytes());
    message.extend_from_slice(&flags.to_ne_bytes());
    message.extend_from_slice(&seq.to_ne_bytes());
    message.extend_from_slice(&[0; 4]);
    message.extend_from_slice(body);
    socket::sendto(fd.as_raw_fd(), &message, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    Ok(())
}

fn generic(command: u8, attrs: Attrs) -> Vec<u8> {
    [&[command, 1, 0, 0], attrs.0.as_slice()].concat()
}

fn parse(data: &[u8]) -> Option<(Message, usize)> {
    let size = u32::from_ne_bytes(data.get(..4)?.try_into().ok()?) as usize;
    let kind = u16::from_ne_bytes(data.get(4..6)?.try_into().ok()?);
    let seq = u32::from_ne_bytes(data.get(8..12)?.try_into().ok()?);
    let body = data.get(HEADER..size)?.to_vec();
    Some((Message { kind, seq, body }, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_found_again() {
        let attrs = Attrs::new().string(2, "wlan0").u32(7, 5).flag(9);
        let body = generic(1, attrs);
        let message = Message { kind: 30, seq: 1, body };
        assert_eq!(message.command(), 1);
        assert_eq!(message.string(2).as_deref(), Some("wlan0"));
        assert_eq!(message.u32(7), Some(5));
        assert_eq!(message.attr(9), Some(&[][..]));
        assert_eq!(message.attr(8), None);
    }

    #[test]
    fn a_message_cut_short_is_no_message() {
        let mut data = Vec::new();
        data.extend_from_slice(&20u32.to_ne_bytes());
        data.resize(19, 0);
        assert!(parse(&data).is_none());
        data.resize(20, 0);
        assert_eq!(parse(&data).map(|(m, size)| (m.body.len(), size)), Some((4, 20)));
    }
}
