//! A client of a D-Bus daemon: method calls with few kinds of arguments, as much as iwd's users need.
//! (D-Bus specification 0.43, "Message Protocol" and "Authentication Protocol".)

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long the daemon itself may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Longest message taken.
const MESSAGE: usize = 1 << 20;
/// Octets before a message's header fields.
const FIXED: usize = 16;

const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;
const FIELD_PATH: u8 = 1;
const FIELD_INTERFACE: u8 = 2;
const FIELD_MEMBER: u8 = 3;
const FIELD_ERROR_NAME: u8 = 4;
const FIELD_REPLY_SERIAL: u8 = 5;
const FIELD_DESTINATION: u8 = 6;
const FIELD_SIGNATURE: u8 = 8;

/// An argument.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A string.
    Text(&'a str),
    /// A variant that holds a boolean.
    Flag(bool),
    /// A variant that holds a string.
    Name(&'a str),
}

/// What was answered: the body of the reply, or the name of the error.
pub type Answer = std::result::Result<Body, String>;

/// A method to call.
#[derive(Debug, Clone, Copy)]
pub struct Method<'a> {
    /// The bus name of the service.
    pub service: &'a str,
    /// The object.
    pub path: &'a str,
    /// The interface.
    pub interface: &'a str,
    /// The method.
    pub member: &'a str,
}

/// A connection.
pub struct Bus {
    stream: UnixStream,
    serial: u32,
    answers: Vec<(u32, Answer)>,
}

impl Bus {
    /// Connects as root.
    pub fn open(path: &Path) -> Result<Self> {
        let mut stream = UnixStream::connect(path).with_context(|| path.display().to_string())?;
        stream.set_read_timeout(Some(ANSWERS_WITHIN))?;
        // The user number in digits, each in hexadecimal.
        stream.write_all(b"\0AUTH EXTERNAL 30\r\n")?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut octet = [0];
            stream.read_exact(&mut octet).context("D-Bus authentication")?;
            line.extend_from_slice(&octet);
        }
        ensure!(line.starts_with(b"OK"), "D-Bus: {}", String::from_utf8_lossy(&line));
        stream.write_all(b"BEGIN\r\n")?;
        let mut bus = Self { stream, serial: 0, answers: Vec::new() };
        let daemon = "org.freedesktop.DBus";
        let hello = Method { service: daemon, path: "/org/freedesktop/DBus", interface: daemon, member: "Hello" };
        bus.call(hello, &[])?;
        Ok(bus)
    }

    /// Calls a method and waits for a good answer.
    pub fn call(&mut self, method: Method<'_>, arguments: &[Value<'_>]) -> Result<Body> {
        let call = self.send(method, arguments)?;
        let answer = self.answer(call, ANSWERS_WITHIN)?;
        answer.map_err(|error| anyhow::anyhow!("{}: {error}", method.member))
    }

    /// Calls a method; [`Bus::answer`] takes what is answered.
    pub fn send(&mut self, method: Method<'_>, arguments: &[Value<'_>]) -> Result<u32> {
        self.serial += 1;
        let (signature, body) = write_arguments(arguments);
        let mut fields = Writer::default();
        for (field, kind, text) in [
            (FIELD_PATH, "o", method.path),
            (FIELD_INTERFACE, "s", method.interface),
            (FIELD_MEMBER, "s", method.member),
            (FIELD_DESTINATION, "s", method.service),
        ] {
            fields.align(8);
            fields.0.push(field);
            fields.signature(kind);
            fields.text(text);
        }
        if !signature.is_empty() {
            fields.align(8);
            fields.0.push(FIELD_SIGNATURE);
            fields.signature("g");
            fields.signature(&signature);
        }
        let mut message = Writer(vec![b'l', METHOD_CALL, 0, 1]);
        message.u32(u32::try_from(body.len())?);
        message.u32(self.serial);
        message.u32(u32::try_from(fields.0.len())?);
        message.0.extend(fields.0);
        message.align(8);
        message.0.extend(body);
        self.stream.write_all(&message.0).context("D-Bus")?;
        Ok(self.serial)
    }

    /// Waits for the answer to a call.
    pub fn answer(&mut self, call: u32, within: Duration) -> Result<Answer> {
        let end = Instant::now() + within;
        loop {
            if let Some(place) = self.answers.iter().position(|(serial, _)| *serial == call) {
                return Ok(self.answers.swap_remove(place).1);
            }
            let left = end.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "D-Bus: no answer within {within:?}");
            self.stream.set_read_timeout(Some(left))?;
            let Some(answer) = self.receive()? else { continue };
            self.answers.push(answer);
        }
    }

    /// Reads one message; the call that it answers, and the answer.
    fn receive(&mut self) -> Result<Option<(u32, Answer)>> {
        let mut fixed = [0; FIXED];
        self.stream.read_exact(&mut fixed).context("D-Bus message")?;
        ensure!(fixed[0] == b'l', "D-Bus: a message that is not little-endian");
        let mut head = Body::new(fixed.to_vec());
        let kind = head.octets(4)?[1];
        let (body, _, fields) = (head.u32()? as usize, head.u32()?, head.u32()? as usize);
        ensure!(body <= MESSAGE && fields <= MESSAGE, "D-Bus: a message of {body} octets");
        let mut rest = vec![0; fields.next_multiple_of(8) + body];
        self.stream.read_exact(&mut rest).context("D-Bus message")?;
        let body = rest.split_off(fields.next_multiple_of(8));
        rest.truncate(fields);
        let mut fields = Body::new(rest);
        let (mut call, mut error) = (None, None);
        while !fields.is_empty() {
            fields.align(8);
            let field = fields.octets(1)?[0];
            match (field, fields.signature()?.as_str()) {
                (FIELD_REPLY_SERIAL, "u") => call = Some(fields.u32()?),
                (FIELD_ERROR_NAME, "s") => error = Some(fields.text()?),
                (_, "u") => _ = fields.u32()?,
                (_, "s" | "o") => _ = fields.text()?,
                (_, "g") => _ = fields.signature()?,
                (_, other) => bail!("D-Bus: a header field of type {other}"),
            }
        }
        let answer = match kind {
            METHOD_RETURN => Ok(Body::new(body)),
            ERROR => Err(error.unwrap_or_default()),
            _ => return Ok(None),
        };
        Ok(call.map(|call| (call, answer)))
    }
}

