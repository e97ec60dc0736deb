//! Elements whose content this crate knows.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use crate::{Elements, Malformed};

/// An element whose content is known: a view when [parsed](KnownElement::parse), a description when
/// [written](KnownElement::emit).
///
/// ```
/// use ieee80211_ies::{Elements, KnownElement, bss::DsssParameterSet};
///
/// let mut bytes = Vec::new();
/// DsssParameterSet { channel: 6 }.emit(&mut bytes);
/// assert_eq!(bytes, [3, 1, 6]);
/// assert_eq!(Elements::new(&bytes).get()?, Some(DsssParameterSet { channel: 6 }));
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
pub trait KnownElement<'a>: Sized {
    /// Element ID.
    const ID: u8;

    /// Element ID Extension, of an element of ID 255.
    const EXTENSION: Option<u8> = None;

    /// Reads what follows the length octet and, where there is one, the extension octet. Octets behind what is known are passed over, as the standard has it
    /// (IEEE 802.11-2020 §9.4.2.1).
    ///
    /// # Errors
    /// A body that is too short, or has a value that is not allowed.
    fn parse(body: &'a [u8]) -> Result<Self, Malformed>;

    /// Appends what follows the length octet and, where there is one, the extension octet.
    #[cfg(feature = "alloc")]
    fn emit_body(&self, out: &mut Vec<u8>);

    /// Appends the whole element; of a body of more than 255 octets no more are written.
    #[cfg(feature = "alloc")]
    fn emit(&self, out: &mut Vec<u8>) {
        let mut body = Vec::new();
        body.extend(Self::EXTENSION);
        self.emit_body(&mut body);
        crate::emit_element(Self::ID, &body, out);
    }
}

impl<'a> Elements<'a> {
    /// The first element of this kind, or `None` when there is none.
    ///
    /// # Errors
    /// What [`KnownElement::parse`] says of it, with the offset in the series.
    pub fn get<T: KnownElement<'a>>(&self) -> Result<Option<T>, Malformed> {
        let found = match T::EXTENSION {
            None => self.find(T::ID),
            Some(extension) => self.find_extension(extension),
        };
        let Some(element) = found else { return Ok(None) };
        let at = |error: Malformed| Malformed { offset: element.body_offset() + error.offset, ..error };
        T::parse(element.body).map(Some).map_err(at)
    }
}

/// Implements [`KnownElement`] by a read and an emit function.
macro_rules! known {
    ($type:ident $(<$life:lifetime>)? = $id:ident $(+ $extension:ident)?, $name:literal, $cursor:ident => $read:expr, $this:ident, $out:ident => $emit:expr) => {
        impl<'a> $crate::KnownElement<'a> for $type $(<$life>)? {
            const ID: u8 = $crate::id::$id;
            $(const EXTENSION: Option<u8> = Some($crate::id::extension::$extension);)?

            fn parse(body: &'a [u8]) -> Result<Self, $crate::Malformed> {
                let $cursor = &mut $crate::cursor::Cursor::new(body, 0, $name);
                $read
            }

            #[cfg(feature = "alloc")]
            fn emit_body(&self, $out: &mut alloc::vec::Vec<u8>) {
                let $this = self;
                $emit
            }
        }
    };
}

pub(crate) use known;
