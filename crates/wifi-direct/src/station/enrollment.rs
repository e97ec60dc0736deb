//! Being given a network: whose registrar waits for us (WSC 2.0 §7.6, §7.7).

use crate::api::WpsMethod;
use crate::group::{LOOKS, has_registrar, registrar_is_selected};
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::{Elements, MacAddr};
use radio::{Bss, ScanRequest};

/// For how long a registrar is looked for (WSC 2.0 §7.7.1: the walk time, 120 s).
const WALK_TIME: Duration = Duration::from_secs(120);

/// What the user has asked for.
#[derive(Debug)]
pub(super) struct Enrollment {
    pub(super) method: WpsMethod,
    /// When it is to be over.
    pub(super) until: Duration,
    /// Only this access point.
    bssid: Option<MacAddr>,
    /// The WSC element of probe requests.
    element: Vec<u8>,
    /// Scans that have found no registrar.
    looks: u32,
}

/// What a scan has shown.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Outlook<'a> {
    /// No registrar waits for us.
    Nobody,
    /// Several push buttons were pressed.
    Overlap,
    /// This one's does.
    Found(&'a Bss),
}

impl Enrollment {
    pub(super) fn new(now: Duration, method: WpsMethod, bssid: Option<MacAddr>, element: Vec<u8>) -> Self {
        Self { method, until: now + WALK_TIME, bssid, element, looks: 0 }
    }

    /// The scan for it, of all channels.
    pub(super) fn scan(&self) -> ScanRequest {
        ScanRequest { ssids: alloc::vec![Vec::new()], elements: self.element.clone(), ..ScanRequest::default() }
    }

    /// Looks for a registrar in what a scan has just seen. By PIN the access point that the user has named is asked after a while
    /// although it does not show that it waits: some never do.
    pub(super) fn look<'a>(&mut self, seen: impl Iterator<Item = &'a Bss>) -> Outlook<'a> {
        self.looks = self.looks.saturating_add(1);
        let push_button = matches!(self.method, WpsMethod::PushButton);
        let anyway = !push_button && self.bssid.is_some() && self.looks > LOOKS;
        let named = seen.filter(|bss| self.bssid.is_none_or(|bssid| bssid == bss.bssid));
        let waits = |bss: &&Bss| {
            registrar_is_selected(bss.elements(), push_button) || (anyway && has_registrar(bss.elements()))
        };
        let waiting: Vec<&Bss> = named.filter(waits).collect();
        let Some(best) = waiting.iter().max_by_key(|bss| bss.signal_dbm) else { return Outlook::Nobody };
        // One registrar may stand on several channels, under the same UUID.
        if push_button && waiting.iter().any(|bss| identity(bss) != identity(best)) {
            return Outlook::Overlap;
        }
        Outlook::Found(best)
    }
}

/// What tells an access point's registrar from another's: its UUID, or the BSSID where it names none.
fn identity(bss: &Bss) -> (Option<[u8; 16]>, Option<MacAddr>) {
    let wsc = Elements::new(bss.elements()).wsc().ok().flatten();
    match wsc.and_then(|wsc| wsc.uuid_e()) {
        Some(uuid) => (Some(uuid), None),
        None => (None, Some(bss.bssid)),
    }
}
