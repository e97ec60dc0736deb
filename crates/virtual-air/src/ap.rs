//! An access point as a kernel keeps it: beacons, stations, channel switches. Its MLME is the host's.

use crate::air::{Air, Answer};
use crate::errno::{EALREADY, EBUSY, EEXIST, EINVAL, ENOENT, ENOLINK, EOPNOTSUPP};
use crate::frame;
use crate::medium::Purpose;
use crate::queue::Job;
use crate::state::{Ap, Sort, Stage, Station, Switching};
use ieee80211_ies::{MacAddr, emit_element, id};
use radio::{
    AccessPoint, Beacon, ChannelSwitch, Event, InterfaceId, Reply, StationFlags, StationInfo, StationParameters,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// A time unit.
const TU: Duration = Duration::from_micros(1024);

/// Greatest association id (IEEE 802.11-2020 §9.4.1.8).
const MAX_AID: u16 = 2007;

impl Air {
    pub(crate) fn start_ap(&mut self, radio: usize, iface: InterfaceId, config: AccessPoint) -> Answer {
        let (now, epoch) = (self.now, self.new_epoch());
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        let i = r.running(iface)?;
        if !i.is_ap() {
            return Err(EOPNOTSUPP.into());
        }
        if i.ap.is_some() {
            return Err(EALREADY.into());
        }
        if config.beacon_interval < 10 || config.dtim_period == 0 || config.ssid.len() > 32 {
            return Err(EINVAL.because("beacon interval, DTIM period or SSID"));
        }
        if config.beacon.head.len() < 36 {
            return Err(EINVAL.because("beacon head"));
        }
        let frequency = config.channel.frequency;
        if !r.settings.capabilities.channel(frequency).is_some_and(|c| c.may_initiate()) {
            return Err(EINVAL.because("channel"));
        }
        r.check_channel(iface, frequency)?;
        let ap = Ap { config, epoch, started: now, stations: BTreeMap::new(), switching: None };
        r.running(iface)?.ap = Some(ap);
        self.beacon(radio, iface, epoch);
        Ok(Reply::Ok)
    }

    /// The access point of an interface that is up.
    fn ap(&mut self, radio: usize, iface: InterfaceId) -> Result<&mut Ap, radio::Refused> {
        let r = self.radios.get_mut(radio).ok_or(ENOENT)?;
        let i = r.running(iface)?;
        if !i.is_ap() {
            return Err(EOPNOTSUPP.into());
        }
        i.ap.as_mut().ok_or(ENOENT.because("no access point is running"))
    }

    pub(crate) fn update_beacon(&mut self, radio: usize, iface: InterfaceId, beacon: Beacon) -> Answer {
        let ap = self.ap(radio, iface)?;
        if beacon.head.len() < 36 {
            return Err(EINVAL.because("beacon head"));
        }
        ap.config.beacon = beacon;
        Ok(Reply::Ok)
    }

    pub(crate) fn stop_ap(&mut self, radio: usize, iface: InterfaceId) -> Answer {
        self.ap(radio, iface)?;
        if let Some(i) = self.radios.get_mut(radio).and_then(|r| r.interfaces.get_mut(&iface)) {
            i.clear();
        }
        Ok(Reply::Ok)
    }

    pub(crate) fn switch_channel(&mut self, radio: usize, iface: InterfaceId, switch: ChannelSwitch) -> Answer {
        let to = switch.channel.frequency;
        if let Some(r) = self.radios.get(radio) {
            if !r.settings.capabilities.channel_switch {
                return Err(EOPNOTSUPP.into());
            }
            if !r.settings.capabilities.channel(to).is_some_and(|c| c.may_initiate()) {
                return Err(EINVAL.because("channel"));
            }
            r.check_channel(iface, to)?;
        }
        let ap = self.ap(radio, iface)?;
        if ap.switching.is_some() {
            return Err(EBUSY.into());
        }
        if switch.during.head.len() < 36 || switch.after.head.len() < 36 {
            return Err(EINVAL.because("beacon head"));
        }
        // The counter has to be where it is said to be (net/wireless/nl80211.c).
        if switch.during.tail.get(usize::from(switch.counter_offset)) != Some(&switch.count) {
            return Err(EINVAL.because("counter offset"));
        }
        ap.switching = Some(Switching { left: switch.count, switch });
        Ok(Reply::Ok)
    }

    /// Sends a beacon, unless the radio is away, and sets the time of the next one.
    pub(crate) fn beacon(&mut self, radio: usize, iface: InterfaceId, epoch: u64) {
        let now = self.now;
        let Some(r) = self.radios.get_mut(radio) else { return };
        let Some(ap) = r.interfaces.get_mut(&iface).and_then(|i| i.ap.as_mut()).filter(|ap| ap.epoch == epoch) else {
            return;
        };
        let mut switched = None;
        if let Some(switching) = ap.switching.take_if(|s| s.left == 0) {
            let channel = switching.switch.channel;
            ap.config.channel = channel;
            ap.config.beacon = switching.switch.after;
            switched = Some(channel);
        }
        let frequency = ap.config.channel.frequency;
        let mut contents = &ap.config.beacon;
        let mut counter = None;
        if let Some(switching) = &mut ap.switching {
            contents = &switching.switch.during;
            counter = Some((usize::from(switching.switch.counter_offset), switching.left));
            switching.left -= 1;
        }
        let mut out = contents.head.clone();
        let timestamp = u64::try_from(now.saturating_sub(ap.started).as_micros()).unwrap_or(u64::MAX);
        if let Some(field) = out.get_mut(24..32) {
            field.copy_from_slice(&timestamp.to_le_bytes());
        }
        emit_element(id::TIM, &[0, ap.config.dtim_period, 0, 0], &mut out);
        let tail = out.len();
        out.extend(&contents.tail);
        if let Some((offset, left)) = counter
            && let Some(octet) = out.get_mut(tail + offset)
        {
            *octet = left;
        }
        let interval = TU * u32::from(ap.config.beacon_interval);
        self.queue.push(now + interval, Job::Beacon { radio, iface, epoch });
        if let Some(channel) = switched {
            self.report(radio, Sort::Mlme, Event::ChannelSwitched { iface, channel });
        }
        if self.radios.get(radio).is_some_and(|r| r.is_on(frequency)) {
            self.transmit(radio, iface, frequency, out, Purpose::Nothing, true);
        }
    }

    pub(crate) fn add_station(&mut self, radio: usize, iface: InterfaceId, parameters: StationParameters) -> Answer {
        let now = self.now;
        let full_state = self.radios.get(radio).is_some_and(|r| r.settings.capabilities.full_ap_client_state);
        let ap = self.ap(radio, iface)?;
        let address = parameters.address;
        check_station(&parameters)?;
        if address.is_group() || address.is_zero() || (!full_state && parameters.rates.is_none()) {
            return Err(EINVAL.into());
        }
        if ap.stations.contains_key(&address) {
            return Err(EEXIST.into());
        }
        let station =
            Station { parameters, key: None, added: now, heard: now, signal_dbm: 0, received: (0, 0), sent: (0, 0) };
        ap.stations.insert(address, station);
        Ok(Reply::Ok)
    }

    pub(crate) fn set_station(&mut self, radio: usize, iface: InterfaceId, parameters: StationParameters) -> Answer {
        let ap = self.ap(radio, iface)?;
        let Some(station) = ap.stations.get_mut(&parameters.address) else { return Err(ENOENT.into()) };
        check_station(&parameters)?;
        station.parameters.flags = parameters.flags;
        if parameters.rates.is_some() {
            station.parameters.rates = parameters.rates;
        }
        Ok(Reply::Ok)
    }

    pub(crate) fn remove_station(&mut self, radio: usize, iface: InterfaceId, address: MacAddr) -> Answer {
        let ap = self.ap(radio, iface)?;
        ap.stations.remove(&address).map(|_| Reply::Ok).ok_or(ENOENT.into())
    }

    pub(crate) fn query_station(&mut self, radio: usize, iface: InterfaceId, address: MacAddr) -> Answer {
        let now = self.now;
        let info = |heard: Duration, since: Duration, signal, received: (u64, u32), sent: (u64, u32)| {
            let inactive = now.saturating_sub(heard).as_millis();
            Reply::Station(StationInfo {
                inactive_ms: Some(u32::try_from(inactive).unwrap_or(u32::MAX)),
                signal_dbm: Some(signal),
                rx_bytes: Some(received.0),
                tx_bytes: Some(sent.0),
                rx_packets: Some(received.1),
                tx_packets: Some(sent.1),
                connected_s: Some(u32::try_from(now.saturating_sub(since).as_secs()).unwrap_or(u32::MAX)),
                signal_average_dbm: Some(signal),
                ..StationInfo::default()
            })
        };
        let Some(r) = self.radios.get_mut(radio) else { return Err(ENOENT.into()) };
        let i = r.running(iface)?;
        if let Some(s) = i.ap.as_ref().and_then(|ap| ap.stations.get(&address)) {
            return Ok(info(s.heard, s.added, s.signal_dbm, s.received, s.sent));
        }
        let owner = i.client.as_ref().filter(|c| c.stage == Stage::Associated && c.bssid == address);
        owner
            .map(|c| info(c.last_beacon, c.since, c.signal_dbm, c.received, c.sent))
            .ok_or(ENOENT.because("no such station"))
    }

    pub(crate) fn probe_station(&mut self, radio: usize, iface: InterfaceId, address: MacAddr) -> Answer {
        let ap = self.ap(radio, iface)?;
        if !ap.stations.contains_key(&address) {
            return Err(ENOLINK.into());
        }
        let frequency = ap.config.channel.frequency;
        let source = self.radios.get(radio).and_then(|r| r.interfaces.get(&iface)).map(|i| i.address);
        let null = frame::header(
            frame::NULL | frame::FROM_DS,
            address,
            source.unwrap_or_default(),
            source.unwrap_or_default(),
        );
        self.transmit(radio, iface, frequency, null, Purpose::Probe { iface, station: address }, false);
        Ok(Reply::Ok)
    }
}

/// A station's states follow each other (net/mac80211/sta_info.c), and an association has an id.
fn check_station(parameters: &StationParameters) -> Result<(), radio::Refused> {
    let StationFlags { authenticated, associated, authorized, .. } = parameters.flags;
    if (associated && !authenticated) || (authorized && !associated) {
        return Err(EINVAL.because("station flags"));
    }
    if parameters.rates.as_ref().is_some_and(|rates| rates.aid == 0 || rates.aid > MAX_AID) {
        return Err(EINVAL.because("association id"));
    }
    Ok(())
}
