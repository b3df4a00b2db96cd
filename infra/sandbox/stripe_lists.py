"""Stripe's lists, and the ids that it turns into whole objects on request (`expand`)."""

from collections.abc import Callable, Iterable
from typing import Any

from infra.sandbox.state import Charge
from infra.sandbox.stripe_forms import Faulty
from infra.sandbox.stripe_objects import charge_object, intent_object, method_object
from infra.sandbox.wire import Json, Request


def page_of(found: Iterable[Json], request: Request, filters: tuple[str, ...]) -> Json:
    """The first `limit` (10, at most 100) objects that pass the query's filters. Raises Faulty."""
    wanted = {name: request.query[name] for name in filters if name in request.query}
    limit = request.query.get("limit", "10")
    if not limit.isdecimal() or not 0 < int(limit) <= 100:
        raise Faulty(f"Invalid limit: {limit}", "limit")
    passing = [one for one in found if all(one[name] == value for name, value in wanted.items())]
    data = passing[: int(limit)]
    return {"object": "list", "url": request.path, "has_more": len(passing) > len(data), "data": data}


def expanded(body: Json, paths: list[str], known: list[Charge], now: int) -> Json:
    """The object with the ids at these paths (`payment_intent.latest_charge`) turned into objects.

    Raises Faulty for what cannot be expanded.
    """
    makers: dict[str, Callable[[Charge], Json]] = {
        "payment_intent": lambda charge: intent_object(charge, now),
        "latest_charge": charge_object,
        "payment_method": method_object,
    }

    def expand(node: Any, steps: list[str], path: str) -> None:
        if isinstance(node, list):
            for one in node:
                expand(one, steps, path)
            return
        name = steps[0]
        if name not in node or not (name in makers or isinstance(node[name], dict | list)):
            raise Faulty(f"This property cannot be expanded ({path}).", "expand")
        if isinstance(node[name], str):
            owner = next(one for one in known if one.details.get(name) == node[name])
            node[name] = makers[name](owner)
        if steps[1:] and node[name] is not None:
            expand(node[name], steps[1:], path)

    for path in paths:
        expand(body, path.split("."), path)
    return body
