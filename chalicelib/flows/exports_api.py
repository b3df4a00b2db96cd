"""Routes of the export of one's own data (V5)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.flows import exporting
from chalicelib.flows.exports_schemas import ExportOut

bp = Blueprint(__name__)


@route(bp, "POST", "/v1/me/exports", roles=CUSTOMER, out=ExportOut, status=202, repeatable=True)
def ask_for_export(call: Call) -> ExportOut:
    """Have all of one's own data put into one file (V5); while one is being made, that one is told."""
    export = exporting.request(
        call.customer_id,
        call.now,
        answer=lambda one: (202, ExportOut.of(one, None, call.now).model_dump_json()),
        repeatable=call.repeatable,
    )
    return ExportOut.of(export, None, call.now)


@route(bp, "GET", "/v1/me/exports/{export_id}", roles=CUSTOMER, out=ExportOut)
def read_export(call: Call) -> ExportOut:
    """Whether the file is there, and where to download it (V5)."""
    export = exporting.find(call.path["export_id"], call.customer_id, call.now)
    return ExportOut.of(export, exporting.link(export, wiring.exports()), call.now)
