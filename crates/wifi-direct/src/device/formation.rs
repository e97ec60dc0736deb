//! From a connection that the user wants to a group: the interface, then negotiation (or finding the group and provision
//! discovery), then the group's own work until WSC has succeeded.

use super::Device;
use crate::airtime::{Client, OwnerScan};
use crate::api::{AddGroup, Cause, Connect, ConnectHow, Event, GroupId, Phase, RecordId, Role, WpsMethod};
use crate::group::{ClientGroup, ClientParameters, Credentials, OwnerGroup, OwnerParameters, Start, Towards};
use crate::plan;
use crate::route::Route;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype};
use ieee80211_ies::p2p::{DeviceInfoBuf, device_capability, group_capability};
use ieee80211_ies::wsc::{ConfigMethods, DeviceType, rf_band};
use ieee80211_ies::{MacAddr, Octets};
use mlme::client::{JoinConfig, Sme};
use mlme::owner::OwnerConfig;
use p2p_core::{Method, Negotiate, Negotiated, ProvisionFor, Reception};
use radio::{Channel, Command, InterfaceKind};

/// From the end of the negotiation to the end of WSC, beside what the peer says that it needs (section 5.4 of
/// wpa_supplicant's surface: 15 s).
const FORMATION: Duration = Duration::from_secs(15);
/// Every so many scans for the peer's group visit every channel, the others where it is said to be.
const EVERYWHERE: u32 = 3;
/// To join a group that runs (section 5.4: 60 s).
const JOIN: Duration = Duration::from_secs(60);
/// To come back to a stored group as its client (section 5.4: 10 s), or to be its owner with nobody coming (15 s).
const REINVOKE: Duration = Duration::from_secs(15);
/// The longest that a client looks for an owner that has gone (section 3.1: 10 s).
const MAX_CLIENT_IDLE: Duration = Duration::from_secs(10);
/// What an owner is given to start its access point until a radio looks for it whose firmware sends the probe request first thing
/// in a scan: a scan that comes too early is for nothing and keeps the radio for some 60 ms.
const OWNER_BEGINS: Duration = Duration::from_millis(10);
/// Scans of all channels for the peer's group until [`ConnectHow::Auto`] falls back to negotiation. An owner beacons, so that one
/// finds it nearly always; the second is for an owner that was away. (Section 5.4: 5 in wpa_supplicant.)
const AUTO_SCANS: u32 = 2;
/// [`p2p_core::Event::ProvisionFailed`]: no answer to a request for joining.
const JOIN_TIMED_OUT: u8 = 3;
/// P2P status code: the group that an invitation is for is not known (Wi-Fi P2P v1.7 Table 9).
const UNKNOWN_GROUP: u8 = 8;
/// Frame kinds as VENDOR_ELEM_ADD numbers them (section 4.7 of wpa_supplicant's surface).
const PROBE_RESPONSE_OF_OWNER: u8 = 2;
const BEACON_OF_OWNER: u8 = 3;
const ASSOCIATION_REQUEST: u8 = 11;
const ASSOCIATION_RESPONSE: u8 = 12;

/// A connection that is being made.
#[derive(Debug)]
pub(super) struct Formation {
    pub(super) group: GroupId,
    pub(super) peer: MacAddr,
    pub(super) connect: Connect,
    pub(super) stage: Stage,
    pub(super) deadline: Option<Duration>,
    /// Scans for the peer's group so far.
    pub(super) scans: u32,
    /// When the last of them was asked for.
    pub(super) scan_began: Duration,
    /// The owner of a group that was not heard any more has been asked to let us in ([`ConnectHow::Auto`]).
    pub(super) former_group: bool,
    /// The peer's GO Negotiation Request that came before there was an interface to answer for.
    pub(super) early_request: Option<(Reception, Vec<u8>)>,
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// The interface is being made.
    Interface,
    /// GO negotiation.
    Negotiating,
    /// Looking for the peer's group.
    Searching,
    /// Provision discovery before joining it.
    Provisioning,
    /// The group is being started and WSC run.
    Starting,
}

impl Stage {
    fn phase(self) -> Phase {
        match self {
            Self::Interface => Phase::Interface,
            Self::Negotiating => Phase::Negotiation,
            Self::Searching => Phase::Search,
            Self::Provisioning => Phase::ProvisionDiscovery,
            Self::Starting => Phase::Wsc,
        }
    }
}

