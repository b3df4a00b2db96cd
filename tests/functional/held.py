"""A licence with its owner and the tools that use it, as the tests of activations and files need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.functional import steps
from tests.world import Answer, World

SHOP, OTHER = "loja.example.com", "nova.example.com"


@dataclass(frozen=True)
class Held:
    """A licence with its owner."""

    world: World
    customer_id: str
    token: str
    id: str
    key: str

    def activate(self, fingerprint: str = SHOP, **asked: Any) -> Any:
        return steps.activate(self.world, self.key, fingerprint, **asked)

    def code(self, fingerprint: str = SHOP, **asked: Any) -> str:
        return str(steps.validate(self.world, self.key, fingerprint=fingerprint, **asked)["code"])

    def installed(self) -> list[str]:
        return [one["fingerprint"] for one in steps.activations(self.world, self.token, self.id)]

    def deactivate(self, fingerprint: str = SHOP) -> Answer:
        return steps.deactivate(self.world, self.key, fingerprint)

    def remove(self, fingerprint: str = SHOP) -> Answer:
        found = steps.activations(self.world, self.token, self.id)
        (id,) = [one["id"] for one in found if one["fingerprint"] == fingerprint]
        return self.world.http("DELETE", f"/v1/licenses/{self.id}/activations/{id}", token=self.token)

    def shown(self) -> Any:
        return steps.read(self.world, self.token, f"/v1/licenses/{self.id}")

    def trail(self) -> list[tuple[str, str, str]]:
        """Action, actor and channel of what was done with its seats."""
        told = [row for row in self.world.rows("audit") if row["subject"] == self.id]
        ordered = sorted(told, key=lambda row: str(row["sk"]))
        return [(row["action"], row["actor"], row["channel"]) for row in ordered if row.get("before")]
