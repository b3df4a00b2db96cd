"""The knobs that make the sandbox misbehave the way real providers sometimes do."""

import threading
from dataclasses import asdict, dataclass, replace

from infra.sandbox.wire import Json


@dataclass(frozen=True)
class Knobs:
    """How to misbehave; the defaults are a well-behaved provider.

    duplicate: extra copies of each webhook. delay_seconds: pause before each webhook. reorder: hold an
    event until the next one of its charge and send the later one first. wrong_amount: minor units added to
    a charge when it is created or paid, in the provider's object and in its events. bad_signature: webhooks
    signed with a wrong secret. lost_answer: how many of the next creating POSTs take effect but get no
    answer. decline: new charges are refused, and at PayPal the payer's card when the money is taken.
    """

    duplicate: int = 0
    delay_seconds: float = 0.0
    reorder: bool = False
    wrong_amount: int = 0
    bad_signature: bool = False
    lost_answer: int = 0
    decline: bool = False


class FaultyKnobs(Exception):
    """Some knobs cannot be set so: `errors` maps each one's name to what is wrong with it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name} {fault}" for name, fault in errors.items()))
        self.errors = errors


_RANGES: dict[str, tuple[float, float]] = {
    "duplicate": (0, 50),
    "delay_seconds": (0, 60),
    "wrong_amount": (-1_000_000, 1_000_000),
    "lost_answer": (0, 1000),
}


def read_knobs(wanted: object) -> Knobs:
    """The knobs that a JSON object asks for; those not named are at rest. Raises FaultyKnobs, naming all."""
    if not isinstance(wanted, dict):
        raise FaultyKnobs({"(body)": "must be a JSON object"})
    rest = asdict(Knobs())
    errors = {name: _fault(name, value, rest) for name, value in wanted.items()}
    errors = {name: fault for name, fault in errors.items() if fault}
    if errors:
        raise FaultyKnobs(errors)
    return Knobs(**wanted)


def _fault(name: str, value: object, rest: Json) -> str:
    """What is wrong with one knob's value, or nothing."""
    if name not in rest:
        return f"is not a knob; the knobs are {', '.join(rest)}"
    if isinstance(rest[name], bool):
        return "" if isinstance(value, bool) else "must be true or false"
    kinds = (int, float) if isinstance(rest[name], float) else (int,)
    low, high = _RANGES[name]
    if isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high:
        return ""
    return f"must be {'a number' if float in kinds else 'an integer'} from {low:g} to {high:g}"


class Board:
    """Holds the knobs as they stand now; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._knobs = Knobs()

    @property
    def knobs(self) -> Knobs:
        """The knobs as they stand now."""
        return self._knobs

    def set(self, knobs: Knobs) -> None:
        """Replace all knobs."""
        with self._lock:
            self._knobs = knobs

    def take_lost_answer(self) -> bool:
        """True if the answer at hand is to be lost; counts it."""
        with self._lock:
            if self._knobs.lost_answer == 0:
                return False
            self._knobs = replace(self._knobs, lost_answer=self._knobs.lost_answer - 1)
            return True