impl Device {
    /// Begins to make a connection.
    pub(super) fn begin_formation(&mut self, connect: Connect) {
        let group = self.reserve_group(InterfaceKind::P2pClient);
        let peer = connect.peer;
        let stage = Stage::Interface;
        self.formation = Some(Formation {
            group,
            peer,
            connect,
            stage,
            deadline: None,
            scans: 0,
            scan_began: Duration::ZERO,
            former_group: false,
            early_request: None,
        });
    }

    /// The group's interface is there: what it was made for begins.
    pub(super) fn interface_ready(&mut self, now: Duration, id: GroupId) {
        if let Some(add) = self.additions.remove(&id) {
            self.start_addition(now, id, add);
        } else if let Some(formation) = self.formation.as_ref().filter(|f| f.group == id) {
            match formation.connect.how {
                ConnectHow::Negotiate => self.negotiate(now),
                ConnectHow::Join | ConnectHow::Auto => self.search_group(now),
            }
        }
    }

    fn negotiate(&mut self, now: Duration) {
        self.prepare_keys();
        let bound = self.bound_to();
        let shared = self.shared_channel();
        // Of several the negotiation chooses: it knows no others.
        let bound = bound.as_deref().and_then(|bound| match bound {
            [only] => Some(*only),
            _ => None,
        });
        let Some(formation) = &mut self.formation else { return };
        let (Some(group), Some(prepared)) = (self.groups.get(&formation.group), &self.prepared) else { return };
        formation.stage = Stage::Negotiating;
        let connect = &formation.connect;
        let record = connect.record.and_then(|id| self.records.iter().find(|r| r.id == Some(id)));
        let negotiate = Negotiate {
            peer: formation.peer,
            method: method_of(&connect.method),
            intent: connect.intent.unwrap_or(self.config.go_intent),
            interface_address: group.shared.address,
            ssid: record.map_or_else(|| prepared.ssid.clone(), |r| r.ssid.clone()),
            persistent: connect.persistent,
            forced_frequency: connect.channel.frequency,
            preferred_frequency: shared,
            authorize_only: connect.authorize_only,
            provision_first: connect.provision_first,
            shared_frequency: bound,
            ht40: connect.channel.ht40 || connect.channel.vht || self.config.go_ht40 || self.config.go_vht,
        };
        let (id, peer, early) = (formation.group, formation.peer, formation.early_request.take());
        if let Err(refusal) = self.p2p.negotiate(now, negotiate, &mut *self.rng) {
            tracing::info!(%peer, %refusal, "negotiation cannot begin");
            let event =
                p2p_core::Event::NegotiationFailed { peer, status: None, reason: "negotiation refused locally" };
            self.event(Event::P2p(event));
            return self.group_ended(now, id, Phase::Negotiation, Cause::Protocol("negotiation cannot begin"));
        }
        if let Some((reception, bytes)) = early
            && let Ok(frame) = Frame::parse(&bytes)
        {
            self.p2p.handle_frame(now, &frame, reception, &mut *self.rng);
        }
    }

    /// A GO Negotiation Request from the peer that the user means, while our interface is being made: it is answered as soon as
    /// there is an address to answer with. Whether it was kept for that.
    pub(super) fn hold_early_request(&mut self, frame: &Frame<'_>, reception: Reception, bytes: &[u8]) -> bool {
        let request = matches!(
            frame.body,
            Body::Action(Action::P2pPublic { subtype: P2pPublicSubtype::GO_NEGOTIATION_REQUEST, .. })
        );
        let waiting = |f: &&mut Formation| {
            f.stage == Stage::Interface
                && f.connect.how == ConnectHow::Negotiate
                && f.peer == frame.header.source
                && request
        };
        let Some(formation) = self.formation.as_mut().filter(waiting) else { return false };
        formation.early_request = Some((reception, bytes.to_vec()));
        true
    }

