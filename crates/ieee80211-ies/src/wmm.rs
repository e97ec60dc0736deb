//! Wi-Fi Multimedia: vendor specific elements, OUI 00:50:F2, type 2 (WMM v1.2 §2.2).

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use crate::cursor::Cursor;
use crate::{Elements, Malformed, OUI_MICROSOFT, Rule};

/// The vendor type of WMM elements under [`OUI_MICROSOFT`].
pub const OUI_TYPE: u8 = 2;

const INFORMATION: u8 = 0;
const PARAMETER: u8 = 1;
#[cfg(feature = "alloc")]
const VERSION: u8 = 1;

/// The WMM Information element: the sender supports WMM.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct Information {
    /// QoS Info: of an access point the parameter set count in bits 0 to 3, bit 7 for U-APSD; of a station the access
    /// categories with U-APSD.
    pub qos_info: u8,
}

/// The parameters of one access category.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct AccessCategory {
    /// Arbitration interframe space number, of which four bits are written.
    pub aifsn: u8,
    /// Admission Control Mandatory.
    pub admission_control: bool,
    /// Exponent of the least contention window, of which four bits are written.
    pub ecw_min: u8,
    /// Exponent of the greatest contention window, of which four bits are written.
    pub ecw_max: u8,
    /// TXOP Limit in units of 32 µs.
    pub txop_limit: u16,
}

/// The WMM Parameter element: how stations of the network contend.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Parameter {
    /// QoS Info, see [`Information::qos_info`].
    pub qos_info: u8,
    /// Best effort, background, video, voice.
    pub categories: [AccessCategory; 4],
}

impl Default for Parameter {
    /// The parameters that stations have by default (IEEE 802.11-2020 §9.4.2.28).
    fn default() -> Self {
        let category = |aifsn, ecw_min, ecw_max, txop_limit| AccessCategory {
            aifsn,
            admission_control: false,
            ecw_min,
            ecw_max,
            txop_limit,
        };
        let categories = [category(3, 4, 10, 0), category(7, 4, 10, 0), category(2, 3, 4, 94), category(2, 2, 3, 47)];
        Self { qos_info: 0, categories }
    }
}

impl Information {
    /// The WMM Information element of a series, or `None` when there is none.
    ///
    /// # Errors
    /// An element that is cut off.
    pub fn find(elements: Elements<'_>) -> Result<Option<Self>, Malformed> {
        first(elements, Self::parse)
    }

    /// Reads what follows OUI and type; `None` where the subtype is another.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn parse(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let Some(mut cursor) = of_subtype(body, INFORMATION)? else { return Ok(None) };
        Ok(Some(Self { qos_info: cursor.u8()? }))
    }

    /// Appends the element.
    #[cfg(feature = "alloc")]
    pub fn emit(&self, out: &mut Vec<u8>) {
        let body = [INFORMATION, VERSION, self.qos_info];
        crate::emit_vendor_elements(OUI_MICROSOFT, OUI_TYPE, &body, out);
    }
}

impl Parameter {
    /// The WMM Parameter element of a series, or `None` when there is none.
    ///
    /// # Errors
    /// An element that is cut off, or whose access categories are not in their order.
    pub fn find(elements: Elements<'_>) -> Result<Option<Self>, Malformed> {
        first(elements, Self::parse)
    }

    /// Reads what follows OUI and type; `None` where the subtype is another.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn parse(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let Some(mut cursor) = of_subtype(body, PARAMETER)? else { return Ok(None) };
        let mut parameter = Self { qos_info: cursor.u8()?, ..Self::default() };
        cursor.u8()?;
        for (index, category) in (0..).zip(&mut parameter.categories) {
            let out_of_order = cursor.error(Rule::InvalidValue);
            let [first, ecw] = cursor.array()?;
            if first >> 5 & 3 != index {
                return Err(out_of_order);
            }
            *category = AccessCategory {
                aifsn: first & 0xf,
                admission_control: first & 0x10 != 0,
                ecw_min: ecw & 0xf,
                ecw_max: ecw >> 4,
                txop_limit: cursor.le16()?,
            };
        }
        Ok(Some(parameter))
    }

    /// Appends the element.
    #[cfg(feature = "alloc")]
    pub fn emit(&self, out: &mut Vec<u8>) {
        let mut body = alloc::vec![PARAMETER, VERSION, self.qos_info, 0];
        for (index, category) in (0u8..).zip(&self.categories) {
            let first = index << 5 | u8::from(category.admission_control) << 4 | category.aifsn & 0xf;
            body.extend_from_slice(&[first, category.ecw_max << 4 | category.ecw_min & 0xf]);
            body.extend_from_slice(&category.txop_limit.to_le_bytes());
        }
        crate::emit_vendor_elements(OUI_MICROSOFT, OUI_TYPE, &body, out);
    }
}

/// The first element that `parse` takes for its own.
fn first<T>(elements: Elements<'_>, parse: fn(&[u8]) -> Result<Option<T>, Malformed>) -> Result<Option<T>, Malformed> {
    for (element, body) in elements.vendor_elements(OUI_MICROSOFT, OUI_TYPE) {
        let at = |error: Malformed| Malformed { offset: element.offset + 6 + error.offset, ..error };
        if let Some(found) = parse(body).map_err(at)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A cursor behind subtype and version, where the subtype is this one.
fn of_subtype(body: &[u8], subtype: u8) -> Result<Option<Cursor<'_>>, Malformed> {
    let mut cursor = Cursor::new(body, 0, "WMM element");
    let [kind, _version] = cursor.array()?;
    Ok((kind == subtype).then_some(cursor))
}
