"""The main job in process: buy, pay, activate, validate; and what may go wrong on the way."""

from __future__ import annotations

from tests.world import World

ORDER = {
    "items": [
        {"product": "prestaimport", "installation": {"name": "Loja", "domain": "loja.example.com"}},
        {"product": "supplier-a"},
    ],
    "payment_method": "boleto",
}


def test_a_paid_boleto_activates_the_licence_with_its_addon(world: World) -> None:
    _, token = world.customer()
    placed = world.http("POST", "/v1/orders", ORDER, token=token)
    assert placed.status == 201, placed.text
    world.settle_down()
    order = world.http("GET", f"/v1/orders/{placed.json['id']}", token=token).json
    assert order["payment"]["boleto"]["digitable_line"]
    world.pay(order["payment"]["id"])
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()
    order = world.http("GET", f"/v1/orders/{placed.json['id']}", token=token).json
    assert order["status"] == "paid"
    (license,) = world.http("GET", "/v1/licenses", token=token).json["data"]
    verdict = world.http("POST", "/v1/licenses/validate", {"key": license["key"], "addons": ["supplier-a"]})
    assert (verdict.status, verdict.json["code"], verdict.json["valid"]) == (200, "VALID", True)
