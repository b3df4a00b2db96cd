"""What a request brings, on its way to a model."""

from __future__ import annotations

from urllib.parse import parse_qsl

from chalice.app import Request
from pydantic import BaseModel


def media_type(request: Request, otherwise: str) -> str:
    """The announced media type in lower case, without its parameters."""
    announced: str = request.headers.get("content-type", otherwise)
    return announced.split(";")[0].strip().lower()


def read_json(model: type[BaseModel], raw: bytes) -> BaseModel:
    """A JSON body as a model; pydantic's `ValidationError`."""
    return model.model_validate_json(raw)


def read_form(model: type[BaseModel], raw: bytes) -> BaseModel:
    """A form's fields as a model; pydantic's `ValidationError`."""
    return model.model_validate(dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)))


def query(request: Request) -> dict[str, str]:
    """The parameters of a query; of one that comes twice, the last."""
    parameters = request.query_params
    return {name: parameters[name] for name in parameters} if parameters else {}
