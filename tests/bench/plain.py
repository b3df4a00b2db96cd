"""The validation as one would write it at first: a Chalice view, a PynamoDB model, PyJWT.

It gives the same answer, from the same rules, as `chalicelib/validator`, which is measured against it. It
reads the licence in one item too, so that what is compared is the way there and not the table's design.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

import jwt
from chalice import Chalice, Response
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.models import Model

from chalicelib.licensing.answer import Asked, answer
from chalicelib.licensing.copies import SORT_KEY, copy_key
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.keys import known_hash
from chalicelib.licensing.rules import Activation, Addon, License
from chalicelib.licensing.standing import IssuedKey, opened_by, place_of

app = Chalice(app_name="plain")


class AddonMap(MapAttribute[Any, Any]):
    """One addon."""

    code = UnicodeAttribute()
    name = UnicodeAttribute()
    order_id = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute(null=True)
    grace_days = NumberAttribute()
    enabled = BooleanAttribute()


class ActivationMap(MapAttribute[Any, Any]):
    """One activation."""

    id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    environment = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    activated_at = UTCDateTimeAttribute()


class LicenseModel(Model):
    """One licence under the hash of its key."""

    class Meta:
        table_name = "plain"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    product = UnicodeAttribute()
    product_name = UnicodeAttribute()
    installation = UnicodeAttribute(null=True)
    domain = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute(null=True)
    grace_days = NumberAttribute()
    key_hint = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    seats = NumberAttribute()
    addons = ListAttribute(of=AddonMap)
    activations = ListAttribute(of=ActivationMap)


class PlainSigner:
    """Signs with PyJWT, as long as the process lives."""

    def __init__(self, jwk: dict[str, str], issuer: str) -> None:
        self.issuer = issuer
        self._kid = jwk["kid"]
        self._key = jwt.PyJWK(jwk, algorithm="EdDSA").key

    def sign(self, claims: dict[str, Any]) -> str:
        """A compact token."""
        headers = {"kid": self._kid, "typ": "vigencia-license+jwt"}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers=headers)


signers: list[PlainSigner] = []


@app.route("/v1/licenses/validate", methods=["POST"])
def validate() -> Response:
    """The same answer as the validator's."""
    request: Any = app.current_request
    body = request.json_body
    now = datetime.now(UTC)
    if not signers:
        signers.append(PlainSigner(json.loads(os.environ["SIGNING_KEY"]), os.environ["PUBLIC_URL"]))
    place = place_of(body["fingerprint"], body.get("environment")) if body.get("fingerprint") else None
    asked = Asked(known_hash(body["key"]), body.get("fingerprint"), place, body.get("nonce"))
    license = _license(asked.key_hash, now) if asked.key_hash else None
    decision = decide(Question(license, tuple(body.get("addons") or ()), now, place))
    told = answer(decision, asked, signers[0], "en")  # type: ignore[arg-type]
    return Response(json.dumps(told), headers={"Content-Type": "application/json"})


def _license(key_hash: str, now: datetime) -> License | None:
    try:
        row = LicenseModel.get(copy_key(key_hash), SORT_KEY)
    except LicenseModel.DoesNotExist:
        return None
    license = License(
        **{name: getattr(row, name) for name in FIELDS},
        addons=tuple(Addon(**one.attribute_values) for one in row.addons),
        activations=tuple(Activation(**{"name": None, **one.attribute_values}) for one in row.activations),
        keys=(IssuedKey(key_hash),),
    )
    return license if opened_by(license, key_hash, now) else None


FIELDS = LicenseModel.get_attributes().keys() - {"pk", "sk", "addons", "activations"}
