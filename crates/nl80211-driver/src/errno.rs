//! The kernel's error numbers in words.

use radio::Refused;

/// What a refusal says: the error's name, and the kernel's explanation where there is one.
pub(crate) fn refused(errno: i32, explanation: &str) -> Refused {
    let name = name(errno);
    let text = match (name, explanation) {
        (Some(name), "") => name.to_owned(),
        (Some(name), explanation) => format!("{name}: {explanation}"),
        (None, "") => "refused".to_owned(),
        (None, explanation) => explanation.to_owned(),
    };
    Refused { errno, text }
}

/// `ENOTSUPP` of `include/linux/errno.h`: not meant for user space, but drivers answer it.
const ENOTSUPP: i32 = 524;

/// The names of those that nl80211 and rtnetlink answer with.
fn name(errno: i32) -> Option<&'static str> {
    Some(match errno {
        libc::EPERM => "EPERM",
        libc::ENOENT => "ENOENT",
        libc::EINTR => "EINTR",
        libc::EIO => "EIO",
        libc::ENOMEM => "ENOMEM",
        libc::EACCES => "EACCES",
        libc::EFAULT => "EFAULT",
        libc::EBUSY => "EBUSY",
        libc::EEXIST => "EEXIST",
        libc::ENODEV => "ENODEV",
        libc::EINVAL => "EINVAL",
        libc::ENFILE => "ENFILE",
        libc::EMFILE => "EMFILE",
        libc::ENOSPC => "ENOSPC",
        libc::ERANGE => "ERANGE",
        libc::EOPNOTSUPP => "EOPNOTSUPP",
        libc::EMSGSIZE => "EMSGSIZE",
        libc::EADDRNOTAVAIL => "EADDRNOTAVAIL",
        libc::ENETDOWN => "ENETDOWN",
        libc::ENOBUFS => "ENOBUFS",
        libc::EISCONN => "EISCONN",
        libc::ENOTCONN => "ENOTCONN",
        libc::ETIMEDOUT => "ETIMEDOUT",
        libc::ENOLINK => "ENOLINK",
        libc::EPROTO => "EPROTO",
        libc::EALREADY => "EALREADY",
        libc::EINPROGRESS => "EINPROGRESS",
        libc::ENONET => "ENONET",
        libc::ENXIO => "ENXIO",
        libc::ERFKILL => "ERFKILL",
        libc::ESHUTDOWN => "ESHUTDOWN",
        libc::ECANCELED => "ECANCELED",
        libc::ENOTUNIQ => "ENOTUNIQ",
        libc::ENOKEY => "ENOKEY",
        ENOTSUPP => "ENOTSUPP",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_all_that_is_known() {
        assert_eq!(refused(libc::EBUSY, "").text, "EBUSY");
        assert_eq!(refused(libc::EINVAL, "invalid frame type").text, "EINVAL: invalid frame type");
        assert_eq!(refused(9999, "").to_string(), "refused (errno 9999)");
    }
}
