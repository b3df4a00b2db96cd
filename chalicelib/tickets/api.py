"""Routes of tickets: reading one's own."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib.edge.auth import CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery
from chalicelib.tickets import store
from chalicelib.tickets.schemas import TicketList, TicketOut

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/tickets", roles=CUSTOMER, query=ListQuery, out=TicketList)
def list_tickets(call: Call, query: ListQuery) -> TicketList:
    """One's own tickets, newest first."""
    page = store.page(call.customer_id, query.limit, query.cursor)
    return TicketList(data=[TicketOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/tickets/{ticket_id}", roles=CUSTOMER, out=TicketOut)
def read_ticket(call: Call) -> TicketOut:
    """One of one's own tickets."""
    return TicketOut.of(store.get_own(call.path["ticket_id"], call.customer_id))
