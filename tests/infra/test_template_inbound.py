"""The template's part of inbound mail and files: who may write where, and what reaches the worker (V6)."""

from __future__ import annotations

from typing import Any

import pytest

from infra.emulator import UNKNOWN_TYPES, carried
from tests.infra.test_template import functions, of_type, on_bucket, role_of, statements

Template = dict[str, Any]
THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def only_statement(policy: Template) -> Template:
    (statement,) = policy["PolicyDocument"]["Statement"]
    return statement  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["AttachmentsBucket", "InboxBucket"])
def test_files_and_mails_are_private_encrypted_and_outlive_the_stack(merged: Template, name: str) -> None:
    resource = merged["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    bucket = resource["Properties"]
    assert list(bucket["PublicAccessBlockConfiguration"].values()) == [True] * 4
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_what_is_never_attached_goes_away_and_what_is_attached_stays(merged: Template) -> None:
    (rule,) = merged["Resources"]["AttachmentsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["Prefix"], rule["ExpirationInDays"]) == ("Enabled", "uploads/", 2)


def test_a_mail_is_kept_for_as_long_as_its_record(merged: Template) -> None:
    (rule,) = merged["Resources"]["InboxBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 366)
    assert "Prefix" not in rule


def test_the_allowed_origins_may_upload_and_download(merged: Template) -> None:
    condition, cors, _ = merged["Resources"]["AttachmentsBucket"]["Properties"]["CorsConfiguration"]["Fn::If"]
    (rule,) = cors["CorsRules"]
    allowed = merged["Globals"]["Function"]["Environment"]["Variables"]["ALLOWED_ORIGINS"]
    assert (condition, rule["AllowedMethods"]) == ("HasAnyOrigin", ["GET", "PUT"])
    assert rule["AllowedOrigins"] == {"Fn::Split": [",", allowed]}


def test_only_the_api_and_the_worker_reach_files_and_mails(merged: Template) -> None:
    assert on_bucket(merged, "InboxBucket") == {
        "APIHandler": {"s3:GetObject"},
        "InboundWorker": {"s3:GetObject"},
    }
    assert on_bucket(merged, "AttachmentsBucket") == {
        "APIHandler": {"s3:GetObject", "s3:PutObject", "s3:ListBucket"},
        "InboundWorker": {"s3:PutObject"},
    }
    worker = statements(role_of(merged, functions(merged)["InboundWorker"]))
    (writing,) = [one for one in worker if one["Action"] == "s3:PutObject"]
    assert writing["Resource"] == {"Fn::Sub": "${AttachmentsBucket.Arn}/attachments/*"}


def test_ses_alone_and_for_this_account_alone_writes_to_inbox_and_topic(merged: Template) -> None:
    (bucket,) = of_type(merged, "AWS::S3::BucketPolicy").values()
    (topic,) = of_type(merged, "AWS::SNS::TopicPolicy").values()
    for policy, action in ((bucket, "s3:PutObject"), (topic, "sns:Publish")):
        statement = only_statement(policy)
        assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
        assert (statement["Action"], statement["Condition"]) == (action, THIS_ACCOUNT)


def test_only_the_topic_writes_to_the_queue_and_what_ses_says_arrives_as_it_is(merged: Template) -> None:
    (policy,) = of_type(merged, "AWS::SQS::QueuePolicy").values()
    statement = only_statement(policy)
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "InboundTopic"}}}
    subscription = of_type(merged, "AWS::SNS::Subscription")["InboundSubscription"]
    assert subscription["RawMessageDelivery"] is True
    assert subscription["Endpoint"] == statement["Resource"] == {"Fn::GetAtt": ["InboundQueue", "Arn"]}


def test_mail_is_received_for_the_support_address_alone_and_scanned(merged: Template) -> None:
    resource = merged["Resources"]["InboundRule"]
    rule = resource["Properties"]["Rule"]
    assert resource["Condition"] == merged["Resources"]["InboundRules"]["Condition"] == "HasSupportEmail"
    assert set(resource["DependsOn"]) == {"InboxPolicy", "InboundTopicPolicy"}
    assert (rule["Enabled"], rule["ScanEnabled"], rule["Recipients"]) == (
        True,
        True,
        [{"Ref": "SupportEmail"}],
    )
    (action,) = rule["Actions"]
    assert action["S3Action"] == {
        "BucketName": {"Ref": "InboxBucket"},
        "ObjectKeyPrefix": "mail/",
        "TopicArn": {"Ref": "InboundTopic"},
    }


def test_no_mail_is_received_unless_an_address_for_it_is_given(merged: Template) -> None:
    assert merged["Parameters"]["SupportEmail"]["Default"] == "-"
    assert merged["Conditions"]["HasSupportEmail"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "SupportEmail"}, "-"]}]
    }


def test_the_embedded_aws_gets_everything_but_the_two_resources_it_does_not_know(merged: Template) -> None:
    left = set(merged["Resources"]) - set(carried(merged)["Resources"])
    assert left == {"InboundRules", "InboundRule"}
    assert {merged["Resources"][name]["Type"] for name in left} == UNKNOWN_TYPES
