//! `keyrail redrive`, up to the point where it would call AWS; what it does there is
//! tested in `tests/emulator/test_redrive.py`.

use crate::{Ran, ran};

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/keyrail-DeadLetterQueue";

fn redriven(queue: &str, more: &[&str]) -> Ran {
    let place = ["redrive", "--queue", queue, "--function", "keyrail"];
    ran(&[&place, more].concat())
}

#[test]
fn without_a_terminal_it_asks_nobody_and_hands_nothing_over() {
    let ran = redriven(QUEUE, &["--apply"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: standard input is not a terminal to ask on\n\n\
         help: look at what is in the queue first, without `--apply`; then add `--yes`\n"
    );
}

#[test]
fn what_is_no_queues_url_is_refused() {
    for queue in [
        "keyrail-DeadLetterQueue",
        "arn:aws:sqs:us-east-1:111122223333:keyrail-DeadLetterQueue",
        "https://sqs.us-east-1.amazonaws.com/keyrail-DeadLetterQueue",
        "https://sqs.us-east-1.amazonaws.com/11112222333x/keyrail-DeadLetterQueue",
        "https://sqs.us-east-1.amazonaws.com/111122223333/",
    ] {
        let ran = redriven(queue, &[]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{queue}");
        assert!(
            ran.stderr
                .contains("write it as `aws sqs list-queues` does"),
            "{queue}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_dry_run_does_not_apply_and_yes_is_for_applying() {
    for more in [&["--dry-run", "--apply"][..], &["--yes"], &["--limit", "0"]] {
        let ran = redriven(QUEUE, more);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{more:?}");
    }
}

#[test]
fn where_nobody_answers_it_says_which_call_and_that_nothing_was_read() {
    let mut command = crate::keyrail(&["redrive", "--queue", QUEUE, "--function", "keyrail"]);
    command
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    let ran = Ran::from(command.output().expect("the command runs"));
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""), "{ran:?}");
    assert_eq!(
        ran.stderr,
        "error: sts:GetCallerIdentity: no connection (Connection refused (os error 111)); \
         the credentials are from the environment (`AWS_ACCESS_KEY_ID`): nothing was read\n\n\
         help: see that there is a network, and that the Region is right, \
         as named to the command or by `AWS_REGION`\n"
    );
}
