//! Small elements that describe a network or a station (IEEE 802.11-2020 §9.4.2).

use core::fmt;

use crate::known::known;
use crate::{MacAddr, Malformed, Rule, cursor::Cursor};

/// DSSS Parameter Set (§9.4.2.4): where a 2.4 GHz network is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct DsssParameterSet {
    /// Current Channel.
    pub channel: u8,
}

known!(DsssParameterSet = DSSS_PARAMETER_SET, "DSSS Parameter Set", c => Ok(Self { channel: c.u8()? }),
    this, out => out.push(this.channel));

/// TIM (§9.4.2.5): for which stations the access point holds frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tim<'a> {
    /// Beacons until the next DTIM; 0 in a DTIM.
    pub dtim_count: u8,
    /// Beacons from one DTIM to the next, at least 1.
    pub dtim_period: u8,
    /// Bitmap Control: bit 0 for group addressed frames, the rest the offset of the bitmap in units of two octets.
    pub control: u8,
    /// Partial Virtual Bitmap, 1 to 251 octets.
    pub bitmap: &'a [u8],
}

impl Tim<'_> {
    /// Whether there are frames for the station with this AID.
    pub fn holds_for(&self, aid: u16) -> bool {
        let offset = usize::from(self.control & 0xfe);
        let octet = usize::from(aid / 8).checked_sub(offset).and_then(|at| self.bitmap.get(at));
        octet.is_some_and(|octet| octet >> (aid % 8) & 1 != 0)
    }

    /// Whether group addressed frames follow this beacon.
    pub const fn holds_group_frames(&self) -> bool {
        self.control & 1 != 0
    }
}

known!(Tim<'a> = TIM, "TIM", c => {
    Ok(Self { dtim_count: c.u8()?, dtim_period: c.u8()?, control: c.u8()?, bitmap: c.rest() })
}, this, out => {
    out.extend_from_slice(&[this.dtim_count, this.dtim_period, this.control]);
    out.extend_from_slice(this.bitmap);
});

/// One Subband Triplet of a Country element, or an Operating Triplet where the first number is 201 or more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct CountryTriplet {
    /// First Channel Number.
    pub first_channel: u8,
    /// Number of Channels.
    pub channels: u8,
    /// Maximum Transmit Power in dBm.
    pub max_power: i8,
}

/// Country (§9.4.2.8).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country<'a> {
    /// Country String: two letters and an octet for the environment.
    pub string: [u8; 3],
    triplets: &'a [[u8; 3]],
}

impl<'a> Country<'a> {
    /// A country with triplets, each first channel, number of channels, maximum power.
    pub const fn new(string: [u8; 3], triplets: &'a [[u8; 3]]) -> Self {
        Self { string, triplets }
    }

    /// The triplets.
    pub fn triplets(&self) -> impl ExactSizeIterator<Item = CountryTriplet> + Clone + use<'a> {
        self.triplets.iter().map(|&[first_channel, channels, max_power]| CountryTriplet {
            first_channel,
            channels,
            max_power: max_power.cast_signed(),
        })
    }
}

impl fmt::Debug for Country<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({} ", crate::escape::ssid(&self.string))?;
        f.debug_list().entries(self.triplets()).finish()?;
        f.write_str(")")
    }
}

// What is left of the triplets pads the element to an even length (§9.4.2.8).
known!(Country<'a> = COUNTRY, "Country", c => Ok(Self { string: c.array()?, triplets: c.rest().as_chunks().0 }),
this, out => {
    out.extend_from_slice(&this.string);
    out.extend_from_slice(this.triplets.as_flattened());
    if !(this.string.len() + this.triplets.as_flattened().len()).is_multiple_of(2) {
        out.push(0);
    }
});

/// ERP (§9.4.2.11).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct Erp {
    /// Bit 0: stations without ERP present; bit 1: use protection; bit 2: Barker preamble mode.
    pub parameters: u8,
}

known!(Erp = ERP, "ERP", c => Ok(Self { parameters: c.u8()? }), this, out => out.push(this.parameters));

/// Power Capability (§9.4.2.14): what a station can send with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct PowerCapability {
    /// Minimum Transmit Power Capability in dBm.
    pub min: i8,
    /// Maximum Transmit Power Capability in dBm.
    pub max: i8,
}

known!(PowerCapability = POWER_CAPABILITY, "Power Capability",
    c => Ok(Self { min: c.u8()?.cast_signed(), max: c.u8()?.cast_signed() }),
    this, out => out.extend_from_slice(&[this.min.cast_unsigned(), this.max.cast_unsigned()]));

/// Extended Capabilities (§9.4.2.26): bits, as many octets as it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct ExtendedCapabilities<'a>(pub &'a [u8]);

impl ExtendedCapabilities<'_> {
    /// Bit: extended channel switching.
    pub const EXTENDED_CHANNEL_SWITCHING: usize = 2;
    /// Bit: BSS transition.
    pub const BSS_TRANSITION: usize = 19;
    /// Bit: interworking.
    pub const INTERWORKING: usize = 31;
    /// Bit: operating mode notification.
    pub const OPERATING_MODE_NOTIFICATION: usize = 62;

    /// Whether this bit is set.
    pub fn has(&self, bit: usize) -> bool {
        self.0.get(bit / 8).is_some_and(|octet| octet >> (bit % 8) & 1 != 0)
    }
}

known!(ExtendedCapabilities<'a> = EXTENDED_CAPABILITIES, "Extended Capabilities", c => Ok(Self(c.rest())),
    this, out => out.extend_from_slice(this.0));

/// Interworking (§9.4.2.91).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Interworking {
    /// Access Network Options: kind of network in the lower four bits, Internet in bit 4.
    pub access_network: u8,
    /// Venue group and type.
    pub venue: Option<[u8; 2]>,
    /// Homogeneous ESS identifier.
    pub hessid: Option<MacAddr>,
}

known!(Interworking = INTERWORKING, "Interworking", c => read_interworking(c), this, out => {
    out.push(this.access_network);
    out.extend(this.venue.iter().flatten());
    out.extend(this.hessid.iter().flat_map(|address| address.0));
});

fn read_interworking(c: &mut Cursor<'_>) -> Result<Interworking, Malformed> {
    let access_network = c.u8()?;
    // The length alone tells which of the optional fields are there.
    let (venue, hessid) = match c.left() {
        0 => (None, None),
        2 => (Some(c.array()?), None),
        6 => (None, Some(c.mac()?)),
        8 => (Some(c.array()?), Some(c.mac()?)),
        _ => return Err(c.error(Rule::InvalidValue)),
    };
    Ok(Interworking { access_network, venue, hessid })
}

/// Operating Mode Notification (§9.4.2.165, §9.4.1.53).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct OperatingModeNotification {
    /// Bits 0 and 1 the width (0 for 20 MHz), bits 4 to 6 the number of spatial streams less one, bit 7 the kind.
    pub mode: u8,
}

known!(OperatingModeNotification = OPERATING_MODE_NOTIFICATION, "Operating Mode Notification",
    c => Ok(Self { mode: c.u8()? }), this, out => out.push(this.mode));