    /// What discovery reports: some of it carries a connection on, all of it is for the user.
    pub(super) fn p2p_event(&mut self, now: Duration, event: p2p_core::Event) {
        use p2p_core::Event as P2p;
        // What joining a group asks of its owner is not the user's business, unless it fails; where `auto` goes on with a
        // negotiation, it has not.
        let former_group = self.formation.as_ref().is_some_and(|f| f.former_group);
        let ours = match &event {
            P2p::ProvisionAnswered { peer, .. } => self.forming_with(*peer, Stage::Provisioning).is_some(),
            P2p::ProvisionFailed { peer, .. } => {
                former_group && self.forming_with(*peer, Stage::Provisioning).is_some()
            }
            _ => false,
        };
        if !ours {
            self.event(Event::P2p(event.clone()));
        }
        match event {
            P2p::NegotiationSucceeded(negotiated) => self.start_negotiated(now, negotiated),
            P2p::NegotiationFailed { peer, status, reason } => {
                let cause = match status {
                    Some(7) => self.neighbour_in_the_way().map_or(Cause::NoCommonChannel, Cause::Beside),
                    Some(status) => Cause::Status(status),
                    None => Cause::Timeout(reason),
                };
                if let Some(id) = self.forming_with(peer, Stage::Negotiating) {
                    self.abandon_formation(now, id, Phase::Negotiation, cause);
                }
            }
            P2p::ProvisionAnswered { peer, .. } if self.forming_with(peer, Stage::Provisioning).is_some() => {
                if self.formation.as_ref().is_some_and(|f| f.former_group) {
                    self.search_group(now)
                } else {
                    self.join_group(now)
                }
            }
            P2p::ProvisionFailed { peer, status } => {
                if let Some(id) = self.forming_with(peer, Stage::Provisioning) {
                    // An owner that does not answer may still let us in; one that refuses will not.
                    match status {
                        JOIN_TIMED_OUT if former_group => self.fall_back(now, "no-ACK-to-PD-Req"),
                        _ if former_group => self.fall_back(now, "PD-failed"),
                        2 => self.abandon_formation(now, id, Phase::ProvisionDiscovery, Cause::Status(status)),
                        _ => self.join_group(now),
                    }
                }
            }
            P2p::InvitationReceived { invited, .. } => self.remember_invitation(&invited),
            P2p::InvitationAccepted { invited, .. } if invited.persistent.is_none() => {
                self.remember_invitation(&invited);
                self.join_invited(now, &invited);
            }
            P2p::InvitationAccepted { invited, .. } => self.follow_invitation(&invited),
            P2p::InvitationResult { status: Some(0), invited } => self.follow_invitation(&invited),
            P2p::InvitationResult { status: Some(UNKNOWN_GROUP), invited } => self.invitation_unknown(&invited),
            _ => {}
        }
    }

    /// The group of the connection with `peer`, if that is in this stage.
    fn forming_with(&self, peer: MacAddr, stage: Stage) -> Option<GroupId> {
        self.formation.as_ref().filter(|f| f.peer == peer && f.stage == stage).map(|f| f.group)
    }

    /// The roles are known: the group begins.
    fn start_negotiated(&mut self, now: Duration, negotiated: Negotiated) {
        let ours = |f: &&mut Formation| f.peer == negotiated.peer && f.stage == Stage::Negotiating;
        let Some(formation) = self.formation.as_mut().filter(ours) else {
            // Nothing here is to become of it: discovery may go on.
            tracing::warn!(peer = %negotiated.peer, "a negotiation has succeeded that no group was asked for");
            return self.p2p.formation_ended(now, negotiated.peer, false);
        };
        formation.stage = Stage::Starting;
        let deadline = now + FORMATION + negotiated.peer_timeout;
        formation.deadline = Some(deadline);
        let (id, connect) = (formation.group, formation.connect.clone());
        if let Some(group) = self.groups.get_mut(&id) {
            group.shared.persistent = negotiated.persistent;
        }
        if negotiated.owner {
            let record = connect.record.and_then(|r| self.stored_credentials(r));
            let credentials = match record.or_else(|| self.prepared.take()) {
                Some(credentials) => Credentials { ssid: negotiated.ssid, ..credentials },
                None => return self.group_ended(now, id, Phase::Interface, Cause::Protocol("no keys prepared")),
            };
            let channel =
                plan::operating_channel(&self.config, &connect.channel, &self.capabilities, negotiated.frequency);
            self.become_owner(now, id, credentials, channel, Some((connect.method, negotiated.peer)));
        } else {
            let target = Target {
                owner: negotiated.peer,
                bssid: Some(negotiated.peer_interface),
                ssid: negotiated.ssid,
                frequency: negotiated.frequency,
                begins: true,
            };
            self.become_client(now, id, target, Start::Wsc(connect.method), deadline);
        }
    }

