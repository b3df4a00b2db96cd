"""The HTML of the sandbox's pages: plain, readable without styles or scripts, every value escaped."""

from dataclasses import asdict
from html import escape

from infra.sandbox.knobs import Knobs
from infra.sandbox.wire import Json

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .6rem .4rem 0; }
tr { border-bottom: 1px solid #d5dae2; } caption { text-align: left; font-weight: 600; padding: .6rem 0; }
button { font: inherit; padding: .35rem 1rem; border: 0; border-radius: .3rem;
  background: #17518f; color: #fff; }
label { display: block; margin: .5rem 0; } input { font: inherit; } code { overflow-wrap: anywhere; }
.note { background: #fdf3d8; padding: .5rem .8rem; border-radius: .3rem; }
"""
_LABELS = {
    "duplicate": "Extra copies of each webhook",
    "delay_seconds": "Seconds before each webhook",
    "reorder": "Send the later event first",
    "wrong_amount": "Minor units added to new and newly paid charges",
    "bad_signature": "Sign webhooks with a wrong secret",
    "lost_answer": "Creating calls that get no answer",
    "decline": "Refuse new charges",
}


def page(title: str, body: str) -> str:
    """A whole page; `body` is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}"
        '<p class="note">Sandbox for development: no money moves here.</p></main></body></html>'
    )


def note(text: str) -> str:
    """A remark that a screen reader announces."""
    return f'<p class="note" role="status">{escape(text)}</p>' if text else ""


def money(amount: int, currency: str) -> str:
    """An amount of minor units for reading; the Chilean peso has none."""
    return f"{currency} {amount:,}" if currency == "CLP" else f"{currency} {amount / 100:,.2f}"


def pay_form(action: str, label: str) -> str:
    """A button that posts to `action`."""
    return f'<form method="post" action="{escape(action)}"><button>{escape(label)}</button></form>'


def charges_table(charges: list[Json]) -> str:
    """The charges with a button for each one that can be paid."""
    if not charges:
        return "<p>No charges yet. They appear here when the application creates them.</p>"
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("Charge", "Provider", "Amount", "State", "Pay")
    )
    rows = "".join(_charge_row(charge) for charge in charges)
    head = f"<caption>Charges, newest first</caption><thead><tr>{heads}</tr></thead>"
    return f"<table>{head}<tbody>{rows}</tbody></table>"


def _charge_row(charge: Json) -> str:
    name = charge["reference"] or charge["id"]
    button = pay_form(f"/pay/{charge['id']}", f"Pay {name}") if charge["payable"] else ""
    cells = (
        f'<a href="{escape(charge["page"])}"><code>{escape(name)}</code></a>',
        escape(charge["provider"]),
        escape(money(charge["amount"], charge["currency"])),
        escape(charge["status"]),
        button,
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def knobs_form(knobs: Knobs, errors: dict[str, str]) -> str:
    """The knobs as they stand, each with what was wrong with the value last given."""
    fields = "".join(_knob_field(name, value, errors.get(name, "")) for name, value in asdict(knobs).items())
    return f'<h2>Knobs</h2><form method="post" action="/knobs">{fields}<button>Set the knobs</button></form>'


def _knob_field(name: str, value: float, error: str) -> str:
    if isinstance(value, bool):
        field = f'<input type="checkbox" name="{name}"{" checked" if value else ""}>'
    else:
        field = f'<input type="number" step="any" name="{name}" value="{value}">'
    return f"<label>{field} {_LABELS[name]}</label>" + (note(f"{name} {error}") if error else "")


def details(pairs: dict[str, str]) -> str:
    """Names with their values."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in pairs.items()
    )
    return f"<table><tbody>{rows}</tbody></table>"
