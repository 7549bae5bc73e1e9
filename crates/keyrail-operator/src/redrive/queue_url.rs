//! What the URL of a queue says about where it is.

/// The Region in a queue's URL: `https://sqs.us-east-1.amazonaws.com/111122223333/name` →
/// `us-east-1`, the label that ends in a number and has two hyphens at least. Addresses of
/// other places have none.
#[must_use]
pub fn region_of(url: &str) -> Option<&str> {
    let host = url.split("://").nth(1)?.split(['/', ':']).next()?;
    host.split('.').find(|label| {
        let mut parts = label.rsplit('-');
        let number = parts.next().unwrap_or_default();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number && parts.count() >= 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queues_url_names_its_region_if_it_is_one_of_awss() {
        for (url, region) in [
            (
                "https://sqs.us-east-1.amazonaws.com/111122223333/q",
                Some("us-east-1"),
            ),
            (
                "https://sqs.us-gov-west-1.amazonaws.com/111122223333/q",
                Some("us-gov-west-1"),
            ),
            (
                "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q",
                Some("cn-north-1"),
            ),
            (
                "https://sqs-fips.eusc-de-east-1.amazonaws.eu/1/q",
                Some("eusc-de-east-1"),
            ),
            (
                "https://eu-west-1.queue.amazonaws.com/111122223333/q",
                Some("eu-west-1"),
            ),
            ("https://queue.amazonaws.com/111122223333/q", None),
            (
                "http://127.0.0.1:4566/111122223333/keyrail-DeadLetterQueue-1",
                None,
            ),
            ("keyrail-1-1", None),
        ] {
            assert_eq!(region_of(url), region, "{url}");
        }
    }
}