    /// Starts the access point of a group of ours; for a formation with the registrar open for the peer from the first
    /// beacon on.
    fn become_owner(
        &mut self,
        now: Duration,
        id: GroupId,
        credentials: Credentials,
        channel: Channel,
        wps: Option<(WpsMethod, MacAddr)>,
    ) {
        self.set_group_kind(id, InterfaceKind::P2pGo);
        let key_pair = self.key_pair.take();
        let Some(group) = self.groups.get(&id) else { return };
        let forming = group.shared.forming;
        let mut bits = group_capability::GROUP_OWNER;
        if group.shared.persistent {
            bits |= group_capability::PERSISTENT_GROUP;
        }
        if self.config.persistent_reconnect && group.shared.persistent {
            bits |= group_capability::PERSISTENT_RECONNECT;
        }
        if self.config.intra_bss {
            bits |= group_capability::INTRA_BSS_DISTRIBUTION;
        }
        if self.config.cross_connection {
            bits |= group_capability::CROSS_CONNECTION;
        }
        if self.config.ip_pool.is_some() {
            bits |= group_capability::IP_ADDRESS_ALLOCATION;
        }
        let (iface, address) = (group.shared.iface, group.shared.address);
        let stored = self.record_of(&credentials.ssid).cloned();
        let device = device_info(&self.p2p.settings().device);
        let ssid = credentials.ssid.clone();
        let config = OwnerConfig {
            group_capability: bits,
            device_capability: self.device_capability(),
            max_stations: self.config.max_stations,
            max_inactivity: Duration::from_secs(self.config.max_inactivity_s.into()),
            isolate: !self.config.intra_bss,
            ctwindow: self.config.go_ctwindow,
            uapsd: self.capabilities.ap_uapsd && self.config.go_uapsd,
            interworking: self.config.interworking,
            beacon_elements: self.vendor_elements(BEACON_OF_OWNER),
            probe_response_elements: self.vendor_elements(PROBE_RESPONSE_OF_OWNER),
            association_response_elements: self.vendor_elements(ASSOCIATION_RESPONSE),
            ..OwnerConfig::new(iface, address, device, ssid, channel, &self.capabilities)
        };
        let parameters = OwnerParameters {
            iface,
            address,
            device_address: self.discovery.address,
            mlme: config,
            wsc: wsc_device(&self.config, self.p2p.settings()),
            credentials,
            rekey: Duration::from_secs(self.config.group_rekey_s.into()),
            key_pair,
            ip_pool: self.config.ip_pool,
            per_station_psk: self.config.per_station_psk,
            station_psks: stored.as_ref().map(|r| r.station_psks.clone()).unwrap_or_default(),
            clear_beside_key: self.capabilities.control_port,
        };
        let mut owner = OwnerGroup::new(parameters, &mut *self.rng);
        owner.set_forming(now, forming);
        if let Some((method, peer)) = wps
            && let Err(error) = owner.enable_wps(now, &method, Some(peer), None)
        {
            tracing::warn!(%error, "the registrar could not be opened for the peer");
        }
        if let Some(group) = self.groups.get_mut(&id) {
            group.shared.members = stored.map(|r| r.clients).unwrap_or_default();
            group.become_owner(now, owner);
        }
    }

    fn become_client(&mut self, now: Duration, id: GroupId, target: Target, start: Start, deadline: Duration) {
        self.set_group_kind(id, InterfaceKind::P2pClient);
        let key_pair = self.key_pair.take();
        let Some(group) = self.groups.get(&id) else { return };
        let radio = &self.capabilities;
        let p2p_element = self.client_p2p_element();
        let parameters = ClientParameters {
            iface: group.shared.iface,
            address: group.shared.address,
            join: JoinConfig {
                iface: group.shared.iface,
                bssid: target.bssid,
                ssid: target.ssid,
                frequency: target.frequency,
                sme: if radio.authenticate { Sme::Userspace } else { Sme::Driver },
            },
            owner: target.owner,
            p2p_element,
            wsc: wsc_device(&self.config, self.p2p.settings()),
            start,
            key_pair,
            deadline,
            head_start: if target.begins && !radio.software_scan { OWNER_BEGINS } else { Duration::ZERO },
            want_ip: !self.config.disable_ip_request,
            reconnect: client_idle(self.config.group_idle_s),
            towards: Towards::GroupOwner,
        };
        if self.groups.get(&id).is_some_and(|g| g.shared.created) {
            self.receive_client_frames(id);
        }
        if let Some(group) = self.groups.get_mut(&id) {
            group.become_client(now, ClientGroup::new(now, parameters), &mut *self.rng);
        }
    }

    /// What our association requests carry beside what 802.11 and WSC ask for.
    pub(super) fn client_p2p_element(&self) -> Vec<u8> {
        let mut element = self.p2p.p2p_element_for_association_request();
        element.extend(self.vendor_elements(ASSOCIATION_REQUEST));
        element
    }

