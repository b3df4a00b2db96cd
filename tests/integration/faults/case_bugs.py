"""Known ways of getting a cancellation wrong, like those of the rest of the product."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.billing.gateways import Archive
from chalicelib.cancellations import store as cases
from chalicelib.flows import leaving_letters, leaving_records, leaving_steps
from chalicelib.flows.leaving_actions import PERFORM, Doing, Done
from chalicelib.flows.reach import Reach
from chalicelib.storage.transaction import Transaction

_perform, _write = leaving_steps._perform, leaving_records.make


def write_whenever_asked(case_id: str, archive: Archive, reach: Reach, now: datetime) -> None:
    """Each message to the worker of documents writes a formal e-mail."""
    case = cases.get(case_id)
    if case.document:
        record = leaving_records.document(case, archive)
        leaving_letters.formal(replace(case, letters=case.letters + 1), record, reach, now)
    else:
        _write(case_id, archive, reach, now)


def note_before_canceling(doing: Doing) -> bool:
    """That a slip is cancelled is noted first, and done afterwards."""
    if doing.step.action != "cancel_slip":
        return _perform(doing)
    leaving_steps._note(doing, Done("canceled"))
    performed = PERFORM[doing.step.action](doing)
    telling = Transaction()
    if performed and performed.write:
        performed.write(telling)
    telling.commit()
    return True
