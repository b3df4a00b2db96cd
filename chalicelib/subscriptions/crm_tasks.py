"""Types of planned CRM tasks, by which staff cancel the renewal of several subscriptions at once (A4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import NotFound

Classification = Literal["auto_renewal_cancellation"]


@dataclass(frozen=True)
class CrmTask:
    """A planned task: its name is what the traces of what is done by it are called."""

    id: str
    name: str
    classification: Classification
    created_at: datetime
    version: int | None = None


class CrmTaskNotFound(NotFound):
    """No such type of task."""

    code = "crm_task_not_found"
    thing = {"en": "CRM task", "es": "la tarea CRM", "pt-BR": "a tarefa de CRM"}
