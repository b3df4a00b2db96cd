"""The queue of mails to be sent, and what SES tells about those that were."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from chalicelib import wiring
from chalicelib.edge import log, workers
from chalicelib.mail import service
from chalicelib.mail.gateways import ses

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="mails", batch_size=3)
def mail_worker(event: SQSEvent) -> Any:
    """Deliver each `{"mail_id"}`."""
    return workers.each_message(
        event, lambda body, now: service.deliver(body["mail_id"], wiring.mailer(), now)
    )


@bp.on_cw_event({"source": ["aws.ses"]})
def mail_events(event: CloudWatchEvent) -> None:
    """Note what SES says it has sent, and what it says has come back."""
    workers.once(event, _heard)


def _heard(event: dict[str, Any], now: datetime) -> None:
    if sent := ses.accepted(event):
        service.confirm(*sent, now)
    elif back := ses.came_back(event):
        service.bounce(*back, now)
    elif doubtful := ses.may_have_come_back(event):
        service.doubt(*doubtful, now)
    else:
        # Delivered, late, bounced for a while or complained about: nobody has to do anything.
        log.line("mail event ignored", type=event.get("detail-type"), event_id=event.get("id"))
