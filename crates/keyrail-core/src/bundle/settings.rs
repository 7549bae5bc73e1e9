//! Settings: `keyrail.toml` of a bundle.

pub use self::protected::Protected;
pub(crate) use self::values::MOST_REPEAT_MINUTES;
pub use self::values::{
    Account, Adjustment, BuildsOn, Correlation, Limits, Named, OnAlerts, Settings, Unit, range,
};

mod composition;
mod protected;
mod read;
mod reader;
mod values;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::diagnostic::Source;
    use crate::words::Mode;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let source = Source {
            name: "keyrail.toml",
            text,
        };
        let (settings, found) = Settings::read(source);
        let found = found
            .iter()
            .map(|diagnostic| {
                let help = diagnostic.help.as_deref().unwrap_or_default();
                format!("{diagnostic} [{}] {help}", diagnostic.code)
            })
            .collect();
        (settings, found)
    }

    #[test]
    fn what_is_written_is_read() {
        let (settings, found) = read(
            r#"
mode = "enforce"
[limits]
containments-per-hour = 20
[allow]
steps = ["delete-root-key"]
[networks]
office = ["203.0.113.0/24", "2001:db8::/32"]
[units.ou-sandbox]
name = "Sandbox"
[accounts.111122223333]
unit = "ou-sandbox"
mode = "observe"
"#,
        );
        assert_eq!(found, [""; 0]);
        assert_eq!(settings.mode, Some(Mode::Enforce));
        assert_eq!(settings.limits.containments_per_hour, Some(20));
        assert_eq!(settings.networks["office"].len(), 2);
        assert_eq!(settings.accounts["111122223333"].mode, Some(Mode::Observe));
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let (settings, found) = read(
            "mdoe = \"enforce\"\nmode = \"enforc\"\n[limits]\ncontainments-per-hour = \"20\"\n[networks]\noffice = [\"203.0.113.0/33\", \"203.0.113.0/24\", \"203.0.113.128/25\", \"198.51.100.7/24\"]\n[accounts.123]\nname = 7\n",
        );
        assert_eq!(
            found,
            [
                "keyrail.toml:1:1: there is no setting `mdoe` [unknown-setting] did you mean `mode`?",
                "keyrail.toml:2:8: `enforc` is not one of observe, enforce [settings-value] did you mean `enforce`?",
                "keyrail.toml:4:25: `containments-per-hour` is a whole number, not negative [settings-type] ",
                "keyrail.toml:6:11: `203.0.113.0/33` is not a range of addresses, such as `198.51.100.0/24` [malformed-cidr] ",
                "keyrail.toml:6:47: it overlaps with `203.0.113.0/24` of `office` [overlapping-cidr] ",
                "keyrail.toml:6:67: `198.51.100.7/24` does not begin with the first address of its range, which is `198.51.100.0/24` [malformed-cidr] ",
                "keyrail.toml:7:11: `123` is not an account: twelve digits [settings-value] ",
                "keyrail.toml:8:8: `name` is a text, in quotes [settings-type] ",
            ]
        );
        assert_eq!(settings.mode, Some(Mode::Observe));
    }
}
