"""The outbox relay: the table's stream brings new events, each goes to its subscribers at once."""

from __future__ import annotations

from chalice import Blueprint
from chalice.app import DynamoDBEvent, DynamoDBRecord

from chalicelib import wiring
from chalicelib.edge import workers
from chalicelib.flows.delivery import deliver
from chalicelib.kernel.clock import utc_now

bp = Blueprint(__name__)

PLACEHOLDER = "arn:aws:dynamodb:us-east-1:000000000000:table/vigencia/stream/placeholder"


@bp.on_dynamodb_record(stream_arn=PLACEHOLDER, batch_size=10, starting_position="TRIM_HORIZON")
def relay(event: DynamoDBEvent) -> None:
    """Deliver every new outbox event of a batch; if one fails the batch comes again.

    Partial results are not used here: a lost one would only be found by the sweep, while delivering an
    event again costs one read.
    """
    wiring.connect()
    reach = wiring.reach()
    events = [record for record in event if _is_new_event(record)]
    workers.all_or_raise(events, lambda record: deliver(_event_id(record), reach, utc_now()), name=_event_id)


def _is_new_event(record: DynamoDBRecord) -> bool:
    return record.event_name == "INSERT" and record.new_image["kind"] == {"S": "outbox"}


def _event_id(record: DynamoDBRecord) -> str:
    return str(record.new_image["event_id"]["S"])
