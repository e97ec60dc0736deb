//! High throughput (IEEE 802.11-2020 §9.4.2.55, §9.4.2.56).

use crate::known::known;

/// HT Capabilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct Capabilities {
    /// HT Capability Information.
    pub information: u16,
    /// A-MPDU Parameters: bits 0 and 1 the length exponent, 2 to 4 the start spacing.
    pub ampdu: u8,
    /// Supported MCS Set.
    pub mcs: [u8; 16],
    /// HT Extended Capabilities.
    pub extended: u16,
    /// Transmit Beamforming Capabilities.
    pub beamforming: u32,
    /// ASEL Capability.
    pub antenna_selection: u8,
}

impl Capabilities {
    /// Bit of `information`: LDPC.
    pub const LDPC: u16 = 0x0001;
    /// Bit of `information`: 40 MHz.
    pub const WIDTH_40: u16 = 0x0002;
    /// Bit of `information`: short guard interval at 20 MHz.
    pub const SHORT_GI_20: u16 = 0x0020;
    /// Bit of `information`: short guard interval at 40 MHz.
    pub const SHORT_GI_40: u16 = 0x0040;
    /// Bit of `information`: no 40 MHz on this channel because of others.
    pub const FORTY_MHZ_INTOLERANT: u16 = 0x4000;
}

known!(Capabilities = HT_CAPABILITIES, "HT Capabilities", c => {
    Ok(Self {
        information: c.le16()?,
        ampdu: c.u8()?,
        mcs: c.array()?,
        extended: c.le16()?,
        beamforming: c.le32()?,
        antenna_selection: c.u8()?,
    })
}, this, out => {
    out.extend_from_slice(&this.information.to_le_bytes());
    out.push(this.ampdu);
    out.extend_from_slice(&this.mcs);
    out.extend_from_slice(&this.extended.to_le_bytes());
    out.extend_from_slice(&this.beamforming.to_le_bytes());
    out.push(this.antenna_selection);
});

/// HT Operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct Operation {
    /// Primary Channel.
    pub primary_channel: u8,
    /// HT Operation Information, see the accessors.
    pub information: [u8; 5],
    /// Basic HT-MCS Set.
    pub basic_mcs: [u8; 16],
}

impl Operation {
    /// A network on this channel, whose secondary channel is above (`1`), below (`-1`) or nowhere (`0`).
    pub const fn new(primary_channel: u8, secondary_offset: i8) -> Self {
        // Secondary Channel Offset and STA Channel Width.
        let first = match secondary_offset {
            0 => 0,
            1.. => 1 | 4,
            ..0 => 3 | 4,
        };
        Self { primary_channel, information: [first, 0, 0, 0, 0], basic_mcs: [0; 16] }
    }

    /// The place of the secondary channel: `1` above, `-1` below, `0` none.
    pub const fn secondary_offset(&self) -> i8 {
        match self.information[0] & 3 {
            1 => 1,
            3 => -1,
            _ => 0,
        }
    }

    /// Whether channels wider than 20 MHz may be used.
    pub const fn is_wide(&self) -> bool {
        self.information[0] & 4 != 0
    }

    /// Channel Center Frequency Segment 2 (§9.4.2.56).
    pub const fn centre_2(&self) -> u8 {
        self.information[1] >> 5 | self.information[2] << 3
    }
}

known!(Operation = HT_OPERATION, "HT Operation",
c => Ok(Self { primary_channel: c.u8()?, information: c.array()?, basic_mcs: c.array()? }),
this, out => {
    out.push(this.primary_channel);
    out.extend_from_slice(&this.information);
    out.extend_from_slice(&this.basic_mcs);
});
