"""The template's part of a cancellation: a schedule that looks, workers that may write letters (C7, C14)."""

from __future__ import annotations

from typing import Any

from tests.infra.test_template import actions, as_list, functions, names_in, role_of, statements

Template = dict[str, Any]


def queues_of(merged: Template, name: str) -> set[str]:
    """The queues to which a function may send."""
    return {
        queue
        for statement in statements(role_of(merged, functions(merged)[name]))
        if "sqs:SendMessage" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        for queue in names_in(resource)
    }


def test_cases_are_looked_after_every_quarter_of_an_hour_with_time_to_finish(merged: Template) -> None:
    cancellations = functions(merged)["Cancellations"]
    (schedule,) = [event["Properties"]["Schedule"] for event in cancellations["Events"].values()]
    assert (schedule, cancellations["Timeout"]) == ("rate(15 minutes)", 300)


def test_the_schedule_finds_what_is_due_and_changes_nothing(merged: Template) -> None:
    role = role_of(merged, functions(merged)["Cancellations"])
    (reading,) = [one for one in statements(role) if one["Action"] == "dynamodb:Query"]
    assert reading["Resource"] == {"Fn::Sub": "${Table.Arn}/index/gsi2"}
    assert {action for action in actions(role) if action.startswith(("dynamodb:", "ssm:", "s3:"))} == {
        "dynamodb:Query"
    }
    assert queues_of(merged, "Cancellations") == {"SettlementsQueue", "SchedulesDlq"}


def test_the_worker_of_settlements_has_letters_and_records_made(merged: Template) -> None:
    assert queues_of(merged, "SettlementWorker") == {"MailsQueue", "DocumentsQueue"}


def test_the_worker_of_documents_has_the_formal_letter_delivered(merged: Template) -> None:
    assert queues_of(merged, "DocumentWorker") == {"MailsQueue"}
