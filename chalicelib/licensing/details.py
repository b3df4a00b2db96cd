"""The sentence that goes with each validation code, for a tool to show to a person."""

DETAILS = {
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
    "EXPIRED": {
        "en": "This licence has expired.",
        "es": "Esta licencia ha caducado.",
        "pt-BR": "Esta licença expirou.",
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
