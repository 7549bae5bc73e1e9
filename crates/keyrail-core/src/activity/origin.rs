//! Where an activity came from.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The address and client of a call, or the service that stood in for them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The caller's address.
    pub ip: Option<IpAddr>,
    /// The AWS service that CloudTrail names in place of an address.
    pub service: Option<String>,
    /// Whether AWS withheld the address (`AWS Internal`), or it is not an address.
    pub hidden: bool,
    /// The caller's user agent: free text, chosen by the caller.
    pub user_agent: Option<String>,
    /// The version of TLS, such as `TLSv1.3`; none if an AWS service called.
    #[serde(skip)]
    pub tls_version: Option<String>,
    /// Whether it came through the console; `None` if the event does not tell.
    pub console: Option<bool>,
    /// Named networks that the address is in.
    pub networks: Vec<String>,
}

impl Origin {
    /// The address that a report names, if it names one.
    pub(super) fn reported(address: Option<String>) -> Self {
        let ip = address.and_then(|address| address.parse().ok());
        Self {
            ip,
            hidden: ip.is_none(),
            ..Self::default()
        }
    }
}
