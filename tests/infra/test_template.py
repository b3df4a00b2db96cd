"""The packaged template keeps the design's promises: least privilege, nothing lost, everything watched."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.customers.rules import PASSWORD_LEAST
from infra.package import AWS_SERVICES

Template = dict[str, Any]

ENVIRONMENT = {
    "STAGE",
    "TABLE_NAME",
    "USER_POOL_ID",
    "USER_POOL_CLIENT_ID",
    "TOKEN_ISSUER",
    "JWKS_URL",
    "CHARGES_QUEUE_URL",
    "SETTLEMENTS_QUEUE_URL",
    "MAILS_QUEUE_URL",
    "DOCUMENTS_QUEUE_URL",
    "DOCUMENTS_BUCKET",
    "ATTACHMENTS_BUCKET",
    "INBOX_BUCKET",
    "ASAAS_URL",
    "STRIPE_URL",
    "PAYPAL_URL",
    "REDSYS_URL",
    "PAYMENT_METHODS",
    "SECRETS_PREFIX",
    "MAIL_FROM",
    "TEAM_EMAIL",
    "SUPPORT_EMAIL",
    "MAIL_CONFIGURATION_SET",
    "VENDOR_NAME",
    "VENDOR_TAX_ID",
    "VENDOR_COUNTRY",
    "VENDOR_ZONE",
    "VENDOR_ADDRESS",
    "TRANSFER_ACCOUNT",
    "TAXES",
    "PUBLIC_URL",
    "STORE_URL",
    "ALLOWED_ORIGINS",
    "CONFIRM_SIGN_UP",
    "VALIDATIONS_PER_KEY",
    "VALIDATIONS_PER_ADDRESS",
}

# What the gateway answers by itself, and the status of each.
GATEWAY_STATUS = {
    "UNAUTHORIZED": 401,
    "EXPIRED_TOKEN": 401,
    "ACCESS_DENIED": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "REQUEST_TOO_LARGE": 413,
    "THROTTLED": 429,
    "AUTHORIZER_FAILURE": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "INTEGRATION_FAILURE": 503,
    "INTEGRATION_TIMEOUT": 503,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 500,
}

# Services without resources to name: a statement about them says '*'.
WITHOUT_RESOURCES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

SECRET_LOOKING = re.compile(r"sk_(live|test)_|whsec_|AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|\$aact_")


def of_type(merged: Template, kind: str) -> dict[str, Template]:
    """Properties of the resources of a type, by logical id."""
    resources = merged["Resources"].items()
    return {name: r.get("Properties", {}) for name, r in resources if r["Type"] == kind}


def functions(merged: Template) -> dict[str, Template]:
    return of_type(merged, "AWS::Serverless::Function")


def events(function: Template, kind: str) -> list[Template]:
    return [e["Properties"] for e in function.get("Events", {}).values() if e["Type"] == kind]


def role_of(merged: Template, function: Template) -> Template:
    role: Template = merged["Resources"][function["Role"]["Fn::GetAtt"][0]]["Properties"]
    return role


def statements(role: Template) -> list[Template]:
    return [s for policy in role.get("Policies", []) for s in policy["PolicyDocument"]["Statement"]]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions(role: Template) -> set[str]:
    return {action for statement in statements(role) for action in as_list(statement["Action"])}


def alarmed(merged: Template, metric: str) -> list[Any]:
    """The values of the first dimension of every alarm on a metric."""
    alarms = of_type(merged, "AWS::CloudWatch::Alarm").values()
    return [alarm["Dimensions"][0]["Value"] for alarm in alarms if alarm["MetricName"] == metric]


def on_bucket(merged: Template, bucket: str) -> dict[str, set[str]]:
    """What each function may do with a bucket, by the function's name."""
    return {
        name: found
        for name, function in functions(merged).items()
        if (
            found := {
                action
                for statement in statements(role_of(merged, function))
                if bucket in names_in(statement["Resource"])
                for action in as_list(statement["Action"])
            }
        )
    }


