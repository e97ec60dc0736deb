//! What a user of a device can ask ([`Request`]), is answered ([`Reply`], [`Error`]) and is told ([`Event`]).
//!
//! These are plain data; the daemon's control protocol and the async API are written on top of them.

mod config;
mod event;
mod group;
mod request;
mod station;

pub use config::{ChannelSharing, Config, DeviceAddress};
pub use event::{Beside, Cause, EapMethod, EnrolleeSeen, Event, GroupEvent, Phase};
pub use group::{GroupInfo, GroupRecord, IpAssignment, IpPool, MAX_CLIENTS, PeerView, StationPsk, StationView};
pub use request::{
    AddGroup, ChannelWish, Connect, ConnectHow, Error, Find, FindScope, Invite, PresencePeriod, ProvisionFor,
    ProvisionMethod, Reply, Request, UserFrame, UserScan, WpsMethod,
};
pub use station::{
    FailedBy, MAX_NETWORKS, Network, NetworkId, Protection, StationEvent, StationRequest, StationState, StationStatus,
};

/// Names a group for as long as the device lives; never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupId(pub u32);

/// Names a stored persistent group. Allotted by whoever keeps the records (the daemon: its network id).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordId(pub u32);

/// Our part in a group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Group owner: its access point.
    Owner,
    /// Client.
    Client,
}
