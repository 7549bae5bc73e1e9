//! Whether a pattern is as it was shipped, with what each deployment puts into it.

use serde_json::Value;

/// What stands for placeholders: `${AWS::AccountId}` and the like. One that is not known stands for
/// any text.
pub(super) struct Filling<'a>(pub(super) Vec<(&'static str, &'a str)>);

impl Filling<'_> {
    /// Whether a value of a pattern is as shipped. The order of a list and of an object's fields says
    /// nothing in a pattern.
    pub(super) fn fits(&self, shipped: &Value, actual: &Value) -> bool {
        match (shipped, actual) {
            (Value::String(shipped), Value::String(actual)) => self.fits_text(shipped, actual),
            // A parameter that is a list, such as `WatchedRoles`.
            (Value::String(shipped), Value::Array(actual)) => {
                let mut actual = actual.iter();
                !actual.as_slice().is_empty()
                    && actual.all(|value| {
                        value
                            .as_str()
                            .is_some_and(|text| self.fits_text(shipped, text))
                    })
            }
            (Value::Array(shipped), Value::Array(actual)) => self.fits_all(shipped, actual),
            (Value::Object(shipped), Value::Object(actual)) => {
                shipped.len() == actual.len()
                    && shipped.iter().all(|(name, value)| {
                        actual
                            .get(name)
                            .is_some_and(|other| self.fits(value, other))
                    })
            }
            _ => shipped == actual,
        }
    }

    fn fits_all(&self, shipped: &[Value], actual: &[Value]) -> bool {
        let mut left: Vec<&Value> = actual.iter().collect();
        shipped.len() == actual.len()
            && shipped.iter().all(|value| {
                let place = left.iter().position(|other| self.fits(value, other));
                // As a rule it is the first: lists keep their order.
                place.map(|place| left.remove(place)).is_some()
            })
    }

    fn fits_text(&self, shipped: &str, actual: &str) -> bool {
        let Some((before, rest)) = shipped.split_once("${") else {
            return shipped == actual;
        };
        let Some((name, after)) = rest.split_once('}') else {
            return shipped == actual;
        };
        let Some(actual) = actual.strip_prefix(before) else {
            return false;
        };
        let known = self.0.iter().find(|(known, _)| *known == name);
        match known {
            Some((_, text)) => actual
                .strip_prefix(text)
                .is_some_and(|actual| self.fits_text(after, actual)),
            None => (actual.char_indices())
                .filter_map(|(at, c)| actual.get(at + c.len_utf8()..))
                .any(|actual| self.fits_text(after, actual)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_is_as_shipped_whatever_the_order_and_the_deployment() {
        let filling = Filling(vec![("AWS::AccountId", "111122223333")]);
        let shipped = json!({"source": ["aws.iam", "aws.sts"], "detail": {"arn": [
            {"prefix": "arn:${AWS::AccountId}:role/"}, {"anything-but": "${GuardrailRole}"},
        ], "role": "${WatchedRoles}"}});
        let deployed = json!({"detail": {"arn": [
            {"anything-but": "keyrail-GuardrailRole-1A2B"}, {"prefix": "arn:111122223333:role/"},
        ], "role": ["one", "two"]}, "source": ["aws.sts", "aws.iam"]});
        assert!(filling.fits(&shipped, &deployed));
        for (place, value) in [
            ("/source", json!(["aws.iam"])),
            ("/source", json!(["aws.iam", "aws.iam"])),
            ("/source", json!(["aws.iam", "aws.sts", "aws.ec2"])),
            ("/detail/arn/1/prefix", json!("arn:444455556666:role/")),
            ("/detail/arn/0", json!({"anything-but": ""})),
            ("/detail/role", json!([])),
            ("/detail", json!({})),
        ] {
            let mut narrowed = deployed.clone();
            *narrowed.pointer_mut(place).expect("it is there") = value;
            assert!(!filling.fits(&shipped, &narrowed), "{narrowed}");
        }
    }
}
