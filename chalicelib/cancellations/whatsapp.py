"""The message that staff sends a customer by WhatsApp when he was not reached by telephone (C3, C4). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from chalicelib.cancellations.rules import Case

# Of each market: its country code, and how many digits its longest national numbers have.
COUNTRY_CODES: Mapping[str, tuple[str, int]] = {"BR": ("55", 11), "CL": ("56", 9), "ES": ("34", 9)}
CALL_BACK: Mapping[str, str] = {
    "es": (
        "Hola, {name}: le escribimos de {vendor} por su solicitud de cancelación {number}. Le hemos llamado y"
        " no hemos podido hablar con usted. ¿Cuándo le viene bien que le llamemos?"
    ),
    "pt-BR": (
        "Olá, {name}! Aqui é da {vendor}, sobre o seu pedido de cancelamento {number}. Ligamos e não"
        " conseguimos falar com você. Quando podemos ligar de novo?"
    ),
    "en": (
        "Hello {name}, this is {vendor} about your cancellation request {number}. We called and could not"
        " reach you. When may we call again?"
    ),
}
# What he said was interrupted, or has stopped half-way.
COMPLETE: Mapping[str, str] = {
    "es": (
        "Hola, {name}: le escribimos de {vendor} por su solicitud de cancelación {number}. Nuestra"
        " conversación se interrumpió. ¿Nos confirma qué desea cancelar y por qué motivo, para completarla?"
    ),
    "pt-BR": (
        "Olá, {name}! Aqui é da {vendor}, sobre o seu pedido de cancelamento {number}. Nossa conversa foi"
        " interrompida. Pode nos confirmar o que deseja cancelar e o motivo, para concluir o pedido?"
    ),
    "en": (
        "Hello {name}, this is {vendor} about your cancellation request {number}. Our conversation was"
        " interrupted. Could you confirm what you want to cancel and why, so that we can complete it?"
    ),
}


@dataclass(frozen=True)
class Addressee:
    """Whom a message goes to; `phone` as he wrote it, `locale` one of ours."""

    name: str
    locale: str
    country: str
    phone: str | None


@dataclass(frozen=True)
class Message:
    """A prepared text, and the link that opens it in WhatsApp; None without a number to send it to."""

    text: str
    url: str | None


def message(case: Case, to: Addressee, vendor: str) -> Message:
    """What is written to the customer of a case, in his language."""
    texts = COMPLETE if case.channel == "broken_off" or case.silent_since else CALL_BACK
    text = texts[to.locale].format(name=to.name.split()[0], vendor=vendor, number=case.number)
    digits = digits_of(to.phone, to.country) if to.phone else None
    return Message(text, f"https://wa.me/{digits}?text={quote(text)}" if digits else None)


def digits_of(phone: str, country: str) -> str | None:
    """A telephone number as wa.me takes it: country code and number, digits only.

    None for a national number of a country whose code is not known here.
    """
    digits = re.sub(r"\D", "", phone)
    if phone.lstrip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    if country not in COUNTRY_CODES:
        return None
    code, longest = COUNTRY_CODES[country]
    # Within Brazil, a zero before the number is dialled, and no part of it.
    national = digits.lstrip("0")
    whole = national.startswith(code) and len(national) > longest
    return national if whole else code + national