    /// Gives a group's interface the type of its role, where it has not got it.
    fn set_group_kind(&mut self, id: GroupId, kind: InterfaceKind) {
        let Some(shared) = self.groups.get(&id).map(|g| &g.shared) else { return };
        let (iface, created) = (shared.iface, shared.created);
        if created && shared.kind == kind {
            return;
        }
        self.command(Command::SetInterfaceKind { iface, kind }, Route::Interface(id));
        if iface == self.discovery.iface {
            // A change of type ended the registrations.
            self.receive_frames();
        }
    }

    /// What the user adds to frames of this kind.
    fn vendor_elements(&self, kind: u8) -> Vec<u8> {
        let of_kind = self.config.vendor_elements.iter().filter(|(k, _)| *k == kind);
        of_kind.flat_map(|(_, elements)| elements.iter().copied()).collect()
    }

    fn device_capability(&self) -> u8 {
        let mut bits = device_capability::CLIENT_DISCOVERABILITY | device_capability::INVITATION_PROCEDURE;
        if self.config.managed {
            bits |= device_capability::INFRASTRUCTURE_MANAGED;
        }
        if self.layout.group_interface {
            bits |= device_capability::CONCURRENT_OPERATION;
        }
        bits
    }

    /// Looks for the group that the peer owns or is in.
    fn search_group(&mut self, now: Duration) {
        // A find that goes on would take the radio from the search, and from the group afterwards.
        self.p2p.stop_find(now);
        let Some(formation) = &mut self.formation else { return };
        formation.stage = Stage::Searching;
        formation.deadline.get_or_insert(now + JOIN);
        formation.scans += 1;
        formation.scan_began = now;
        let (id, peer, scans) = (formation.group, formation.peer, formation.scans);
        let auto = formation.connect.how == ConnectHow::Auto;
        let known = self.group_of(peer);
        let Some(iface) = self.groups.get(&id).map(|g| g.iface()) else { return };
        // Where it was last seen, or an invitation said that it is; now and then everywhere. An owner with more to do than
        // one channel lets it do may be away for a moment.
        let frequencies = match known.map(|target| target.frequency) {
            Some(frequency) if !scans.is_multiple_of(EVERYWHERE) => {
                let invited = self.invited_to.iter().filter(|it| it.owner == peer || it.bssid == Some(peer));
                let mut likely: Vec<u32> = core::iter::once(frequency).chain(invited.map(|it| it.frequency)).collect();
                // One that owns no group any more listens on a social channel.
                likely.extend(plan::SOCIAL.iter().filter(|_| auto));
                likely.sort_unstable();
                likely.dedup();
                likely
            }
            _ => plan::SOCIAL.iter().chain(&self.p2p.settings().other_frequencies).copied().collect(),
        };
        let scan = radio::ScanRequest {
            ssids: alloc::vec![b"DIRECT-".to_vec()],
            frequencies,
            elements: self.p2p.probe_request_elements(),
            no_cck: true,
            ..Default::default()
        };
        self.event(Event::ScanStarted);
        let scan = OwnerScan { client: Client::Group(id), iface, scan };
        self.airtime.scan_for_owner(now, scan, &mut self.ids);
    }

    /// A scan for the peer's group has ended.
    pub(super) fn group_search_done(&mut self, now: Duration, id: GroupId) {
        if self.stage_of(id) != Some(Stage::Searching) {
            return;
        }
        let Some(formation) = &self.formation else { return };
        let (peer, scans, how) = (formation.peer, formation.scans, formation.connect.how);
        let (since, former_group) = (formation.scan_began, formation.former_group);
        match self.group_of(peer) {
            Some(target) if self.seen_since(now, since, &target) => match self.refusal_beside(target.frequency) {
                Some(beside) => self.abandon_formation(now, id, Phase::Search, Cause::Beside(beside)),
                None if former_group => self.join_group(now),
                None => self.provision_for_join(now, ProvisionFor::Group),
            },
            _ if how != ConnectHow::Auto || scans < AUTO_SCANS => self.search_group(now),
            None => self.fall_back(now, "peer-not-running-GO"),
            Some(_) if former_group => self.fall_back(now, "GO-not-found"),
            Some(_) => {
                if let Some(formation) = &mut self.formation {
                    (formation.former_group, formation.scans) = (true, 0);
                }
                self.event(Event::FallbackEnabled);
                self.provision_for_join(now, ProvisionFor::FormerGroup);
            }
        }
    }

