"""What must hold of money, read from raw rows and from the providers, never through the code under test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.integration.faults.seen import Check, Row, Seen

# The states of a payment, its invoice and its order whose money has come in, whatever became of it later.
CAME_IN = ("paid", "refunded")

# What somebody is asked about money that was booked.
ABOUT_BOOKED = (
    "payment_disputed",
    "payment_taken_back",
    "payment_came_back",
    "dispute_won",
    "payment_not_reviewed",
    "refund_refused",
)


def charge_id(payment: Row) -> str:
    """The provider's own id of a charge: Redsys's is told together with our payment id."""
    return str(payment.get("provider_id", "")).partition("-")[0]


def only_real_money_is_accepted(seen: Seen) -> Iterator[str]:
    """4. Paid means: the provider has the money, all of it, in the right currency, under our reference."""
    for payment in seen.of("payment"):
        if payment["status"] != "paid" or payment["provider"] == "manual":
            continue
        wanted = ("paid", payment["amount"], payment["id"])
        told = [
            (charge["status"], f"{charge['amount']} {charge['currency']}", charge["reference"])
            for charge in seen.charges
            if charge["id"] == charge_id(payment)
        ]
        if told != [wanted]:
            yield f"{payment['id']} is paid, the provider says {told}"


def bank_lines_add_up(seen: Seen) -> Iterator[str]:
    """4. What is booked of a transfer is the sum of its bank lines, each once; paid means all of it."""
    lines = [(row["reference"], row["payment_id"], minor(row["amount"])) for row in seen.of("bank_entry")]
    twice = [reference for reference, count in Counter(line[0] for line in lines).items() if count > 1]
    yield from (f"bank reference {reference} is booked twice" for reference in twice)
    for payment in seen.of("payment"):
        arrived = sum(amount for _, payment_id, amount in lines if payment_id == payment["id"])
        if arrived != minor(payment.get("received", "0 X")):
            yield f"{payment['id']} has {payment.get('received')}, its bank lines {arrived}"
        by_hand = payment["provider"] == "manual" and payment["status"] == "paid"
        if by_hand and arrived < minor(payment["amount"]):
            yield f"{payment['id']} is paid with {arrived} of {payment['amount']}"


def paid_is_paid_everywhere(seen: Seen) -> Iterator[str]:
    """4. Order, invoice and payment agree on the amount, and become paid together."""
    invoices, payments = seen.by_id("invoice"), seen.by_id("payment")
    for order in seen.of("order"):
        invoice, payment = invoices.get(order["invoice_id"]), payments.get(order["payment_id"])
        if not invoice or not payment:
            yield f"{order['id']} lacks its invoice or payment"
            continue
        if not order["total"] == invoice["total"] == payment["amount"]:
            yield f"{order['id']}: {order['total']}, {invoice['total']}, {payment['amount']}"
        if len({row["status"] if row["status"] in CAME_IN else "" for row in (order, invoice, payment)}) > 1:
            yield f"{order['id']} is {order['status']}, {invoice['status']}, {payment['status']}"
    of_orders = {row["invoice_id"] for row in seen.of("order")}
    of_orders |= {payment_id for order in seen.of("order") for payment_id in attempts(order)}
    if not of_orders >= {*invoices, *payments}:
        yield f"without an order: {({*invoices, *payments}) - of_orders}"


def a_payment_has_one_charge(seen: Seen) -> Iterator[str]:
    """Nobody can pay twice: at most one charge of a payment stands at the provider."""
    standing = Counter(charge["reference"] for charge in seen.charges if charge["status"] != "canceled")
    yield from (f"{payment} has {count} charges" for payment, count in standing.items() if count > 1)


def an_order_can_be_paid_once(seen: Seen) -> Iterator[str]:
    """Nobody can pay twice: of all attempts of an order, at most one is open at its provider."""
    open_ones = [charge["reference"] for charge in seen.charges if charge["payable"]]
    for order in seen.of("order"):
        payable = [payment_id for payment_id in attempts(order) if payment_id in open_ones]
        if len(payable) > 1:
            yield f"{order['id']} can be paid by {payable}"


def nobody_can_pay_for_nothing(seen: Seen) -> Iterator[str]:
    """When all is quiet, what can be paid is what an order waits for."""
    awaited = {row["payment_id"] for row in seen.of("order") if row["status"] == "pending_payment"}
    for charge in seen.charges:
        if charge["payable"] and charge["reference"] not in awaited:
            yield f"{charge['id']} can be paid for nothing"


def no_money_comes_to_nothing(seen: Seen) -> Iterator[str]:
    """5. What a customer paid is booked on his order, or is a case on somebody's desk."""
    booked = {charge_id(row) for row in seen.of("payment") if row["status"] in CAME_IN}
    cases_of_money = (row for row in seen.of("task") if row["task_kind"] not in ABOUT_BOOKED)
    told = [json.loads(row["facts"]).get("provider_id", "") for row in cases_of_money]
    cases = [provider_id.partition("-")[0] for provider_id in told]
    for charge in seen.charges:
        if charge["status"] == "paid" and (charge["id"] in booked) + cases.count(charge["id"]) != 1:
            yield f"{charge['id']} is booked {charge['id'] in booked}, and in the cases {cases}"


