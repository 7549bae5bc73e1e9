//! AWS partitions: the one table of what differs between them.

use crate::arn::Arn;

/// A partition of AWS that keyrail knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its id, as in ARNs.
    pub id: &'static str,
    /// Its name, for people.
    pub name: &'static str,
    /// The Region in which CloudTrail records calls of IAM, and so keyrail's own.
    pub home_region: &'static str,
    /// The host of its console; a Region's own begins with the Region.
    pub console: &'static str,
    /// What the names of its services' endpoints end with.
    pub dns_suffix: &'static str,
    /// The Region that Organizations' endpoint is in.
    pub organizations: &'static str,
    /// How the names of its Regions begin, where that tells it from others.
    region_prefix: Option<&'static str>,
}

/// Ids and Regions: `partitions.json` of the AWS SDKs (botocore, checked 2026-11-29). Home
/// Regions: CloudTrail User Guide, "CloudTrail concepts", on global service events, and for
/// `GovCloud` and China their own guides; the European Sovereign Cloud has one Region only.
/// Endpoints: the rule sets of CloudTrail, CloudWatch, EventBridge, Lambda, Organizations and Scheduler
/// in botocore (checked 2026-11-29).
/// Consoles: those that `aws console` of the AWS CLI opens (checked 2026-11-29).
static PARTITIONS: [Partition; 4] = [
    Partition {
        id: "aws",
        name: "AWS",
        home_region: "us-east-1",
        console: "console.aws.amazon.com",
        dns_suffix: "amazonaws.com",
        organizations: "us-east-1",
        region_prefix: None,
    },
    Partition {
        id: "aws-us-gov",
        name: "GovCloud",
        home_region: "us-gov-west-1",
        console: "console.amazonaws-us-gov.com",
        dns_suffix: "amazonaws.com",
        organizations: "us-gov-west-1",
        region_prefix: Some("us-gov-"),
    },
    Partition {
        id: "aws-cn",
        name: "China",
        home_region: "cn-north-1",
        console: "console.amazonaws.cn",
        dns_suffix: "amazonaws.com.cn",
        organizations: "cn-northwest-1",
        region_prefix: Some("cn-"),
    },
    Partition {
        id: "aws-eusc",
        name: "European Sovereign Cloud",
        home_region: "eusc-de-east-1",
        console: "console.amazonaws-eusc.eu",
        dns_suffix: "amazonaws.eu",
        organizations: "eusc-de-east-1",
        region_prefix: Some("eusc-"),
    },
];

impl Partition {
    /// All of them, the usual one first.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &PARTITIONS
    }

    /// The one that most are in.
    #[must_use]
    pub fn usual() -> &'static Self {
        let [usual, ..] = &PARTITIONS;
        usual
    }

    /// The one of that id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<&'static Self> {
        PARTITIONS.iter().find(|partition| partition.id == id)
    }

    /// The one that a Region is in. None for Regions of partitions that are not in the
    /// table, such as `us-iso-east-1`: in those of `aws`, two letters begin a name of three parts.
    #[must_use]
    pub fn of_region(region: &str) -> Option<&'static Self> {
        let begins = |partition: &&Self| {
            partition
                .region_prefix
                .is_some_and(|prefix| region.starts_with(prefix))
        };
        let is_usual = || {
            let parts: Vec<&str> = region.split('-').collect();
            matches!(parts.as_slice(), [area, _, number]
                if area.len() == 2 && number.parse::<u8>().is_ok())
        };
        PARTITIONS.iter().find(begins).or_else(|| {
            PARTITIONS
                .iter()
                .find(|partition| partition.region_prefix.is_none() && is_usual())
        })
    }

    /// The id in an ARN, whether it is in the table or not: `arn:aws-iso:iam::…` → `aws-iso`.
    #[must_use]
    pub fn id_in(arn: &str) -> Option<&str> {
        let id = Arn::parse(arn)?.partition;
        let is_id = |id: &&str| {
            (*id == "aws" || id.starts_with("aws-"))
                && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        Some(id).filter(is_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_the_partition_that_its_name_says() {
        for (region, id) in [
            ("us-east-1", Some("aws")),
            ("ap-southeast-7", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("us-gov-east-1", Some("aws-us-gov")),
            ("cn-northwest-1", Some("aws-cn")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("us-iso-east-1", None),
            ("us-isob-east-1", None),
            ("eu-isoe-west-1", None),
            ("aws-global", None),
            ("", None),
        ] {
            let found = Partition::of_region(region).map(|partition| partition.id);
            assert_eq!(found, id, "{region}");
        }
    }

    #[test]
    fn a_home_region_is_in_its_own_partition() {
        for partition in Partition::all() {
            let home = Partition::of_region(partition.home_region);
            assert_eq!(home, Some(partition));
            assert_eq!(Partition::by_id(partition.id), Some(partition));
        }
    }

    #[test]
    fn an_arn_tells_its_partition_even_if_it_is_not_in_the_table() {
        for (arn, id) in [
            ("arn:aws-eusc:iam::111122223333:user/bob", Some("aws-eusc")),
            (
                "arn:aws-iso-b:iam::111122223333:user/bob",
                Some("aws-iso-b"),
            ),
            ("arn:aws:iam::111122223333:root", Some("aws")),
            ("arn:awsome:iam::111122223333:root", None),
            ("arn:aws-<b>:iam::111122223333:root", None),
            ("bob", None),
        ] {
            assert_eq!(Partition::id_in(arn), id, "{arn}");
        }
    }
}