    /// The peer owns no group: negotiate instead.
    fn fall_back(&mut self, now: Duration, reason: &'static str) {
        let Some(formation) = &mut self.formation else { return };
        formation.connect.how = ConnectHow::Negotiate;
        formation.deadline = None;
        self.event(Event::FallbackToNegotiation { reason });
        self.negotiate(now);
    }

    /// The group that `peer` (a device or interface address) is known to own, or that an invitation told of.
    fn group_of(&self, peer: MacAddr) -> Option<Target> {
        let invited = || self.invited_to.clone().filter(|it| it.owner == peer || it.bssid == Some(peer));
        self.seen_group_of(peer).or_else(invited)
    }

    fn seen_group_of(&self, peer: MacAddr) -> Option<Target> {
        let peer = self.p2p.peers().find(|p| p.address == peer || p.interface_address == peer)?;
        let owns = peer.operating_frequency != 0 && !peer.interface_address.is_zero();
        owns.then(|| Target {
            owner: peer.address,
            bssid: Some(peer.interface_address),
            ssid: peer.operating_ssid.clone(),
            frequency: peer.operating_frequency,
            begins: false,
        })
    }

    /// Whether the group was heard since then: a kernel's results hold what earlier scans have seen, too.
    fn seen_since(&self, now: Duration, since: Duration, target: &Target) -> bool {
        let ours = |bss: &&radio::Bss| Some(bss.bssid) == target.bssid && bss.frequency == target.frequency;
        self.scan_results.iter().filter(ours).any(|bss| bss.heard_since(since, now))
    }

    /// Tells the owner that we are about to join, and how (Wi-Fi P2P v1.7 §3.1.4.3).
    fn provision_for_join(&mut self, now: Duration, purpose: ProvisionFor) {
        let Some(formation) = &mut self.formation else { return };
        formation.stage = Stage::Provisioning;
        let asked = match formation.connect.method {
            WpsMethod::PushButton => Method::PushButton,
            // What we ask of the peer is the other side of what we do.
            WpsMethod::Display(_) => Method::Keypad,
            WpsMethod::Keypad(_) => Method::Display,
        };
        let peer = formation.peer;
        if let Err(refusal) = self.p2p.provision_discovery(now, peer, asked, purpose, &mut *self.rng) {
            tracing::info!(%peer, %refusal, "provision discovery before joining cannot begin");
            self.join_group(now);
        }
    }

    /// Joins the peer's group by WSC.
    fn join_group(&mut self, now: Duration) {
        let Some(formation) = &mut self.formation else { return };
        formation.stage = Stage::Starting;
        let deadline = now + JOIN;
        formation.deadline = Some(deadline);
        let (id, peer, method) = (formation.group, formation.peer, formation.connect.method.clone());
        match self.group_of(peer) {
            Some(target) => self.become_client(now, id, target, Start::Wsc(method), deadline),
            None => self.group_ended(now, id, Phase::Search, Cause::Timeout("the peer's group")),
        }
    }

    /// Starts a group that needs no negotiation.
    fn start_addition(&mut self, now: Duration, id: GroupId, add: Addition) {
        match add {
            Addition::Own { credentials, channel } => {
                self.prepare_keys();
                let Some(credentials) = credentials.or_else(|| self.prepared.take()) else { return };
                self.become_owner(now, id, credentials, channel, None);
            }
            Addition::Rejoin { target, credentials } => {
                self.become_client(now, id, target, Start::Stored(credentials.psk), now + REINVOKE);
            }
        }
    }

