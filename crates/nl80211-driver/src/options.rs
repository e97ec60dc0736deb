//! What the caller may choose when opening a radio.

/// A kernel feature that can be left unused, as if the kernel did not have it: for drivers that announce what does not
/// work, and for running every fallback on one kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// EAPOL over nl80211 (`NL80211_EXT_FEATURE_CONTROL_PORT_OVER_NL80211`); a packet socket is used instead.
    ControlPort,
    /// Word of what became of EAPOL sent over nl80211 (`CONTROL_PORT_OVER_NL80211_TX_STATUS`) or on a packet socket
    /// (`NL80211_FEATURE_SK_TX_STATUS`).
    ControlPortTxStatus,
    /// The kernel's cleaning up when our socket closes (`NL80211_ATTR_SOCKET_OWNER`). Implies [`Feature::ControlPort`],
    /// which depends on it.
    SocketOwner,
    /// Sending on another channel in one command (`NL80211_ATTR_OFFCHANNEL_TX_OK`); a remain-on-channel is used instead.
    OffchannelTransmit,
    /// Authentication and association by us (`AUTHENTICATE`, `ASSOCIATE`); the kernel's own SME is used instead.
    Authenticate,
    /// The P2P device kind of interface.
    P2pDevice,
    /// Station entries from the authentication on (`NL80211_FEATURE_FULL_AP_CLIENT_STATE`).
    FullApClientState,
}

/// How a radio is opened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Features to leave unused.
    pub ignore_features: Vec<Feature>,
}

impl Options {
    /// Whether a feature that the kernel has may be used.
    pub(crate) fn allows(&self, feature: Feature) -> bool {
        let implied = feature == Feature::ControlPort && self.ignore_features.contains(&Feature::SocketOwner);
        !implied && !self.ignore_features.contains(&feature)
    }
}
