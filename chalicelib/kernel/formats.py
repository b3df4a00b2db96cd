"""How amounts, rates, dates, instants and boleto lines are written in each language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chalicelib.kernel.clock import local_time, parse_instant
from chalicelib.kernel.money import Money

SIGNS = {"BRL": "R$", "EUR": "€"}
# Places whose time zone is written otherwise than they are.
PLACES = {"America/Sao_Paulo": "São Paulo"}

DIGITABLE = re.compile(r"(\d{5})(\d{5})(\d{5})(\d{6})(\d{5})(\d{6})(\d)(\d{14})")


@dataclass(frozen=True)
class Style:
    """One language's habits.

    `amount` takes {number} and {sign}, `percent` takes {number}, `date` takes {day}, {month}, {year},
    `moment` takes {date}, {time} and {place}.
    """

    thousands: str
    decimal: str
    amount: str
    percent: str
    date: str
    moment: str
    months: str
    methods: Mapping[str, str]


STYLES: Mapping[str, Style] = {
    "es": Style(
        ".",
        ",",
        "{number} {sign}",
        "{number} %",
        "{day} de {month} de {year}",
        "{date}, {time} (hora de {place})",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        {
            "boleto": "boleto bancario",
            "card": "tarjeta",
            "paypal": "PayPal",
            "transfer": "transferencia bancaria",
            "redsys": "tarjeta (TPV virtual)",
        },
    ),
    "pt-BR": Style(
        ".",
        ",",
        "{sign} {number}",
        "{number}%",
        "{day} de {month} de {year}",
        "{date}, {time} (horário de {place})",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        {
            "boleto": "boleto bancário",
            "card": "cartão",
            "paypal": "PayPal",
            "transfer": "transferência bancária",
            "redsys": "cartão (TPV virtual)",
        },
    ),
    "en": Style(
        ",",
        ".",
        "{sign} {number}",
        "{number}%",
        "{day} {month} {year}",
        "{date}, {time} ({place} time)",
        "January February March April May June July August September October November December",
        {
            "boleto": "boleto (bank slip)",
            "card": "card",
            "paypal": "PayPal",
            "transfer": "bank transfer",
            "redsys": "card (virtual POS)",
        },
    ),
}


def money(style: Style, amount: Money) -> str:
    """`Money(123456, "BRL")` → `R$ 1.234,56` in pt-BR; whole pesos for CLP."""
    whole, _, cents = amount.decimal().partition(".")
    number = re.sub(r"\B(?=(?:\d{3})+$)", style.thousands, whole) + (
        f"{style.decimal}{cents}" if cents else ""
    )
    return style.amount.format(number=number, sign=SIGNS.get(amount.currency, amount.currency))


def percent(style: Style, basis_points: int) -> str:
    """2100 → `21 %` in Spanish; 1050 → `10,5 %`."""
    whole, rest = divmod(basis_points, 100)
    fraction = f"{rest:02d}".rstrip("0")
    return style.percent.format(number=f"{whole}{style.decimal}{fraction}" if fraction else str(whole))


def day(style: Style, value: str | date) -> str:
    """`2026-11-27` → `27 de noviembre de 2026` in Spanish."""
    that = date.fromisoformat(value) if isinstance(value, str) else value
    return style.date.format(day=that.day, month=style.months.split()[that.month - 1], year=that.year)


def moment(style: Style, instant: str, zone: str) -> str:
    """`2026-12-12T03:00:00Z` in São Paulo → `12 de diciembre de 2026, 00:00 (hora de São Paulo)`."""
    local = local_time(parse_instant(instant), zone)
    place = PLACES.get(zone) or zone.rpartition("/")[2].replace("_", " ")
    return style.moment.format(date=day(style, local.date()), time=f"{local:%H:%M}", place=place)


def digitable(line: str) -> str:
    """The 47 digits of a boleto in the five groups in which banks print and ask for them."""
    return DIGITABLE.sub(r"\1.\2 \3.\4 \5.\6 \7 \8", re.sub(r"\D", "", line))
