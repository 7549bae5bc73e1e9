//! What to do now.

use super::people::actor_name;
use crate::change::{Change, option};
use crate::plain::Plain;
use crate::situation::{ActorName, Deactivate, Instruction};

pub(super) fn to_do(instruction: &Instruction<'_>) -> String {
    match instruction {
        Instruction::Advice(advice) => (*advice).to_owned(),
        Instruction::AskCaller {
            name,
            goes_without_answer,
            deactivation,
        } => ask_caller(*name, *goes_without_answer, deactivation),
        Instruction::AskSession { name, revocation } => ask_session(*name, revocation.as_ref()),
        Instruction::DeleteRootsKey => {
            "See in IAM's credential report when root's key was last used. Sign in as root and delete it under Security credentials; nothing but root can, except AssumeRoot from the management account.".to_owned()
        }
        Instruction::ListKeys { command, user } => format!(
            "List the access keys of {user}: {command}. Deactivate each that is not known to be safe: aws iam update-access-key {} --status Inactive --access-key-id KEY",
            option("user-name", user.as_str())
        ),
        Instruction::TakeBack(change) => {
            format!("keyrail left it as it was. To take it back: {change}")
        }
        Instruction::TakeBackBy(command) => {
            format!("keyrail cannot take it back. To do so: {command}")
        }
        Instruction::CheckKey(command) => format!("Check that the key is inactive: {command}"),
        Instruction::ChangeByHand(change) => {
            format!("Make the change that keyrail could not: {change}")
        }
        Instruction::DeactivateKey { why, change } => match why {
            Deactivate::IfStillActive => format!("If it is still Active: {change}"),
            Deactivate::IsActive => format!("keyrail left the key ACTIVE. To deactivate it: {change}"),
            Deactivate::MayBeActive => {
                format!("The key may be ACTIVE. Deactivate it: {change}")
            }
            Deactivate::WasLeft => {
                format!("keyrail left the key unchanged. If it is active, deactivate it: {change}")
            }
        },
        Instruction::EndSessions(change) => {
            format!("End all sessions created with it: {change}")
        }
        Instruction::FindEvent => {
            "Find the event by its id and review it. If AWS has added a new kind of event, update keyrail; if you do not need that kind, remove it from the rule.".to_owned()
        }
        Instruction::FindKeyOwner(command) => format!("Find out whose key it is: {command}"),
        Instruction::FindWhoUndid(command) => format!(
            "Find out whether someone undid it, and who: they have IAM permissions and can do it again. CloudTrail shows the call about 15 minutes later: {command}"
        ),
        Instruction::FixBundle => {
            "Run `keyrail validate DIR` on the bundle, fix it, and deploy again.".to_owned()
        }
        Instruction::InvestigateRepetition => {
            "Investigate: one actor is doing this repeatedly. The first alert says what to do; its commands are for the first event only.".to_owned()
        }
        Instruction::InvestigateStorm => {
            "Investigate: many actors are being refused this at once. The list below shows some of them; the function's log has all.".to_owned()
        }
        Instruction::JudgeUndecided { policy } => format!(
            "Review this event: policy {policy} could not be evaluated, so keyrail did nothing because of it. That alone is not a sign of an attack. Fix the error under Undecided; until then it may not protect you."
        ),
        Instruction::LookUpActor(command) => format!(
            "List what else the actor did (about 15 minutes late): {command}"
        ),
        Instruction::LookUpKey {
            key,
            is_further: true,
            command,
            ..
        } => format!("List what key {key} did: {command}"),
        Instruction::LookUpKey {
            key,
            is_further: false,
            home_region,
            command,
        } => {
            let home = home_region.map(|region| format!("; IAM events are in {region}"));
            let home = home.unwrap_or_default();
            format!(
                "List what key {key} did (management events, about 15 minutes late, one Region per command{home}): {command}"
            )
        }
        Instruction::RenewExemption { exemption, until } => format!(
            "Exemption {exemption} allowed this until {until}. If this was planned, renew it, then undo (below)."
        ),
        Instruction::Runbook(runbook) => format!("Runbook: {runbook}"),
        Instruction::StopSignedIn {
            user,
            password,
            everything,
        } => format!(
            "If it was not {user}, or there is no reply, delete the password: {password}; and, as the open session survives that, deny it too: {everything}"
        ),
    }
}

fn ask_caller(name: ActorName<'_>, goes_without_answer: bool, deactivation: &Change) -> String {
    let name = actor_name(name);
    let no_reply = if goes_without_answer {
        ", or if there is no reply"
    } else {
        ""
    };
    format!(
        "Ask {} whether they made this call. If not{no_reply}, deactivate the signing key, which keyrail left unchanged; anything using it will stop working: {deactivation}",
        Plain(&name)
    )
}

fn ask_session(name: ActorName<'_>, revocation: Option<&Change>) -> String {
    let name = actor_name(name);
    let end = match revocation {
        Some(change) => format!(
            "deny the sessions that this role has had so far (everybody who uses it must assume it anew): {change}"
        ),
        None => "end that person's sessions in IAM Identity Center, and disable the user there"
            .to_owned(),
    };
    format!(
        "Ask {}, or who assumed the role (CloudTrail: AssumeRole), whether they made this call. If not, or if there is no reply, {end}",
        Plain(&name)
    )
}
