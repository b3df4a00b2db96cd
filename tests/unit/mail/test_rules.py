"""The life of a mail, without table or provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.mail import rules
from chalicelib.mail.rules import MAX_ATTEMPTS, UNCERTAIN, Mail, Status

from .conftest import NOW, a_mail

SECOND = timedelta(seconds=1)


def sending(mail: Mail) -> Mail:
    claimed = rules.claim(mail, NOW)
    assert claimed is not None
    return claimed


def test_kind_and_subject_alone_decide_the_id() -> None:
    one = a_mail(subject="pay_1", to="ana@example.com")
    assert a_mail(subject="pay_1", to="other@example.com", locale="es").id == one.id
    assert a_mail(subject="pay_2").id != one.id
    assert a_mail("boleto_to_pay", subject="pay_1").id != one.id


def test_wrong_parameters_are_refused_when_the_mail_is_composed() -> None:
    params = dict(a_mail().params)
    del params["amount"]
    with pytest.raises(ValueError, match="amount, coupon"):
        a_mail(params={**params, "coupon": "X"})


@pytest.mark.parametrize(("kind", "locale"), [("birthday", "es"), ("payment_received", "fr")])
def test_unknown_kind_or_language_is_refused(kind: str, locale: str) -> None:
    with pytest.raises(ValueError, match="no e-mail"):
        rules.compose(kind, "pay_1", to="ana@example.com", locale=locale, params={}, now=NOW)


def test_fresh_mail_is_due_at_once() -> None:
    assert a_mail().due_at == NOW
    assert rules.to_send(a_mail(), NOW)


def test_mail_is_claimed_by_one_sender_only() -> None:
    claimed = sending(a_mail())
    assert (claimed.status, claimed.attempts, claimed.claimed_at) == ("sending", 1, NOW)
    assert rules.claim(claimed, NOW + 10 * UNCERTAIN) is None


def test_claimed_mail_waits_for_the_send_event_before_anything_is_decided() -> None:
    claimed = sending(a_mail())
    assert claimed.due_at == NOW + UNCERTAIN
    assert rules.unknown(claimed, NOW + UNCERTAIN - SECOND) == claimed
    assert rules.unknown(claimed, NOW + UNCERTAIN).status == "queued"


def test_formal_mail_of_unknown_outcome_is_given_up_rather_than_sent_twice() -> None:
    assert rules.unknown(sending(a_mail(formal=True)), NOW + UNCERTAIN).status == "failed"


def test_refused_formal_mail_is_tried_again_as_nothing_was_sent() -> None:
    assert rules.refused(sending(a_mail(formal=True)), 1, retryable=True).status == "queued"


def test_each_wait_after_a_refusal_is_twice_the_one_before() -> None:
    mail, waits = a_mail(), []
    while mail.status == "queued":
        claimed = sending(mail)
        mail = rules.refused(claimed, claimed.attempts, retryable=True)
        if due := mail.due_at:
            waits.append(due - NOW)
    assert waits == [rules.FIRST_WAIT * 2**i for i in range(MAX_ATTEMPTS - 1)]
    assert mail.status == "failed"


def test_hopeless_refusal_gives_up_at_once() -> None:
    assert rules.refused(sending(a_mail()), 1, retryable=False).status == "failed"


def test_refusal_of_an_older_attempt_changes_nothing() -> None:
    second = replace(sending(a_mail()), attempts=2)
    assert rules.refused(second, 1, retryable=False) == second


def test_late_send_event_corrects_a_mail_that_was_given_up() -> None:
    failed = rules.unknown(sending(a_mail(formal=True)), NOW + UNCERTAIN)
    assert rules.sent(failed, "ses-1").status == "sent"


def test_first_news_of_sending_stays() -> None:
    once = rules.sent(sending(a_mail()), "ses-1")
    assert rules.sent(once, "ses-2") == once


@pytest.mark.parametrize("before", ["queued", "sending", "sent", "failed"])
def test_what_came_back_stays_so_whatever_is_heard_of_it_before_or_after(before: Status) -> None:
    back = rules.bounced(replace(sending(a_mail()), status=before), "ses-1")
    assert (back.status, back.message_id, back.is_undelivered) == ("bounced", "ses-1", True)
    assert rules.sent(back, "ses-2") == back
    assert rules.bounced(back, "ses-2") == back
    assert rules.refused(back, 1, retryable=True) == back
    assert rules.unknown(back, NOW + UNCERTAIN) == back
    assert rules.claim(back, NOW) is None


def test_event_to_staff_names_the_mail_and_no_address() -> None:
    event = rules.undelivered(a_mail(), "unknown", NOW)
    assert event.name == "mail.undelivered"
    assert event.data == {
        "mail_id": a_mail().id,
        "kind": "payment_received",
        "subject": "pay_1",
        "status": "queued",
        "why": "unknown",
        "customer_id": "cus_ana",
    }
    assert "customer_id" not in rules.undelivered(a_mail(customer_id=None), "unknown", NOW).data


STEPS = ("claim", "sent", "refused", "hopeless", "wait", "bounced")


@given(st.lists(st.sampled_from(STEPS), max_size=40), st.booleans())
def test_work_is_due_exactly_while_a_mail_is_neither_sent_nor_lost(steps: list[str], formal: bool) -> None:
    mail, now = a_mail(formal=formal), NOW
    for step in steps:
        now += timedelta(hours=1)
        if step == "claim":
            mail = rules.claim(mail, now) or mail
        elif step == "sent":
            mail = rules.sent(mail, "ses-1")
        elif step == "bounced":
            mail = rules.bounced(mail, "ses-1")
        elif step == "wait":
            mail = rules.unknown(mail, now)
        else:
            mail = rules.refused(mail, mail.attempts, retryable=step == "refused")
        assert (mail.due_at is None) == (mail.status in ("sent", "failed", "bounced"))
        assert mail.attempts <= MAX_ATTEMPTS