def what_goes_back_adds_up(seen: Seen) -> Iterator[str]:
    """What has gone back of a payment is at most all of it, and is what its refunds and its bank took.

    Credit notes take off the invoice what we gave back, and in the end all of it, if all is gone.
    """
    for payment in seen.of("payment"):
        mine = [row for row in seen.of("refund") if row["payment_id"] == payment["id"]]
        done = sum(minor(row["amount"]) for row in mine if row["status"] == "done")
        promised = sum(minor(row["amount"]) for row in mine if row["status"] in ("requested", "done"))
        gone, taken = minor(payment.get("refunded", "0 X")), minor(payment.get("taken", "0 X"))
        if not done + taken == gone <= minor(payment["amount"]):
            yield f"{payment['id']}: {gone} went back, refunds are {done}, taken was {taken}"
        if promised != minor(payment.get("promised", "0 X")):
            yield f"{payment['id']} has promised {payment.get('promised')}, its refunds {promised}"
        notes = [row for row in seen.of("credit_note") if row["invoice_id"] == payment["invoice_id"]]
        credited = sum(minor(row["amount"]) for row in notes)
        void = [
            row["total"]
            for row in seen.of("invoice")
            if (row["id"], row["status"]) == (payment["invoice_id"], "void")
        ]
        back = minor(void[0]) if void else gone if payment["status"] == "refunded" else gone - taken
        if credited != back:
            yield f"{credited} was taken off {payment['invoice_id']}, {gone} went back, {taken} by others"


def providers_gave_back_what_is_booked(seen: Seen) -> Iterator[str]:
    """When all is quiet, what providers say has gone back is what is booked."""
    for charge in seen.charges:
        mine = (row for row in seen.of("payment") if charge_id(row) == charge["id"])
        booked = [minor(row.get("refunded", "0 X")) for row in mine]
        if booked and booked != [charge["gone"]]:
            yield f"{charge['gone']} of {charge['id']} went back, booked is {booked}"


def only_banks_take_money(seen: Seen) -> Iterator[str]:
    """What went back without us, as we see it, was taken by the payer's bank, not by ourselves once more."""
    disputed = {charge["id"] for charge in seen.charges if charge["disputed"]}
    for payment in seen.of("payment"):
        if "taken" in payment and charge_id(payment) not in disputed:
            yield f"{payment['taken']} of {payment['id']} was taken, and nobody contests it"


def attempts(order: Row) -> list[str]:
    """The ids of all payments of an order."""
    return [*json.loads(order["earlier_payment_ids"]), order["payment_id"]]


def minor(amount: str) -> int:
    """`"19900 BRL"` → 19900."""
    return int(amount.partition(" ")[0])


# When there is something to ask


def is_asked_about(payment: Row) -> bool:
    """Whether its provider has still to be asked for its charge, about it, or what became of its money."""
    if payment["status"] == "pending":
        return payment["provider"] != "manual" and "held" not in payment
    if payment["status"] in ("failed", "canceled"):
        return "form" in payment and "held" not in payment and not was_asked_after_its_end(payment)
    if payment["status"] == "requested":
        return "held" not in payment
    return "contested_at" in payment or "review_from" in payment


def was_asked_after_its_end(payment: Row) -> bool:
    """Whether Redsys was asked once more, when nobody could be on its page any more."""
    over = datetime.fromisoformat(payment["ended_at"]) + timedelta(hours=1)
    return "asked_at" in payment and datetime.fromisoformat(payment["asked_at"]) >= over


MONEY: tuple[Check, ...] = (
    only_real_money_is_accepted,
    bank_lines_add_up,
    paid_is_paid_everywhere,
    a_payment_has_one_charge,
    an_order_can_be_paid_once,
    what_goes_back_adds_up,
    only_banks_take_money,
)
MONEY_IN_THE_END: tuple[Check, ...] = (
    no_money_comes_to_nothing,
    nobody_can_pay_for_nothing,
    providers_gave_back_what_is_booked,
)
