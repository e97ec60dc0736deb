//! Who asked the radio for what: every command's answer finds its way back by its id.

use crate::api::GroupId;
use alloc::collections::BTreeMap;
use ieee80211_ies::MacAddr;
use p2p_core::SendToken;
use radio::{Command, CommandId};

/// Allots command ids.
#[derive(Debug, Default)]
pub(crate) struct CommandIds(u64);

impl CommandIds {
    /// A fresh id.
    pub(crate) fn next(&mut self) -> CommandId {
        self.0 += 1;
        CommandId(self.0)
    }
}

/// Whose command it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// The airtime's.
    Airtime,
    /// A group's machine.
    Group(GroupId, mlme::Token),
    /// An EAPOL frame of a group, to this peer.
    Eapol(GroupId, MacAddr),
    /// A group's interface is being made or changed.
    Interface(GroupId),
    /// A group's interface, which has been made, takes this address.
    InterfaceAddress(GroupId, MacAddr),
    /// A group's interface is being given back.
    Release(GroupId),
    /// A frame that the user sends from a group's interface.
    User(SendToken),
    /// The discovery interface is being made.
    Discovery,
    /// The discovery interface, which we have not made, takes this address.
    DiscoveryAddress(MacAddr),
    /// The discovery interface is being given back.
    DiscoveryEnd,
    /// The discovery interface, which was down, is being raised.
    Raise,
    /// The station's connection.
    Link(mlme::Token),
    /// An EAPOL frame of the station's connection.
    LinkEapol,
    /// The station's interface is being raised.
    LinkUp,
    /// What it knows of the station's access point.
    LinkQuery,
    /// What it knows of a station of this group.
    Station(GroupId, MacAddr),
    /// Nobody waits; a refusal is logged with these words.
    Nobody(&'static str),
}

/// The commands under way.
#[derive(Debug, Default)]
pub(crate) struct Routes(BTreeMap<CommandId, Pending>);

#[derive(Debug)]
struct Pending {
    route: Route,
    /// A frame to send has two answers: that it was accepted, and its fate, in either order.
    fate_owed: bool,
}

impl Routes {
    /// Remembers whose command it is.
    pub(crate) fn insert(&mut self, id: CommandId, route: Route, command: &Command) {
        let fate_owed = matches!(command, Command::Transmit { .. } | Command::SendEapol { .. });
        self.0.insert(id, Pending { route, fate_owed });
    }

    /// Whose command was carried out (`accepted`) or refused. It is forgotten unless its fate is still owed.
    pub(crate) fn done(&mut self, id: CommandId, accepted: bool) -> Option<Route> {
        let pending = self.0.get(&id)?;
        let route = pending.route;
        if !(accepted && pending.fate_owed) {
            self.0.remove(&id);
        }
        Some(route)
    }

    /// Whose frame has met its fate; forgotten.
    pub(crate) fn sent(&mut self, id: CommandId) -> Option<Route> {
        self.0.remove(&id).map(|p| p.route)
    }
}
