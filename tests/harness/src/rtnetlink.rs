//! Links and addresses of the calling thread's network namespace.

use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use nix::net::if_::if_nametoindex;

use crate::netlink::{Attrs, CREATE, Netlink};

const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const RTM_NEWNEIGH: u16 = 28;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NUD_PERMANENT: u16 = 0x80;
const IFLA_IFNAME: u16 = 3;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFF_UP: u32 = 1;
const AF_INET: u8 = 2;

/// Sets a network device up.
pub fn set_up(name: &str) -> Result<()> {
    set_flags(name, IFF_UP).with_context(|| format!("set {name} up"))
}

/// Sets a network device down.
pub fn set_down(name: &str) -> Result<()> {
    set_flags(name, 0).with_context(|| format!("set {name} down"))
}

fn set_flags(name: &str, flags: u32) -> Result<()> {
    let index = if_nametoindex(name).with_context(|| format!("no interface {name}"))?;
    // struct ifinfomsg: family, padding, type, index, flags, change mask
    let header = [&[0; 4][..], &index.to_ne_bytes(), &flags.to_ne_bytes(), &IFF_UP.to_ne_bytes()].concat();
    Netlink::route()?.route_call(RTM_NEWLINK, 0, Attrs::after(&header))
}

/// Gives a network device that is down another name.
pub fn rename(name: &str, new: &str) -> Result<()> {
    let index = if_nametoindex(name).with_context(|| format!("no interface {name}"))?;
    let header = [&[0; 4][..], &index.to_ne_bytes(), &[0; 8]].concat();
    Netlink::route()?
        .route_call(RTM_NEWLINK, 0, Attrs::after(&header).string(IFLA_IFNAME, new))
        .with_context(|| format!("rename {name} to {new}"))
}

/// Gives a network device an IPv4 address.
pub fn add_address(name: &str, address: Ipv4Addr, prefix: u8) -> Result<()> {
    let index = if_nametoindex(name).with_context(|| format!("no interface {name}"))?;
    // struct ifaddrmsg: family, prefix length, flags, scope, index
    let header = [&[AF_INET, prefix, 0, 0][..], &index.to_ne_bytes()].concat();
    let body = Attrs::after(&header).bytes(IFA_LOCAL, &address.octets()).bytes(IFA_ADDRESS, &address.octets());
    Netlink::route()?
        .route_call(RTM_NEWADDR, CREATE, body)
        .with_context(|| format!("give {name} the address {address}"))
}

/// Tells the kernel the hardware address of a neighbour, so that it need not ask for it.
pub fn add_neighbour(name: &str, neighbour: Ipv4Addr, hardware: &[u8]) -> Result<()> {
    let index = if_nametoindex(name).with_context(|| format!("no interface {name}"))?;
    // struct ndmsg: family, padding, index, state, flags, type
    let header = [&[AF_INET, 0, 0, 0][..], &index.to_ne_bytes(), &NUD_PERMANENT.to_ne_bytes(), &[0, 0]].concat();
    let body = Attrs::after(&header).bytes(NDA_DST, &neighbour.octets()).bytes(NDA_LLADDR, hardware);
    Netlink::route()?
        .route_call(RTM_NEWNEIGH, CREATE, body)
        .with_context(|| format!("tell {name} of its neighbour {neighbour}"))
}
