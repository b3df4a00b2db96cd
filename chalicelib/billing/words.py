"""What invoices and credit notes say besides their data, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What a tax id is called depends on who gave it out, not on the reader.
TAX_IDS = {"BR": "CPF/CNPJ", "CL": "RUT", "ES": "NIF"}


@dataclass(frozen=True)
class Words:
    """One language's words.

    `corrects` takes {number} and {date}, `tax` takes {name}, {rate} and {base}, `boleto` takes {date},
    `account` takes {account}, `reference` takes {number}, `page` takes {page} and {pages}. Countries without
    a name are shown by their code.
    """

    invoice: str
    credit_note: str
    customer: str
    tax_id: str
    description: str
    quantity: str
    price: str
    price_without_tax: str
    price_with_tax: str
    amount: str
    corrects: str
    net: str
    tax: str
    total: str
    how_to_pay: str
    online: str
    boleto: str
    account: str
    reference: str
    page: str
    countries: Mapping[str, str]


WORDS: Mapping[str, Words] = {
    "es": Words(
        invoice="Factura",
        credit_note="Factura rectificativa",
        customer="Cliente",
        tax_id="Id. fiscal",
        description="Descripción",
        quantity="Cantidad",
        price="Precio",
        price_without_tax="Precio sin impuestos",
        price_with_tax="Precio con impuestos",
        amount="Importe",
        corrects="Rectifica la factura {number} del {date}.",
        net="Base imponible",
        tax="{name} {rate} sobre {base}",
        total="Total",
        how_to_pay="Cómo pagar",
        online="Pague en línea:",
        boleto="Vence el {date}.",
        account="Cuenta: {account}",
        reference="Indique como concepto: {number}",
        page="Página {page} de {pages}",
        countries={"BR": "Brasil", "CL": "Chile", "ES": "España"},
    ),
    "pt-BR": Words(
        invoice="Fatura",
        credit_note="Nota de crédito",
        customer="Cliente",
        tax_id="Id. fiscal",
        description="Descrição",
        quantity="Quantidade",
        price="Preço",
        price_without_tax="Preço sem impostos",
        price_with_tax="Preço com impostos",
        amount="Valor",
        corrects="Corrige a fatura {number} de {date}.",
        net="Base de cálculo",
        tax="{name} {rate} sobre {base}",
        total="Total",
        how_to_pay="Como pagar",
        online="Pague on-line:",
        boleto="Vence em {date}.",
        account="Conta: {account}",
        reference="Informe como referência: {number}",
        page="Página {page} de {pages}",
        countries={"BR": "Brasil", "CL": "Chile", "ES": "Espanha"},
    ),
    "en": Words(
        invoice="Invoice",
        credit_note="Credit note",
        customer="Bill to",
        tax_id="Tax ID",
        description="Description",
        quantity="Quantity",
        price="Price",
        price_without_tax="Price without tax",
        price_with_tax="Price with tax",
        amount="Amount",
        corrects="Corrects invoice {number} of {date}.",
        net="Net",
        tax="{name} {rate} on {base}",
        total="Total",
        how_to_pay="How to pay",
        online="Pay online:",
        boleto="Due on {date}.",
        account="Account: {account}",
        reference="Quote as the reference: {number}",
        page="Page {page} of {pages}",
        countries={"BR": "Brazil", "CL": "Chile", "ES": "Spain"},
    ),
}
