//! What AWS says about credentials: exposures, and findings.
//!
//! Sources, checked 2026-11-25: AWS Health User Guide and API reference; GuardDuty
//! User Guide, "IAM finding types" and "Attack sequence finding types"; Trusted
//! Advisor check reference. What is not listed is known by what kind of event it is.

use crate::taxonomy::entry::{Entry, Place};
use crate::taxonomy::group::Group;
use crate::taxonomy::kind::{Kind, TargetKind};
use crate::taxonomy::table::row::call;

pub(super) const TABLE: &[Entry] = &[
    exposure("health:AWS_RISK_CREDENTIALS_EXPOSED"),
    exposure("health:AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED"),
    exposure("health:AWS_RISK_CREDENTIALS_COMPROMISED"),
    exposure("health:AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED"),
    exposure("health:AWS_RISK_IAM_QUARANTINE"),
    exposure("health:AWS_RISK_ACCOUNT_CONSOLE_COMPROMISE"),
    exposure("trustedadvisor:ExposedAccessKeys"),
    finding("guardduty:AttackSequence:IAM/CompromisedCredentials"),
    finding("guardduty:CredentialAccess:IAMUser/AnomalousBehavior"),
    finding("guardduty:CredentialAccess:IAMUser/CompromisedCredentials"),
    finding("guardduty:DefenseEvasion:IAMUser/AnomalousBehavior"),
    finding("guardduty:DefenseEvasion:IAMUser/BedrockLoggingDisabled"),
    finding("guardduty:Discovery:IAMUser/AnomalousBehavior"),
    finding("guardduty:Exfiltration:IAMUser/AnomalousBehavior"),
    finding("guardduty:Impact:IAMUser/AnomalousBehavior"),
    finding("guardduty:Impact:IAMUser/AnomalousModelInvocation"),
    finding("guardduty:Impact:IAMUser/CostHarvesting"),
    finding("guardduty:Impact:IAMUser/PromptInjection.Direct"),
    finding("guardduty:InitialAccess:IAMUser/AnomalousBehavior"),
    finding("guardduty:PenTest:IAMUser/KaliLinux"),
    finding("guardduty:PenTest:IAMUser/ParrotLinux"),
    finding("guardduty:PenTest:IAMUser/PentooLinux"),
    finding("guardduty:Persistence:IAMUser/AnomalousBehavior"),
    finding("guardduty:Policy:IAMUser/RootCredentialUsage"),
    finding("guardduty:Policy:IAMUser/ShortTermRootCredentialUsage"),
    finding("guardduty:PrivilegeEscalation:IAMUser/AnomalousBehavior"),
    finding("guardduty:Recon:IAMUser/MaliciousIPCaller"),
    finding("guardduty:Recon:IAMUser/MaliciousIPCaller.Custom"),
    finding("guardduty:Recon:IAMUser/TorIPCaller"),
    finding("guardduty:Stealth:IAMUser/CloudTrailLoggingDisabled"),
    finding("guardduty:Stealth:IAMUser/PasswordPolicyChange"),
    finding("guardduty:UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"),
    finding("guardduty:UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS"),
    finding("guardduty:UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"),
    finding("guardduty:UnauthorizedAccess:IAMUser/MaliciousIPCaller"),
    finding("guardduty:UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"),
    finding("guardduty:UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.InsideAWS"),
    finding("guardduty:UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS"),
    finding("guardduty:UnauthorizedAccess:IAMUser/TorIPCaller"),
];

const fn exposure(action: &'static str) -> Entry {
    let mut entry = call(action, &[Group::ReportExposure], TargetKind::AccessKey);
    entry.kind = Kind::Exposure;
    entry
}

const fn finding(action: &'static str) -> Entry {
    let mut entry = call(action, &[Group::ReportFinding], TargetKind::AccessKey);
    entry.kind = Kind::Finding;
    entry.place = Place::Region;
    entry
}
