"""Routes of the online invoice: pages for whoever knows its address, without sign-in (V8).

Every link is relative to the page, so that it may lie below any address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.billing import page
from chalicelib.billing.documents import MEDIA_TYPE, DocumentNotReady, disposition
from chalicelib.billing.page import Page
from chalicelib.edge.replies import FORM, HTML, Reply
from chalicelib.edge.routes import Call, route
from chalicelib.flows import online
from chalicelib.flows.online_schemas import PageQuery, StateOut, WayIn
from chalicelib.kernel.errors import LOCALES, Conflict, TooManyRequests, Unavailable

bp = Blueprint(__name__)

# What can only be wrong with a form that was posted.
POSTED = (400, 409, 413, 415, 422)


def _problem(problem: Mapping[str, Any], locale: str, path: Mapping[str, str]) -> Reply:
    """A problem as a page: with the way back from a form, or the id to quote of what we must mend."""
    faults = [f"{error['pointer']}: {error['detail']}" for error in problem["errors"]]
    quoted = [problem["request_id"]] if problem["status"] >= 500 else []
    back = f"../{quote(path['token'])}" if problem["status"] in POSTED else ""
    return _reply(page.refusal(locale, problem["title"], problem["detail"], [*faults, *quoted], back))


@route(bp, "GET", "/i/{token}", query=PageQuery, page=_problem, refuses=(TooManyRequests,))
def show_online_invoice(call: Call, query: PageQuery) -> Reply:
    """The online invoice: how it stands and how to pay it, as a page (V8)."""
    wiring.limits().take_address(call.address)
    view = online.view(call.path["token"], wiring.links(), wiring.vendor())
    locale = query.lang if query.lang in LOCALES else view.locale
    return _reply(page.online(view, call.path["token"], locale))


@route(bp, "GET", "/i/{token}/state", out=StateOut, refuses=(TooManyRequests,))
def show_online_state(call: Call) -> StateOut:
    """How the online invoice stands, for its page to ask again and again."""
    wiring.limits().take_address(call.address)
    return StateOut.of(online.view(call.path["token"], wiring.links(), wiring.vendor()))


@route(
    bp,
    "GET",
    "/i/{token}/pdf",
    page=_problem,
    media_types=(MEDIA_TYPE,),
    refuses=(DocumentNotReady, TooManyRequests, Unavailable),
)
def show_online_pdf(call: Call) -> Reply:
    """The online invoice as a PDF: the same bytes each time (V1)."""
    wiring.limits().take_address(call.address)
    invoice, content = online.document(call.path["token"], wiring.links(), wiring.archive())
    headers = {**page.HEADERS, "Content-Disposition": disposition(invoice.number)}
    return Reply(content, headers=headers, media_type=MEDIA_TYPE)


@route(
    bp,
    "POST",
    "/i/{token}/payments",
    query=PageQuery,
    body=WayIn,
    reads=FORM,
    status=303,
    page=_problem,
    refuses=(Conflict, TooManyRequests),
)
def pay_online(call: Call, query: PageQuery, body: WayIn) -> Reply:
    """Begin to pay by a form of the page, and go back there: it leads on to the provider."""
    wiring.limits().take_address(call.address)
    token = call.path["token"]
    online.pay(token, body.method, wiring.links(), wiring.vendor(), call.now)
    language = f"?lang={query.lang}" if query.lang in LOCALES else ""
    return Reply("", 303, {**page.HEADERS, "Location": f"../{quote(token)}{language}#go"}, HTML)


def _reply(shown: Page) -> Reply:
    return Reply(shown.html, headers=shown.headers, media_type=HTML)
