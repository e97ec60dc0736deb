//! What must work on the kernel's own nl80211, and with wpa_supplicant as the peer.
#![forbid(unsafe_code)]
