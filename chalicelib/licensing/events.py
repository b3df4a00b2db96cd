"""The schedule of licences."""

from __future__ import annotations

from chalice import Blueprint, Rate
from chalice.app import CloudWatchEvent

from chalicelib.edge import workers
from chalicelib.licensing import service

bp = Blueprint(__name__)


@bp.schedule(Rate(1, unit=Rate.HOURS))
def licence_expiry(event: CloudWatchEvent) -> None:
    """Tell owners of licences and addons that are about to end, or have ended; each once."""
    workers.once(
        event,
        lambda _, now: workers.all_or_raise(service.due(now), lambda id: service.notify(id, now), name=str),
    )
