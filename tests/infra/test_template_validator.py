"""The validator stands in the template by itself: one read, one secret, two ways in, nothing of the API's."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
from typing import Any

import pytest

from infra.emulator import PYTHON
from infra.package import COMMON
from tests.infra.test_template import (
    WITHOUT_RESOURCES,
    Template,
    actions,
    as_list,
    functions,
    of_type,
    role_of,
    statements,
)

PATH = "/v1/licenses/validate"

# The transformation that CloudFormation does itself, by the library that it uses.
EXPAND = """
import json, sys
from samtranslator.translator.transform import transform

class NoManagedPolicies:
    def load(self):
        return {}

json.dump(transform(json.load(sys.stdin), {"Stage": "prod"}, NoManagedPolicies()), sys.stdout)
"""


@pytest.fixture
def validator(merged: Template) -> Template:
    return functions(merged)["Validator"]


@pytest.fixture(scope="session")
def expanded(merged: Template) -> Template:
    """The template as CloudFormation works with it."""
    template = json.loads(json.dumps(merged))
    for function in functions(template).values():
        function["CodeUri"] = {"Bucket": "bucket", "Key": "key"}
    done = subprocess.run(
        [PYTHON, "-c", EXPAND],
        input=json.dumps(template),
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: Template = json.loads(done.stdout)
    return found


def integrations(merged: Template) -> dict[tuple[str, str], str]:
    """The address of the function behind every method of every path."""
    paths = merged["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    return {
        (path, method): operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def allowed(role: Template) -> dict[str, list[Any]]:
    """The resources of each action, of services that have any."""
    return {
        action: as_list(statement["Resource"])
        for statement in statements(role)
        for action in as_list(statement["Action"])
        if action not in WITHOUT_RESOURCES
    }


def test_its_handler_is_there_and_is_not_chalices(validator: Template) -> None:
    module, _, function = validator["Handler"].rpartition(".")
    assert module == "chalicelib.validator.handler"
    assert callable(pkgutil.resolve_name(f"{module}:{function}"))


def test_it_runs_from_the_zip_and_with_the_runtime_of_the_api(merged: Template, validator: Template) -> None:
    api = functions(merged)["APIHandler"]
    assert set(COMMON) >= {"Architectures", "CodeUri", "Runtime", "Tracing"}
    for name in COMMON:
        assert validator[name] == api[name], name


def test_it_answers_before_a_tool_stops_waiting(validator: Template) -> None:
    assert validator["Timeout"] == 10
    assert 512 <= validator["MemorySize"] <= 1024


def test_it_may_read_the_table_and_the_signing_keys_and_nothing_else(
    merged: Template, validator: Template
) -> None:
    parameter = (
        "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/vigencia/${Stage}/signing-keys"
    )
    logs = [{"Fn::GetAtt": ["ValidatorLogs", "Arn"]}]
    role = role_of(merged, validator)
    assert allowed(role) == {
        "dynamodb:GetItem": [{"Fn::GetAtt": ["Table", "Arn"]}],
        "ssm:GetParameter": [{"Fn::Sub": parameter}],
        "logs:CreateLogStream": logs,
        "logs:PutLogEvents": logs,
    }
    assert actions(role) - set(allowed(role)) == WITHOUT_RESOURCES


def test_the_api_sends_validations_to_it_and_nothing_else(merged: Template) -> None:
    sent = {where for where, uri in integrations(merged).items() if "${Validator.Arn}" in uri}
    assert sent == {(PATH, "post"), (PATH, "options")}
    assert {method for path, method in integrations(merged) if path == PATH} == {"post", "options"}


def test_its_route_is_a_proxy_without_an_authorizer(merged: Template) -> None:
    body = merged["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    for operation in body["paths"][PATH].values():
        assert "security" not in operation
        integration = operation["x-amazon-apigateway-integration"]
        # To invoke a function is a POST, whatever the request is.
        assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
    assert "security" not in body


def test_the_gateway_lets_more_validations_through_than_other_calls(merged: Template) -> None:
    usual, validations = merged["Resources"]["RestAPI"]["Properties"]["MethodSettings"]
    # The slashes of a path are written like this here.
    assert validations["ResourcePath"] == "/" + PATH.replace("/", "~1")
    assert validations["HttpMethod"] == "POST"
    for limit in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
        assert validations[limit] > usual[limit]


def test_its_url_is_open_to_everybody_and_leaves_preflights_to_the_handler(
    merged: Template, validator: Template
) -> None:
    assert validator["FunctionUrlConfig"] == {"AuthType": "NONE"}
    assert merged["Outputs"]["ValidatorUrl"] == {"Value": {"Fn::GetAtt": ["ValidatorUrl", "FunctionUrl"]}}
    assert not [n for n, f in functions(merged).items() if "FunctionUrlConfig" in f and n != "Validator"]


def test_only_the_gateways_route_and_the_url_may_call_it(expanded: Template) -> None:
    permissions = [
        one
        for one in of_type(expanded, "AWS::Lambda::Permission").values()
        if one["FunctionName"] == {"Ref": "Validator"}
    ]
    source = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${RestAPI}/*/*" + PATH
    by_url = {"FunctionName": {"Ref": "Validator"}, "Principal": "*"}
    expected = [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": "Validator"},
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": source},
        },
        # A public URL needs both: AWS refuses its callers otherwise (since October 2025).
        {**by_url, "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        {**by_url, "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
    ]
    assert len(permissions) == len(expected)
    assert not [one for one in expected if one not in permissions]


def test_the_template_says_where_its_url_is(expanded: Template) -> None:
    (url,) = of_type(expanded, "AWS::Lambda::Url")
    assert expanded["Outputs"]["ValidatorUrl"]["Value"]["Fn::GetAtt"] == [url, "FunctionUrl"]
    assert "Cors" not in expanded["Resources"][url]["Properties"]


def test_it_has_a_log_group_and_an_alarm_of_its_own(merged: Template, validator: Template) -> None:
    assert validator["LoggingConfig"] == {"LogGroup": {"Ref": "ValidatorLogs"}}
    name = of_type(merged, "AWS::Logs::LogGroup")["ValidatorLogs"]["LogGroupName"]
    assert name == {"Fn::Sub": "/vigencia/${Stage}/validator"}
    alarm = of_type(merged, "AWS::CloudWatch::Alarm")["ValidatorErrors"]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("Errors", 1)
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "Validator"}}]


def test_trouble_that_it_answers_with_a_5xx_is_noticed_at_its_url_too(merged: Template) -> None:
    alarm = of_type(merged, "AWS::CloudWatch::Alarm")["ValidatorUrlServerErrors"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Url5xxCount")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "Validator"}}]


def test_its_limits_are_parameters_that_every_function_can_read(merged: Template) -> None:
    variables = merged["Globals"]["Function"]["Environment"]["Variables"]
    for parameter, variable, default in (
        ("ValidationsPerKey", "VALIDATIONS_PER_KEY", 120),
        ("ValidationsPerAddress", "VALIDATIONS_PER_ADDRESS", 600),
    ):
        assert variables[variable] == {"Ref": parameter}
        assert merged["Parameters"][parameter]["Default"] == default
        assert merged["Parameters"][parameter]["MinValue"] == 1


def test_its_concurrency_is_reserved_only_on_request(merged: Template, validator: Template) -> None:
    reserved = {
        "Fn::If": ["HasValidatorConcurrency", {"Ref": "ValidatorConcurrency"}, {"Ref": "AWS::NoValue"}]
    }
    assert validator["ReservedConcurrentExecutions"] == reserved
    assert merged["Parameters"]["ValidatorConcurrency"]["Default"] == ""


def test_licence_expiry_runs_by_a_schedule_and_has_the_time_to_finish(merged: Template) -> None:
    expiry = functions(merged)["LicenceExpiry"]
    assert [event["Type"] for event in expiry["Events"].values()] == ["Schedule"]
    assert expiry["Timeout"] == 300


def test_the_team_is_alerted_every_five_minutes_and_an_overdue_answer_raises_an_alarm(
    merged: Template,
) -> None:
    alerts = functions(merged)["SlaAlerts"]
    (schedule,) = [event["Properties"]["Schedule"] for event in alerts["Events"].values()]
    assert (schedule, alerts["Timeout"]) == ("rate(5 minutes)", 300)
    alarm = merged["Resources"]["TicketsBreached"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Vigencia", "TicketsBreached")
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["Dimensions"] == [{"Name": "stage", "Value": {"Ref": "Stage"}}]
    assert alarm["AlarmActions"] == [{"Ref": "OpsTopic"}]
