"""What the online invoice is asked and tells its own script."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.billing.online import View
from chalicelib.edge.schema import Schema


class PageQuery(BaseModel):
    """`?lang=`; providers add what they like when they send a payer back."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    lang: str = Field("", description="es, pt-BR or en; the invoice's own when empty")


class WayIn(Schema):
    """The way to pay that was chosen."""

    method: str = Field("", description="boleto, card, paypal, redsys or transfer")


class StateOut(Schema):
    """How the invoice stands; with another `version`, its page shows something else."""

    state: str = Field(description="open, preparing, waiting, checking, paid, expired, void or refunded")
    version: str

    @classmethod
    def of(cls, view: View) -> StateOut:
        return cls(state=view.state, version=view.version)
