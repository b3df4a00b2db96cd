"""The columns of a bank's CSV, found by what banks call them in Spanish, Portuguese and English (V8)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Before what is numbered: `Nº operación`, `N° documento`, `Número do documento`, `Id. transacción`.
_NUMBER = ("n", "no", "nr", "nro", "num", "numero", "numerode", "numerodo", "id")
_NUMBERED = ("operacion", "operacao", "transaccion", "transacao", "movimiento", "documento", "doc")

# Names as `bare` makes them, the most telling of each column first: a day of value goes before one of
# operation, a number that the bank gave before a reference.
NAMES: Mapping[str, tuple[str, ...]] = {
    "date": (
        *("fechavalor", "fechadevalor", "fvalor", "datavalor", "datadevalor", "valuedate", "fechavaluta"),
        *("fecha", "data", "date", "fechaoperacion", "fechadeoperacion", "foperacion", "foper"),
        *("fechaoper", "foperativa", "fechaoperativa", "fechacontable", "fcontable", "fechamovimiento"),
        *("fechatransaccion", "datamov", "datamovimento", "datalancamento", "datadolancamento"),
        *("dataoperacao", "datadaoperacao", "bookingdate", "postingdate", "posteddate", "transactiondate"),
        *("operationdate", "completeddate"),
    ),
    "amount": ("importe", "monto", "amount", "montante", "quantia", "valor", "value"),
    "credit": (
        *("abono", "abonos", "haber", "ingreso", "ingresos", "credito", "creditos", "credit", "credits"),
        *("deposito", "depositos", "depositosabonos", "depositosyabonos", "entrada", "entradas"),
        *("montoabono", "creditamount", "paidin", "moneyin"),
    ),
    "debit": (
        *("cargo", "cargos", "debe", "adeudo", "adeudos", "gasto", "gastos", "debito", "debitos", "debit"),
        *("debits", "chequescargos", "chequesycargos", "giro", "giros", "saida", "saidas", "montocargo"),
        *("debitamount", "paidout", "moneyout", "withdrawal", "withdrawals"),
    ),
    # One amount, and beside it which way it went.
    "side": (
        *("dc", "cd", "debcred", "creddeb", "debitocredito", "creditodebito", "debitcredit", "creditdebit"),
        *("debehaber", "cargoabono", "abonocargo"),
    ),
    "reference": (
        *(f"{number}{what}" for what in _NUMBERED for number in _NUMBER),
        *("id", "transactionid", "identificador", "bankreference", "documento", "docto"),
        *("referencia", "reference", "ref"),
    ),
    "currency": ("divisa", "moneda", "moeda", "currency"),
    "text": (
        *("concepto", "descripcion", "descricao", "description", "historico", "detalle", "detalhe"),
        *("details", "observaciones", "observacoes", "movimiento", "lancamento", "glosa", "memo"),
        *("narrative", "comentario", "comentarios", "ordenante", "beneficiario", "beneficiarioordenante"),
        *("referencia1", "referencia2", "paymentreference", "payer", "name", "nome", "nombre", "masdatos"),
        *("informacionadicional", "detalledetransaccion", "descripcionmovimiento", "conceptodescripcion"),
        *("transactiondescription", "remittanceinformation"),
    ),
}
_RANKED = {name: (column, rank) for column, names in NAMES.items() for rank, name in enumerate(names)}

# A currency may stand behind the name of an amount: `Importe (€)`, `Valor (R$)`, `Amount EUR`.
CURRENCIES = {
    **dict.fromkeys(("eur", "euro", "euros"), "EUR"),
    **dict.fromkeys(("brl", "real", "reais"), "BRL"),
    **{"clp": "CLP", "usd": "USD"},
}
_SIGNS = {"€": "EUR", "US$": "USD", "R$": "BRL"}

SIDES = {
    **dict.fromkeys(("c", "cr", "h", "credito", "credit", "abono", "haber"), "credit"),
    **dict.fromkeys(("d", "dr", "db", "debito", "debit", "cargo", "debe"), "debit"),
}
# Where the column is called charge and payment, C is the charge.
CHARGES = {**SIDES, "c": "debit", "a": "credit"}


@dataclass(frozen=True)
class Layout:
    """Which cell holds which column, which hold what is said of a movement, and how many have a name.

    `currency` is the one that an amount's name tells; `sides` are the words of the column `side`.
    """

    columns: Mapping[str, int]
    texts: tuple[int, ...]
    width: int
    currency: str | None
    sides: Mapping[str, str]


def layout_of(cells: Sequence[str]) -> Layout | None:
    """The layout that a header gives; None for a line that names no days or no amounts."""
    named = [_named(bare(cell)) for cell in cells]
    names = _with_days_of_value([name for name, _ in named])
    found: dict[str, list[tuple[int, int]]] = {}
    for at, name in enumerate(names):
        if name in _RANKED:
            column, rank = _RANKED[name]
            found.setdefault(column, []).append((rank, at))
    columns = {column: min(places)[1] for column, places in found.items() if column != "text"}
    if "date" not in columns or not {"amount", "credit"} & columns.keys():
        return None
    # Any other reference than the bank's own is the payer's: what he wrote.
    said = [at for _, at in (*found.get("text", ()), *found.get("reference", ()))]
    return Layout(
        columns,
        tuple(sorted(at for at in said if at != columns.get("reference"))),
        width(cells),
        next((currency for _, currency in named if currency), None),
        CHARGES if {"cargoabono", "abonocargo"} & set(names) else SIDES,
    )


def bare(text: str) -> str:
    """A name without accents, case, spacing and punctuation: `Nº Operación` → `nooperacion`."""
    for sign, code in _SIGNS.items():
        text = text.replace(sign, code)
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def width(cells: Sequence[str]) -> int:
    """The number of cells without the empty ones at the end."""
    return max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _named(name: str) -> tuple[str, str | None]:
    """A column's name without the currency behind it, if it is one of amounts, and that currency."""
    for ending, currency in CURRENCIES.items():
        rest = name.removesuffix(ending)
        if rest != name and _RANKED.get(rest, ("",))[0] in ("amount", "credit", "debit"):
            return rest, currency
    return name, None


def _with_days_of_value(names: list[str]) -> list[str]:
    """Beside another name for the amount, `Valor` is short for the day of value."""
    amounts = {name for name in names if name in NAMES["amount"]}
    short = {"valor", "value"} if amounts - {"valor", "value"} else set()
    return ["fechavalor" if name in short else name for name in names]
