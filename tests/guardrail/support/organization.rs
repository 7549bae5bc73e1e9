//! An organization, as AWS answers what the watch asks of it: Organizations, CloudTrail, EventBridge,
//! Scheduler, `CloudWatch`, Lambda, and of IAM, SQS and STS what concerns member accounts. The shapes are
//! those of each API reference (checked 2026-11-29); `tests/wire` holds them to AWS's models.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::{Value, json};

pub(crate) const HOME: &str = "us-east-1";
pub(crate) const ORGANIZATION: &str = "o-exampleorg1";
const SHIPPED: &str = include_str!("../../../crates/keyrail-core/src/watch/rules.json");

/// What is asked, by whom, and where.
pub(crate) struct Question<'a> {
    pub action: &'a str,
    pub caller: &'a str,
    pub region: &'a str,
    pub path: &'a str,
    pub body: &'a str,
}

/// The hub, and members.
#[derive(Debug)]
pub(crate) struct Organization {
    pub hub: String,
    pub members: Vec<String>,
    /// What is broken: `ACCOUNT REGION WHAT`, in which either may be `*`.
    pub broken: BTreeSet<String>,
    /// Whether it has the rules of sign-ins only, so that less is asked.
    pub has_few_rules: bool,
}

impl Organization {
    pub(crate) fn of(hub: &str, members: &[&str]) -> Self {
        Self {
            hub: hub.to_owned(),
            members: members.iter().map(ToString::to_string).collect(),
            broken: BTreeSet::new(),
            has_few_rules: false,
        }
    }

    fn is_broken(&self, place: (&str, &str), what: &str) -> bool {
        let (account, region) = place;
        self.broken.contains(&format!("{account} {region} {what}"))
            || self.broken.contains(&format!("* * {what}"))
    }

    /// The answer: status and body; nothing if the emulator knows it.
    pub(crate) fn answer(&self, question: &Question<'_>) -> Option<(u16, String)> {
        let account = match question.caller.strip_prefix("ASIA") {
            Some(id) => id,
            None if question.caller == self.hub => question.caller,
            None => return None,
        };
        let is_hub = account == self.hub;
        let place = (account, question.region);
        let input: Value = serde_json::from_str(question.body).unwrap_or_default();
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        let answered = match question.action {
            "AssumeRole" => return Some(self.assume_role(question.body)),
            "GetRole" => return Some(self.get_role(place, question.body)),
            "ListQueues" => self.list_queues(place, &text("QueueNamePrefix")),
            "GetQueueAttributes" if !is_hub => json!({"Attributes": {
                "ApproximateNumberOfMessages": if self.is_broken(place, "undelivered") { "3" } else { "0" },
            }}),
            "ListAccounts" => self.list_accounts(&text("NextToken")),
            "DescribeTrails" => self.describe_trails(place),
            "GetTrailStatus" => json!({"IsLogging": !self.is_broken(place, "trail")}),
            "GetEventSelectors" => self.selectors(place, &text("TrailName")),
            "ListRules" => self.list_rules(place, &text("NamePrefix"), &text("EventBusName")),
            "ListTargetsByRule" => self.list_targets(place, &text("Rule")),
            "DescribeEventBus" => self.bus(place, &text("Name")),
            "GetSchedule" => return Some(self.schedule(place, question.path)),
            "DescribeAlarms" => self.alarms(place, &text("AlarmNamePrefix")),
            "GetFunctionConfiguration" => json!({
                "FunctionName": "keyrail", "State": "Active", "LastUpdateStatus": "Successful",
                "CodeSha256": if self.is_broken(place, "code") { "b3RoZXI=" } else { "Y29kZQ==" },
                "Layers": [{"Arn": format!("arn:aws:lambda:{HOME}:{account}:layer:keyrail-bundle:3"), "CodeSize": 1}],
                "Environment": {"Variables": {"KEYRAIL_MODE": "enforce", "KEYRAIL_EXTERNAL_ID": "a-secret"}},
            }),
            "GetFunctionConcurrency" if self.is_broken(place, "concurrency") => {
                json!({"ReservedConcurrentExecutions": 0})
            }
            "GetFunctionConcurrency" => json!({}),
            _ => return None,
        };
        Some((200, answered.to_string()))
    }

