//! Whether a step has something to act on in what a guardrail is about.

use serde_json::Value;

use crate::schema;
use crate::taxonomy::{self, Entry, Kind, TargetKind};
use crate::words::StepName;

/// Whether the events in a guardrail's scope can name what a step stops. Its conditions are not
/// looked at: they can only narrow that.
pub(super) fn fits(step: StepName, policy: &Value) -> bool {
    let scope = Scope::of(policy);
    let is_about = |kinds: &[TargetKind]| scope.targets().any(|target| kinds.contains(&target));
    match step {
        StepName::DeactivateKey | StepName::DeleteKey => {
            is_about(&[TargetKind::AccessKey]) || scope.is_signed_by_a_user()
        }
        StepName::DeactivateServiceCredential => is_about(&[TargetKind::ServiceCredential]),
        StepName::DeactivateSshKey => is_about(&[TargetKind::SshKey]),
        StepName::DeactivateSigningCertificate => is_about(&[TargetKind::SigningCertificate]),
        StepName::RevokeSessions | StepName::QuarantineUser | StepName::DisableConsoleLogin => {
            is_about(&OF_A_USER) || scope.may_be_by("User")
        }
        StepName::RevokeRoleSessions => scope.may_be_by("RoleSession"),
        StepName::DeleteRootKey => is_about(&[TargetKind::AccessKey]),
    }
}

/// What belongs to a user, or is one.
const OF_A_USER: [TargetKind; 7] = [
    TargetKind::AccessKey,
    TargetKind::LoginProfile,
    TargetKind::MfaDevice,
    TargetKind::ServiceCredential,
    TargetKind::SigningCertificate,
    TargetKind::SshKey,
    TargetKind::User,
];

/// A policy's scope, as Cedar's JSON form has it.
struct Scope<'p> {
    /// The type that `principal is …` or `principal == …` names.
    principal: Option<&'p str>,
    resource: Option<&'p str>,
    /// The ids of its actions; of any without.
    actions: Option<Vec<&'p str>>,
}

impl<'p> Scope<'p> {
    fn of(policy: &'p Value) -> Self {
        let text = |path: &str| policy.pointer(path).and_then(Value::as_str);
        let kind = |part: &str| match text(&format!("/{part}/op")) {
            Some("is") => text(&format!("/{part}/entity_type")),
            Some("==") => text(&format!("/{part}/entity/type")),
            _ => None,
        };
        let one = text("/action/entity/id").map(|id| vec![id]);
        let several = policy
            .pointer("/action/entities")
            .and_then(Value::as_array)
            .map(|entities| {
                let id = |entity: &'p Value| entity.get("id")?.as_str();
                entities.iter().filter_map(id).collect()
            });
        Self {
            principal: kind("principal"),
            resource: kind("resource"),
            actions: one.or(several),
        }
    }

    fn has(&self, entry: &Entry) -> bool {
        let is_resource = self
            .resource
            .is_none_or(|wanted| schema::resource(entry) == wanted);
        let names = entry.groups.iter().map(|group| group.as_str());
        let mut names = names.chain([entry.action, entry.kind.fallback()]);
        let is_action = self
            .actions
            .as_ref()
            .is_none_or(|actions| names.any(|name| actions.contains(&name)));
        is_resource && is_action
    }

    /// The kinds of things that such events are about.
    fn targets(&self) -> impl Iterator<Item = TargetKind> {
        let entries = taxonomy::entries().filter(|entry| self.has(entry));
        entries.map(|entry| entry.target)
    }

    fn may_be_by(&self, kind: &str) -> bool {
        self.principal.is_none_or(|principal| principal == kind)
    }

    /// Whether a user's own key may have signed such an event: a sign-in has none.
    fn is_signed_by_a_user(&self) -> bool {
        let is_call = |entry: &Entry| entry.kind == Kind::ApiCall;
        self.may_be_by("User") && taxonomy::entries().any(|entry| self.has(entry) && is_call(entry))
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::Policy;

    use super::*;
    use crate::bundle::Bundle;

    /// What the default bundle does fits.
    #[test]
    fn the_steps_of_the_default_bundle_fit() {
        let bundle = Bundle::embedded().expect("it loads");
        let mut steps = 0;
        for policy in bundle.guardrails() {
            let json = policy.to_json().expect("it has a JSON form");
            for step in bundle.steps_of(policy.id().as_ref()) {
                steps += 1;
                assert!(fits(*step, &json), "{}: {step}", policy.id());
            }
        }
        assert!(steps >= 8, "{steps}");
    }

    #[test]
    fn a_step_fits_what_the_scope_is_about() {
        use StepName::{
            DeactivateKey, DeactivateSshKey, DeleteRootKey, DisableConsoleLogin, QuarantineUser,
            RevokeRoleSessions,
        };
        for (scope, step, does) in [
            (
                r#"principal, action in Action::"issue-access-key", resource"#,
                DeactivateKey,
                true,
            ),
            (
                r#"principal, action in Action::"issue-access-key", resource"#,
                DeleteRootKey,
                true,
            ),
            (
                r#"principal, action in Action::"issue-access-key", resource"#,
                DeactivateSshKey,
                false,
            ),
            (
                r#"principal, action in Action::"issue-long-term-credential", resource"#,
                DeactivateSshKey,
                true,
            ),
            (
                r#"principal, action == Action::"iam:UploadSSHPublicKey", resource"#,
                DeactivateSshKey,
                true,
            ),
            (
                r#"principal, action in [Action::"sign-in", Action::"iam:UploadSSHPublicKey"], resource"#,
                DeactivateSshKey,
                true,
            ),
            // A sign-in is signed by no key, but by somebody.
            (
                r#"principal is User, action == Action::"signin:ConsoleLogin", resource"#,
                DeactivateKey,
                false,
            ),
            (
                r#"principal is User, action == Action::"signin:ConsoleLogin", resource"#,
                DisableConsoleLogin,
                true,
            ),
            (
                r#"principal is Root, action == Action::"signin:ConsoleLogin", resource"#,
                QuarantineUser,
                false,
            ),
            (
                r#"principal is Root, action == Action::"signin:ConsoleLogin", resource"#,
                RevokeRoleSessions,
                false,
            ),
            (
                r#"principal is User, action in Action::"launch-compute", resource"#,
                DeactivateKey,
                true,
            ),
            (
                r#"principal, action in Action::"launch-compute", resource"#,
                RevokeRoleSessions,
                true,
            ),
            (
                r#"principal, action in Action::"issue-long-term-credential", resource is AccessKey"#,
                DeactivateSshKey,
                false,
            ),
        ] {
            let policy = Policy::parse(None, format!("forbid ({scope});")).expect("a policy");
            let json = policy.to_json().expect("it has a JSON form");
            assert_eq!(fits(step, &json), does, "{step}: {scope}");
        }
    }
}
