"""What must never happen and what must happen in the end, read from raw rows and from outside the table.

Nothing here goes through the code under test: rows are read as they lie in the table, e-mails from SES's
outbox, charges from the provider. Each check yields a sentence for everything that is wrong. The numbers are
those of the product's list of invariants.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator

from tests.integration.faults.askers import ALERTS, is_alerted_next, ticket_mails
from tests.integration.faults.cases import case_mails, is_looked_after, left_to_staff, requests_kept
from tests.integration.faults.contracts import CONTRACTS, announced, charges, installments
from tests.integration.faults.departures import DEPARTURES, DEPARTURES_IN_THE_END
from tests.integration.faults.licences import LICENCES, changes_by_staff, due_for_its_next_notice
from tests.integration.faults.payments import CAME_IN, MONEY, MONEY_IN_THE_END, attempts, is_asked_about
from tests.integration.faults.seen import EDGES, Check, Row, Seen


def broken(seen: Seen, checks: tuple[Check, ...]) -> list[str]:
    """Everything that is wrong."""
    return [f"{check.__name__}: {fault}" for check in checks for fault in check(seen)]


# Safety


def nothing_is_active_without_payment(seen: Seen) -> Iterator[str]:
    """1. No licence, addon or service is active without a paid order, or a grant by staff with a reason.

    What was given back or is contested is paid for no longer, which its row says.
    """
    paid = {row["id"] for row in seen.of("order") if row["status"] == "paid" and "suspended_at" not in row}
    for license in seen.of("license"):
        parts = [license, *json.loads(license["addons"])]
        # An order that was activated before it was suspended may still be on its way to say so.
        if any(part["order_id"] not in paid and not part.get("paid_until") for part in parts):
            yield f"{license['id']} is {license['status']} for an unpaid order"
    for subscription in seen.of("subscription"):
        reasons = [row.get("reason") for row in seen.of("audit") if row["subject"] == subscription["id"]]
        if subscription.get("order_id") not in paid and not any(reasons):
            yield f"{subscription['id']} is active without an order or a reason"
    for ticket in seen.of("ticket"):
        if ticket["status"] != "open" and ticket.get("order_id", "none") not in {*paid, "none"}:
            yield f"{ticket['id']} is {ticket['status']} for an unpaid order"


def numbers_have_no_gaps_and_no_repeats(seen: Seen) -> Iterator[str]:
    """2. One invoice per order; the numbers of a series are 1, 2, 3… and each belongs to one subject."""
    invoices = Counter(row["order_id"] for row in seen.of("invoice"))
    yield from (f"{order} has {count} invoices" for order, count in invoices.items() if count > 1)
    named = {row["id"]: row["number"] for kind in NUMBERED for row in seen.of(kind)}
    taken = {(row["pk"], int(row["sk"].removeprefix("NUM#"))): row["subject"] for row in seen.of("number")}
    for counter in seen.of("counter"):
        mine = {number: subject for (series, number), subject in taken.items() if series == counter["pk"]}
        if sorted(mine) != list(range(1, int(counter["last"]) + 1)):
            yield f"{counter['pk']} is at {counter['last']} with the numbers {sorted(mine)}"
        for number, subject in mine.items():
            if not named.get(subject, "").endswith(f"-{number:06d}"):
                yield f"number {number} of {counter['pk']} belongs to {subject}: {named.get(subject)}"
    if len(set(taken.values())) != len(taken) or set(taken.values()) != set(named):
        yield f"numbers {sorted(taken.values())} for {sorted(named)}"


def no_email_is_sent_twice(seen: Seen) -> Iterator[str]:
    """3. At most one e-mail per (kind, subject)."""
    about = {row["id"]: (row["mail_kind"], row["subject"]) for row in seen.of("mail")}
    for (kind, subject), count in Counter(about[mail_id] for mail_id in seen.mails).items():
        if count > 1:
            yield f"{kind} went out {count} times about {subject}"
    claimed = [row for row in seen.of("mail") if row["attempts"] > 0]
    if len(seen.mails) > len(claimed):
        yield f"{len(seen.mails)} e-mails went out, {len(claimed)} were claimed"


def every_change_is_allowed_and_audited_once(seen: Seen) -> Iterator[str]:
    """5. The audit rows of a subject form one walk along allowed edges, from nothing to its present state."""
    for kind, edges in EDGES.items():
        for row in seen.of(kind):
            state = stage_of(row)
            walked = seen.audits(row["id"])
            arrived, left = Counter(after for _, after in walked), Counter(before for before, _ in walked)
            if not set(walked) <= edges:
                yield f"{row['id']}: {set(walked) - edges} is not allowed"
            if arrived + Counter([None]) != left + Counter([state]):
                yield f"{row['id']} is {state} after {walked}"


def stage_of(row: Row) -> str:
    """The state of a row as its audit trail tells it: of a paid order, how far it has come."""
    if row["status"] != "paid" or row["kind"] != "order":
        return str(row["status"])
    if "withdrawn_at" in row:
        return "withdrawn"
    return "suspended" if "suspended_at" in row else "activated" if "activated_at" in row else "paid"


def due_means_outstanding(seen: Seen) -> Iterator[str]:
    """7. A due-index row exists if and only if work is outstanding."""
    for row in seen.rows:
        if row["kind"] == "license":
            yield from due_for_its_next_notice(row)
        elif ("gsi2pk" in row) != is_outstanding(row) or ("gsi2pk" in row) != ("gsi2sk" in row):
            yield f"{row['pk']} ({row.get('status')}) is{'' if 'gsi2pk' in row else ' not'} in the due index"


def _is_stopped(row: Row) -> bool:
    """Whether a subscription would be renewed, had its customer not asked to leave."""
    since = row.get("frozen_at")
    return since is not None and (row["auto_renew"] or row.get("renewal_canceled_at") == since)


def is_outstanding(row: Row) -> bool:
    """Whether somebody must still do something about a row."""
    asked = OUTSTANDING.get(row["kind"])
    return bool(asked and asked(row))


# What has a number of a series.
NUMBERED = ("invoice", "credit_note", "ticket", "cancellation")
# Of which rows somebody must still do something, by their kind.
OUTSTANDING: dict[str, Callable[[Row], bool]] = {
    "cancellation": is_looked_after,
    "outbox": lambda row: "done_at" not in row,
    "provider_event": lambda row: "settled_at" not in row,
    "payment": is_asked_about,
    "refund": lambda row: bool(row["status"] == "requested"),
    "order": lambda row: row["status"] == "pending_payment" and "expires_at" in row,
    # What its customer has asked to leave waits for his case, which is due itself.
    "subscription": lambda row: row["status"] != "ended" and not _is_stopped(row),
    "invoice": lambda row: "document" not in row,
    "credit_note": lambda row: "document" not in row,
    "ticket": is_alerted_next,
    "mail": lambda row: row["status"] in ("queued", "sending"),
}


def a_noted_document_is_the_one_that_is_kept(seen: Seen) -> Iterator[str]:
    """What a record says its document is lies in the archive, byte for byte."""
    for row in records(seen):
        kept = seen.documents.get(f"{row['kind']}s/{row['id']}.pdf")
        if "document" in row and row["document"] != kept:
            yield f"{row['id']} has the document {row['document']}, kept is {kept}"


def records(seen: Seen) -> list[Row]:
    """What there has to be a document of."""
    canceled = (row for row in seen.of("cancellation") if row.get("outcome") == "canceled")
    return [*seen.of("invoice"), *seen.of("credit_note"), *canceled]


def one_request_made_one_order(seen: Seen) -> Iterator[str]:
    """The key of a request belongs to one order or new licence key, and its answer is kept from then on."""
    orders = len(seen.of("order")) - len(list(charges(seen)))
    rotated = sum(int(row["rotation"]) for row in seen.of("license"))
    asked = sum("order_id" not in row for row in seen.of("ticket")) + requests_kept(seen)
    again = sum(len(attempts(row)) - 1 for row in seen.of("order")) + len(seen.of("refund"))
    if orders + asked + again + rotated != len(seen.of("idempotency")) or orders > seen.orders or rotated > 1:
        kept = len(seen.of("idempotency"))
        more = f"{again} attempts and refunds more, {rotated} new keys"
        yield f"{orders} orders, {asked} requests, {more}, {kept} kept answers"


def nobody_is_asked_for_nothing(seen: Seen) -> Iterator[str]:
    """Money that may still come is no case for a person."""
    cases = {json.loads(row["facts"]).get("provider_id") for row in seen.of("task")}
    yield from (
        charge["id"] for charge in seen.charges if charge["status"] == "open" and charge["id"] in cases
    )


# Liveness


def every_acknowledged_event_is_booked(seen: Seen) -> Iterator[str]:
    """1. What was answered with 2xx is stored, once, and settled in the end."""
    settled = Counter(row["raw"] for row in seen.of("provider_event") if "settled_at" in row)
    for body in seen.acknowledged:
        if settled[body] != 1:
            yield f"acknowledged, booked {settled[body]} times: {body[:60]}"


def every_paid_order_is_carried_out(seen: Seen) -> Iterator[str]:
    """2. Every paid order has its activations, each once; what cannot be had any more is a case (5)."""
    for order in seen.of("order"):
        if order["status"] != "paid":
            continue
        items = [item for item in json.loads(order["items"]) for _ in range(item["quantity"])]
        wanted = Counter((item["kind"], item["product"]) for item in items)
        if (found := activated_for(seen, order) + refused_of(seen, order)) != wanted:
            yield f"{order['id']}: {dict(found)} is active, {dict(wanted)} was paid"


def activated_for(seen: Seen, order: Row) -> Counter[tuple[str, str]]:
    """(kind, product) of everything that is active because of an order, or was until a later one."""
    found: Counter[tuple[str, str]] = Counter()
    placed = {row["id"]: row["created_at"] for row in seen.of("order")}
    for license in seen.of("license"):
        if license["id"] not in json.loads(order["license_ids"]):
            continue
        found["license", license["product"]] += license["status"] in ("active", "revoked")
        for addon in json.loads(license["addons"]):
            found["addon", addon["code"]] += placed[addon["order_id"]] >= order["created_at"]
    for ticket in seen.of("ticket"):
        if ticket.get("order_id") == order["id"] and ticket["waits_for"] == "slots":
            found["service", ticket["product"]] += 1
    for row in seen.of("subscription"):
        paid = (one["order_id"] for one in installments(row) if one["status"] == "paid")
        found["subscription", row["product"]] += order["id"] in {row.get("order_id"), *paid}
    return found


def refused_of(seen: Seen, order: Row) -> Counter[tuple[str, str]]:
    """(kind, product) of what was paid for a licence that had been revoked: each on somebody's desk."""
    kinds = {item["product"]: item["kind"] for item in json.loads(order["items"])}
    cases = (json.loads(r["facts"]) for r in seen.of("task") if r["task_kind"] == "paid_for_revoked_license")
    return Counter((kinds[one["product"]], one["product"]) for one in cases if one["order_id"] == order["id"])


