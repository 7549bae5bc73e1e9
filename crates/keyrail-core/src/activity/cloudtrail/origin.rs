//! Where a call came from, as a record tells it.

use crate::activity::Origin;
use crate::json::Json;
use crate::taxonomy::Kind;

pub(super) fn read(record: &Json, kind: Kind) -> Origin {
    let address = record.text(&["sourceIPAddress"]);
    let ip = address.as_ref().and_then(|address| address.parse().ok());
    let service = address.filter(|address| {
        address.ends_with(".amazonaws.com") || address.ends_with(".amazonaws.com.cn")
    });
    let user_agent = record.text(&["userAgent"]);
    let console = match (kind, record.flag(&["sessionCredentialFromConsole"])) {
        // `aws login` begins in a browser, and is for a program.
        (Kind::SignIn, _) => Some(record.text(&["eventType"]).as_deref() != Some("AwsApiCall")),
        (_, Some(true)) => Some(true),
        _ => user_agent.as_deref().and_then(console_of),
    };
    Origin {
        hidden: ip.is_none() && service.is_none(),
        ip,
        service,
        user_agent,
        // Some services write the names of the fields in the places of their values.
        tls_version: record
            .text(&["tlsDetails", "tlsVersion"])
            .filter(|version| version.starts_with("TLS")),
        console,
        networks: Vec::new(),
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
