"""The embedded AWS keeps its data over a restart, and its streams go on with the first new record."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from infra.emulator import Emulator, EmulatorFailed, free_port

PATIENCE = 60.0
TABLE = "events"

HANDLER = """
import os
import boto3

def handler(event, context):
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["pk"]["S"]
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=key)
        print(key)
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "sqs:SendMessage",
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            "Resource": "*",
        }
    ],
}


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with Emulator(tmp_path / "aws") as running:
        yield running


def stream_into_queue(emulator: Emulator) -> str:
    """A table whose stream a function copies into a queue; the queue's address."""
    queue: str = emulator.client("sqs").create_queue(QueueName="seen")["QueueUrl"]
    iam = emulator.client("iam")
    role = iam.create_role(RoleName="copier", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="copier", PolicyName="copier", PolicyDocument=json.dumps(RIGHTS))
    code = io.BytesIO()
    with ZipFile(code, "w") as archive:
        archive.writestr("copier.py", HANDLER)
    functions = emulator.client("lambda")
    functions.create_function(
        FunctionName="copier",
        Runtime="python3.12",
        Handler="copier.handler",
        Role=role,
        Timeout=30,
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"QUEUE_URL": queue}},
    )
    table = emulator.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    functions.create_event_source_mapping(
        FunctionName="copier",
        EventSourceArn=table["TableDescription"]["LatestStreamArn"],
        StartingPosition="TRIM_HORIZON",
    )
    return queue


def write(emulator: Emulator, key: str) -> None:
    emulator.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": key}})


def next_seen(sqs: Any, queue: str) -> str:
    """The next message, taken off the queue."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return str(message["Body"])
    raise AssertionError("no record came through the stream")


def test_after_a_restart_the_data_is_there_and_the_first_new_record_is_delivered(emulator: Emulator) -> None:
    queue = stream_into_queue(emulator)
    sqs = emulator.client("sqs")
    for key in ("one", "two", "three"):
        write(emulator, key)
        assert next_seen(sqs, queue) == key
    emulator.stop()
    emulator.start()
    write(emulator, "four")
    assert next_seen(sqs, queue) == "four"
    kept = emulator.client("dynamodb").scan(TableName=TABLE)["Items"]
    assert {item["pk"]["S"] for item in kept} == {"one", "two", "three", "four"}


def test_data_of_another_port_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("4566")
    with pytest.raises(EmulatorFailed, match="belongs to port 4566"):
        Emulator(tmp_path, free_port()).start()
