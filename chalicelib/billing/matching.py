"""What each line of a bank statement would pay, as a proposal to finance; nothing is booked here (V8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from chalicelib.billing.numbers import found_in
from chalicelib.billing.rules import Payment
from chalicelib.billing.statements import Line
from chalicelib.billing.transfers import BookedEntry, Coverage, coverage, missing, received
from chalicelib.kernel.money import Money

Outcome = Literal[
    "not_incoming",
    "already_booked",
    "reference_used",
    "unknown",
    "several_invoices",
    "not_open",
    "wrong_currency",
    "proposed",
]


@dataclass(frozen=True)
class Billed:
    """An invoice; its order's payment if that is a transfer, and whether money for it is awaited."""

    number: str
    customer_id: str
    payment: Payment | None
    awaited: bool

    @property
    def payment_id(self) -> str | None:
        """The transfer's."""
        return self.payment.id if self.payment else None

    @property
    def open(self) -> bool:
        """Whether money for it would go towards its order."""
        return self.awaited and self.payment is not None and missing(self.payment).minor > 0


@dataclass(frozen=True)
class Booking:
    """A booked line, and the invoice that it went to."""

    entry: BookedEntry
    number: str
    customer_id: str

    @property
    def payment_id(self) -> str:
        """The transfer's."""
        return self.entry.payment_id


@dataclass(frozen=True)
class Match:
    """One line and what it comes to; `missing` is what it is measured against, by `coverage`."""

    line: Line
    outcome: Outcome
    payment_id: str | None = None
    invoice_number: str | None = None
    customer_id: str | None = None
    coverage: Coverage | None = None
    missing: Money | None = None


@dataclass(frozen=True)
class _Seen:
    """A line, what was booked or proposed under its reference, and the invoices that its text names."""

    line: Line
    earlier: Booking | None
    proposed_above: bool
    billed: tuple[Billed, ...]

    @property
    def is_booked(self) -> bool:
        told = (self.line.value_date, self.line.amount)
        return self.earlier is not None and told == (self.earlier.entry.value_date, self.earlier.entry.amount)

    @property
    def same_currency(self) -> bool:
        payment = self.billed[0].payment
        return payment is not None and payment.amount.currency == self.line.amount.currency


# The first that applies.
OUTCOMES: tuple[tuple[Outcome, Callable[[_Seen], bool]], ...] = (
    ("not_incoming", lambda seen: seen.line.amount.minor <= 0),
    ("already_booked", lambda seen: seen.is_booked),
    # With other figures, or twice in one file: booking it would be refused.
    ("reference_used", lambda seen: seen.earlier is not None or seen.proposed_above),
    ("unknown", lambda seen: not seen.billed),
    ("several_invoices", lambda seen: len(seen.billed) > 1),
    ("not_open", lambda seen: not seen.billed[0].open),
    ("wrong_currency", lambda seen: not seen.same_currency),
    ("proposed", lambda seen: True),
)


def incoming(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines that brought money."""
    return tuple(line for line in lines if line.amount.minor > 0)


def match(
    lines: Iterable[Line], booked: Mapping[str, Booking], billed: Mapping[str, Billed]
) -> tuple[Match, ...]:
    """What each line comes to; `booked` by reference, `billed` by number.

    A line is judged as if those proposed above it were booked: two parts of one sum cover it together, and a
    second full payment shows as one that nothing is open for.
    """
    standing, proposed, found = dict(billed), set[str](), []
    for line in lines:
        named = found_in(line.text) if line.amount.minor > 0 else ()
        invoices = tuple(standing[number] for number in named if number in standing)
        one = _told(_Seen(line, booked.get(line.reference), line.reference in proposed, invoices))
        found.append(one)
        if one.outcome == "proposed":
            proposed.add(line.reference)
            standing[invoices[0].number] = _with(invoices[0], line.amount)
    return tuple(found)


def _told(seen: _Seen) -> Match:
    outcome = next(outcome for outcome, applies in OUTCOMES if applies(seen))
    only = seen.billed[0] if len(seen.billed) == 1 else None
    invoice = seen.earlier or only
    if invoice is None:
        return Match(seen.line, outcome)
    one = Match(seen.line, outcome, invoice.payment_id, invoice.number, invoice.customer_id)
    if outcome != "proposed" or only is None or only.payment is None:
        return one
    after = received(only.payment, seen.line.amount)
    return replace(one, coverage=coverage(after), missing=missing(only.payment))


def _with(invoice: Billed, amount: Money) -> Billed:
    return replace(invoice, payment=invoice.payment and received(invoice.payment, amount))
