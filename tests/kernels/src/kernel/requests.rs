//! Requests: what a user of the sockets asks for, refused or handed to the air.

use super::describe::{describe, is_ap, kind_of, link, network};
use super::read::{access_point, association, beacon, filters, port_only, scan, station, switch};
use super::{
    CTRL, CTRL_GETFAMILY, EALREADY, EBUSY, EINVAL, ENODEV, EOPNOTSUPP, FAMILY, IFF_UP, IFLA_ADDRESS, Kernel,
    NLM_F_DUMP, Pending, RTM_GETLINK, RTM_SETLINK, Then, WIPHY,
};
use crate::nl;
use crate::sme::{self, Connecting};
use crate::wire::{self, Attrs, Out, Request};
use ieee80211_ies::MacAddr;
use nl80211_driver::machine::SocketId;
use radio::{Association, Cipher, Command, CommandId, InterfaceId, InterfaceKind, Key, KeyKind, Secret, Transmission};

impl Kernel {
    /// Takes a request.
    pub(super) fn request(&mut self, socket: SocketId, bytes: &[u8]) {
        let Some(request) = Request::parse(bytes) else {
            self.wrong.push("a request that is no netlink message".into());
            return;
        };
        let result = match request.kind {
            CTRL => self.control(socket, &request),
            FAMILY => self.nl80211(socket, &request),
            RTM_GETLINK | RTM_SETLINK => self.route(socket, &request),
            other => Err((EOPNOTSUPP, format!("message type {other}"))),
        };
        match result {
            Ok(true) => self.put(socket, wire::acknowledgement(&request.header, request.sequence, 0, None)),
            Ok(false) => {}
            Err((errno, why)) => {
                if !why.is_empty() {
                    self.wrong.push(why);
                }
                self.put(socket, wire::acknowledgement(&request.header, request.sequence, errno, None));
            }
        }
    }

    fn control(&mut self, socket: SocketId, request: &Request<'_>) -> Result<bool, (i32, String)> {
        if request.payload.first() != Some(&CTRL_GETFAMILY) {
            return Err((EOPNOTSUPP, "a command of the control family".into()));
        }
        let group = |name: &str, id| Out::default().text(1, name).u32(2, id);
        let groups = ["config", "scan", "regulatory", "mlme"];
        let groups = groups.iter().zip(1..).fold(Out::default(), |out, (g, n)| out.nest(n, group(g, u32::from(n))));
        let out = Out::default().u16(1, FAMILY).nest(7, groups);
        self.put(socket, wire::generic(CTRL, request.sequence, 1, &out));
        Ok(true)
    }

    fn route(&mut self, socket: SocketId, request: &Request<'_>) -> Result<bool, (i32, String)> {
        let number = |at: usize| {
            let bytes = request.payload.get(at..at + 4).and_then(|b| b.try_into().ok());
            u32::from_ne_bytes(bytes.unwrap_or_default())
        };
        let (index, flags, mask) = (number(4), number(8), number(12));
        let Some(i) = self.interfaces.iter().find(|i| i.ifindex == Some(index)) else {
            return Err((ENODEV, String::new()));
        };
        let id = i.id;
        if request.kind == RTM_GETLINK {
            let message = link(i, request.sequence);
            self.put(socket, message);
            return Ok(true);
        }
        let address = Attrs(request.payload.get(16..).unwrap_or_default()).get(IFLA_ADDRESS);
        let (command, then) = match address.and_then(MacAddr::from_slice) {
            Some(address) if i.up => {
                return Err((EBUSY, format!("the address {address} is given to an interface that is up")));
            }
            Some(address) => (Command::SetInterfaceAddress { iface: id, address }, Then::Address(address)),
            None if mask & IFF_UP != 0 => {
                let up = flags & IFF_UP != 0;
                (Command::SetInterfaceUp { iface: id, up }, Then::Up(up))
            }
            None => return Ok(true),
        };
        self.forward(socket, request, id, command, then)
    }

    /// Hands a request to the air; its answer comes when the air has one.
    fn forward(
        &mut self,
        socket: SocketId,
        request: &Request<'_>,
        id: InterfaceId,
        command: Command,
        then: Then,
    ) -> Result<bool, (i32, String)> {
        let pending = Pending { socket, header: request.header, sequence: request.sequence, interface: Some(id), then };
        self.act(command, pending);
        Ok(false)
    }

