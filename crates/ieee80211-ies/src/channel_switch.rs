//! Elements that announce a move to another channel (IEEE 802.11-2020 §11.8.8, §11.9).

use crate::known::known;

/// Channel Switch Announcement (§9.4.2.18).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct ChannelSwitch {
    /// Stations are to be silent until the switch.
    pub block_transmission: bool,
    /// New Channel Number.
    pub channel: u8,
    /// Beacons until the switch; the switch comes just before the one after a count of 1.
    pub count: u8,
}

known!(ChannelSwitch = CHANNEL_SWITCH_ANNOUNCEMENT, "Channel Switch Announcement",
    c => Ok(Self { block_transmission: c.u8()? == 1, channel: c.u8()?, count: c.u8()? }),
    this, out => out.extend_from_slice(&[this.block_transmission.into(), this.channel, this.count]));

impl ChannelSwitch {
    /// Where the count lies in the element, in octets from its ID: for `NL80211_ATTR_CSA_C_OFF_BEACON`.
    pub const COUNT_OFFSET: usize = 4;
}

/// Extended Channel Switch Announcement (§9.4.2.52).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct ExtendedChannelSwitch {
    /// Stations are to be silent until the switch.
    pub block_transmission: bool,
    /// New Operating Class.
    pub class: u8,
    /// New Channel Number.
    pub channel: u8,
    /// Beacons until the switch.
    pub count: u8,
}

known!(ExtendedChannelSwitch = EXTENDED_CHANNEL_SWITCH_ANNOUNCEMENT, "Extended Channel Switch Announcement",
    c => Ok(Self { block_transmission: c.u8()? == 1, class: c.u8()?, channel: c.u8()?, count: c.u8()? }),
    this, out => out.extend_from_slice(&[this.block_transmission.into(), this.class, this.channel, this.count]));

impl ExtendedChannelSwitch {
    /// Where the count lies in the element, in octets from its ID.
    pub const COUNT_OFFSET: usize = 5;
}

/// Secondary Channel Offset (§9.4.2.19): goes with an announced move to a 40 MHz channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct SecondaryChannelOffset {
    /// 0 none, 1 above, 3 below the primary channel.
    pub offset: u8,
}

known!(SecondaryChannelOffset = SECONDARY_CHANNEL_OFFSET, "Secondary Channel Offset",
    c => Ok(Self { offset: c.u8()? }), this, out => out.push(this.offset));

/// Wide Bandwidth Channel Switch (§9.4.2.160): goes with an announced move to a channel of 80 MHz or more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct WideBandwidthChannelSwitch {
    /// New Channel Width, as in VHT Operation.
    pub width: u8,
    /// New Channel Center Frequency Segment 0.
    pub centre_0: u8,
    /// New Channel Center Frequency Segment 1.
    pub centre_1: u8,
}

known!(WideBandwidthChannelSwitch = WIDE_BANDWIDTH_CHANNEL_SWITCH, "Wide Bandwidth Channel Switch",
    c => Ok(Self { width: c.u8()?, centre_0: c.u8()?, centre_1: c.u8()? }),
    this, out => out.extend_from_slice(&[this.width, this.centre_0, this.centre_1]));
