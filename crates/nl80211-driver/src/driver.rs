//! The radio as its user sees it.

use crate::kernel::KernelSockets;
use crate::leftover::{self, Clearing, ExistingInterface};
use crate::machine::{Machine, Output, Protocol, SocketId};
use crate::opening::{Next, Opened, Opening};
use crate::sockets::{NetlinkSockets, Received};
use crate::{Error, Options, link};
use ieee80211_ies::MacAddr;
use radio::{Capabilities, Command, CommandId, Event, InterfaceKind};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;

/// Octets of one datagram: the kernel makes those of a dump as long as the reader's buffer, up to 32 KiB
/// (`netlink_recvmsg`); a single message can be longer.
pub(crate) const DATAGRAM: usize = 64 * 1024;

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

/// An open radio of the Linux kernel. What it owns (interfaces that it made, access points, connections) goes when it
/// is dropped.
#[derive(Debug)]
pub struct Driver<S = KernelSockets> {
    sockets: S,
    machine: Machine,
    /// The name of the interface that it was opened on.
    base: String,
    interfaces: Vec<ExistingInterface>,
    buffer: Box<[u8]>,
    events: VecDeque<Event>,
}

impl Driver<KernelSockets> {
    /// Opens the radio that carries the interface `ifname`. A tokio runtime with I/O is needed.
    ///
    /// # Errors
    /// When the interface does not exist or is not a Wi-Fi station, or the kernel refuses what is needed (`EPERM`
    /// without `CAP_NET_ADMIN`).
    pub async fn open(ifname: &str, options: Options) -> Result<(Self, Capabilities, BaseInterface), Error> {
        let (mut driver, capabilities, base) = Self::open_with(KernelSockets::new(), ifname, options).await?;
        driver.name(&driver_name(&capabilities.name));
        let capabilities = driver.capabilities().clone();
        Ok((driver, capabilities, base))
    }
}

impl<S: NetlinkSockets> Driver<S> {
    /// Opens the radio that carries the interface `ifname`, as seen through `sockets`.
    ///
    /// # Errors
    /// As [`Driver::open`].
    pub async fn open_with(
        mut sockets: S,
        ifname: &str,
        options: Options,
    ) -> Result<(Self, Capabilities, BaseInterface), Error> {
        let mut buffer = vec![0; DATAGRAM].into_boxed_slice();
        let (opened, _) = open(&mut sockets, &mut buffer, ifname, options).await?;
        let base = BaseInterface {
            name: opened.base.name.clone(),
            address: opened.base.address,
            kind: opened.base.kind,
            up: opened.up,
        };
        let capabilities = opened.capabilities.clone();
        let interfaces = leftover::existing(&opened);
        let machine = Machine::new(opened);
        let name = base.name.clone();
        let mut driver = Self { sockets, machine, base: name, interfaces, buffer, events: VecDeque::new() };
        driver.flush();
        Ok((driver, capabilities, base))
    }

    /// Tells what the driver beneath is called, which nl80211 does not say: what is known of it by that name is heeded from now on.
    pub fn name(&mut self, driver: &str) {
        self.machine.name_driver(driver);
    }

    /// What the radio can do now; the channels change with the regulatory domain.
    pub fn capabilities(&self) -> &Capabilities {
        self.machine.capabilities()
    }

    /// The radio's interfaces as they were when it was opened.
    pub fn interfaces(&self) -> &[ExistingInterface] {
        &self.interfaces
    }

    /// Removes what a dead process of ours has left on the radio: interfaces called `p2p-<base>-<n>`, and P2P devices.
    /// Returns their names. What a living process uses is left alone: that is what has registered for P2P frames, as every
    /// P2P device does at once.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process uses the radio for P2P, or takes the P2P frames of the base interface where discovery has no
    /// other, after all that is dead has been removed; otherwise
    /// what a socket says.
    pub async fn clear_leftovers(&mut self) -> Result<Vec<String>, Error> {
        let ours = self.machine.wdevs();
        let suspects = self.interfaces.iter().filter(|i| !ours.contains(&i.wdev) && i.is_leftover(&self.base));
        let suspects: Vec<ExistingInterface> = suspects.cloned().collect();
        let base = self.machine.base_for_discovery();
        if suspects.is_empty() && base.is_none() {
            return Ok(Vec::new());
        }
        let socket = |what| move |error| Error::Socket { what, error };
        let generic = Protocol::Generic(Vec::new());
        self.sockets.open(SocketId::Leftovers, &generic).map_err(socket("opening a socket"))?;
        let mut clearing = Clearing::new(self.machine.family(), suspects, base);
        while let Some(bytes) = clearing.poll_request() {
            self.sockets.send(SocketId::Leftovers, &bytes).map_err(socket("asking the kernel"))?;
            while clearing.waits() {
                self.flush();
                match self.received().await {
                    Received::Datagram(SocketId::Leftovers, length) => {
                        clearing.received(self.buffer.get(..length).unwrap_or_default());
                    }
                    Received::Overrun(SocketId::Leftovers) | Received::Broken(SocketId::Leftovers, _) => {
                        return Err(Error::Answer("clearing leftovers"));
                    }
                    other => self.take(other),
                }
            }
        }
        self.sockets.close(SocketId::Leftovers);
        let (removed, outcome) = clearing.finish();
        self.interfaces.retain(|i| !removed.contains(i));
        outcome.map(|()| removed.into_iter().map(|i| i.name).collect())
    }

