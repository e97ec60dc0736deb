//! Extremely high throughput (IEEE 802.11be-2024 §9.4.2.321, §9.4.2.323).

use crate::known::known;

/// EHT Capabilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Capabilities<'a> {
    /// EHT MAC Capabilities Information.
    pub mac: u16,
    /// EHT PHY Capabilities Information.
    pub phy: [u8; 9],
    /// Supported EHT-MCS And NSS Set and EHT PPE Thresholds. How long the former is depends on the HE Capabilities of the same
    /// frame, so that both stand here as they are.
    pub mcs_and_ppe: &'a [u8],
}

impl Capabilities<'_> {
    /// Whether the station can use 320 MHz in the 6 GHz band.
    pub const fn has_320(&self) -> bool {
        self.phy[0] & 0x02 != 0
    }
}

known!(Capabilities<'a> = EXTENSION + EHT_CAPABILITIES, "EHT Capabilities",
c => Ok(Self { mac: c.le16()?, phy: c.array()?, mcs_and_ppe: c.rest() }),
this, out => {
    out.extend_from_slice(&this.mac.to_le_bytes());
    out.extend_from_slice(&this.phy);
    out.extend_from_slice(this.mcs_and_ppe);
});

/// EHT Operation Information.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct OperationInformation {
    /// Control: the width in bits 0 to 2 (0 for 20 MHz to 4 for 320).
    pub control: u8,
    /// Channel Center Frequency Segment 0.
    pub centre_0: u8,
    /// Channel Center Frequency Segment 1.
    pub centre_1: u8,
    /// Disabled Subchannel Bitmap, a bit for 20 MHz each.
    pub disabled_subchannels: Option<u16>,
}

/// EHT Operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Operation {
    /// EHT Operation Parameters, of which bits 0 and 1 say which of the optional fields follow; these are set anew when it is
    /// written.
    pub parameters: u8,
    /// Basic EHT-MCS And NSS Set.
    pub basic_mcs: [u8; 4],
    /// EHT Operation Information.
    pub information: Option<OperationInformation>,
}

impl Operation {
    const INFORMATION_PRESENT: u8 = 1 << 0;
    const DISABLED_SUBCHANNELS: u8 = 1 << 1;
}

known!(Operation = EXTENSION + EHT_OPERATION, "EHT Operation", c => {
    let (parameters, basic_mcs) = (c.u8()?, c.array()?);
    let information = if parameters & Self::INFORMATION_PRESENT != 0 {
        let [control, centre_0, centre_1] = c.array()?;
        let disabled = parameters & Self::DISABLED_SUBCHANNELS != 0;
        let disabled_subchannels = if disabled { Some(c.le16()?) } else { None };
        Some(OperationInformation { control, centre_0, centre_1, disabled_subchannels })
    } else {
        None
    };
    Ok(Self { parameters, basic_mcs, information })
}, this, out => {
    let disabled = this.information.and_then(|information| information.disabled_subchannels);
    let parameters = this.parameters & !(Self::INFORMATION_PRESENT | Self::DISABLED_SUBCHANNELS)
        | if this.information.is_some() { Self::INFORMATION_PRESENT } else { 0 }
        | if disabled.is_some() { Self::DISABLED_SUBCHANNELS } else { 0 };
    out.push(parameters);
    out.extend_from_slice(&this.basic_mcs);
    if let Some(OperationInformation { control, centre_0, centre_1, .. }) = this.information {
        out.extend_from_slice(&[control, centre_0, centre_1]);
    }
    out.extend(disabled.iter().flat_map(|bitmap| bitmap.to_le_bytes()));
});
