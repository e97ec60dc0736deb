//! Very high throughput (IEEE 802.11-2020 §9.4.2.157, §9.4.2.158).

use crate::known::known;

/// VHT Capabilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct Capabilities {
    /// VHT Capabilities Information.
    pub information: u32,
    /// Supported VHT-MCS and NSS Set.
    pub mcs: [u8; 8],
}

known!(Capabilities = VHT_CAPABILITIES, "VHT Capabilities",
c => Ok(Self { information: c.le32()?, mcs: c.array()? }),
this, out => {
    out.extend_from_slice(&this.information.to_le_bytes());
    out.extend_from_slice(&this.mcs);
});

/// VHT Operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Operation {
    /// Channel Width: 0 for 20 or 40 MHz, 1 for 80 MHz and more.
    pub width: u8,
    /// Channel Center Frequency Segment 0: the centre of the 80 MHz that hold the primary channel.
    pub centre_0: u8,
    /// Channel Center Frequency Segment 1: the centre of 160 MHz or of the second 80 MHz; 0 for neither.
    pub centre_1: u8,
    /// Basic VHT-MCS and NSS Set: two bits a spatial stream, 3 for not supported.
    pub basic_mcs: u16,
}

impl Operation {
    /// A [`basic_mcs`](Self::basic_mcs) that requires nothing.
    pub const NO_BASIC_MCS: u16 = 0xffff;
}

known!(Operation = VHT_OPERATION, "VHT Operation",
c => Ok(Self { width: c.u8()?, centre_0: c.u8()?, centre_1: c.u8()?, basic_mcs: c.le16()? }),
this, out => {
    out.extend_from_slice(&[this.width, this.centre_0, this.centre_1]);
    out.extend_from_slice(&this.basic_mcs.to_le_bytes());
});
