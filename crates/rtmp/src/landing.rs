//! Where a key lands: encoders spread one URL over `app`, `tcUrl` and the publish name in many ways.

use std::fmt;

/// What a publisher asks for, whatever fields its encoder put it in. `Debug` shows no content.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Landing {
    /// Path of application and name, percent-decoded, without empty parts.
    pub path: Vec<String>,
    /// `token=` of the query, percent-decoded.
    pub token: Option<String>,
}

impl fmt::Debug for Landing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Landing")
            .field("path_parts", &self.path.len())
            .field("token", &self.token.as_ref().map(|_| "redacted"))
            .finish()
    }
}

/// Reads path and token from `connect`'s `app` and `tcUrl` and `publish`'s name.
pub fn landing(app: &str, tc_url: &str, name: &str) -> Landing {
    let query = |text: &str| text.split_once('?').map(|(_, query)| query.to_owned());
    let token = [name, app, tc_url]
        .into_iter()
        .filter_map(query)
        .find_map(|query| {
            query
                .split('&')
                .find_map(|pair| pair.strip_prefix("token=").map(str::to_owned))
        });
    let path = [app, name]
        .into_iter()
        .flat_map(|text| text.split('?').next().unwrap_or_default().split('/'))
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    Landing { path, token }
}
