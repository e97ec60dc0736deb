//! Numbers that a radio refuses commands with (Linux `errno`) and that mean something to a machine here.

/// No such entry: the BSS or the station is not known to the kernel.
pub(crate) const ENOENT: i32 = 2;
/// The station exists.
pub(crate) const EEXIST: i32 = 17;
/// The interface is connected to that BSS.
pub(crate) const EALREADY: i32 = 114;
/// Of a request to connect: there is no such channel, or not in this country (any more).
pub(crate) const EINVAL: i32 = 22;
