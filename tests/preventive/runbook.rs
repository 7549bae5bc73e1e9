//! What people do with keyrail by hand, with the deployment role: every AWS command on the pages.

use std::collections::BTreeSet;

use crate::{
    evaluate::{Call, read},
    parts::Parts,
};

/// Where the runbooks are.
const PAGES: [&str; 5] = [
    "README.md",
    "infra/README.md",
    "docs/alerts.md",
    "docs/policies.md",
    "docs/troubleshooting.md",
];

/// Calls behind commands that are not named for them, and what keyrail's own command calls with the
/// credentials of a person: `undo --table`, and handing over again what is in a dead-letter queue.
const BESIDES: [&str; 18] = [
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "iam:DeleteRolePolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:UpdateAccessKey",
    "lambda:GetFunctionConfiguration",
    "lambda:InvokeFunction",
    "logs:FilterLogEvents",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
];

/// Commands that only look like a call.
const NO_CALLS: [&str; 4] = [
    "cloudformation:Deploy",
    "cloudformation:Wait",
    "lambda:Invoke",
    "logs:Tail",
];

/// Each action of the runbooks, by whoever has the deployment role, on each part of its service.
pub(crate) fn calls(parts: &Parts, deployment: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for action in actions() {
        let service = action.split(':').next().unwrap();
        // The user or role that something is undone for.
        if service == "iam" {
            for resource in ["user/bob", "role/Application"] {
                let arn = format!("arn:aws:iam::111122223333:{resource}");
                calls.push(Call::new(deployment, &action, &arn));
            }
            continue;
        }
        calls.push(Call::new(deployment, &action, "*"));
        let of_service = parts.made.iter().filter(|part| part.service() == service);
        calls.extend(of_service.map(|part| Call::new(deployment, &action, &part.arn)));
    }
    calls
}

pub(crate) fn actions() -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BESIDES.map(str::to_owned).into();
    for page in PAGES {
        let text = read(page);
        let words: Vec<&str> = text.split_whitespace().collect();
        for window in words.windows(3) {
            let [aws, service, command] = window else {
                continue;
            };
            let of_shell = |c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-';
            let command = command.trim_end_matches(of_shell);
            let is_name = |text: &str| !text.is_empty() && !text.contains(of_shell);
            if aws
                .trim_start_matches(['`', '(', '$', '"'])
                .ends_with("aws")
                && is_name(service)
                && is_name(command)
            {
                found.insert(format!("{service}:{}", pascal(command)));
            }
        }
    }
    found.retain(|action| !NO_CALLS.contains(&action.as_str()));
    found
}

fn pascal(command: &str) -> String {
    command
        .split('-')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