def every_invoice_has_its_document(seen: Seen) -> Iterator[str]:
    """2. Every invoice, credit note and cancellation was made as a document, and nothing else was."""
    wanted = {f"{row['kind']}s/{row['id']}.pdf" for row in records(seen)}
    missing = [row["id"] for row in records(seen) if "document" not in row]
    if missing or seen.documents.keys() != wanted:
        yield f"{missing} have no document; kept are {sorted(seen.documents)}"


def every_email_went_out(seen: Seen) -> Iterator[str]:
    """2. The e-mails that an order leads to are all sent, and no others."""
    wanted = Counter(wanted_mails(seen))
    sent = Counter((row["mail_kind"], row["subject"]) for row in seen.of("mail") if row["status"] == "sent")
    written = len(seen.of("mail")) - len(left_to_staff(seen))
    if sent != wanted or written != len(wanted) or len(seen.mails) != len(wanted):
        yield f"sent {sorted(sent)} and {seen.mails}, wanted {sorted(wanted)}"


def wanted_mails(seen: Seen) -> Iterator[tuple[str, str]]:
    """(kind, subject) of every e-mail that the present state calls for."""
    yield from (("invoice_issued", row["id"]) for row in seen.of("invoice"))
    for payment in seen.of("payment"):
        # Who pays before our record of the charge is not asked to any more.
        if "slip" in payment and ("requested", "pending") in seen.audits(payment["id"]):
            yield "boleto_to_pay", payment["id"]
        if "transfer" in payment:
            yield "transfer_to_make", payment["id"]
        if payment["status"] in CAME_IN:
            yield "payment_received", payment["id"]
        for at in seen.times("payment contested", payment["id"]):
            yield "payment_contested", f"{payment['id']}:{at}"
    yield from (("refund_made", row["id"]) for row in seen.of("refund") if row["status"] == "done")
    for order in seen.of("order"):
        yield from (("license_active", f"{one}:{order['id']}") for one in json.loads(order["license_ids"]))
        if order["status"] == "expired":
            yield "order_expired", order["id"]
    yield from changes_by_staff(seen)
    yield from announced(seen)
    yield from ticket_mails(seen)
    yield from case_mails(seen)
    yield from seen.notices


def every_outbox_row_is_done(seen: Seen) -> Iterator[str]:
    """3. Every outbox row is terminal."""
    yield from (f"{row['name']} of {row['subject']}" for row in seen.of("outbox") if "done_at" not in row)


SAFETY: tuple[Check, ...] = (
    *LICENCES,
    *CONTRACTS,
    *MONEY,
    *ALERTS,
    *DEPARTURES,
    nothing_is_active_without_payment,
    numbers_have_no_gaps_and_no_repeats,
    no_email_is_sent_twice,
    every_change_is_allowed_and_audited_once,
    due_means_outstanding,
    a_noted_document_is_the_one_that_is_kept,
    one_request_made_one_order,
    nobody_is_asked_for_nothing,
)
LIVENESS: tuple[Check, ...] = (
    every_acknowledged_event_is_booked,
    every_paid_order_is_carried_out,
    every_invoice_has_its_document,
    every_email_went_out,
    every_outbox_row_is_done,
    *MONEY_IN_THE_END,
    *DEPARTURES_IN_THE_END,
)
