"""One CloudFormation stack from one package: upload, create or update, follow, and say what went wrong.

`make run`, the integration tests and a vendor's deployment all go through `deploy`; they differ only in
the account that `client` talks to.
"""

from __future__ import annotations

import copy
import hashlib
import json
import time
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.package import Package

Client = Callable[[str], Any]
Report = Callable[[str], None]

# CloudFormation gives up by itself long before; this ends a wait that nothing else would.
LONGEST_DEPLOYMENT = 2 * 3600.0


class DeploymentFailed(Exception):
    """The stack could not be brought to the template; the text names the resources and their reasons."""


def deploy(
    client: Client,
    package: Package,
    *,
    stack: str,
    bucket: str,
    parameters: Mapping[str, str],
    report: Report,
    poll_seconds: float = 2.0,
) -> dict[str, str]:
    """Create or update the stack and return its outputs; a stack that is up to date is left alone.

    `bucket` receives zip and template under their hashes, and is created when it does not exist. Parameters
    that are not given keep their former value. `report` is called with one line per finished resource.
    """
    cloudformation = client("cloudformation")
    current = describe(cloudformation, stack)
    url = _upload(client("s3"), bucket, package)
    if current is not None and current["StackStatus"] == "ROLLBACK_COMPLETE":
        # A stack whose creation failed holds nothing and can only be deleted.
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack)
        current = None
    chosen = _parameters(package.template, parameters, current)
    seen = {event["EventId"] for event in _fresh(cloudformation, stack, set())} if current else set()
    change = cloudformation.update_stack if current else cloudformation.create_stack
    try:
        change(
            StackName=stack,
            TemplateURL=url,
            Parameters=chosen,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeploymentFailed(str(error)) from error
    else:
        _follow(cloudformation, stack, seen, report, poll_seconds)
    return outputs(cloudformation, stack)


def outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    """The stack's outputs by name; empty when there is no such stack."""
    found = describe(cloudformation, stack) or {}
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def describe(cloudformation: Any, stack: str) -> dict[str, Any] | None:
    """The stack as CloudFormation describes it, or None."""
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return found


def _parameters(
    template: Mapping[str, Any], given: Mapping[str, str], current: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    declared = template["Parameters"]
    known = {parameter["ParameterKey"] for parameter in (current or {}).get("Parameters", [])}
    unknown = sorted(set(given) - set(declared))
    missing = [n for n in declared if "Default" not in declared[n] and n not in known and n not in given]
    if unknown or missing:
        told = [f"no such parameter: {name}" for name in unknown] + [f"{name} is needed" for name in missing]
        raise DeploymentFailed("; ".join(told))
    kept = sorted((known & set(declared)) - set(given))
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()] + [
        {"ParameterKey": name, "UsePreviousValue": True} for name in kept
    ]


def _upload(s3: Any, bucket: str, package: Package) -> str:
    """Put zip and template where CloudFormation reads them; the template's address."""
    _ensure_bucket(s3, bucket)
    code = package.archive.read_bytes()
    code_key = f"{hashlib.sha256(code).hexdigest()}.zip"
    template = copy.deepcopy(package.template)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": code_key}
    body = json.dumps(template, sort_keys=True).encode()
    template_key = f"{hashlib.sha256(body).hexdigest()}.json"
    for key, content in ((code_key, code), (template_key, body)):
        if s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 0:
            s3.put_object(Bucket=bucket, Key=key, Body=content)
    return f"{s3.meta.endpoint_url}/{bucket}/{template_key}"


def _ensure_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise DeploymentFailed(f"bucket {bucket}: {error}") from error
        region = s3.meta.region_name
        # The oldest region is the one that must not be named.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **place)


def _follow(cloudformation: Any, stack: str, seen: set[str], report: Report, poll_seconds: float) -> None:
    """Report events until the stack rests; `DeploymentFailed` unless it rests where it should."""
    failures: list[str] = []
    give_up = time.monotonic() + LONGEST_DEPLOYMENT
    while time.monotonic() < give_up:
        status = (describe(cloudformation, stack) or {})["StackStatus"]
        for event in reversed(list(_fresh(cloudformation, stack, seen))):
            seen.add(event["EventId"])
            line = f"{event['ResourceStatus']} {event['LogicalResourceId']}"
            if event["ResourceStatus"].endswith("_FAILED"):
                failures.append(f"{line}: {event.get('ResourceStatusReason', 'no reason given')}")
            if not event["ResourceStatus"].endswith("_IN_PROGRESS"):
                report(line)
        if not status.endswith("_IN_PROGRESS"):
            if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                raise DeploymentFailed("; ".join([f"the stack rests at {status}", *failures]))
            return
        time.sleep(poll_seconds)
    raise DeploymentFailed(f"the stack did not come to rest within {LONGEST_DEPLOYMENT:.0f} seconds")


def _fresh(cloudformation: Any, stack: str, seen: Container[str]) -> Iterator[dict[str, Any]]:
    """The stack's events down to the first one seen before, newest first."""
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            if event["EventId"] in seen:
                return
            yield event
