"""What one does to a running `make run` from another terminal: let time pass, pay, write, replace a key."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra import inbound
from infra.emulator import REGION, connect, direct
from infra.keys import rotate_signing_key
from infra.stack import Client, describe, outputs

# The order's charge is created by a queue worker; this is how long `pay` waits for it.
CHARGE_SECONDS = 60.0


class Refused(Exception):
    """The command cannot be done; the text is one sentence without its full stop."""


def tick(home: Path, stack: str, at: str, name: str) -> int:
    """Invoke the scheduled function `name`, or all of them, as EventBridge would at the instant `at`."""
    instant = _instant(at)
    client = connect(_endpoints(home)["aws"])
    schedules = _schedules(client, stack)
    if name and name not in schedules:
        raise Refused(f"NAME={name} is not a schedule; there are: {', '.join(sorted(schedules))}")
    failed = 0
    for schedule in [name] if name else sorted(schedules):
        function, rule = schedules[schedule]
        answer = client("lambda").invoke(FunctionName=function, Payload=json.dumps(_event(instant, rule)))
        result = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            failed = 1
            print(f"{schedule} at {instant}: failed: {result['errorMessage']}")
        else:
            print(f"{schedule} at {instant}: done{f' {json.dumps(result)}' if result else ''}")
    return failed


def pay(home: Path, reference: str) -> int:
    """Have the sandbox provider settle the charge of payment `reference` and say what it answered."""
    if not reference:
        raise Refused("ID=<payment id> is needed")
    url = f"{_endpoints(home)['sandbox']}/_sandbox/pay"
    body = json.dumps({"reference": reference}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    give_up, told = time.monotonic() + CHARGE_SECONDS, False
    while time.monotonic() < give_up:
        try:
            with direct.open(request, timeout=60) as answer:
                print(answer.read().decode())
                return 0
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise Refused(f"the sandbox refused: {error.read().decode()}") from error
            if not told:
                told = True
                print(f"waiting for the charge, {CHARGE_SECONDS:.0f} seconds at most …", flush=True)
        except OSError as error:
            raise Refused("the sandbox does not answer: is `make run` still running?") from error
        time.sleep(0.5)
    raise Refused(f"the provider knows no charge for {reference} after {CHARGE_SECONDS:.0f} seconds")


@dataclass(frozen=True)
class Letter:
    """A mail to the support address; a `forged` one fails the checks of its sender."""

    sender: str
    subject: str
    text: str
    attach: str = ""
    forged: bool = False


def mail(home: Path, stack: str, letter: Letter) -> int:
    """Have a mail arrive at the support address, as SES receives it."""
    if not letter.sender:
        raise Refused("FROM=<address> is needed")
    file = Path(letter.attach) if letter.attach else None
    if file is not None and not file.is_file():
        raise Refused(f"ATTACH={letter.attach} is no file")
    client = connect(_endpoints(home)["aws"])
    found = outputs(client("cloudformation"), stack)
    now, message_id, to = datetime.now(UTC), inbound.new_message_id(), found["SupportEmail"]
    told = inbound.notification(message_id, letter.sender, to, now, inbound.FORGED if letter.forged else {})
    raw = inbound.written(letter.sender, to, letter.subject, letter.text, file, now)
    bucket, topic = found["InboxBucketName"], found["InboundTopicArn"]
    inbound.deliver(client("s3"), bucket, client("sns"), topic, raw, told)
    print(f"{to} has got mail from {letter.sender}; staff sees what becomes of it at /v1/staff/inbound_mails")
    return 0


def rotate(home: Path, prefix: str) -> int:
    """One step of the signing key's rotation, under the secrets' `prefix`; says what it did."""
    print(rotate_signing_key(connect(_endpoints(home)["aws"])("ssm"), prefix, datetime.now(UTC)))
    return 0


def _instant(at: str) -> str:
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        instant = datetime.min
    if instant.tzinfo is None:
        raise Refused(f"AT={at} is not an instant such as 2026-12-03T12:00:00Z")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _endpoints(home: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((home / "endpoints.json").read_text())
    except FileNotFoundError:
        raise Refused("nothing is running: start it with `make run`") from None
    try:
        direct.open(f"{found['aws']}/_ministack/health", timeout=5).close()
    except OSError:
        raise Refused("nothing is running any more: start it again with `make run`") from None
    return found


def _schedules(client: Client, stack: str) -> dict[str, tuple[str, str]]:
    """Function and rule of every schedule of the stack, by the name the function has in the code."""
    cloudformation = client("cloudformation")
    if describe(cloudformation, stack) is None:
        raise Refused(f"the stack {stack} is not deployed yet: wait until `make run` says so")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    functions = {
        resource["PhysicalResourceId"]: re.sub(r"(?<!^)(?=[A-Z])", "_", resource["LogicalResourceId"]).lower()
        for resource in resources
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    events = client("events")
    found = {}
    for resource in resources:
        if resource["ResourceType"] != "AWS::Events::Rule":
            continue
        rule = events.describe_rule(Name=resource["PhysicalResourceId"])
        if rule.get("ScheduleExpression"):
            for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                function = target["Arn"].rpartition(":")[2]
                found[functions[function]] = (function, rule["Arn"])
    return found


def _event(instant: str, rule: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": instant,
        "region": REGION,
        "resources": [rule],
        "detail": {},
    }
