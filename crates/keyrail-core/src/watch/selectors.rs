//! What a trail records: its event selectors.
//!
//! Management events are what rules need: calls that change something, and, for sessions and
//! sign-ins, those that CloudTrail counts as reading (CloudTrail API reference, `EventSelector`,
//! `AdvancedEventSelector` and `AdvancedFieldSelector`, checked 2026-11-29).

/// A trail's selectors; it has one sort or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selectors {
    /// Advanced ones: an event is recorded if all fields of one of them hold.
    Advanced(Vec<Advanced>),
    /// Basic ones.
    Basic(Vec<Basic>),
}

/// An advanced selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of an advanced selector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// Such as `eventCategory`.
    pub name: String,
    /// What it is equal to one of.
    pub equals: Vec<String>,
    /// What it is not equal to any of.
    pub not_equals: Vec<String>,
    /// Whether it has other conditions: how the value begins or ends.
    pub has_others: bool,
}

/// A basic selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basic {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write: String,
    /// Whether it records management events at all.
    pub management: bool,
    /// Services whose management events it leaves out.
    pub excluded: Vec<String>,
}

/// How much of what the rules need a trail records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded {
    All,
    /// All but what CloudTrail counts as reading.
    Changes,
    Less,
}

/// What may be left out: the only two services that basic selectors can exclude (CloudTrail API
/// reference, `EventSelector`, `ExcludeManagementEventSources`, checked 2026-11-29). No rule is for them.
const MAY_BE_LEFT_OUT: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

impl Selectors {
    pub(super) fn record(&self) -> Recorded {
        let (changes, reads) = match self {
            Self::Advanced(all) => (
                all.iter().any(|it| it.records("false")),
                all.iter().any(|it| it.records("true")),
            ),
            Self::Basic(all) => (
                all.iter().any(|it| it.records("WriteOnly")),
                all.iter().any(|it| it.records("ReadOnly")),
            ),
        };
        match (changes, reads) {
            (true, true) => Recorded::All,
            (true, false) => Recorded::Changes,
            (false, _) => Recorded::Less,
        }
    }
}

impl Advanced {
    /// Whether it records all management events of which `readOnly` is that.
    fn records(&self, read_only: &str) -> bool {
        let is_management = self
            .fields
            .iter()
            .any(|it| it.name == "eventCategory" && it.equals == ["Management"]);
        let keeps = |field: &Field| match field.name.as_str() {
            "eventCategory" => true,
            "readOnly" => field.equals.iter().any(|value| value == read_only),
            "eventSource" => {
                field.equals.is_empty() && !field.has_others && only_others(&field.not_equals)
            }
            _ => false,
        };
        is_management && self.fields.iter().all(keeps)
    }
}

impl Basic {
    fn records(&self, what: &str) -> bool {
        self.management
            && (self.read_write == "All" || self.read_write == what)
            && only_others(&self.excluded)
    }
}

fn only_others(left_out: &[String]) -> bool {
    left_out
        .iter()
        .all(|service| MAY_BE_LEFT_OUT.contains(&service.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, equals: &[&str], not_equals: &[&str]) -> Field {
        let owned = |all: &[&str]| all.iter().map(ToString::to_string).collect();
        Field {
            name: name.to_owned(),
            equals: owned(equals),
            not_equals: owned(not_equals),
            has_others: false,
        }
    }

    #[test]
    fn a_trail_records_what_rules_need_or_is_narrowed() {
        let management = || field("eventCategory", &["Management"], &[]);
        let advanced = |fields: Vec<Field>| Selectors::Advanced(vec![Advanced { fields }]);
        let basic = |read_write: &str, management, excluded: &[&str]| {
            Selectors::Basic(vec![Basic {
                read_write: read_write.to_owned(),
                management,
                excluded: excluded.iter().map(ToString::to_string).collect(),
            }])
        };
        for (selectors, expected) in [
            (basic("All", true, &[]), Recorded::All),
            (basic("All", true, &["kms.amazonaws.com"]), Recorded::All),
            (basic("All", true, &["iam.amazonaws.com"]), Recorded::Less),
            (basic("WriteOnly", true, &[]), Recorded::Changes),
            (basic("ReadOnly", true, &[]), Recorded::Less),
            (basic("All", false, &[]), Recorded::Less),
            (Selectors::Basic(vec![]), Recorded::Less),
            (advanced(vec![management()]), Recorded::All),
            (
                advanced(vec![management(), field("readOnly", &["false"], &[])]),
                Recorded::Changes,
            ),
            (
                advanced(vec![
                    management(),
                    field(
                        "eventSource",
                        &[],
                        &["kms.amazonaws.com", "rdsdata.amazonaws.com"],
                    ),
                ]),
                Recorded::All,
            ),
            (
                advanced(vec![
                    management(),
                    field("eventSource", &[], &["iam.amazonaws.com"]),
                ]),
                Recorded::Less,
            ),
            (
                advanced(vec![management(), field("userIdentity.arn", &[], &["arn"])]),
                Recorded::Less,
            ),
            (
                advanced(vec![field("eventCategory", &["Data"], &[])]),
                Recorded::Less,
            ),
            (
                Selectors::Advanced(vec![
                    Advanced {
                        fields: vec![management(), field("readOnly", &["false"], &[])],
                    },
                    Advanced {
                        fields: vec![management(), field("readOnly", &["true"], &[])],
                    },
                ]),
                Recorded::All,
            ),
        ] {
            assert_eq!(selectors.record(), expected, "{selectors:?}");
        }
    }
}
