//! What to do now.

use super::people::actor_name;
use crate::plain::Plain;
use crate::situation::{Deactivate, Instruction};

pub(super) fn to_do(instruction: &Instruction<'_>) -> String {
    match instruction {
        Instruction::Advice(advice) => (*advice).to_owned(),
        Instruction::AskCaller {
            name,
            goes_without_answer,
            deactivation,
        } => {
            let name = actor_name(*name);
            let without_answer = if *goes_without_answer {
                ", or without an answer"
            } else {
                ""
            };
            format!(
                "Ask {}: was it you? If not{without_answer}, stop the key that signed the call, which keyrail did not touch (what uses it will fail): {deactivation}",
                Plain(&name)
            )
        }
        Instruction::CheckKey(command) => format!("Check that the key is inactive: {command}"),
        Instruction::ChangeByHand(change) => {
            format!("Do by hand what keyrail could not: {change}")
        }
        Instruction::DeactivateKey { why, change } => match why {
            Deactivate::IfStillActive => format!("If it is still Active: {change}"),
            Deactivate::IsActive => format!("keyrail left the key ACTIVE. To stop it: {change}"),
            Deactivate::MayBeActive => {
                format!("The key may be ACTIVE. Stop it by hand: {change}")
            }
            Deactivate::WasLeft => {
                format!("keyrail left the key as it was. If it is active, stop it: {change}")
            }
        },
        Instruction::EndSessions(change) => {
            format!("End the sessions that were made with it, whoever uses them: {change}")
        }
        Instruction::FindEvent => {
            "Find the event by its id, and judge it yourself. If AWS has a new kind of event, update keyrail; if you need none of its kind, take it out of the rule.".to_owned()
        }
        Instruction::FindKeyOwner(command) => format!("Find out whose key it is: {command}"),
        Instruction::FindWhoUndid(command) => format!(
            "Find out whether somebody undid it: they have rights in IAM, and can do it again. CloudTrail shows it some 15 minutes after the call: {command}"
        ),
        Instruction::FixBundle => {
            "Run `keyrail validate DIR` on the bundle, fix it, and deploy again.".to_owned()
        }
        Instruction::InvestigateRepetition => {
            "Find out what goes on: one actor does this again and again. The first alert says what to do; the commands in it are for the first event only.".to_owned()
        }
        Instruction::InvestigateStorm => {
            "Find out what goes on: many are refused this at once. Those whom the list below shows are some of them; each is in the log.".to_owned()
        }
        Instruction::JudgeUndecided { policy } => format!(
            "Judge the event yourself: {policy} could not be decided, so nothing was done about it. That alone is no sign of an attack. Mend what stands after Undecided: until then it can fail to protect."
        ),
        Instruction::LookUpActor(command) => format!(
            "See what else the actor did (shown some 15 minutes after a call): {command}"
        ),
        Instruction::LookUpKey {
            key,
            is_further: true,
            command,
            ..
        } => format!("And what key {key} did: {command}"),
        Instruction::LookUpKey {
            key,
            is_further: false,
            home_region,
            command,
        } => {
            let home = home_region.map(|region| format!(", IAM's are in {region}"));
            let home = home.unwrap_or_default();
            format!(
                "See what key {key} did (management calls, some 15 minutes after each; one Region at a time{home}): {command}"
            )
        }
        Instruction::RenewExemption { exemption, until } => format!(
            "The exemption {exemption} allowed this until {until}. If it was planned: renew that, and then undo (below)."
        ),
        Instruction::Runbook(runbook) => format!("Runbook: {runbook}"),
        Instruction::StopSignedIn {
            user,
            password,
            everything,
        } => format!(
            "If it was not {user}, or without an answer: {password}; and, as the session goes on without a password: {everything}"
        ),
    }
}
