//! The bundle that is compiled in, as its files are.

macro_rules! default_bundle {
    ($($name:literal),*) => {
        /// Guardrails of the default bundle, by their paths in it, in order.
        pub(super) const DEFAULT: &[(&str, &str)] = &[$((
            concat!("guardrails/", $name, ".cedar"),
            include_str!(concat!("../../default-bundle/guardrails/", $name, ".cedar")),
        )),*];

        /// Their tests, which `keyrail init` writes out.
        pub(super) const DEFAULT_TESTS: &[(&str, &str)] = &[$((
            concat!("tests/", $name, ".yaml"),
            include_str!(concat!("../../default-bundle/tests/", $name, ".yaml")),
        )),*];
    };
}

/// Its properties, which `keyrail prove` proves.
pub(super) const DEFAULT_PROPERTIES: &[(&str, &str)] = &[(
    "properties/always.cedar",
    include_str!("../../default-bundle/properties/always.cedar"),
)];

default_bundle!(
    "access-keys",
    "compute",
    "credentials",
    "doors",
    "reports",
    "rights",
    "root",
    "sign-in",
    "tampering"
);