def names_in(value: Any) -> Iterator[str]:
    """Every logical id that an intrinsic function in `value` refers to."""
    if isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        if "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        yield from re.findall(r"\$\{(\w+)", value["Fn::Sub"]) if isinstance(value.get("Fn::Sub"), str) else ()


def test_there_is_one_table_with_stream_expiry_and_recovery(merged: Template) -> None:
    (table,) = of_type(merged, "AWS::DynamoDB::Table").values()
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    indexes = {index["IndexName"]: index["Projection"] for index in table["GlobalSecondaryIndexes"]}
    assert indexes == {f"gsi{n}": {"ProjectionType": "ALL"} for n in (1, 2, 3)}


@pytest.mark.parametrize("name", ["Table", "UserPool"])
def test_deleting_the_stack_deletes_no_customer(merged: Template, name: str) -> None:
    resource = merged["Resources"][name]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"
    protection = {"Table": "DeletionProtectionEnabled", "UserPool": "DeletionProtection"}[name]
    assert resource["Properties"][protection]["Fn::If"][0] == "Protected"


def test_documents_are_private_encrypted_versioned_and_outlive_the_stack(merged: Template) -> None:
    resource = merged["Resources"]["DocumentsBucket"]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"
    bucket = resource["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_only_their_worker_writes_documents_and_only_the_api_reads_them_too(merged: Template) -> None:
    allowed = {name: actions(role_of(merged, function)) for name, function in functions(merged).items()}
    assert on_bucket(merged, "DocumentsBucket") == {
        "DocumentWorker": {"s3:GetObject", "s3:PutObject"},
        "APIHandler": {"s3:GetObject"},
    }
    table = {a for a in allowed["DocumentWorker"] if a.startswith(("dynamodb:", "ssm:"))}
    # The one secret is for the online address on an invoice.
    reading = {f"dynamodb:{what}" for what in ("GetItem", "BatchGetItem", "Query")}
    assert table == reading | {"dynamodb:PutItem", "ssm:GetParameter"}
    (secret,) = [
        s["Resource"]
        for s in statements(role_of(merged, functions(merged)["DocumentWorker"]))
        if "ssm:GetParameter" in as_list(s["Action"])
    ]
    assert secret["Fn::Sub"].endswith("/link-secret")


def test_every_function_has_a_role_of_its_own(merged: Template) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions(merged).values()]
    assert len(set(roles)) == len(roles)
    assert all(actions(merged["Resources"][role]["Properties"]) for role in roles)


def test_no_role_has_a_wildcard_action_or_a_managed_policy(merged: Template) -> None:
    for function in functions(merged).values():
        role = role_of(merged, function)
        assert not [action for action in actions(role) if "*" in action]
        assert "ManagedPolicyArns" not in role


def test_every_statement_names_its_resources(merged: Template) -> None:
    for function in functions(merged).values():
        for statement in statements(role_of(merged, function)):
            if not set(as_list(statement["Action"])) <= WITHOUT_RESOURCES:
                assert "*" not in as_list(statement["Resource"])


def test_the_authorizer_may_only_log(merged: Template) -> None:
    allowed = actions(role_of(merged, functions(merged)["Authorize"]))
    assert allowed - WITHOUT_RESOURCES == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_only_the_mail_worker_may_send_mail(merged: Template) -> None:
    senders = {n for n, f in functions(merged).items() if "ses:SendEmail" in actions(role_of(merged, f))}
    assert senders == {"MailWorker"}


def test_many_rows_at_once_are_looked_up_by_those_alone_who_report_deliver_or_end_contracts(
    merged: Template,
) -> None:
    allowed = {name: actions(role_of(merged, function)) for name, function in functions(merged).items()}
    readers = {name for name, found in allowed.items() if "dynamodb:BatchGetItem" in found}
    ending = {"SettlementWorker", "DocumentWorker"}
    assert readers == {"APIHandler", "Relay", "Reconcile", "InboundWorker"} | ending


def test_the_package_keeps_the_aws_services_that_roles_allow(merged: Template) -> None:
    allowed = {a.split(":")[0] for f in functions(merged).values() for a in actions(role_of(merged, f))}
    named = {"ses": "sesv2"}
    assert {named.get(service, service) for service in allowed - {"logs", "xray"}} == AWS_SERVICES


def test_every_queue_has_a_dead_letter_queue_of_its_own(merged: Template) -> None:
    queues = of_type(merged, "AWS::SQS::Queue")
    dead = {
        n: q["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for n, q in queues.items()
        if "RedrivePolicy" in q
    }
    assert len(set(dead.values())) == len(dead)
    without = set(queues) - set(dead)
    assert without == set(dead.values()) | {"RelayDlq", "SchedulesDlq"}


def test_every_dead_letter_queue_has_an_alarm(merged: Template) -> None:
    queues = of_type(merged, "AWS::SQS::Queue")
    watched = alarmed(merged, "ApproximateNumberOfMessagesVisible")
    assert {n for value in watched for n in names_in(value)} == {
        n for n in queues if "RedrivePolicy" not in queues[n]
    }


def test_every_function_has_an_alarm_on_its_errors(merged: Template) -> None:
    watched = {name for value in alarmed(merged, "Errors") for name in names_in(value)}
    assert watched == set(functions(merged))


def test_the_api_and_the_relays_lag_have_alarms_and_all_alarms_reach_the_team(merged: Template) -> None:
    assert alarmed(merged, "5XXError") == [
        merged["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["info"]["title"]
    ]
    assert [name for value in alarmed(merged, "IteratorAge") for name in names_in(value)] == ["Relay"]
    for alarm in of_type(merged, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "OpsTopic"}]
    assert of_type(merged, "AWS::SNS::Subscription")["OpsMail"]["Endpoint"] == {"Ref": "TeamEmail"}


def test_every_queue_worker_reports_partial_batches_and_outlives_its_message(merged: Template) -> None:
    retry_seconds = merged["Parameters"]["RetrySeconds"]["Default"]
    workers = {n: f for n, f in functions(merged).items() if events(f, "SQS")}
    assert set(workers) == {
        "ChargeWorker",
        "SettlementWorker",
        "MailWorker",
        "DocumentWorker",
        "InboundWorker",
    }
    for name, function in workers.items():
        (source,) = events(function, "SQS")
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        (queue,) = names_in(source["Queue"])
        assert merged["Resources"][queue]["Properties"]["VisibilityTimeout"] == {"Ref": "RetrySeconds"}
        assert retry_seconds >= 6 * function["Timeout"], name


def test_the_relay_gets_new_outbox_rows_only_and_its_retries_end(merged: Template) -> None:
    (source,) = events(functions(merged)["Relay"], "DynamoDB")
    (wanted,) = source["FilterCriteria"]["Filters"]
    assert json.loads(wanted["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"kind": {"S": ["outbox"]}}},
    }
    assert source["Stream"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["BisectBatchOnFunctionError"] is True
    assert source["MaximumRetryAttempts"] > 0
    assert source["MaximumRecordAgeInSeconds"] == {"Ref": "RelayRecordAge"}
    assert list(names_in(source["DestinationConfig"]["OnFailure"]["Destination"])) == ["RelayDlq"]
    assert "FunctionResponseTypes" not in source


def test_every_schedule_and_event_handler_leaves_its_failures_in_a_queue(merged: Template) -> None:
    asynchronous = [
        f for f in functions(merged).values() if events(f, "Schedule") or events(f, "CloudWatchEvent")
    ]
    assert asynchronous
    for function in asynchronous:
        failure = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert list(names_in(failure["Destination"])) == ["SchedulesDlq"]
        targets = [
            s["Resource"] for s in statements(role_of(merged, function)) if s["Action"] == "sqs:SendMessage"
        ]
        assert {"Fn::GetAtt": ["SchedulesDlq", "Arn"]} in targets


def test_every_function_logs_to_a_group_of_its_own_that_forgets(merged: Template) -> None:
    groups = of_type(merged, "AWS::Logs::LogGroup")
    used = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions(merged).values()]
    assert len(set(used)) == len(used)
    for name, function in functions(merged).items():
        group = function["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[group]["RetentionInDays"] == 30
        (writing,) = [s for s in statements(role_of(merged, function)) if "logs:PutLogEvents" in s["Action"]]
        assert writing["Resource"] == {"Fn::GetAtt": [group, "Arn"]}, name


def test_every_function_gets_the_same_complete_environment(merged: Template) -> None:
    assert set(merged["Globals"]["Function"]["Environment"]["Variables"]) == ENVIRONMENT
    assert not [name for name, function in functions(merged).items() if "Environment" in function]


def test_no_secret_is_in_the_template(merged: Template) -> None:
    assert not SECRET_LOOKING.search(json.dumps(merged))
    assert not [
        name for name in merged["Parameters"] if re.search("secret|password|apikey|token", name, re.I)
    ]


def test_the_gateway_refuses_in_problem_json_that_any_origin_can_read(merged: Template) -> None:
    responses = merged["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
    assert GATEWAY_STATUS.items() <= {kind: int(r["StatusCode"]) for kind, r in responses.items()}.items()
    for kind, response in responses.items():
        headers = response["ResponseParameters"]["Headers"]
        assert headers["Content-Type"] == "'application/problem+json'"
        assert headers["Access-Control-Allow-Origin"] == "'*'"
        problem = json.loads(response["ResponseTemplates"]["application/json"])
        assert list(problem) == ["type", "title", "status", "code", "detail", "request_id", "errors"]
        assert problem["status"] == int(response["StatusCode"]), kind
    assert responses["UNAUTHORIZED"]["ResponseParameters"]["Headers"]["WWW-Authenticate"] == "'Bearer'"
    assert "Retry-After" in responses["THROTTLED"]["ResponseParameters"]["Headers"]


def test_the_api_is_throttled_logged_traced_and_passes_bytes_unchanged(merged: Template) -> None:
    api = merged["Resources"]["RestAPI"]["Properties"]
    everything, *_ = api["MethodSettings"]
    assert (everything["ResourcePath"], everything["HttpMethod"]) == ("/*", "*")
    assert everything["ThrottlingRateLimit"] > 0
    assert api["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["ApiAccessLogs", "Arn"]}
    assert api["TracingEnabled"] is True
    assert api["BinaryMediaTypes"] == ["*/*"]


def test_users_are_people_with_an_address_and_a_long_password(merged: Template) -> None:
    (pool,) = of_type(merged, "AWS::Cognito::UserPool").values()
    (client,) = of_type(merged, "AWS::Cognito::UserPoolClient").values()
    groups = of_type(merged, "AWS::Cognito::UserPoolGroup").values()
    assert pool["UsernameAttributes"] == ["email"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == PASSWORD_LEAST >= 12
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert {group["GroupName"] for group in groups} == {"staff", "finance", "it"}


def test_mail_events_come_back_through_the_default_bus(merged: Template) -> None:
    (destination,) = of_type(merged, "AWS::SES::ConfigurationSetEventDestination").values()
    target = destination["EventDestination"]["EventBridgeDestination"]["EventBusArn"]["Fn::Sub"]
    assert target.endswith(":event-bus/default")
    assert {"SEND", "BOUNCE", "COMPLAINT"} <= set(destination["EventDestination"]["MatchingEventTypes"])
    assert events(functions(merged)["MailEvents"], "CloudWatchEvent") == [
        {"Pattern": {"source": ["aws.ses"]}}
    ]


def test_cfn_lint_finds_nothing(merged: Template, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(merged))
    lint = Path(sys.executable).with_name("cfn-lint")
    found = subprocess.run([lint, file], capture_output=True, text=True)
    assert (found.stdout, found.returncode) == ("", 0), found.stderr
