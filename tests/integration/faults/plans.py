"""What happens in the sweep: purchases, stories of licences, and which of the world's habits each meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.integration.faults.hooks import Call


@dataclass(frozen=True)
class Plan:
    """One purchase, by a kind of `payer` from wherever his `profile` says; or, with a `story`, what happens
    later to a licence that was bought before.

    `holds`: products that staff granted before. Without `streaming` the table's stream has lost its place,
    and only sweeps deliver. `misled`: an authentic message tells of the money before it is there, and when
    the provider is `silent`, no other does, until the very end. `hasty`: the customer pays at his bank as
    soon as the provider has the charge, maybe before we know of it; faults stop there. `canceled`: staff
    cancel the order before it is paid, or revoke its licence. `late`: faults start when the provider has
    the charge.

    `hurts_reads`: calls without an effect are hurt too. One plan is enough for that: what dies at a read
    leaves the same world behind as what dies right after its latest effect. In stories, and with other
    payers, claims and marks of e-mails are spared, as every e-mail takes the same way, which purchases sweep;
    but not those of a plan that `hurts_mails`.
    `modes`: only these; without, all of them. `parts`: in how many tests each of them is run.
    """

    name: str
    order: Mapping[str, Any] = field(default_factory=dict)
    story: str = ""
    payer: str = ""
    profile: Mapping[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    streaming: bool = True
    misled: bool = False
    silent: bool = False
    hasty: bool = False
    canceled: bool = False
    late: bool = False
    hurts_reads: bool = False
    hurts_mails: bool = False
    modes: tuple[str, ...] = ()
    parts: int = 1

    def hurts(self, call: Call) -> bool:
        """Whether a call is worth a fault in the sweep."""
        return (self.hurts_reads or not call.reads) and not (
            (self.story or self.payer) and call.is_about_mail and not self.hurts_mails
        )


LICENSE = {"product": "prestaimport", "installation": {"name": "Loja", "domain": "loja.example.com"}}
BY_BOLETO = {"items": [LICENSE], "payment_method": "boleto"}
EVERYTHING = {
    "items": [{"product": "supplier-a"}, LICENSE, {"product": "advisory-1h"}],
    "payment_method": "boleto",
}
BY_CARD = {"items": [LICENSE], "payment_method": "card"}
SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}

# What is left behind; how calls are lost, doubled or late is the same for orders that somebody places.
WORST = ("crash_before", "crash_after", "conflict")


def by(method: str, **more: Any) -> Mapping[str, Any]:
    """An order that is paid in some way."""
    return {"items": [LICENSE], "payment_method": method, **more}


def of(product: str) -> Mapping[str, Any]:
    """An order of a subscription, by a card that is kept."""
    return {"items": [{"product": product}], "payment_method": "card", "keep_card": True}


PLANS = {
    plan.name: plan
    for plan in (
        Plan("boleto", EVERYTHING, holds=("erp",), misled=True, hurts_reads=True, parts=2),
        Plan("boleto_paid_at_once", BY_BOLETO, hasty=True),
        Plan("card_without_stream", BY_CARD, streaming=False),
        Plan("late_money", BY_BOLETO, misled=True, silent=True, canceled=True, late=True),
        Plan("paypal", by("paypal"), payer="payer", late=True),
        Plan("redsys", by("redsys"), payer="payer", profile=SPAIN, late=True),
        Plan("transfer", by("transfer"), payer="transfer", late=True),
        Plan("card_on_file", by("card", keep_card=True), payer="keeping", late=True),
        Plan("change_of_mind", BY_BOLETO, payer="switching", late=True),
        Plan("unpaid", BY_BOLETO, payer="silent", late=True),
        Plan("given_back", BY_CARD, payer="returning", late=True),
        Plan("contested", BY_CARD, payer="contesting", late=True),
        Plan("renewal", story="renewal", late=True),
        Plan("renewal_of_revoked", story="renewal_of_revoked", canceled=True, late=True),
        Plan("subscription", of("domain"), payer="renewing", profile=SPAIN, late=True, modes=WORST),
        Plan("installment", of("multipack"), payer="in_parts", profile=SPAIN, late=True, modes=WORST[1:]),
        Plan("request", payer="asking", hurts_mails=True),
        Plan("expiry", story="expiry"),
        Plan("care", story="care"),
        Plan("cancellation", story="leaving", hurts_mails=True, parts=3),
    )
}
