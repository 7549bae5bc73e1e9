//! Entities of Cedar's, with their types and ids.

use std::collections::HashMap;
use std::sync::LazyLock;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};

pub(super) fn uid(type_name: &str, id: &str) -> Result<EntityUid, String> {
    // Parsed once: each event needs a dozen of them.
    static NAMES: LazyLock<HashMap<&str, EntityTypeName>> = LazyLock::new(|| {
        let parsed = TYPES.iter().map(|name| Some((*name, name.parse().ok()?)));
        parsed.flatten().collect()
    });
    let name = NAMES
        .get(type_name)
        .ok_or_else(|| format!("there is no entity type `{type_name}`"))?;
    Ok(EntityUid::from_type_name_and_id(
        name.clone(),
        EntityId::new(id),
    ))
}

/// The types of the schema.
pub(super) const TYPES: [&str; 19] = [
    "AccessKey",
    "Account",
    "Action",
    "AwsService",
    "Credential",
    "FederatedUser",
    "ForeignAccount",
    "Group",
    "IdentityCenterUser",
    "Network",
    "OrgUnit",
    "Resource",
    "Role",
    "RoleSession",
    "Root",
    "SamlUser",
    "Unknown",
    "User",
    "WebIdentityUser",
];

pub(super) fn entity(
    uid: EntityUid,
    attributes: impl IntoIterator<Item = (&'static str, RestrictedExpression)>,
    parents: impl IntoIterator<Item = EntityUid>,
) -> Result<Entity, String> {
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Entity::new(uid, attributes, parents.into_iter().collect()).map_err(|error| error.to_string())
}

pub(super) fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}
