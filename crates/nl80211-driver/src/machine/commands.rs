//! What each command takes.

use super::jobs::{Finish, Job, Otherwise, Step, Take, ask, ask_for, unexpected};
use super::table::{Kind, Phase};
use super::{Machine, SocketId, no_interface};
use crate::errno::refused;
use crate::interface::{MAX_NAME, OFDM_RATES, iftype};
use crate::link::Change;
use crate::{ap, client, eapol, frames, interface, keys, regulatory, scan, station};
use ieee80211_ies::MacAddr;
use radio::{Command, CommandId, FrameKind, InterfaceId, InterfaceKind, KeyKind, Refused, Transmission};

/// Longest SSID in octets (IEEE 802.11-2020 §9.4.2.2).
const MAX_SSID: usize = 32;
/// How long an emulated transmission without a wait stays on its channel, ms: long enough for the frame's retries.
const EMULATED_STAY_MS: u32 = 100;

impl Machine {
    /// The job that carries out a command.
    ///
    /// # Errors
    /// When it cannot be carried out as things are.
    pub(super) fn plan(&mut self, id: CommandId, command: Command) -> Result<Job, Refused> {
        let iface = command.interface();
        if let Some(iface) = iface {
            let creates = matches!(command, Command::CreateInterface { .. });
            if !creates && self.interface(iface).is_none() {
                return Err(no_interface());
            }
        }
        let (steps, finish) = self.steps(command)?;
        Ok(Job::new(Some(id), iface, steps, finish))
    }

    fn steps(&mut self, command: Command) -> Result<(Vec<Step>, Finish), Refused> {
        Ok(match command {
            Command::CreateInterface { iface, kind, name, address } => self.create(iface, kind, name, address)?,
            Command::SetInterfaceKind { iface, kind } => (self.set_kind(iface, kind)?, Finish::Nothing),
            Command::SetInterfaceAddress { iface, address } => (self.set_address(iface, address)?, Finish::Nothing),
            Command::SetInterfaceUp { iface, up } => (vec![self.set_up(iface, up, Otherwise::Refuse)], Finish::Nothing),
            Command::RemoveInterface { iface } => self.remove(iface)?,

            Command::Scan { iface, scan } => self.scan(iface, &scan)?,
            Command::AbortScan { iface } => (vec![ask(scan::abort(iface))], Finish::Nothing),
            Command::RemainOnChannel { iface, frequency, duration_ms } => {
                self.room()?;
                let step = self.remain(iface, frequency, duration_ms);
                (vec![step], Finish::Remain { frequency })
            }
            Command::CancelRemain { iface, remain } => {
                let cookie = self.awaited.iter().find(|a| a.id == remain && matches!(a.kind, Kind::Remain { .. }));
                let cookie = cookie.ok_or_else(|| refused(libc::ENOENT, "the radio does not stay there"))?.cookie;
                (vec![ask(frames::cancel_remain(iface, cookie))], Finish::Nothing)
            }
            Command::ReceiveFrames { iface, kinds } => self.receive_frames(iface, kinds),
            Command::Transmit { iface, transmission } => self.transmit(iface, transmission)?,
            Command::CancelWait { iface, transmission } => {
                (vec![self.cancel_wait(iface, transmission)?], Finish::Nothing)
            }

            Command::StartAp { iface, ap } => {
                if ap.ssid.is_empty() || ap.ssid.len() > MAX_SSID {
                    return Err(refused(libc::EINVAL, "an SSID has 1 to 32 octets"));
                }
                let kind = self.interface(iface).map_or(InterfaceKind::Other, |i| i.kind);
                let mut steps = vec![
                    ask(ap::start(iface, kind, &ap, &self.capabilities, &self.features)),
                    ask_for(ap::set_bss(iface, &ap), Take::Nothing, Otherwise::Ignore),
                ];
                self.carry_eapol(iface, &mut steps);
                (steps, Finish::ApStarted(ap.channel))
            }
            Command::UpdateBeacon { iface, beacon } => {
                (vec![ask(ap::set_beacon(iface, &beacon, &self.capabilities))], Finish::Nothing)
            }
            Command::StopAp { iface } => (vec![ask(ap::stop(iface))], Finish::ApStopped),
            Command::SwitchChannel { iface, switch } => {
                (vec![ask(ap::switch_channel(iface, &switch, &self.capabilities))], Finish::Nothing)
            }
            Command::AddStation { iface, station } => {
                let rates = self.ofdm_rates(iface);
                (vec![ask(station::add(iface, &station, &rates, &self.capabilities))], Finish::Nothing)
            }
            Command::SetStation { iface, station } => {
                (vec![ask(station::set(iface, &station, &self.capabilities))], Finish::Nothing)
            }
            Command::RemoveStation { iface, address, reason, deauthenticate } => {
                (vec![ask(station::remove(iface, address, reason, deauthenticate))], Finish::Nothing)
            }
            Command::QueryStation { iface, address } => {
                (vec![ask_for(station::get(iface, address), Take::Station, Otherwise::Refuse)], Finish::Station)
            }
            Command::ProbeStation { iface, address } => {
                self.room()?;
                let step = ask_for(station::probe(iface, address), Take::Cookie, Otherwise::Refuse);
                (vec![step], Finish::Probe(address))
            }

            Command::Authenticate { iface, bssid, frequency, ssid } => {
                self.asked(iface, bssid, Phase::Authenticate);
                let step = ask(client::authenticate(iface, bssid, frequency, &ssid));
                (vec![step], Finish::Asked)
            }
            Command::Associate { iface, association } => {
                self.asked(iface, association.bssid, Phase::Associate);
                let mut steps = vec![ask(client::associate(iface, &association, &self.capabilities, &self.features))];
                self.carry_eapol(iface, &mut steps);
                (steps, Finish::Asked)
            }
            Command::Connect { iface, connection } => {
                self.asked(iface, connection.association.bssid, Phase::Connect);
                let mut steps = vec![ask(client::connect(iface, &connection, &self.capabilities, &self.features))];
                self.carry_eapol(iface, &mut steps);
                (steps, Finish::Asked)
            }
            Command::Disconnect { iface, bssid, reason } => {
                let by_connect = self.interface(iface).is_some_and(|i| i.client.by_connect);
                let request = if by_connect {
                    client::disconnect(iface, reason)
                } else {
                    client::deauthenticate(iface, bssid, reason)
                };
                (vec![ask(request)], Finish::Nothing)
            }

            Command::InstallKey { iface, key } => {
                let mut steps = vec![ask(keys::install(iface, &key))];
                // A client never sends group-addressed frames itself.
                if key.kind == KeyKind::Group && self.interface(iface).is_some_and(super::table::Interface::is_ap) {
                    steps.push(ask(keys::set_default_group(iface, key.index)));
                }
                (steps, Finish::Nothing)
            }
            Command::RemoveKey { iface, kind, index } => (vec![ask(keys::remove(iface, kind, index))], Finish::Nothing),
            Command::SetAuthorized { iface, address, authorized } => {
                (vec![ask(station::set_authorized(iface, address, authorized))], Finish::Nothing)
            }
            Command::SendEapol { iface, destination, pdu, encrypt } => {
                self.send_eapol(iface, destination, pdu, encrypt)?
            }
            Command::SetPowerSave { iface, on } => (vec![ask(interface::set_power_save(iface, on))], Finish::Nothing),
            Command::ForbidCck { iface } => (vec![ask(interface::forbid_cck(iface))], Finish::Nothing),
            Command::SetCountry { country } => (vec![ask(regulatory::set(country))], Finish::Nothing),
        })
    }