fn write_arguments(arguments: &[Value<'_>]) -> (String, Vec<u8>) {
    let (mut signature, mut body) = (String::new(), Writer::default());
    for argument in arguments {
        match argument {
            Value::Text(text) => {
                signature.push('s');
                body.text(text);
            }
            Value::Flag(flag) => {
                signature.push('v');
                body.signature("b");
                body.u32(u32::from(*flag));
            }
            Value::Name(text) => {
                signature.push('v');
                body.signature("s");
                body.text(text);
            }
        }
    }
    (signature, body.0)
}

/// A message under construction, little-endian.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    fn u32(&mut self, value: u32) {
        self.align(4);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
    }

    fn signature(&mut self, text: &str) {
        self.0.push(text.len() as u8);
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
    }
}

/// Values to be read in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    octets: Vec<u8>,
    at: usize,
}

impl Body {
    fn new(octets: Vec<u8>) -> Self {
        Self { octets, at: 0 }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.at >= self.octets.len()
    }

    /// Goes to the next multiple of `to`.
    pub fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn octets(&mut self, length: usize) -> Result<&[u8]> {
        let from = self.at;
        self.at = from.checked_add(length).context("D-Bus: a message ends early")?;
        self.octets.get(from..self.at).context("D-Bus: a message ends early")
    }

    /// A `u32`, or the length of an array in octets.
    pub fn u32(&mut self) -> Result<u32> {
        self.align(4);
        let octets = self.octets(4)?;
        Ok(u32::from_le_bytes(octets.try_into()?))
    }

    /// A string or an object's path.
    pub fn text(&mut self) -> Result<String> {
        let length = self.u32()? as usize;
        let text = String::from_utf8_lossy(self.octets(length)?).into_owned();
        self.octets(1)?;
        Ok(text)
    }

    fn signature(&mut self) -> Result<String> {
        let length = usize::from(self.octets(1)?[0]);
        let text = String::from_utf8_lossy(self.octets(length)?).into_owned();
        self.octets(1)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_laid_out_as_the_specification_says() {
        let (signature, body) = write_arguments(&[Value::Text("ab"), Value::Flag(true), Value::Name("x")]);
        assert_eq!(signature, "svv");
        let text = [2, 0, 0, 0, b'a', b'b', 0];
        let flag = [1, b'b', 0, 0, 0, 1, 0, 0, 0];
        let name = [1, b's', 0, 0, 1, 0, 0, 0, b'x', 0];
        assert_eq!(body, [&text[..], &flag, &name].concat());
        let mut read = Body::new(body.clone());
        assert_eq!(read.text().unwrap(), "ab");
        assert_eq!(read.signature().unwrap(), "b");
        assert_eq!(read.u32().unwrap(), 1);
    }

    #[test]
    fn a_message_that_ends_early_is_an_error() {
        assert!(Body::new(vec![9, 0, 0, 0, b'a']).text().is_err());
        assert!(Body::new(vec![1, 0]).u32().is_err());
    }
}