    fn assume_role(&self, body: &str) -> (u16, String) {
        let arn = field(body, "RoleArn");
        let account = arn.split(':').nth(4).unwrap_or_default();
        if !self.members.iter().any(|member| member == account)
            || !arn.ends_with(":role/security/keyrail-watcher")
            || self.is_broken((account, "*"), "watcher")
        {
            return (403, super::proxy::error_body("AccessDenied"));
        }
        let body = format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{account}</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        );
        (200, body)
    }

    fn get_role(&self, place: (&str, &str), body: &str) -> (u16, String) {
        let name = field(body, "RoleName");
        let account = place.0;
        // IAM is global: its calls are signed for one Region.
        if self.is_broken((account, "*"), &name) {
            return (404, super::proxy::error_body("NoSuchEntity"));
        }
        let body = format!(
            "<GetRoleResponse><GetRoleResult><Role><Path>/security/</Path><RoleName>{name}</RoleName>\
             <RoleId>AROAIOSFODNN7EXAMPLE</RoleId><Arn>arn:aws:iam::{account}:role/security/{name}</Arn>\
             <CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>"
        );
        (200, body)
    }

    fn list_queues(&self, (account, region): (&str, &str), prefix: &str) -> Value {
        let is_members = account != self.hub && prefix.starts_with("StackSet-");
        match is_members {
            true => json!({"QueueUrls": [format!(
                "https://sqs.{region}.amazonaws.com/{account}/StackSet-keyrail-region-UndeliveredQueue-1A2B"
            )]}),
            false => json!({}),
        }
    }

    /// One account on a page, and first a page with none: there may be fewer than asked for.
    fn list_accounts(&self, token: &str) -> Value {
        let all: Vec<&String> = std::iter::once(&self.hub).chain(&self.members).collect();
        let page: usize = token
            .strip_prefix("page-")
            .map_or(0, |page| page.parse().expect("a page"));
        let state = |id: &str| match self.is_broken((id, "*"), "closed") {
            true => "CLOSED",
            false => "ACTIVE",
        };
        let listed: Vec<Value> = all
            .get(page.wrapping_sub(1))
            .map(|id| json!({
                "Id": id, "Arn": format!("arn:aws:organizations::{}:account/{ORGANIZATION}/{id}", self.hub),
                "Email": "example@example.com", "Name": "payments", "State": state(id),
                "Status": "ACTIVE", "JoinedMethod": "CREATED", "JoinedTimestamp": 1_735_689_600.5,
            }))
            .into_iter()
            .collect();
        match page < all.len() {
            true => json!({"Accounts": listed, "NextToken": format!("page-{}", page + 1)}),
            false => json!({"Accounts": listed}),
        }
    }

    fn trail(&self) -> String {
        format!("arn:aws:cloudtrail:{HOME}:{}:trail/organization", self.hub)
    }

    fn describe_trails(&self, place: (&str, &str)) -> Value {
        if self.is_broken(place, "no trail") {
            return json!({"trailList": []});
        }
        json!({"trailList": [{
            "Name": "organization", "S3BucketName": "example", "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": true, "HomeRegion": HOME, "TrailARN": self.trail(),
            "LogFileValidationEnabled": true, "HasCustomEventSelectors": true,
            "HasInsightSelectors": false, "IsOrganizationTrail": true,
        }]})
    }

    fn selectors(&self, place: (&str, &str), trail: &str) -> Value {
        assert_eq!(
            (place.0, trail),
            (self.hub.as_str(), self.trail().as_str()),
            "it is not its own"
        );
        let category = json!({"Field": "eventCategory", "Equals": ["Management"]});
        let fields = match self.is_broken(place, "selectors") {
            true => json!([category, {"Field": "eventSource", "NotEquals": ["iam.amazonaws.com"]}]),
            false => json!([category]),
        };
        json!({"TrailARN": trail, "AdvancedEventSelectors": [{"Name": "management", "FieldSelectors": fields}]})
    }

    /// The rules of an account and Region by the file that ships with them: name, and what it says.
    fn rules(&self, (account, region): (&str, &str)) -> Vec<(String, Value)> {
        static PARSED: OnceLock<Value> = OnceLock::new();
        let shipped = PARSED.get_or_init(|| serde_json::from_str(SHIPPED).expect("it is JSON"));
        let is_hub = account == self.hub && region == HOME;
        let (template, stack) = match (is_hub, account == self.hub) {
            (true, _) => ("template.yaml", "keyrail"),
            (false, true) => ("infra/region.yaml", "keyrail-region"),
            (false, false) => ("infra/region.yaml", "StackSet-keyrail-region-1a2b"),
        };
        let all = shipped[template]
            .as_object()
            .expect("they are by their ids");
        let is_kept = |id: &str| !self.has_few_rules || id.ends_with("SignInRule");
        let of_here = all
            .iter()
            .filter(|(id, rule)| is_kept(id) && (rule["regions"] == "each" || region == HOME));
        of_here
            .map(|(id, rule)| (format!("{stack}-{id}-1A2B3C"), rule.clone()))
            .collect()
    }

    fn list_rules(&self, place: (&str, &str), prefix: &str, bus: &str) -> Value {
        let (account, region) = place;
        let on = if bus == "default" {
            "default"
        } else {
            "members"
        };
        let responder = match account == self.hub {
            true => "security/keyrail-responder",
            false => "keyrail-responder",
        };
        let rules = self.rules(place).into_iter();
        let listed: Vec<Value> = rules
            .filter(|(name, rule)| name.starts_with(prefix) && rule["bus"] == on)
            .filter(|(name, _)| !self.is_broken(place, &format!("no {name}")))
            .map(|(name, rule)| {
                let pattern = rule["pattern"]
                    .to_string()
                    .replace("${AWS::Partition}", "aws")
                    .replace("${AWS::AccountId}", account)
                    .replace("${Keyrail}", "keyrail")
                    .replace("${ResponderRole}", responder)
                    .replace("${GuardrailRole}", "keyrail-GuardrailRole-1A2B");
                let state = match self.is_broken(place, &name) {
                    true => "DISABLED",
                    false => rule["state"].as_str().expect("it has a state"),
                };
                json!({
                    "Name": name, "Arn": format!("arn:aws:events:{region}:{account}:rule/{name}"),
                    "EventPattern": pattern, "State": state, "EventBusName": bus,
                })
            })
            .collect();
        json!({"Rules": listed})
    }

    fn list_targets(&self, place: (&str, &str), rule: &str) -> Value {
        let (account, _) = place;
        let hub = &self.hub;
        let rules = self.rules(place);
        let (_, of_it) = rules
            .iter()
            .find(|(name, _)| name == rule)
            .expect("it is listed");
        let to = of_it["targets"].as_array().expect("a list").iter();
        let targets: Vec<Value> = to
            .filter_map(Value::as_str)
            .map(|to| match to {
                "GuardrailFunction" => json!({"Id": "function", "Arn": format!("arn:aws:lambda:{HOME}:{hub}:function:keyrail")}),
                "SignInQueue" => json!({"Id": "queue", "Arn": format!("arn:aws:sqs:{HOME}:{hub}:keyrail-SignInQueue-1A2B")}),
                "OperatorTopic" => json!({"Id": "topic", "Arn": format!("arn:aws:sns:{HOME}:{hub}:operators")}),
                _ => json!({
                    "Id": "home",
                    "Arn": match account == hub {
                        true => format!("arn:aws:events:{HOME}:{hub}:event-bus/default"),
                        false => format!("arn:aws:events:{HOME}:{hub}:event-bus/keyrail-members"),
                    },
                    "RoleArn": format!("arn:aws:iam::{account}:role/security/keyrail-ForwardingRole-1A2B"),
                }),
            })
            .collect();
        json!({"Targets": targets})
    }

    fn bus(&self, place: (&str, &str), name: &str) -> Value {
        let (account, _) = place;
        let arn = format!("arn:aws:events:{HOME}:{account}:event-bus/{name}");
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "organization", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents",
            "Resource": arn, "Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
        }]});
        match self.is_broken(place, "bus policy") {
            true => json!({"Name": name, "Arn": arn}),
            false => json!({"Name": name, "Arn": arn, "Policy": policy.to_string()}),
        }
    }

    fn schedule(&self, place: (&str, &str), path: &str) -> (u16, String) {
        let (account, region) = place;
        let name = path
            .trim_start_matches("/schedules/")
            .split('?')
            .next()
            .unwrap_or_default();
        assert!(path.ends_with("?groupName=keyrail-beat"), "{path}");
        if self.is_broken(place, &format!("no {name}")) {
            let gone = json!({"Message": format!("Schedule {name} does not exist.")});
            return (404, gone.to_string());
        }
        let operation = match name {
            "keyrail-beat-account" => "iam:createAccessKey",
            _ => "cloudtrail:stopLogging",
        };
        let schedule = json!({
            "Name": name, "GroupName": "keyrail-beat", "ScheduleExpression": "cron(5 * * * ? *)",
            "Arn": format!("arn:aws:scheduler:{region}:{account}:schedule/keyrail-beat/{name}"),
            "State": if self.is_broken(place, name) { "DISABLED" } else { "ENABLED" },
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 45},
            "Target": {
                "Arn": format!("arn:aws:scheduler:::aws-sdk:{operation}"),
                "RoleArn": format!("arn:aws:iam::{account}:role/security/keyrail-beat-{region}"),
                "Input": "{}", "RetryPolicy": {"MaximumRetryAttempts": 0},
            },
        });
        (200, schedule.to_string())
    }

    fn alarms(&self, place: (&str, &str), prefix: &str) -> Value {
        let name = "keyrail-ErrorAlarm-1A2B";
        let state = if self.is_broken(place, "alarm") {
            "ALARM"
        } else {
            "OK"
        };
        let is_here = place == (self.hub.as_str(), HOME) && name.starts_with(prefix);
        match is_here {
            true => json!({"MetricAlarms": [
                {"AlarmName": name, "StateValue": state},
                {"AlarmName": "keyrail-WatchAlarm-1A2B", "StateValue": "ALARM"},
            ]}),
            false => json!({"MetricAlarms": []}),
        }
    }
}

fn field(body: &str, name: &str) -> String {
    let value = body
        .split('&')
        .find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_default();
    percent_encoding::percent_decode_str(value)
        .decode_utf8_lossy()
        .into_owned()
}
