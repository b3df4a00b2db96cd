"""The sentence that goes with each validation code, for a tool to show to a person."""

from __future__ import annotations

from collections.abc import Mapping

# A key whose checksum does not fit is as unknown as any other, but its reader can do something about it.
MISTYPED = {
    "en": "This is not a key: there is a typing error in it.",
    "es": "Esto no es una clave: contiene un error de escritura.",
    "pt-BR": "Isto não é uma chave: há um erro de digitação.",
}

DETAILS: Mapping[str, Mapping[str, str]] = {
    "NOT_FOUND": {
        "en": "This key is not known.",
        "es": "Esta clave no se conoce.",
        "pt-BR": "Esta chave não é conhecida.",
    },
    "REVOKED": {
        "en": "This licence was revoked.",
        "es": "Esta licencia fue revocada.",
        "pt-BR": "Esta licença foi revogada.",
    },
    "SUSPENDED": {
        "en": "This licence is suspended.",
        "es": "Esta licencia está suspendida.",
        "pt-BR": "Esta licença está suspensa.",
    },
    "UNPAID": {
        "en": "What was paid for has ended: a payment is missing.",
        "es": "Lo pagado ha terminado: falta un pago.",
        "pt-BR": "O período pago terminou: falta um pagamento.",
    },
    "EXPIRED": {
        "en": "This licence has expired.",
        "es": "Esta licencia ha caducado.",
        "pt-BR": "Esta licença expirou.",
    },
    "NOT_ACTIVATED": {
        "en": "This licence is not activated for this installation.",
        "es": "Esta licencia no está activada en esta instalación.",
        "pt-BR": "Esta licença não está ativada nesta instalação.",
    },
    "FINGERPRINT_MISMATCH": {
        "en": "This licence is used by another installation.",
        "es": "Esta licencia se usa en otra instalación.",
        "pt-BR": "Esta licença é usada por outra instalação.",
    },
    "TOO_MANY_ACTIVATIONS": {
        "en": "All seats of this licence are taken by other installations.",
        "es": "Otras instalaciones ocupan todas las plazas de esta licencia.",
        "pt-BR": "Outras instalações ocupam todas as vagas desta licença.",
    },
    "ADDON_UNKNOWN": {
        "en": "The licence does not include one of the addons asked for.",
        "es": "La licencia no incluye alguno de los complementos pedidos.",
        "pt-BR": "A licença não inclui algum dos complementos pedidos.",
    },
    "ADDON_DISABLED": {
        "en": "One of the addons asked for is turned off.",
        "es": "Alguno de los complementos pedidos está desactivado.",
        "pt-BR": "Algum dos complementos pedidos está desativado.",
    },
    "ADDON_EXPIRED": {
        "en": "One of the addons asked for has expired.",
        "es": "Alguno de los complementos pedidos ha caducado.",
        "pt-BR": "Algum dos complementos pedidos expirou.",
    },
    "IN_GRACE": {
        "en": "Past its end, within the days of grace: renew soon.",
        "es": "Vencida, en los días de gracia: renueve pronto.",
        "pt-BR": "Vencida, nos dias de carência: renove logo.",
    },
    "VALID": {
        "en": "The licence is valid.",
        "es": "La licencia es válida.",
        "pt-BR": "A licença é válida.",
    },
}
