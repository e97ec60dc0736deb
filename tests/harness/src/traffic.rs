//! Traffic that proves that a group carries data: echoes, and a bulk transfer.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::errno::Errno;
use nix::sys::socket::{
    self, AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, setsockopt, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::namespace::Namespace;
use crate::transcript::note;

/// How long one echo may take.
const ECHO_WITHIN: Duration = Duration::from_millis(500);
/// How long the first echo of a pair may be awaited: address resolution, and the owner's last step after the event.
pub const REACHED_WITHIN: Duration = Duration::from_secs(5);
/// How long a bulk transfer may stand still.
const STALLED_AFTER: Duration = Duration::from_secs(20);
/// How many octets are received at once.
const PIECE: usize = 1 << 16;
const ECHO_REPLY: u8 = 0;
const ECHO_REQUEST: u8 = 8;
/// Octets of an IPv4 header without options.
const IPV4_HEADER: usize = 20;

/// Sends echo requests until one is answered; the time until then.
pub fn ping(from: &Namespace, to: Ipv4Addr, within: Duration) -> Result<Duration> {
    reach(from, to, ECHO_WITHIN, within)
}

/// As [`ping`], with a request in every period.
pub fn reach(from: &Namespace, to: Ipv4Addr, period: Duration, within: Duration) -> Result<Duration> {
    let start = Instant::now();
    let mut sequence = 0;
    while start.elapsed() < within {
        sequence += 1;
        if let Some(took) = from.run(|| echo(to, sequence, 56, period))? {
            note(from.name(), &format!("ping {to}: {took:?}, request {sequence}"));
            return Ok(start.elapsed());
        }
    }
    bail!("{}: no answer from {to} within {within:?}", from.name())
}

/// One echo of `size` octets; `None` when it is not answered in time. To be called in the sender's namespace.
fn echo(to: Ipv4Addr, sequence: u16, size: usize, within: Duration) -> Result<Option<Duration>> {
    let fd = socket::socket(AddressFamily::Inet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Icmp)
        .context("raw socket")?;
    let mut request = vec![ECHO_REQUEST, 0, 0, 0, 0x4c, 0x41];
    request.extend_from_slice(&sequence.to_be_bytes());
    request.resize(8 + size, 0x5a);
    let sum = checksum(&request).to_be_bytes();
    request.splice(2..4, sum);
    let start = Instant::now();
    let target = SockaddrIn::from(SocketAddrV4::new(to, 0));
    match socket::sendto(fd.as_raw_fd(), &request, &target, MsgFlags::empty()) {
        Ok(_) => {}
        // The link is not ready: the same as no answer, after the same time.
        Err(Errno::ENETDOWN | Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::ENOBUFS) => {
            thread::sleep(within);
            return Ok(None);
        }
        Err(error) => bail!("echo request to {to}: {error}"),
    }
    let mut buffer = vec![0; IPV4_HEADER + 8 + size + 64];
    loop {
        let left = within.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        let left = TimeVal::microseconds(i64::try_from(left.as_micros())?.max(1000));
        setsockopt(&fd, sockopt::ReceiveTimeout, &left)?;
        match socket::recv(fd.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(length) => {
                let answer = buffer.get(IPV4_HEADER..length).unwrap_or_default();
                if answer.first() == Some(&ECHO_REPLY) && answer.get(4..) == request.get(4..) {
                    return Ok(Some(start.elapsed()));
                }
            }
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(error) => bail!("echo reply from {to}: {error}"),
        }
    }
}

/// The Internet checksum (RFC 1071).
fn checksum(data: &[u8]) -> u16 {
    let mut sum: u32 =
        data.chunks(2).map(|pair| pair.iter().fold(0, |word, octet| word << 8 | u32::from(*octet))).sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

/// Sends so many octets over TCP and checks that they all arrive as they were; the time it took.
pub fn transfer(from: &Namespace, to: &Namespace, address: Ipv4Addr, octets: usize) -> Result<Duration> {
    const PORT: u16 = 5001;
    let listener = to.run(|| TcpListener::bind((address, PORT)).with_context(|| format!("listen on {address}")))?;
    let start = Instant::now();
    let received = thread::scope(|scope| -> Result<Vec<u8>> {
        let receiver = scope.spawn(|| -> Result<Vec<u8>> {
            let (stream, _) = listener.accept()?;
            stream.set_read_timeout(Some(STALLED_AFTER))?;
            receive_all(&stream).context("receive")
        });
        let sent = from.run(|| {
            let mut stream = TcpStream::connect((address, PORT)).with_context(|| format!("connect to {address}"))?;
            stream.set_write_timeout(Some(STALLED_AFTER))?;
            stream.write_all(&pattern(octets)).context("send")?;
            Ok(())
        });
        if let Err(error) = sent {
            // Wakes the receiver, who may still wait for a connection.
            _ = to.run(|| Ok(TcpStream::connect((address, PORT))));
            return Err(error);
        }
        receiver.join().unwrap_or_else(|_| Err(anyhow!("the receiver panicked")))
    })
    .with_context(|| format!("transfer from {} to {}", from.name(), to.name()))?;
    ensure!(received == pattern(octets), "{} of {octets} octets arrived, or they were changed", received.len());
    note(from.name(), &format!("{octets} octets to {address}: {:?}", start.elapsed()));
    Ok(start.elapsed())
}

/// All octets until the sender closes. The kernel gathers whole pieces: waking up for each segment is most of what a transfer
/// costs a simulated machine.
fn receive_all(stream: &TcpStream) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        let length = socket::recv(stream.as_raw_fd(), &mut piece, MsgFlags::MSG_WAITALL)?;
        if length == 0 {
            return Ok(data);
        }
        data.extend_from_slice(piece.get(..length).unwrap_or_default());
    }
}

/// Octets in which no shift of a block goes unseen.
fn pattern(octets: usize) -> Vec<u8> {
    (0..octets).map(|n| (n ^ n >> 8 ^ n >> 16) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_of_the_rfc() {
        // RFC 1071 section 3: the sum of these words is ddf2.
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
    }
}
