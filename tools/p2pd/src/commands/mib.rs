//! MIB: the security of an interface's connection in the standard's variables, and PMKSA.

use super::Session;
use std::fmt::Write;
use wifi_direct::api::{Role, StationState};

/// Suites by OUI and type (IEEE 802.11-2020 Tables 9-149 and 9-151): none, pre-shared key, CCMP-128.
const NONE: &str = "00-00-00-0";
const PSK: &str = "00-0f-ac-2";
const CCMP: &str = "00-0f-ac-4";

/// Whether the addressed interface is, or is being, connected with a key as a client; and whether data passes.
fn protected(session: &Session<'_>) -> (bool, bool) {
    if let Some(station) = session.station() {
        return (station.protected && station.network.is_some(), station.state == StationState::Completed);
    }
    session.group().filter(|g| g.role == Role::Client).map_or((false, false), |g| (true, g.started))
}

/// The names and order of wpa_supplicant. What we do not count is zero, and what belongs to IEEE 802.1X at rest.
pub(super) fn mib(session: &mut Session<'_>, _: &str) -> String {
    let (keyed, passes) = protected(session);
    let truth = |is: bool| if is { "TRUE" } else { "FALSE" };
    let suite = |suite| if keyed { suite } else { NONE };
    let mut out = String::with_capacity(2048);
    // Writing to a String cannot fail.
    let mut line = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(out, "{key}={value}");
    };
    line("dot11RSNAOptionImplemented", &truth(true));
    line("dot11RSNAPreauthenticationImplemented", &truth(false));
    line("dot11RSNAEnabled", &truth(keyed));
    line("dot11RSNAPreauthenticationEnabled", &truth(false));
    line("dot11RSNAConfigVersion", &1);
    line("dot11RSNAConfigPairwiseKeysSupported", &1);
    line("dot11RSNAConfigGroupCipherSize", &if keyed { 128 } else { 0 });
    line("dot11RSNAConfigPMKLifetime", &43_200);
    line("dot11RSNAConfigPMKReauthThreshold", &70);
    line("dot11RSNAConfigNumberOfPTKSAReplayCounters", &1);
    line("dot11RSNAConfigSATimeout", &60);
    for which in ["Selected", "Requested"] {
        line(&format!("dot11RSNAAuthenticationSuite{which}"), &suite(PSK));
        line(&format!("dot11RSNAPairwiseCipher{which}"), &suite(CCMP));
        line(&format!("dot11RSNAGroupCipher{which}"), &suite(CCMP));
        if which == "Selected" {
            line("dot11RSNAPMKIDUsed", &"");
        }
    }
    line("dot11RSNAConfigNumberOfGTKSAReplayCounters", &0);
    line("dot11RSNA4WayHandshakeFailures", &0);
    line("dot1xSuppPaeState", &1);
    line("dot1xSuppHeldPeriod", &60);
    line("dot1xSuppAuthPeriod", &30);
    line("dot1xSuppStartPeriod", &30);
    line("dot1xSuppMaxStart", &3);
    line("dot1xSuppSuppControlledPortStatus", &if passes { "Authorized" } else { "Unauthorized" });
    line("dot1xSuppBackendPaeState", &1);
    out
}

/// PMKSA: none is ever kept, for there is no EAP but WPS.
pub(super) fn pmksa(_: &mut Session<'_>, _: &str) -> String {
    String::from("Index / AA / PMKID / expiration (in seconds) / opportunistic\n")
}
