"""Services that do not answer for an hour, longer than queues and stream try again: the sweep catches up."""

from __future__ import annotations

import pytest

from tests.integration.faults.stage import Stage


@pytest.mark.parametrize("service", ["DynamoDB", "S3", "SQS", "SES", "asaas"])
def test_a_purchase_survives_two_outages(stage: Stage, service: str) -> None:
    stage.outage(service)


@pytest.mark.parametrize("service", ["DynamoDB", "S3", "SQS", "SES", "asaas"])
def test_a_cancellation_survives_an_outage(stage: Stage, service: str) -> None:
    stage.outage_while_leaving(service)


@pytest.mark.parametrize("service", ["DynamoDB", "SQS", "SES"])
def test_the_end_of_a_licence_survives_an_outage(stage: Stage, service: str) -> None:
    stage.outage_at_the_end(service)