    /// Answers a dump at once.
    fn dump(&mut self, socket: SocketId, sequence: u32, command: u8, parts: Vec<Out>) -> Result<bool, (i32, String)> {
        for part in parts {
            self.put(socket, wire::generic(FAMILY, sequence, command, &part));
        }
        self.put(socket, wire::done(sequence));
        Ok(false)
    }

    fn nl80211(&mut self, socket: SocketId, request: &Request<'_>) -> Result<bool, (i32, String)> {
        let command = request.payload.first().copied().unwrap_or_default();
        let a = Attrs(request.payload.get(4..).unwrap_or_default());
        let sequence = request.sequence;
        match command {
            nl::CMD_GET_PROTOCOL_FEATURES => {
                let out = Out::default().u32(nl::ATTR_PROTOCOL_FEATURES, 1);
                self.put(socket, wire::generic(FAMILY, sequence, command, &out));
                return Ok(true);
            }
            nl::CMD_GET_WIPHY => {
                let part = |bytes: &Vec<u8>| {
                    let mut out = Out::default().u32(nl::ATTR_WIPHY, WIPHY);
                    out.0.extend(bytes);
                    out
                };
                let parts = self.profile.wiphy.iter().map(part).collect();
                return self.dump(socket, sequence, nl::CMD_NEW_WIPHY, parts);
            }
            nl::CMD_GET_INTERFACE if request.flags & NLM_F_DUMP == NLM_F_DUMP => {
                let parts = self.interfaces.iter().map(describe).collect();
                return self.dump(socket, sequence, nl::CMD_NEW_INTERFACE, parts);
            }
            nl::CMD_GET_REG => {
                let out = Out::default().bytes(nl::ATTR_REG_ALPHA2, b"US\0");
                self.put(socket, wire::generic(FAMILY, sequence, command, &out));
                return Ok(true);
            }
            nl::CMD_REQ_SET_REG => return Ok(true),
            nl::CMD_GET_SCAN => {
                let parts = self.seen.iter().map(network).collect();
                return self.dump(socket, sequence, nl::CMD_NEW_SCAN_RESULTS, parts);
            }
            nl::CMD_NEW_INTERFACE => return self.new_interface(socket, request, a),
            _ => {}
        }
        let Some(index) = self.index(a) else { return Err((ENODEV, String::new())) };
        self.on_interface(socket, request, command, a, index)
    }

    fn new_interface(&mut self, socket: SocketId, request: &Request<'_>, a: Attrs<'_>) -> Result<bool, (i32, String)> {
        let name = a.text(nl::ATTR_IFNAME);
        let kind = kind_of(a.u32(nl::ATTR_IFTYPE).unwrap_or_default());
        if name.len() > 15 {
            return Err((EINVAL, format!("an interface called {name}")));
        }
        if !self.profile.has(nl::CMD_NEW_INTERFACE) {
            return Err((EOPNOTSUPP, "NEW_INTERFACE to a driver that has none".into()));
        }
        self.last_interface += 1;
        let iface = InterfaceId(self.last_interface);
        let address = a.get(nl::ATTR_MAC).and_then(MacAddr::from_slice);
        let command = Command::CreateInterface { iface, kind, name, address };
        self.forward(socket, request, iface, command, Then::Made(kind))
    }

