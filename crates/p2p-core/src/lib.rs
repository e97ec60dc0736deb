#![no_std]
#![forbid(unsafe_code)]
//! Being written.
extern crate alloc;
