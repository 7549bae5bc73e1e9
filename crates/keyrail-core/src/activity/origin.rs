//! Where an activity came from.

use std::net::IpAddr;

use serde::Serialize;

use super::Kind;
use crate::event::Json;

/// The address and client of a call, or the service that stood in for them.
#[derive(Debug, Default, Serialize)]
pub struct Origin {
    /// The caller's address.
    pub ip: Option<IpAddr>,
    /// The AWS service that CloudTrail names in place of an address.
    pub service: Option<String>,
    /// Whether AWS withheld the address (`AWS Internal`), or it is no address.
    pub hidden: bool,
    /// The caller's user agent: free text, chosen by the caller.
    pub user_agent: Option<String>,
    /// Whether it came through the console; `None` if the event does not tell.
    pub console: Option<bool>,
    /// Named networks that the address is in.
    pub networks: Vec<String>,
}

impl Origin {
    pub(super) fn of(record: &Json, kind: Kind) -> Self {
        let address = record.text(&["sourceIPAddress"]);
        let ip = address.as_ref().and_then(|address| address.parse().ok());
        let service = address.filter(|address| {
            address.ends_with(".amazonaws.com") || address.ends_with(".amazonaws.com.cn")
        });
        let user_agent = record.text(&["userAgent"]);
        let console = match (kind, record.flag(&["sessionCredentialFromConsole"])) {
            (Kind::SignIn, _) | (_, Some(true)) => Some(true),
            _ => user_agent.as_deref().and_then(console_of),
        };
        Self {
            hidden: ip.is_none() && service.is_none(),
            ip,
            service,
            user_agent,
            console,
            networks: Vec::new(),
        }
    }
}

fn console_of(user_agent: &str) -> Option<bool> {
    const CONSOLE: [&str; 3] = [
        "signin.amazonaws.com",
        "console.amazonaws.com",
        "console.ec2.amazonaws.com",
    ];
    const PROGRAMS: [&str; 5] = ["aws-cli/", "aws-sdk-", "Boto3/", "Botocore/", "Terraform/"];
    if CONSOLE.contains(&user_agent) {
        Some(true)
    } else if PROGRAMS
        .iter()
        .any(|program| user_agent.starts_with(program))
    {
        Some(false)
    } else {
        None
    }
}