    /// Makes a group of ours without negotiation, or comes back to a stored one. `first_client` is how long a group of ours may be
    /// without one at first.
    pub(super) fn add_group(
        &mut self,
        add: &AddGroup,
        first_client: Option<Duration>,
    ) -> Result<(), crate::api::Error> {
        use crate::api::Error;
        let record = match add.record {
            Some(id) => Some(self.records.iter().find(|r| r.id == Some(id)).cloned().ok_or(Error::UnknownRecord)?),
            None => None,
        };
        let rejoin = record.as_ref().filter(|r| r.role == Role::Client).cloned();
        let (addition, kind) = match rejoin {
            Some(record) => {
                let credentials = record.id.and_then(|id| self.stored_credentials(id)).ok_or(Error::UnknownRecord)?;
                let frequency = add.channel.frequency.unwrap_or(0);
                if frequency != 0 {
                    self.check_channel(frequency)?;
                }
                let target =
                    Target { owner: record.owner, bssid: add.bssid, ssid: record.ssid, frequency, begins: true };
                (Addition::Rejoin { target, credentials }, InterfaceKind::P2pClient)
            }
            None => {
                let random = self.rng.next_u32() % 3;
                let bound = self.bound_to();
                if let Some(forced) = add.channel.frequency {
                    self.check_channel(forced)?;
                }
                let shared = self.shared_channels();
                let (config, radio) = (&self.config, &self.capabilities);
                let chosen = plan::autonomous_channel(config, &add.channel, radio, bound.as_deref(), &shared, random);
                let frequency = chosen.map_err(|error| match self.neighbour_in_the_way() {
                    Some(beside) => Error::Beside { wanted: 0, beside },
                    None => error,
                })?;
                let channel = plan::operating_channel(&self.config, &add.channel, &self.capabilities, frequency);
                let credentials = add.record.and_then(|id| self.stored_credentials(id));
                (Addition::Own { credentials, channel }, InterfaceKind::P2pGo)
            }
        };
        let id = self.reserve_group(kind);
        if let Some(group) = self.groups.get_mut(&id) {
            group.shared.forming = false;
            group.shared.persistent = add.persistent || add.record.is_some();
            group.shared.record = add.record;
            group.shared.first_client = first_client;
        }
        self.additions.insert(id, addition);
        Ok(())
    }

    /// Keeps where the group is that we were invited into, in case the user wants to join it.
    fn remember_invitation(&mut self, invited: &p2p_core::Invited) {
        if let Some(frequency) = invited.frequency {
            let (owner, ssid) = (invited.owner_address, invited.ssid.clone());
            self.invited_to = Some(Target { owner, bssid: invited.bssid, ssid, frequency, begins: false });
        }
    }

    /// Joins the running group that we were invited into, as the user has agreed to.
    fn join_invited(&mut self, now: Duration, invited: &p2p_core::Invited) {
        let Some(agreed) = self.agreed_join.take() else {
            tracing::info!(peer = %invited.peer, "an invitation was accepted that the user does not know how to follow");
            return;
        };
        let join = Connect { peer: invited.owner_address, how: ConnectHow::Join, authorize_only: false, ..agreed };
        if let Err(error) = self.connect(now, join) {
            tracing::warn!(%error, "the group that we were invited into cannot be joined");
        }
    }

    /// An invitation into a stored group was accepted, by us or by the peer: the group is brought back, unless it runs. Into a
    /// running group the invited side comes by itself.
    fn follow_invitation(&mut self, invited: &p2p_core::Invited) {
        let Some(record) = invited.persistent else {
            tracing::info!(peer = %invited.peer, "invitation into a running group accepted");
            return;
        };
        let add = AddGroup {
            persistent: true,
            record: Some(RecordId(record)),
            channel: crate::api::ChannelWish { frequency: invited.frequency, ..Default::default() },
            bssid: None,
        };
        let runs = |g: &crate::group::Group| g.is_active() && g.info().ssid == invited.ssid;
        if self.groups.values().any(runs) {
            return;
        }
        if !self.layout.group_interface && self.groups.values().any(|g| g.is_active()) {
            tracing::warn!("the stored group cannot be brought back: the interface carries another one");
            return;
        }
        if let Err(error) = self.add_group(&add, Some(REINVOKE)) {
            tracing::warn!(%error, "the stored group cannot be brought back");
        }
    }

    /// The keys of a stored group.
    fn stored_credentials(&self, id: RecordId) -> Option<Credentials> {
        let record = self.records.iter().find(|r| r.id == Some(id))?;
        let psk = match (&record.psk, &record.passphrase) {
            (Some(psk), _) => eapol::Psk::new(*psk.expose().first_chunk()?),
            (None, Some(passphrase)) => eapol::Psk::from_passphrase(passphrase.expose(), &record.ssid).ok()?,
            (None, None) => return None,
        };
        Some(Credentials { ssid: record.ssid.clone(), passphrase: record.passphrase.clone(), psk })
    }

    /// Its time is up.
    pub(super) fn formation_timeout(&mut self, now: Duration) {
        let Some(formation) = self.formation.as_ref().filter(|f| f.deadline.is_some_and(|t| t <= now)) else { return };
        let (id, stage) = (formation.group, formation.stage);
        let what = match stage {
            Stage::Searching => "the peer's group",
            Stage::Provisioning => "the answer to provision discovery",
            _ => "WSC to succeed",
        };
        if matches!(stage, Stage::Searching | Stage::Provisioning) {
            self.abandon_formation(now, id, stage.phase(), Cause::Timeout(what));
        } else {
            self.group_ended(now, id, stage.phase(), Cause::Timeout(what));
        }
    }

