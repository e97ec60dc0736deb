//! A simulated medium with simulated radios behind the seam of the `radio` crate: deterministic, seeded, in virtual time.
//!
//! An [`Air`] holds the radios. Each takes the [`radio::Command`]s that the Linux kernel takes, and behaves as a kernel with
//! mac80211 does, its less pleasant habits included: commands to one interface go one at a time, the end of a transmission may
//! overtake the `Done` of its command, probe responses come as scan results only, an authentication needs a fresh scan result,
//! and what a kernel refuses is refused with the same error number. Frames go through the air attempt by attempt, with loss,
//! acknowledgements and repetitions, and data frames are really encrypted (CCMP).
//!
//! Nothing happens by itself: [`Air::next_deadline`] says when something will, [`Air::advance`] lets it, and
//! [`Air::poll_event`] and [`Air::poll_data`] tell what came of it. The same seed and the same calls give the same run.
//!
//! ```
//! use radio::{Command, CommandId, Event, InterfaceId};
//! use virtual_air::{Air, Profile, RadioSettings, Settings};
//!
//! let mut air = Air::new(1, Settings::default());
//! let radio = air.add_radio(RadioSettings::new([2, 0, 0, 0, 0, 1].into(), Profile::P2pDevice));
//! air.command(radio, CommandId(1), Command::SetInterfaceUp { iface: InterfaceId::BASE, up: true });
//! while let Some(at) = air.next_deadline() {
//!     air.advance(at);
//! }
//! assert!(matches!(air.poll_event(radio), Some(Event::Done { id: CommandId(1), result: Ok(_) })));
//! ```
#![forbid(unsafe_code)]

mod air;
mod ap;
mod ccmp;
mod client;
mod command;
mod data;
mod errno;
mod frame;
mod medium;
mod offchannel;
mod queue;
mod receive;
mod scan;
mod settings;
mod state;
mod trace;

pub use air::{Air, RadioId};
pub use ccmp::{open_with as open_ccmp, seal_with as seal_ccmp};
pub use data::DataFrame;
pub use settings::{Link, Profile, RadioSettings, Settings};
pub use trace::{Fate, OnAir, losing_nth};
