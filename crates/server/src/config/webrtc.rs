//! What the settings say of WebRTC, for the engine.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use anyhow::{Result, anyhow};

use super::Config;

impl Config {
    /// The engine's part.
    ///
    /// # Errors
    /// Where an address is none.
    pub fn webrtc_settings(&self) -> Result<engine::WebrtcSettings> {
        let public_addresses = self.list("webrtc.public_addresses").iter().map(|text| {
            let ip = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0));
            ip.or_else(|_| text.parse()).map_err(|_| {
                anyhow!("`webrtc.public_addresses` holds `{text}`, which is no address such as `203.0.113.7` or `203.0.113.7:8189`")
            })
        });
        Ok(engine::WebrtcSettings {
            public_addresses: public_addresses.collect::<Result<_>>()?,
            ice_lite: self.is_on("webrtc.ice_lite"),
            sessions_max: self.size("webrtc.sessions"),
            burst_bytes_max: self.size("webrtc.burst_bytes_max"),
            burst_age_max: Duration::from_millis(self.whole32("webrtc.burst_ms_max").into()),
            ..engine::WebrtcSettings::default()
        })
    }
}