    fn create(
        &mut self,
        iface: InterfaceId,
        kind: InterfaceKind,
        name: String,
        address: Option<MacAddr>,
    ) -> Result<(Vec<Step>, Finish), Refused> {
        if self.interface(iface).is_some() {
            return Err(refused(libc::EEXIST, "that interface id is in use"));
        }
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(refused(libc::EINVAL, "an interface name has 1 to 15 octets"));
        }
        let iftype = iftype(kind).ok_or_else(|| refused(libc::EINVAL, "no such kind of interface can be made"))?;
        let request = interface::new(iftype, &name, address, self.features.socket_owner);
        let undo = Otherwise::Undo(vec![ask_for(interface::remove(iface), Take::Nothing, Otherwise::Ignore)]);
        let up = match kind {
            InterfaceKind::P2pDevice => ask_for(interface::set_p2p_device_up(iface, true), Take::Up(true), undo),
            _ => Step::Link { change: Change::Up(true), otherwise: undo },
        };
        let steps = vec![
            ask_for(request, Take::Made { name, address }, Otherwise::Refuse),
            up,
            ask_for(interface::get(iface), Take::Described, Otherwise::Ignore),
        ];
        Ok((steps, Finish::Created))
    }

    fn remove(&mut self, iface: InterfaceId) -> Result<(Vec<Step>, Finish), Refused> {
        let interface = self.interface_mut(iface).ok_or_else(no_interface)?;
        if !interface.made {
            return Err(refused(libc::EPERM, "the interface was not made by us"));
        }
        interface.removing = true;
        Ok((vec![ask(interface::remove(iface))], Finish::Removed))
    }

    /// Raises or lowers an interface.
    fn set_up(&self, iface: InterfaceId, up: bool, otherwise: Otherwise) -> Step {
        match self.interface(iface).and_then(|i| i.ifindex) {
            Some(_) => Step::Link { change: Change::Up(up), otherwise },
            None => ask_for(interface::set_p2p_device_up(iface, up), Take::Up(up), otherwise),
        }
    }

    /// The kernel changes the kind of a running interface where the driver can; else it is lowered for it. Its
    /// registrations are gone in either case, even when it refuses.
    fn set_kind(&self, iface: InterfaceId, kind: InterfaceKind) -> Result<Vec<Step>, Refused> {
        let iftype = iftype(kind).ok_or_else(|| refused(libc::EINVAL, "no interface can become that"))?;
        let change = |otherwise| ask_for(interface::set_kind(iface, iftype), Take::Kind(kind), otherwise);
        let up = self.interface(iface).is_some_and(|i| i.up);
        let raise = self.set_up(iface, true, Otherwise::Refuse);
        let first = if up {
            change(Otherwise::Instead(vec![
                self.set_up(iface, false, Otherwise::Refuse),
                change(Otherwise::Undo(vec![raise.clone(), Step::Reregister])),
                raise,
            ]))
        } else {
            change(Otherwise::Undo(vec![Step::Reregister]))
        };
        let close = Step::Close(SocketId::Packet(iface));
        Ok(vec![close, first, Step::Reregister])
    }

    fn set_address(&self, iface: InterfaceId, address: MacAddr) -> Result<Vec<Step>, Refused> {
        let interface = self.interface(iface).ok_or_else(no_interface)?;
        if interface.ifindex.is_none() {
            return Err(refused(libc::EOPNOTSUPP, "a P2P device gets its address when it is made"));
        }
        let describe = ask_for(interface::get(iface), Take::Described, Otherwise::Ignore);
        let change = |otherwise| Step::Link { change: Change::Address(address), otherwise };
        if !interface.up {
            return Ok(vec![change(Otherwise::Refuse), describe]);
        }
        let raise = self.set_up(iface, true, Otherwise::Refuse);
        let lower = self.set_up(iface, false, Otherwise::Refuse);
        Ok(vec![lower, change(Otherwise::Undo(vec![raise.clone()])), raise, describe])
    }

    fn scan(&mut self, iface: InterfaceId, request: &radio::ScanRequest) -> Result<(Vec<Step>, Finish), Refused> {
        if request.ssids.iter().any(|ssid| ssid.len() > MAX_SSID) {
            return Err(refused(libc::EINVAL, "an SSID has at most 32 octets"));
        }
        let interface = self.interface(iface).ok_or_else(no_interface)?;
        if interface.scan.is_some() {
            return Err(refused(libc::EBUSY, "a scan is under way"));
        }
        let beaconing = interface.ap.is_some();
        let request = scan::trigger(iface, request, self.capabilities.scan_dwell, &self.features, beaconing);
        Ok((vec![ask(request)], Finish::Scan))
    }

    fn remain(&self, iface: InterfaceId, frequency: u32, duration_ms: u32) -> Step {
        let duration = self.clamped(duration_ms);
        ask_for(frames::remain(iface, frequency, duration), Take::Cookie, Otherwise::Refuse)
    }

    /// A stay that the kernel takes.
    fn clamped(&self, ms: u32) -> u32 {
        ms.min(self.capabilities.max_remain_ms).max(frames::MIN_REMAIN_MS)
    }

    fn receive_frames(&mut self, iface: InterfaceId, kinds: Vec<FrameKind>) -> (Vec<Step>, Finish) {
        let mut steps = Vec::new();
        let (registrations, probes) = frames::registrations(&kinds);
        let Some(interface) = self.interface(iface) else { return (steps, Finish::Nothing) };
        let ap = kinds.contains(&FrameKind::ApMlme) && interface.is_ap();
        for registration in registrations {
            // The kernel refuses a registration that another one covers.
            let covered = interface
                .registered
                .iter()
                .any(|r| r.frame_type == registration.frame_type && registration.start.starts_with(&r.start));
            if !covered {
                steps.push(Step::Ask {
                    socket: SocketId::Frames,
                    request: frames::register(iface, &registration),
                    take: Take::Registered(registration),
                    otherwise: Otherwise::Refuse,
                });
            }
        }
        if ap {
            steps.push(unexpected(iface));
        }
        let socket = SocketId::Probes(iface);
        if probes && !interface.probes {
            steps.push(Step::Open(socket));
            steps.push(Step::Ask {
                socket,
                request: frames::register(iface, &frames::probe_requests()),
                take: Take::Nothing,
                otherwise: Otherwise::Undo(vec![Step::Close(socket)]),
            });
        } else if !probes && interface.probes {
            steps.push(Step::Close(socket));
        }
        (steps, Finish::Wanted(kinds))
    }

    /// A frame for the interface's own channel, or for one that the radio stays on anyway, is just sent; for any other
    /// the radio leaves its channel, by itself where it can, else by a stay that is asked for first.
    fn transmit(&mut self, iface: InterfaceId, t: Transmission) -> Result<(Vec<Step>, Finish), Refused> {
        self.room()?;
        let interface = self.interface(iface).ok_or_else(no_interface)?;
        let here = |frequency: u32| {
            let own = interface.ap.is_some_and(|channel| channel.frequency == frequency);
            let stays = self.awaited.iter().any(|a| {
                a.iface == iface && matches!(a.kind, Kind::Remain { frequency: f, here: true } if f == frequency)
            });
            (own, stays)
        };
        let (own, stays) = t.frequency.map_or((true, false), here);
        let can = self.capabilities.offchannel_transmit;
        // mac80211 sends what a P2P device has to say always off-channel, even where it stays already.
        let must = interface.kind == InterfaceKind::P2pDevice;
        // For a channel that it stays on mac80211 wants the flag too.
        let offchannel = !own && (can || (self.features.offchannel_flag && (stays || must)));
        let finish = Finish::Transmit { no_ack: t.no_ack, leaves: offchannel };
        if !(own || offchannel || stays || must || self.capabilities.remain_on_channel) {
            return Err(refused(libc::EOPNOTSUPP, "the radio does not leave its channel"));
        }
        if own || offchannel || stays || must {
            let wait = (offchannel && can && t.wait_ms > 0).then(|| self.clamped(t.wait_ms));
            let take = if t.no_ack { Take::Nothing } else { Take::Cookie };
            let step = ask_for(frames::transmit(iface, &t, offchannel, wait), take, Otherwise::Refuse);
            return Ok((vec![step], finish));
        }
        let stay = self.remain(iface, t.frequency.unwrap_or_default(), t.wait_ms.max(EMULATED_STAY_MS));
        Ok((vec![stay], Finish::Emulate(t)))
    }

    fn cancel_wait(&self, iface: InterfaceId, transmission: CommandId) -> Result<Step, Refused> {
        let stay = self.awaited.iter().find(|a| a.id == transmission && matches!(a.kind, Kind::Emulated(_)));
        if let Some(stay) = stay {
            return Ok(ask(frames::cancel_remain(iface, stay.cookie)));
        }
        let wait = self.waits.iter().find(|wait| wait.id == transmission && wait.iface == iface);
        let wait = wait.filter(|_| self.features.frame_wait_cancel);
        let wait = wait.ok_or_else(|| refused(libc::ENOENT, "the radio waits for no answer to that"))?;
        Ok(ask(frames::cancel_wait(iface, wait.cookie)))
    }

    fn asked(&mut self, iface: InterfaceId, bssid: MacAddr, phase: Phase) {
        if let Some(interface) = self.interface_mut(iface) {
            interface.client.asked = Some((bssid, phase));
            interface.client.by_connect = phase == Phase::Connect;
            interface.client.held.clear();
        }
    }

    /// Opens the packet socket where EAPOL is not carried over nl80211.
    fn carry_eapol(&self, iface: InterfaceId, steps: &mut Vec<Step>) {
        if !self.capabilities.control_port {
            steps.insert(0, Step::Open(SocketId::Packet(iface)));
        }
    }

    fn send_eapol(
        &mut self,
        iface: InterfaceId,
        destination: MacAddr,
        pdu: Vec<u8>,
        encrypt: bool,
    ) -> Result<(Vec<Step>, Finish), Refused> {
        if pdu.len() > eapol::MAX_PDU {
            return Err(refused(libc::EMSGSIZE, "an EAPOL PDU has at most 1500 octets"));
        }
        self.room()?;
        if self.capabilities.control_port {
            let step = ask_for(eapol::send(iface, destination, &pdu, encrypt), Take::Cookie, Otherwise::Refuse);
            return Ok((vec![step], Finish::Eapol { status: self.features.control_port_status }));
        }
        if !self.interface(iface).is_some_and(|i| i.packet) {
            return Err(refused(libc::ENOTCONN, "there is no connection to send EAPOL over"));
        }
        Ok((vec![Step::Packet(destination, pdu)], Finish::Eapol { status: self.features.packet_status }))
    }

    /// The rates of the owner's channel without those of 802.11b, units of 500 kb/s.
    fn ofdm_rates(&self, iface: InterfaceId) -> Vec<u8> {
        let channel = self.interface(iface).and_then(|i| i.ap);
        let band = channel.and_then(|channel| self.capabilities.band(channel.frequency));
        let has = |rate: &u8| band.is_none_or(|band| band.rates.contains(&(u16::from(*rate) * 5)));
        OFDM_RATES.into_iter().filter(has).collect()
    }
}