    fn on_interface(
        &mut self,
        socket: SocketId,
        request: &Request<'_>,
        command: u8,
        a: Attrs<'_>,
        index: usize,
    ) -> Result<bool, (i32, String)> {
        let Some(i) = self.interfaces.get(index) else { return Err((ENODEV, String::new())) };
        let (iface, kind, up) = (i.id, i.kind, i.up);
        let has = |command| self.profile.has(command);
        let missing = |name: &str| Err((EOPNOTSUPP, format!("{name} to a driver that has none")));
        let frequency = a.u32(nl::ATTR_WIPHY_FREQ);
        let mac = a.get(nl::ATTR_MAC).and_then(MacAddr::from_slice);
        let cookie = CommandId(a.u64(nl::ATTR_COOKIE).unwrap_or_default());
        let takes =
            matches!(command, nl::CMD_START_AP | nl::CMD_AUTHENTICATE | nl::CMD_CONNECT | nl::CMD_SET_INTERFACE);
        if let Some(why) = self.beside(iface, frequency).filter(|_| takes) {
            return Err((EBUSY, why));
        }
        let (command, then) = match command {
            nl::CMD_GET_INTERFACE => {
                let out = describe(i);
                self.put(socket, wire::generic(FAMILY, request.sequence, nl::CMD_NEW_INTERFACE, &out));
                return Ok(true);
            }
            nl::CMD_SET_INTERFACE if up && self.profile.needs_down => return Err((EBUSY, String::new())),
            nl::CMD_SET_INTERFACE => {
                let kind = kind_of(a.u32(nl::ATTR_IFTYPE).unwrap_or_default());
                (Command::SetInterfaceKind { iface, kind }, Then::Kind(kind))
            }
            nl::CMD_DEL_INTERFACE if iface == InterfaceId::BASE => {
                return Err((EOPNOTSUPP, "the default interface is removed".into()));
            }
            nl::CMD_DEL_INTERFACE => (Command::RemoveInterface { iface }, Then::Acknowledge),
            nl::CMD_START_P2P_DEVICE | nl::CMD_STOP_P2P_DEVICE if kind != InterfaceKind::P2pDevice => {
                return Err((EOPNOTSUPP, "START_P2P_DEVICE for another kind of interface".into()));
            }
            nl::CMD_START_P2P_DEVICE => (Command::SetInterfaceUp { iface, up: true }, Then::Up(true)),
            nl::CMD_STOP_P2P_DEVICE => (Command::SetInterfaceUp { iface, up: false }, Then::Up(false)),
            nl::CMD_REGISTER_FRAME => {
                let frame_type = a.u16(nl::ATTR_FRAME_TYPE).unwrap_or_default();
                let start = a.bytes(nl::ATTR_FRAME_MATCH);
                if i.registered.iter().any(|(_, t, s)| *t == frame_type && start.starts_with(s)) {
                    return Err((EALREADY, String::new()));
                }
                let kinds = filters(i, frame_type, &start);
                let then = Then::Registered(frame_type, start);
                if self.profile.ap_sme() && is_ap(kind) && frame_type != 0x40 && frame_type != 0xd0 {
                    return Err((EINVAL, format!("frames of type {frame_type:#x} from a driver with its own MLME")));
                }
                (Command::ReceiveFrames { iface, kinds }, then)
            }
            nl::CMD_UNEXPECTED_FRAME | nl::CMD_SET_KEY => return Ok(true),
            nl::CMD_SET_POWER_SAVE => (Command::SetPowerSave { iface, on: true }, Then::Acknowledge),
            nl::CMD_SET_TX_BITRATE_MASK if !has(command) => return Err((EOPNOTSUPP, String::new())),
            nl::CMD_SET_TX_BITRATE_MASK => (Command::ForbidCck { iface }, Then::Acknowledge),
            nl::CMD_SET_BSS if !has(command) => return Err((EOPNOTSUPP, String::new())),
            nl::CMD_SET_BSS => return Ok(true),
            nl::CMD_TRIGGER_SCAN => {
                let limit = self.profile.wiphy.iter().find_map(|p| Attrs(p).u16(nl::ATTR_MAX_SCAN_IE_LEN));
                let length = a.bytes(nl::ATTR_IE).len();
                if limit.is_some_and(|limit| length > usize::from(limit)) {
                    return Err((EINVAL, format!("a scan with {length} octets of elements")));
                }
                (Command::Scan { iface, scan: scan(a) }, Then::Acknowledge)
            }
            nl::CMD_ABORT_SCAN => (Command::AbortScan { iface }, Then::Acknowledge),
            nl::CMD_REMAIN_ON_CHANNEL if !has(command) => return missing("REMAIN_ON_CHANNEL"),
            nl::CMD_REMAIN_ON_CHANNEL => {
                let duration_ms = a.u32(nl::ATTR_DURATION).unwrap_or_default();
                let frequency = frequency.unwrap_or_default();
                self.stays.insert(CommandId(self.last_id + 1), frequency);
                (Command::RemainOnChannel { iface, frequency, duration_ms }, Then::Cookie)
            }
            nl::CMD_CANCEL_REMAIN_ON_CHANNEL => (Command::CancelRemain { iface, remain: cookie }, Then::Acknowledge),
            nl::CMD_FRAME => {
                let off = a.has(nl::ATTR_OFFCHANNEL_TX_OK);
                if (off || a.has(nl::ATTR_DURATION)) && !self.profile.leaves_channel() {
                    return Err((EINVAL, "a frame for another channel to a driver that does not leave its own".into()));
                }
                let own = i.ap.as_ref().map(|ap| ap.channel.frequency);
                let own = own.or(i.client.as_ref().map(|c| c.association.frequency));
                let here =
                    frequency.is_none() || frequency == own || self.stays.values().any(|f| Some(*f) == frequency);
                if !here && !self.profile.leaves_channel() {
                    let mhz = frequency.unwrap_or_default();
                    return Err((EINVAL, format!("a frame for {mhz} MHz, where the radio is not")));
                }
                let transmission = Transmission {
                    frequency,
                    frame: a.bytes(nl::ATTR_FRAME),
                    wait_ms: a.u32(nl::ATTR_DURATION).unwrap_or_default(),
                    no_cck: a.has(nl::ATTR_TX_NO_CCK_RATE),
                    no_ack: a.has(nl::ATTR_DONT_WAIT_FOR_ACK),
                };
                (Command::Transmit { iface, transmission }, Then::Cookie)
            }
            nl::CMD_FRAME_WAIT_CANCEL if !has(command) => return missing("FRAME_WAIT_CANCEL"),
            nl::CMD_FRAME_WAIT_CANCEL => (Command::CancelWait { iface, transmission: cookie }, Then::Acknowledge),
            nl::CMD_START_AP => {
                let ap = access_point(a);
                (Command::StartAp { iface, ap: ap.clone() }, Then::Started(Box::new(ap)))
            }
            nl::CMD_SET_BEACON => {
                let beacon = beacon(a);
                if let Some(ap) = self.interfaces.get_mut(index).and_then(|i| i.ap.as_mut()) {
                    ap.beacon = beacon.clone();
                }
                (Command::UpdateBeacon { iface, beacon }, Then::Acknowledge)
            }
            nl::CMD_STOP_AP => (Command::StopAp { iface }, Then::Stopped),
            nl::CMD_CHANNEL_SWITCH if !has(command) => return missing("CHANNEL_SWITCH"),
            nl::CMD_CHANNEL_SWITCH => (Command::SwitchChannel { iface, switch: switch(a) }, Then::Acknowledge),
            nl::CMD_NEW_STATION if self.profile.ap_sme() => return missing("NEW_STATION"),
            nl::CMD_NEW_STATION => (Command::AddStation { iface, station: station(a) }, Then::Acknowledge),
            nl::CMD_SET_STATION => match (mac, port_only(a)) {
                (Some(address), Some(authorized)) => {
                    (Command::SetAuthorized { iface, address, authorized }, Then::Acknowledge)
                }
                _ if self.profile.ap_sme() => {
                    return Err((EINVAL, "a station's state to a driver with its own MLME".into()));
                }
                _ => (Command::SetStation { iface, station: station(a) }, Then::Acknowledge),
            },
            nl::CMD_DEL_STATION => {
                let address = mac.unwrap_or_default();
                let reason = a.u16(nl::ATTR_REASON_CODE).unwrap_or(1);
                if self.profile.ap_sme() {
                    self.send_away(index, address, reason, a.u8(nl::ATTR_MGMT_SUBTYPE) == Some(12));
                }
                (Command::RemoveStation { iface, address, reason, deauthenticate: true }, Then::Acknowledge)
            }
            nl::CMD_GET_STATION => {
                let address = mac.unwrap_or_default();
                (Command::QueryStation { iface, address }, Then::Station(address))
            }
            nl::CMD_PROBE_CLIENT if !has(command) => return missing("PROBE_CLIENT"),
            nl::CMD_PROBE_CLIENT => {
                let address = mac.unwrap_or_default();
                self.probes.push((CommandId(self.last_id + 1), iface, address));
                (Command::ProbeStation { iface, address }, Then::Cookie)
            }
            nl::CMD_AUTHENTICATE | nl::CMD_ASSOCIATE | nl::CMD_DEAUTHENTICATE if !has(command) => {
                return missing("AUTHENTICATE, ASSOCIATE or DEAUTHENTICATE");
            }
            nl::CMD_AUTHENTICATE => {
                let (bssid, frequency) = (mac.unwrap_or_default(), frequency.unwrap_or_default());
                let ssid = a.bytes(nl::ATTR_SSID);
                (Command::Authenticate { iface, bssid, frequency, ssid }, Then::Acknowledge)
            }
            nl::CMD_ASSOCIATE => (Command::Associate { iface, association: association(a) }, Then::Acknowledge),
            nl::CMD_DEAUTHENTICATE => {
                let reason = a.u16(nl::ATTR_REASON_CODE).unwrap_or(3);
                (Command::Disconnect { iface, bssid: mac.unwrap_or_default(), reason }, Then::Acknowledge)
            }
            nl::CMD_CONNECT if !has(command) => return missing("CONNECT"),
            nl::CMD_CONNECT => {
                let association = association(a);
                let Association { bssid, frequency, ssid, .. } = association.clone();
                if let Some(i) = self.interfaces.get_mut(index) {
                    i.client = Some(Connecting { association, connected: false });
                }
                (Command::Authenticate { iface, bssid, frequency, ssid }, Then::Acknowledge)
            }
            nl::CMD_DISCONNECT => {
                let reason = a.u16(nl::ATTR_REASON_CODE).unwrap_or(3);
                let bssid = i.client.as_ref().map(|c| c.association.bssid).unwrap_or_default();
                (Command::Disconnect { iface, bssid, reason }, Then::Acknowledge)
            }
            nl::CMD_NEW_KEY => {
                let key = a.nest(nl::ATTR_KEY);
                let sequence = key.get(nl::KEY_SEQ).and_then(|s| s.get(..6)?.try_into().ok()).unwrap_or_default();
                let key = Key {
                    kind: mac.map_or(KeyKind::Group, KeyKind::Pairwise),
                    index: key.u8(nl::KEY_IDX).unwrap_or_default(),
                    cipher: Cipher::Ccmp128,
                    material: Secret::new(key.bytes(nl::KEY_DATA)),
                    receive_sequence: sequence,
                };
                (Command::InstallKey { iface, key }, Then::Acknowledge)
            }
            nl::CMD_DEL_KEY => {
                let index = a.nest(nl::ATTR_KEY).u8(nl::KEY_IDX).unwrap_or_default();
                let kind = mac.map_or(KeyKind::Group, KeyKind::Pairwise);
                (Command::RemoveKey { iface, kind, index }, Then::Acknowledge)
            }
            nl::CMD_CONTROL_PORT_FRAME if !self.profile.control_port() => return missing("CONTROL_PORT_FRAME"),
            nl::CMD_CONTROL_PORT_FRAME => {
                self.eapol.insert(CommandId(self.last_id + 1));
                let encrypt = !a.has(nl::ATTR_CONTROL_PORT_NO_ENCRYPT);
                let (destination, pdu) = (mac.unwrap_or_default(), a.bytes(nl::ATTR_FRAME));
                (Command::SendEapol { iface, destination, pdu, encrypt }, Then::AckCookie)
            }
            other => return Err((EOPNOTSUPP, format!("command {other}"))),
        };
        self.forward(socket, request, iface, command, then)
    }

    /// What the SME of a driver does to send a station away.
    fn send_away(&mut self, index: usize, station: MacAddr, reason: u16, deauthenticate: bool) {
        let Some(i) = self.interfaces.get(index) else { return };
        let kind = if deauthenticate { sme::DEAUTHENTICATION } else { sme::DISASSOCIATION };
        let mut frame = sme::header(kind, station, i.address, i.address);
        frame.extend(reason.to_le_bytes());
        let iface = i.id;
        self.send(iface, frame);
        self.tell(nl::CMD_DEL_STATION, iface, Out::default().bytes(nl::ATTR_MAC, &station.octets()));
    }
}
