"""A customer's own data as one file, made when he asks for it and kept for a week (V5). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.kernel.errors import NotFound

Status = Literal["pending", "ready"]

# The bucket drops the file by itself after as many days, see `infra/resources.yaml`.
KEPT_FOR = timedelta(days=7)
LINK_LASTS = timedelta(minutes=15)
# How long the worker has before the sweep asks for the file once more.
SWEEP_AFTER = timedelta(minutes=10)
FOLDER = "exports"
MEDIA_TYPE = "application/json"


@dataclass(frozen=True)
class Export:
    """One request for one's own data; the file is there from `ready_at` until `kept_until`."""

    id: str
    customer_id: str
    status: Status
    created_at: datetime
    ready_at: datetime | None = None
    kept_until: datetime | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must have the file made (again): until it is there."""
        return self.created_at + SWEEP_AFTER if self.status == "pending" else None


class ExportNotFound(NotFound):
    """No such export, or somebody else's, or one whose file is gone."""

    code = "export_not_found"
    thing = {"en": "export", "es": "la exportación", "pt-BR": "a exportação"}


def ready(export: Export, now: datetime) -> Export:
    """The export whose file has been made."""
    return replace(export, status="ready", ready_at=now, kept_until=now + KEPT_FOR)


def is_gone(export: Export, now: datetime) -> bool:
    """Whether its file has been dropped; the table forgets it a little later."""
    return export.kept_until is not None and now >= export.kept_until


def file_key(export: Export) -> str:
    """Where its file is kept."""
    return f"{FOLDER}/{export.id}.json"


def disposition(export: Export) -> str:
    """How a browser is told to save the file."""
    return f'attachment; filename="my-data-{export.created_at.date().isoformat()}.json"'