    /// Queues a command and sends what can be sent at once; its end comes from [`Driver::event`].
    pub fn command(&mut self, id: CommandId, command: Command) {
        self.machine.command(id, command);
        self.flush();
    }

    /// The next thing that the radio has to say. Drives the sockets; nothing is lost when the future is dropped.
    pub async fn event(&mut self) -> Event {
        loop {
            self.flush();
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            self.receive().await;
        }
    }

    /// Waits for something to be received, and gives it to the machine.
    async fn receive(&mut self) {
        let received = self.received().await;
        self.take(received);
    }

    async fn received(&mut self) -> Received {
        let Self { sockets, buffer, .. } = self;
        poll_fn(|cx| sockets.poll_receive(cx, buffer)).await
    }

    fn take(&mut self, received: Received) {
        let Self { sockets, buffer, machine, .. } = self;
        match received {
            Received::Datagram(socket, length) => {
                let now = sockets.since_boot();
                machine.received(socket, now, buffer.get(..length).unwrap_or_default());
            }
            Received::Packet(socket, source, length) => {
                machine.packet_received(socket, source, buffer.get(..length).unwrap_or_default());
            }
            Received::PacketStatus(socket, length, acked) => {
                machine.packet_status(socket, buffer.get(..length).unwrap_or_default(), acked);
            }
            Received::Overrun(socket) => machine.overrun(socket),
            Received::Drained(socket) => machine.drained(socket),
            Received::Broken(socket, errno) => {
                tracing::warn!(?socket, errno, "socket broken");
                sockets.close(socket);
                machine.failed(socket, errno);
            }
        }
    }

    /// Does what the machine wants done.
    fn flush(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Open(socket, protocol) => {
                    if let Err(error) = self.sockets.open(socket, &protocol) {
                        tracing::warn!(?socket, %error, "socket not opened");
                        self.machine.failed(socket, errno(&error));
                    }
                }
                Output::Close(socket) => self.sockets.close(socket),
                Output::Send(socket, bytes) => {
                    if let Err(error) = self.sockets.send(socket, &bytes) {
                        tracing::warn!(?socket, %error, "message not sent");
                        self.machine.not_sent(&bytes, errno(&error));
                    }
                }
                Output::SendPacket(socket, destination, pdu) => {
                    let sent = self.sockets.send_packet(socket, destination, &pdu);
                    self.machine.packet_sent(socket, sent.map_err(|error| errno(&error)));
                }
                Output::Event(event) => self.events.push_back(event),
            }
        }
    }
}

/// Finds out all about a radio.
pub(crate) async fn open<S: NetlinkSockets>(
    sockets: &mut S,
    buffer: &mut [u8],
    ifname: &str,
    options: Options,
) -> Result<(Opened, Vec<Vec<u8>>), Error> {
    let socket = |what| move |error| Error::Socket { what, error };
    sockets.open(SocketId::Control, &Protocol::Generic(Vec::new())).map_err(socket("opening the control socket"))?;
    let (mut opening, first) = Opening::new(ifname, options)?;
    let mut next = Next::Send(first);
    while let Next::Send(bytes) = next {
        sockets.send(SocketId::Control, &bytes).map_err(socket("asking the kernel"))?;
        next = loop {
            let datagram = receive_on(sockets, buffer, SocketId::Control).await?;
            if let Some(next) = opening.received(datagram)? {
                break next;
            }
        };
    }
    let (mut opened, said) = opening.finish();
    sockets.join(SocketId::Control, &opened.groups).map_err(socket("joining the groups of nl80211"))?;
    let route = Protocol::Route(vec![link::GROUP_LINK]);
    sockets.open(SocketId::Route, &route).map_err(socket("opening the rtnetlink socket"))?;
    if let Some(ifindex) = opened.base.ifindex {
        opened.sequence += 1;
        let bytes = link::get(ifindex, opened.sequence);
        sockets.send(SocketId::Route, &bytes).map_err(socket("asking about the link"))?;
        while !Opening::link(&mut opened, receive_on(sockets, buffer, SocketId::Route).await?)? {}
    }
    Ok((opened, said))
}

