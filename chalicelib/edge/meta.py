"""Health and the API's own description; neither needs a sign-in nor touches the table."""

from __future__ import annotations

import json
from typing import Literal

from chalice import Blueprint

from chalicelib.edge import openapi
from chalicelib.edge.replies import Reply
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import Schema

bp = Blueprint(__name__)


class HealthOut(Schema):
    """The function runs and can answer."""

    status: Literal["ok"] = "ok"


@route(bp, "GET", "/health", out=HealthOut)
def health(call: Call) -> HealthOut:
    """Whether the API answers."""
    return HealthOut()


@route(bp, "GET", "/openapi.json")
def describe(call: Call) -> Reply:
    """This API as an OpenAPI 3.1 document."""
    return Reply(json.dumps(openapi.document()), headers={"Cache-Control": "max-age=300"})
