//! Words that commands and events share.

use p2p_core::{Method, State};
use wifi_direct::api::Role;

/// A WPS method as `wps_method=` shows it.
pub(crate) fn method_name(method: Method) -> &'static str {
    match method {
        Method::PushButton => "PBC",
        Method::Display => "Display",
        Method::Keypad => "Keypad",
    }
}

/// A role as group events show it.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "GO",
        Role::Client => "client",
    }
}

/// A state as the global STATUS shows it.
pub(crate) fn state_name(state: State) -> &'static str {
    match state {
        State::Idle => "IDLE",
        State::Search => "SEARCH",
        State::ListenOnly => "LISTEN_ONLY",
        State::Connect => "CONNECT",
        State::ConnectListen => "CONNECT_LISTEN",
        State::GoNeg => "GO_NEG",
        State::WaitPeerConnect => "WAIT_PEER_CONNECT",
        State::WaitPeerIdle => "WAIT_PEER_IDLE",
        State::Provisioning => "PROVISIONING",
        State::PdDuringFind => "PD_DURING_FIND",
        State::Invite => "INVITE",
        State::InviteListen => "INVITE_LISTEN",
    }
}