    /// A connection failed before its group had a role: no group was there to be removed.
    fn abandon_formation(&mut self, now: Duration, id: GroupId, phase: Phase, cause: Cause) {
        if matches!(phase, Phase::Search | Phase::ProvisionDiscovery) {
            self.event(Event::FormationFailure { phase, cause: cause.clone() });
        }
        self.fail_formation(now, id, phase, &cause);
        self.end_group(now, id, cause);
    }

    /// Tells the user why the connection failed, if this group is of one.
    pub(super) fn fail_formation(&mut self, now: Duration, id: GroupId, phase: Phase, cause: &Cause) {
        if let Some(peer) = self.formation.as_ref().filter(|f| f.group == id).map(|f| f.peer) {
            tracing::info!(%peer, ?phase, %cause, "connection failed");
            self.event(Event::ConnectFailed { peer, phase, cause: cause.clone() });
        }
        self.end_formation(now, id, false);
    }

    /// The formation of this group is over, well or not.
    pub(super) fn end_formation(&mut self, now: Duration, id: GroupId, success: bool) {
        if let Some(formation) = self.formation.take_if(|f| f.group == id) {
            if formation.stage == Stage::Negotiating && !success {
                // It may have ended by itself. A search that the user has begun meanwhile goes on.
                self.p2p.give_up(now);
            }
            self.p2p.formation_ended(now, formation.peer, success);
        }
    }
}

/// How long a client looks for an owner that has gone (section 3.1 of wpa_supplicant's surface, `p2p_group_idle`): 10 s at most, and
/// where nothing is set; not at all with a negative number.
fn client_idle(group_idle_s: i32) -> Duration {
    match u64::try_from(group_idle_s) {
        Err(_) => Duration::ZERO,
        Ok(0) => MAX_CLIENT_IDLE,
        Ok(seconds) => Duration::from_secs(seconds).min(MAX_CLIENT_IDLE),
    }
}

/// A group to join.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The owner's device address.
    owner: MacAddr,
    bssid: Option<MacAddr>,
    ssid: Vec<u8>,
    /// MHz; 0 when unknown.
    frequency: u32,
    /// The owner begins only now: it has just agreed to be the owner, or to start the group again.
    begins: bool,
}

/// What a group that needs no negotiation is to be, while its interface is being made.
#[derive(Debug)]
pub(super) enum Addition {
    Own { credentials: Option<Credentials>, channel: Channel },
    Rejoin { target: Target, credentials: Credentials },
}

/// The method in the words of discovery.
fn method_of(method: &WpsMethod) -> Method {
    match method {
        WpsMethod::PushButton => Method::PushButton,
        WpsMethod::Display(_) => Method::Display,
        WpsMethod::Keypad(_) => Method::Keypad,
    }
}

/// Ourselves as the P2P Device Info attribute says it.
fn device_info(device: &p2p_core::DeviceDescription) -> DeviceInfoBuf {
    DeviceInfoBuf {
        address: device.address,
        config_methods: ConfigMethods(device.config_methods),
        primary: DeviceType(device.primary_type),
        secondary: device.secondary_types.iter().copied().map(DeviceType).collect(),
        name: Octets::truncated(&device.name),
    }
}

/// Ourselves in the words of WSC.
pub(super) fn wsc_device(config: &crate::api::Config, settings: &p2p_core::Settings) -> wsc::Device {
    wsc::Device {
        uuid: settings.device.uuid,
        address: settings.device.address,
        manufacturer: Octets::truncated(config.manufacturer.as_bytes()),
        model_name: Octets::truncated(config.model_name.as_bytes()),
        model_number: Octets::truncated(config.model_number.as_bytes()),
        serial_number: Octets::truncated(config.serial_number.as_bytes()),
        device_name: Octets::truncated(config.device_name.as_bytes()),
        primary_device_type: DeviceType(config.device_type),
        secondary_device_types: config.secondary_device_types.iter().copied().map(DeviceType).collect(),
        config_methods: ConfigMethods(config.config_methods),
        rf_bands: rf_band::GHZ_2_4,
        os_version: config.os_version,
        vendor_extension: config.vendor_extension_m1.clone(),
        push_button_in_m1: config.push_button_in_m1,
    }
}