/// What a radio says of itself, read without taking anything of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    /// What that means.
    pub capabilities: Capabilities,
    /// The interface that it was read through.
    pub base: BaseInterface,
    /// The other interfaces of the radio.
    pub others: Vec<ExistingInterface>,
    /// The attributes of each message of the kernel's answer to `NL80211_CMD_GET_WIPHY`, less what names the machine: the
    /// radio's number and its addresses.
    pub said: Vec<Vec<u8>>,
}

/// Reads what the radio that carries the interface `ifname` can do. Needs no privileges, and a tokio runtime with I/O.
///
/// # Errors
/// When the interface does not exist or is no Wi-Fi interface.
pub async fn inspect(ifname: &str) -> Result<Inspection, Error> {
    let mut buffer = vec![0; DATAGRAM].into_boxed_slice();
    let (opened, said) = open(&mut KernelSockets::new(), &mut buffer, ifname, Options::default()).await?;
    let mut capabilities = opened.capabilities.clone();
    capabilities.driver = driver_name(&capabilities.name);
    let base = BaseInterface {
        name: opened.base.name.clone(),
        address: opened.base.address,
        kind: opened.base.kind,
        up: opened.up,
    };
    let said = said.iter().map(|part| anonymous(part)).filter(|part| !part.is_empty()).collect();
    Ok(Inspection { capabilities, base, others: leftover::existing(&opened), said })
}

/// Leaves out the attributes that name the machine.
fn anonymous(part: &[u8]) -> Vec<u8> {
    use crate::nl80211 as nl;
    let names = [nl::NL80211_ATTR_WIPHY, nl::NL80211_ATTR_MAC, nl::NL80211_ATTR_MAC_ADDRS, nl::NL80211_ATTR_GENERATION];
    let mut kept = Vec::with_capacity(part.len());
    for (kind, value) in crate::netlink::Attributes(part).filter(|(kind, _)| !names.contains(kind)) {
        let Ok(length) = u16::try_from(value.len() + 4) else { continue };
        kept.extend(length.to_ne_bytes());
        kept.extend(kind.to_ne_bytes());
        kept.extend(value);
        kept.resize(kept.len().next_multiple_of(4), 0);
    }
    kept
}

/// The next datagram on one socket.
pub(crate) async fn receive_on<'a, S: NetlinkSockets>(
    sockets: &mut S,
    buffer: &'a mut [u8],
    wanted: SocketId,
) -> Result<&'a [u8], Error> {
    loop {
        match poll_fn(|cx| sockets.poll_receive(cx, buffer)).await {
            Received::Datagram(socket, length) if socket == wanted => {
                return Ok(buffer.get(..length).unwrap_or_default());
            }
            Received::Broken(socket, errno) if socket == wanted => {
                let error = io::Error::from_raw_os_error(errno);
                return Err(Error::Socket { what: "reading the kernel's answer", error });
            }
            Received::Overrun(socket) if socket == wanted => {
                return Err(Error::Answer("opening the radio: it was longer than can be read"));
            }
            _ => {}
        }
    }
}

/// The name of a radio's driver; empty when sysfs does not say.
fn driver_name(phy: &str) -> String {
    let driver = std::fs::read_link(format!("/sys/class/ieee80211/{phy}/device/driver"));
    let name = driver.ok().and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
    name.unwrap_or_default()
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_names_no_machine() {
        use crate::nl80211 as nl;
        use crate::request::{Request, Set};
        let set = Set::default()
            .u32(nl::NL80211_ATTR_WIPHY, 7)
            .mac(nl::NL80211_ATTR_MAC, MacAddr([2; 6]))
            .text(nl::NL80211_ATTR_WIPHY_NAME, "phy7")
            .u8(nl::NL80211_ATTR_MAX_NUM_SCAN_SSIDS, 4);
        let bytes = Request::plain(1).encode(28, 1, set).expect("it fits");
        let message = crate::netlink::messages(&bytes).next().expect("a message");
        let kept = anonymous(message.generic().expect("generic netlink").1.0);
        let kinds: Vec<u16> = crate::netlink::Attributes(&kept).map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [nl::NL80211_ATTR_WIPHY_NAME, nl::NL80211_ATTR_MAX_NUM_SCAN_SSIDS]);
        assert_eq!(crate::netlink::Attributes(&kept).text(nl::NL80211_ATTR_WIPHY_NAME), Some("phy7"));
    }

    /// A driver may live in a task of a runtime with several threads.
    #[test]
    fn a_driver_can_move_between_threads() {
        fn sendable<T: Send>(_: impl Fn(&'static mut Driver) -> T) {}
        sendable(|driver| driver.event());
    }
}
