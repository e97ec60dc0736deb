//! High efficiency (IEEE 802.11ax-2021 §9.4.2.248, §9.4.2.249, §9.4.2.263).

use crate::known::known;

/// HE Capabilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Capabilities<'a> {
    /// HE MAC Capabilities Information.
    pub mac: [u8; 6],
    /// HE PHY Capabilities Information.
    pub phy: [u8; 11],
    /// Supported HE-MCS And NSS Set: receive and transmit maps (two octets each) for up to 80 MHz; then for 160 MHz and for
    /// 80+80 MHz, where `phy` has these widths.
    pub mcs: &'a [u8],
    /// PPE Thresholds, as they stand; empty where there are none.
    pub ppe_thresholds: &'a [u8],
}

impl Capabilities<'_> {
    /// Whether the station can use 40 MHz in the 2.4 GHz band.
    pub const fn has_40_at_2ghz(&self) -> bool {
        self.phy[0] & 0x02 != 0
    }

    /// Whether the station can use 40 and 80 MHz in the 5 and 6 GHz bands.
    pub const fn has_80(&self) -> bool {
        self.phy[0] & 0x04 != 0
    }

    /// Whether the station can use 160 MHz.
    pub const fn has_160(&self) -> bool {
        self.phy[0] & 0x08 != 0
    }

    /// Whether the station can use 80+80 MHz.
    pub const fn has_80_plus_80(&self) -> bool {
        self.phy[0] & 0x10 != 0
    }
}

known!(Capabilities<'a> = EXTENSION + HE_CAPABILITIES, "HE Capabilities", c => {
    let (mac, phy): ([u8; 6], [u8; 11]) = (c.array()?, c.array()?);
    let head = Capabilities { mac, phy, mcs: &[], ppe_thresholds: &[] };
    let maps = 1 + usize::from(head.has_160()) + usize::from(head.has_80_plus_80());
    Ok(Self { mcs: c.take(4 * maps)?, ppe_thresholds: c.rest(), ..head })
}, this, out => {
    out.extend_from_slice(&this.mac);
    out.extend_from_slice(&this.phy);
    out.extend_from_slice(this.mcs);
    out.extend_from_slice(this.ppe_thresholds);
});

/// Where a network in the 6 GHz band is: 6 GHz Operation Information.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct SixGhzOperation {
    /// Primary Channel.
    pub primary_channel: u8,
    /// Control: bits 0 and 1 the width (0 for 20 MHz, 1 for 40, 2 for 80, 3 for more), bit 2 that beacons are duplicated.
    pub control: u8,
    /// Channel Center Frequency Segment 0.
    pub centre_0: u8,
    /// Channel Center Frequency Segment 1.
    pub centre_1: u8,
    /// Minimum Rate in Mb/s.
    pub minimum_rate: u8,
}

/// HE Operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Operation {
    /// HE Operation Parameters of 24 bits, of which 14, 15 and 17 say which of the optional fields follow; these three are set
    /// anew when it is written.
    pub parameters: u32,
    /// BSS Color Information: the colour in bits 0 to 5, bit 6 partial, bit 7 disabled.
    pub colour: u8,
    /// Basic HE-MCS And NSS Set.
    pub basic_mcs: u16,
    /// VHT Operation Information: width and both centres.
    pub vht: Option<[u8; 3]>,
    /// Max Co-Hosted BSSID Indicator.
    pub max_cohosted: Option<u8>,
    /// 6 GHz Operation Information.
    pub six_ghz: Option<SixGhzOperation>,
}

impl Operation {
    const VHT_PRESENT: u32 = 1 << 14;
    const COHOSTED: u32 = 1 << 15;
    const SIX_GHZ_PRESENT: u32 = 1 << 17;
}

known!(Operation = EXTENSION + HE_OPERATION, "HE Operation", c => {
    let [a, b, third] = c.array()?;
    let parameters = u32::from_le_bytes([a, b, third, 0]);
    let (colour, basic_mcs) = (c.u8()?, c.le16()?);
    let vht = if parameters & Self::VHT_PRESENT != 0 { Some(c.array()?) } else { None };
    let max_cohosted = if parameters & Self::COHOSTED != 0 { Some(c.u8()?) } else { None };
    let six_ghz = if parameters & Self::SIX_GHZ_PRESENT != 0 {
        let [primary_channel, control, centre_0, centre_1, minimum_rate] = c.array()?;
        Some(SixGhzOperation { primary_channel, control, centre_0, centre_1, minimum_rate })
    } else {
        None
    };
    Ok(Self { parameters, colour, basic_mcs, vht, max_cohosted, six_ghz })
}, this, out => {
    let bit = |present, bit| if present { bit } else { 0 };
    let optional = Self::VHT_PRESENT | Self::COHOSTED | Self::SIX_GHZ_PRESENT;
    let parameters = this.parameters & !optional
        | bit(this.vht.is_some(), Self::VHT_PRESENT)
        | bit(this.max_cohosted.is_some(), Self::COHOSTED)
        | bit(this.six_ghz.is_some(), Self::SIX_GHZ_PRESENT);
    let [a, b, third, _] = parameters.to_le_bytes();
    out.extend_from_slice(&[a, b, third, this.colour]);
    out.extend_from_slice(&this.basic_mcs.to_le_bytes());
    out.extend(this.vht.iter().flatten());
    out.extend(this.max_cohosted);
    if let Some(SixGhzOperation { primary_channel, control, centre_0, centre_1, minimum_rate }) = this.six_ghz {
        out.extend_from_slice(&[primary_channel, control, centre_0, centre_1, minimum_rate]);
    }
});

/// HE 6 GHz Band Capabilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct SixGhzCapabilities {
    /// Capabilities Information.
    pub information: u16,
}

known!(SixGhzCapabilities = EXTENSION + HE_6GHZ_CAPABILITIES, "HE 6 GHz Band Capabilities",
    c => Ok(Self { information: c.le16()? }), this, out => out.extend_from_slice(&this.information.to_le_bytes()));
