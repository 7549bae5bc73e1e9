"""What keyrail costs in a month in which nothing happens, for organizations of several sizes.

The tables of README.md and infra/README.md are made of it:

    .venv/bin/python -m tests.template.costs
"""

from tests.template.deployed import Deployed
from tests.template.templates import HOME, REGION, of_type

# In USD, in us-east-1, by the services' price lists and what has been written of them (2026-11-29):
# CloudWatch: an alarm, a custom metric, a GB of logs.
ALARM, METRIC, LOG_GB = 0.10, 0.30, 0.50
# EventBridge, a million: events to another account or Region; invocations of Scheduler, after the first
# 14 million of a month, which an organization has together.
FORWARDED, SCHEDULED, SCHEDULED_FREE = 1.00, 1.00, 14_000_000
# Lambda on arm64: a million requests, a GB-second. DynamoDB on demand: a million writes and reads.
REQUESTS, GB_SECOND = 0.20, 0.0000133334
WRITES, READS = 0.625, 0.125
# SQS, a million requests. Lambda asks each queue that starts the function some 650,000 times a month.
SQS, ASKED = 0.40, 650_000

HOURS = 730
# Regions of each account, the home among them. Each beats, and so does the account.
REGIONS = 4
BEATS = REGIONS + 1
SIZES = (1, 120, 5000)

# Of one beat that arrives: more than what was measured (docs/benchmarks.md), in seconds, and what Lambda
# itself logs of an invocation, in bytes.
BEAT_SECONDS, BEAT_LOGGED = 0.1, 1200
# Of the check, in seconds: for each account and Region, a guess, and 15 minutes at most.
CHECK_SECONDS, CHECK_MOST = 0.15, 900
MEMORY = HOME["Resources"]["GuardrailFunction"]["Properties"]["MemorySize"] / 1024

# The most that an idle organization of 120 accounts may pay.
LIMIT = 5

HUB = {"OrganizationId": "o-exampleorgid"}
MEMBER = {"HubBusArn": "arn:aws:events:us-east-1:111122223333:event-bus/keyrail-members"}
WITH_OPERATOR = {"OperatorEmail": "operator@example.com"}


def alarms(template, **parameters):
    """Those that cost by themselves: a query pays for what it finds, and finds nothing until something
    fails."""
    found = Deployed(template, **parameters).of_type("AWS::CloudWatch::Alarm").values()
    return len([alarm for alarm in found if "Metrics" not in alarm])


def of(accounts):
    """What each thing comes to, for so many accounts in four Regions."""
    hub = HUB if accounts > 1 else {}
    count = alarms(HOME, **hub) + (REGIONS - 1) * alarms(REGION, **WITH_OPERATOR)
    count += (accounts - 1) * REGIONS * alarms(REGION, **MEMBER)
    beats = accounts * BEATS * HOURS
    # Those of the hub's home Region are there already.
    forwarded = beats - 2 * HOURS
    queues = len(of_type(HOME, "AWS::Lambda::EventSourceMapping"))
    seconds = min(accounts * REGIONS * CHECK_SECONDS, CHECK_MOST)
    million = 1_000_000
    return {
        "alarms": ALARM * count,
        "the check's metric": METRIC,
        "polling of two queues": SQS * ASKED * queues / million,
        "schedules": SCHEDULED * max(0, beats - SCHEDULED_FREE) / million,
        "forwarded beats": FORWARDED * forwarded / million,
        "function": beats * (REQUESTS / million + BEAT_SECONDS * MEMORY * GB_SECOND),
        "table": beats * WRITES / million + HOURS * accounts * BEATS * READS / million,
        "log": LOG_GB * beats * BEAT_LOGGED / 1_000_000_000,
        "check": HOURS * seconds * MEMORY * GB_SECOND,
    }


def total(accounts):
    return sum(of(accounts).values())


def table():
    """As it is on the pages."""
    heads = [f"{size:,} account{'s' if size > 1 else ''}" for size in SIZES]
    columns = [of(size) for size in SIZES]
    rows = [
        f"| {name} | " + " | ".join(f"{column[name]:.2f}" for column in columns) + " |"
        for name in columns[0]
    ]
    sums = " | ".join(f"**{total(size):.2f}**" for size in SIZES)
    return "\n".join(
        [
            "| USD a month | " + " | ".join(heads) + " |",
            "| --- |" + " --- |" * len(SIZES),
            *rows,
            f"| together | {sums} |",
        ]
    )


if __name__ == "__main__":
    print(table())
