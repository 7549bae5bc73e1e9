//! `keyrail.toml` with every setting that there is, commented out where nothing was
//! wished for. A setting that is commented out has no space after its `#`.

use super::wishes::{Account, Wishes, quoted};

/// Of a bundle that is a copy of the default one.
pub(super) fn full(wishes: &Wishes) -> String {
    let networks = networks(wishes).unwrap_or_else(|| {
        "#[networks]\n#office = [\"198.51.100.0/24\", \"2001:db8::/32\"]\n".to_owned()
    });
    let protect = protect(wishes).unwrap_or_else(|| {
        "#[protect]\n#principals = [\"arn:aws:iam::111122223333:user/break-glass\"]\n".to_owned()
    });
    [
        HEAD,
        &mode(wishes).unwrap_or_else(|| "#mode = \"observe\"\n".to_owned()),
        LANGUAGE,
        ACCOUNTS,
        &accounts(wishes),
        UNITS,
        NETWORKS,
        &networks,
        ALLOW,
        PROTECT,
        &protect,
        REST,
    ]
    .concat()
}

/// Of one that builds on it: only what is most often set.
pub(super) fn short(wishes: &Wishes) -> String {
    let parts = [
        Some(SHORT_HEAD.to_owned()),
        mode(wishes),
        Some(DEFAULT.to_owned()),
        Some(format!("\n{}", accounts(wishes))),
        networks(wishes).map(|networks| format!("\n{networks}")),
        protect(wishes).map(|protect| format!("\n{protect}")),
    ];
    parts.into_iter().flatten().collect()
}

fn mode(wishes: &Wishes) -> Option<String> {
    let mode = wishes.mode?;
    Some(format!("mode = \"{}\"\n", mode.as_str()))
}

fn networks(wishes: &Wishes) -> Option<String> {
    let mut networks = String::new();
    for (name, ranges) in &wishes.networks {
        let ranges: Vec<String> = ranges
            .iter()
            .map(|range| quoted(&range.to_string()))
            .collect();
        networks.push_str(&format!("{} = [{}]\n", key(name), ranges.join(", ")));
    }
    (!networks.is_empty()).then(|| format!("[networks]\n{networks}"))
}

fn protect(wishes: &Wishes) -> Option<String> {
    let (principal, _) = wishes.break_glass.as_ref()?;
    let principal = quoted(&principal.arn());
    Some(format!("[protect]\nprincipals = [{principal}]\n"))
}

/// Those that are wished for, and the one that the break-glass principal is in.
fn accounts(wishes: &Wishes) -> String {
    let mut accounts: Vec<Account> = wishes.accounts.clone();
    if let Some((principal, _)) = &wishes.break_glass
        && accounts
            .iter()
            .all(|account| account.id != principal.account)
    {
        accounts.push(Account {
            id: principal.account.clone(),
            name: None,
        });
    }
    if accounts.is_empty() {
        return "#[accounts.111122223333]\n#name = \"sandbox\"\n#unit = \"ou-sandbox\"\n#mode = \"observe\"\n".to_owned();
    }
    let table = |account: &Account| {
        let name = account.name.as_deref();
        let name = name.map(|name| format!("name = {}\n", quoted(name)));
        format!("[accounts.{}]\n{}", account.id, name.unwrap_or_default())
    };
    let tables: Vec<String> = accounts.iter().map(table).collect();
    tables.join("\n")
}

/// A key of TOML: bare where it may be.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match name.chars().all(is_bare) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

const SHORT_HEAD: &str = "\
#:schema .keyrail/settings.schema.json
# docs/policies.md lists all settings; `keyrail show` prints the bundle whole.
";

const DEFAULT: &str = "
[default]
guardrails = \"recommended\"
#without = [\"command-line-login\"]
#mode = \"observe\"

#[guardrails.access-key-issued]
#mode = \"enforce\"
";

const HEAD: &str = "\
#:schema .keyrail/settings.schema.json
# Settings of this bundle. What is commented out shows what can be set, and the default
# holds. `keyrail validate` checks every name and value.

# Whether keyrail acts (`enforce`) or only tells what it would have done (`observe`). It
# can be set for the deployment, here, for a unit, an account and a guardrail; the lowest
# of those that are set applies. Default: not set. If none is set at all: `observe`.
";

const LANGUAGE: &str = "
# The language of alerts. Default, and so far the only one: `en`.
#language = \"en\"

# The time zone of on-call. Default: none, and times in alerts are in UTC only.
#time-zone = \"Asia/Tokyo\"
";

const ACCOUNTS: &str = "
# Accounts that policies may name: one that is not here or in organization.json is an
# error. `unit` is the unit that it is in, `mode` as above. All three may be left out.
";

const UNITS: &str = "
# Organizational units that policies may name, each with the unit above it.
#[units.ou-sandbox]
#name = \"Sandbox\"
#parent = \"ou-all\"
#mode = \"enforce\"
";

const NETWORKS: &str = "
# Networks that policies may name, as `Network::\"office\"`, each with its ranges. Ranges
# may not overlap. Default: none, and then no guardrail about networks is violated.
# After a change: keyrail schema cedar --bundle . > .keyrail/keyrail.cedarschema
";

const ALLOW: &str = "
# Steps without undo that guardrails may take: `delete-key`, `delete-root-key`; and
# `revoke-role-sessions`, which stops everybody who uses a role. Default: none. One that
# is not allowed stands in alerts as withheld.
#[allow]
#steps = [\"delete-root-key\"]
";

const PROTECT: &str = "
# Users and roles that keyrail must never touch, by ARN; a user's is without the path.
# Default: none.
";

const REST: &str = "
# The most containments in one account within an hour, beyond which keyrail only alerts
# (default: no limit; counted in the state table); and the age in minutes beyond which
# IAM is asked whether things are as an event says before it is acted on (default: 60);
# and within how many minutes the same violations by one actor are counted into one
# follow-up (default: 10, at most 14; 0 tells of each).
#[limits]
#containments-per-hour = 20
#event-age-minutes = 60
#repeat-minutes = 10

# How many minutes after a password change launches count as belonging to it, and how
# many instances are many, for `compute-surge-after-password-change`. Default: 60 and 5.
#[correlation]
#minutes = 60
#instances = 5

# The organization's access portal, through which links in alerts open the console in the
# right account. Default: none, and links need that one has signed in there.
#[links]
#portal = \"https://example.awsapps.com/start\"
";
