//! Wi-Fi Simple Configuration.
mod config_methods;
mod device_type;
pub use config_methods::ConfigMethods;
pub use device_type::{DeviceType, DeviceTypes, InvalidDeviceType};
pub mod attr {
    /// x
    pub const DEVICE_NAME: u16 = 0x1011;
}
use crate::*;
/// x
pub struct Wsc<'a>(Joined<'a>);
impl<'a> Wsc<'a> {
    /// x
    pub fn find(_e: Elements<'a>) -> Result<Option<Self>, Malformed> {
        Ok(None)
    }
}
