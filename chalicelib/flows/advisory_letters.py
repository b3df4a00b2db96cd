"""What a customer is written about a session that he has bought: dates, invitation, and if he missed it (S6).

An invitation goes with its letter as a calendar file, and so does its being called off.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.customers import store as customers
from chalicelib.customers.rules import Customer
from chalicelib.flows.letters import send
from chalicelib.flows.reach import Reach, Vendor
from chalicelib.kernel.clock import rfc3339, sortable
from chalicelib.kernel.events import Event
from chalicelib.kernel.markets import market_of
from chalicelib.mail.rules import Attachment
from chalicelib.tickets import store as tickets
from chalicelib.tickets.invitations import Invitation, calendar
from chalicelib.tickets.rules import Session, Ticket
from chalicelib.tickets.sessions import USUAL_MINUTES


def slots_wanted(event: Event, reach: Reach, now: datetime) -> None:
    """It is paid: ask for dates and times, each time that it comes to that (S6).

    Not if he has proposed some meanwhile, nor if it is over or contested. Errors are not what a session is
    for, and the letter says where a support ticket is opened (S8).
    """
    ticket = tickets.get(event.subject)
    if ticket.is_over or ticket.waits_for != "slots":
        return
    params = {**_about(ticket, reach), "minutes": ticket.minutes or USUAL_MINUTES}
    subject = f"{ticket.id}:{sortable(event.at)}"
    send("advisory_slots_wanted", subject, customers.get(ticket.customer_id), params, reach, now)


def scheduled(event: Event, reach: Reach, now: datetime) -> None:
    """Send link, access data, date and time where the customer is; not what was changed again meanwhile."""
    ticket = tickets.get(event.subject)
    session = ticket.session
    if session is None or str(session.sequence) != event.data["sequence"]:
        return
    customer = customers.get(ticket.customer_id)
    params = {
        **_about(ticket, reach),
        **_when(session, customer),
        "minutes": session.minutes,
        "meeting_url": session.meeting_url,
        "access": session.access,
        "moved": session.sequence > 0,
    }
    files = (_file(ticket, session, reach.vendor, event.at),)
    subject = f"{ticket.id}:{session.sequence}"
    send("advisory_scheduled", subject, customer, params, reach, now, attachments=files)


def other_slots_wanted(event: Event, reach: Reach, now: datetime) -> None:
    """Ask for other dates and say why; what was agreed on before is called off, if it was."""
    ticket, message_id = tickets.get(event.subject), event.data["message_id"]
    customer = customers.get(ticket.customer_id)
    off = ticket.session if ticket.session and ticket.session.called_off else None
    params = {
        **_about(ticket, reach),
        "reason": tickets.messages.get(message_id).text,
        **(_when(off, customer) if off else {"starts_at": None, "zone": None}),
    }
    files = (_file(ticket, off, reach.vendor, event.at),) if off else ()
    send("advisory_other_slots_wanted", message_id, customer, params, reach, now, attachments=files)


def missed(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that the session was held ready, and that nobody came."""
    ticket = tickets.get(event.subject)
    if ticket.agreed is None:
        return
    customer = customers.get(ticket.customer_id)
    params = {**_about(ticket, reach), **_when(ticket.agreed, customer)}
    send("advisory_missed", ticket.id, customer, params, reach, now)


def _about(ticket: Ticket, reach: Reach) -> dict[str, Any]:
    return {"number": ticket.number, "product": ticket.subject, "store_url": reach.vendor.store_url}


def _when(session: Session, customer: Customer) -> dict[str, Any]:
    return {"starts_at": rfc3339(session.starts_at), "zone": market_of(customer.country).zone}


def _file(ticket: Ticket, session: Session, vendor: Vendor, at: datetime) -> Attachment:
    invitation = Invitation(
        uid=f"{ticket.id}@{vendor.email.rpartition('@')[2]}",
        sequence=session.sequence,
        made_at=at,
        starts_at=session.starts_at,
        minutes=session.minutes,
        summary=f"{ticket.subject} ({vendor.name})",
        description="\n".join(filter(None, (session.meeting_url, session.access, f"[{ticket.number}]"))),
        url=session.meeting_url,
        organizer=vendor.email,
        organizer_name=vendor.name,
        canceled=session.called_off,
    )
    return Attachment(f"{ticket.number}.ics", invitation.media_type, calendar(invitation))
