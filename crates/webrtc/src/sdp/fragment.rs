//! Fragments of trickle ICE (`application/trickle-ice-sdpfrag`, RFC 8840): other credentials mean a restart.
//! Further addresses are passed over, as those of an offer are.

use is::IceCreds;

use super::offer::{BYTES_MAX, Error, credential};

/// What a client adds after its offer.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    /// Its credentials, where it names them: others than before mean a restart.
    pub credentials: Option<IceCreds>,
}

impl Fragment {
    /// Reads a fragment; what is not understood is passed over.
    ///
    /// # Errors
    /// [`Error::Malformed`] where it is too long or its credentials are odd.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > BYTES_MAX {
            return Err(Error::Malformed("it is too long"));
        }
        let (mut ufrag, mut pass) = (None, None);
        for attribute in text
            .lines()
            .filter_map(|line| line.trim_end().strip_prefix("a="))
        {
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            match name {
                "ice-ufrag" => ufrag = ufrag.or(Some(credential(value)?)),
                "ice-pwd" => pass = pass.or(Some(credential(value)?)),
                _ => {}
            }
        }
        let credentials = match (ufrag, pass) {
            (Some(ufrag), Some(pass)) => Some(IceCreds { ufrag, pass }),
            _ => None,
        };
        Ok(Self { credentials })
    }
}
