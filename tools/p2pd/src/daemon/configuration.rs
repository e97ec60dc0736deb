//! What an interface is started with: its configuration files, and what its radio can do.

use super::StartError;
use crate::cli::InterfaceOptions;
use crate::config::{ConfigError, ConfigFile, Settings};
use crate::interface::{ControlPlace, Interface};
use std::path::PathBuf;

/// Reads the configuration files of an interface.
pub(super) fn read_configuration(
    options: &InterfaceOptions,
    override_control: Option<&str>,
) -> Result<Interface, StartError> {
    let path = options.p2p_config.as_ref().or(options.config.as_ref());
    let file = path.map(|p| ConfigFile::read(p)).transpose()?.unwrap_or_default();
    let at_line = |path: &PathBuf, (line, reason)| ConfigError::Line { path: path.clone(), line, reason };
    let mut settings = Settings::default();
    if let Some(path) = path {
        settings.overlay(&file).map_err(|e| at_line(path, e))?;
    }
    if let Some(extra) = &options.extra_config {
        settings.overlay(&ConfigFile::read(extra)?).map_err(|e| at_line(extra, e))?;
    }
    if settings.control.is_none()
        && let (Some(_), Some(station)) = (&options.p2p_config, &options.config)
    {
        // The station's file says where the sockets are when the P2P device's does not.
        settings.control = ConfigFile::read(station)?.get("ctrl_interface").map(str::to_owned);
    }
    let kept: Vec<&str> = file.kept_keys().collect();
    if !kept.is_empty() {
        tracing::info!("{}: kept and without effect: {}", options.ifname, kept.join(" "));
    }
    let written = override_control.or(settings.control.as_deref()).or(options.control.as_deref());
    let control = written.filter(|text| !text.is_empty()).map(|text| {
        let mut place = ControlPlace::parse(text);
        if place.group.is_none() {
            place.group.clone_from(&settings.control_group);
        }
        place
    });
    let mut interface = Interface::new(&options.ifname, file, settings);
    interface.path = path.cloned();
    interface.control = control;
    Ok(interface)
}

/// Logs what the radio can do for P2P and what it cannot, and why.
pub(super) fn say_plan(ifname: &str, radio: &radio::Capabilities, on_base: bool) {
    let driver = if radio.driver.is_empty() { "an unnamed driver" } else { &radio.driver };
    tracing::info!("{ifname}: {} under {driver}", radio.name);
    for sentence in radio::Plan::new(radio, on_base).sentences(radio, ifname) {
        tracing::info!("{ifname}: {} {}", if sentence.can { "can" } else { "cannot" }, sentence.text);
    }
}
