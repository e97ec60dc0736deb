//! Refusals with the kernel's error numbers.

use radio::Refused;

macro_rules! errnos {
    ($($name:ident = $number:literal;)*) => {
        $(pub(crate) const $name: Errno = Errno($number, stringify!($name));)*
    };
}

/// An error number of Linux and its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Errno(i32, &'static str);

errnos! {
    ENOENT = 2;
    EBUSY = 16;
    EEXIST = 17;
    ENODEV = 19;
    EINVAL = 22;
    ENOLINK = 67;
    EOPNOTSUPP = 95;
    ENETDOWN = 100;
    ENOTCONN = 107;
    EALREADY = 114;
}

impl Errno {
    /// A refusal with an explanation.
    pub(crate) fn because(self, why: &str) -> Refused {
        Refused { errno: self.0, text: format!("{}: {why}", self.1) }
    }
}

impl From<Errno> for Refused {
    fn from(errno: Errno) -> Self {
        Self { errno: errno.0, text: errno.1.into() }
    }
}
