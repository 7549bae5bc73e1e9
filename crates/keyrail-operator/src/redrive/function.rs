//! keyrail's function, as Lambda describes it.

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationError;
use keyrail_core::arn::Arn;

use super::error::RedriveError;
use keyrail_aws::error::sorted;

const CALL: &str = "lambda:GetFunctionConfiguration";

/// A function of keyrail's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its ARN.
    pub arn: String,
    /// The mode that it is set to, as it is written.
    pub mode: String,
    /// The queue of its re-checks, if it has one.
    pub(super) recheck_queue_url: Option<String>,
}

impl Function {
    /// Reads which function it is.
    ///
    /// # Errors
    ///
    /// If Lambda does not tell, or it is not keyrail's.
    pub(super) async fn read(
        lambda: &aws_sdk_lambda::Client,
        name: &str,
    ) -> Result<Self, RedriveError> {
        let call = lambda.get_function_configuration().function_name(name);
        let told = call.send().await.map_err(|error| {
            let is_missing = error
                .as_service_error()
                .is_some_and(GetFunctionConfigurationError::is_resource_not_found_exception);
            let message = sorted(CALL, &error).message;
            match is_missing {
                true => RedriveError::NoFunction(message),
                false => RedriveError::Outside(message),
            }
        })?;
        let other = |what: &str| RedriveError::Outside(format!("{CALL}: {what}"));
        let arn = told
            .function_arn
            .ok_or_else(|| other("an answer without the function's ARN"))?;
        let environment = told.environment;
        let hidden = environment.as_ref().and_then(|all| all.error.as_ref());
        if let Some(hidden) = hidden {
            let why = hidden
                .message()
                .or(hidden.error_code())
                .unwrap_or("no reason");
            return Err(other(&format!("the environment is not shown: {why}")));
        }
        let mut variables = environment
            .and_then(|all| all.variables)
            .unwrap_or_default();
        if !variables.contains_key("KEYRAIL_TOPIC_ARN") {
            return Err(RedriveError::Wrong(format!(
                "`{name}` is not a function of keyrail's: its environment has no `KEYRAIL_TOPIC_ARN`"
            )));
        }
        Ok(Self {
            arn,
            mode: variables.remove("KEYRAIL_MODE").unwrap_or_default(),
            recheck_queue_url: variables.remove("KEYRAIL_RECHECK_QUEUE_URL"),
        })
    }

    /// The account that it is in.
    #[must_use]
    pub fn account(&self) -> &str {
        account_of(&self.arn)
    }

    /// Whether its re-checks come by the queue with this ARN.
    #[must_use]
    pub fn is_rechecked_by(&self, queue_arn: &str) -> bool {
        let url = self.recheck_queue_url.as_deref().unwrap_or_default();
        Arn::parse(queue_arn).is_some_and(|arn| arn.is_queue_at(url))
    }
}

/// `arn:aws:sqs:us-east-1:111122223333:name` → `111122223333`.
pub(super) fn account_of(arn: &str) -> &str {
    Arn::parse(arn).map(|arn| arn.account).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_queue_brings_re_checks() {
        let function = |url: Option<&str>| Function {
            arn: "arn:aws:lambda:us-east-1:111122223333:function:keyrail".to_owned(),
            mode: "enforce".to_owned(),
            recheck_queue_url: url.map(str::to_owned),
        };
        let own = "https://sqs.us-east-1.amazonaws.com/111122223333/keyrail-RecheckQueue";
        for (url, arn, is_own) in [
            (
                Some(own),
                "arn:aws:sqs:us-east-1:111122223333:keyrail-RecheckQueue",
                true,
            ),
            (
                Some(own),
                "arn:aws:sqs:us-east-1:444455556666:keyrail-RecheckQueue",
                false,
            ),
            (
                Some(own),
                "arn:aws:sqs:us-east-1:111122223333:another",
                false,
            ),
            (
                Some(""),
                "arn:aws:sqs:us-east-1:111122223333:keyrail-RecheckQueue",
                false,
            ),
            (
                None,
                "arn:aws:sqs:us-east-1:111122223333:keyrail-RecheckQueue",
                false,
            ),
        ] {
            assert_eq!(function(url).is_rechecked_by(arn), is_own, "{url:?} {arn}");
        }
    }
}
