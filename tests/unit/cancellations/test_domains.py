"""Where responsibility for a name stands, and that no password is asked for to move it (C10)."""

from __future__ import annotations

import pytest

from chalicelib.cancellations.domains import looks_like_password, registrar_of, tells_password


@pytest.mark.parametrize(
    ("domain", "register"),
    [
        ("loja.com.br", "registro.br"),
        ("LOJA.COM.BR.", "registro.br"),
        ("tienda.cl", "nic.cl"),
        ("tienda.es", "dominios.es"),
        ("shop.com", "godaddy.com"),
        ("br.com", "godaddy.com"),
    ],
)
def test_responsibility_is_looked_up_where_the_name_is_registered(domain: str, register: str) -> None:
    assert registrar_of(domain) == register


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "registrar_password",
        "registrarPassword",
        "Senha",
        "senha2",
        "contraseña",
        "PWD",
        "passcode",
    ],
)
def test_a_field_for_a_password_is_known_by_its_name(name: str) -> None:
    assert looks_like_password(name)


@pytest.mark.parametrize("name", ["authorization_code", "registrar_id", "evidence", "passport", "compass"])
def test_other_fields_are_not(name: str) -> None:
    assert not looks_like_password(name)


@pytest.mark.parametrize(
    "text",
    [
        "senha: abc",
        "A SENHA É abc",
        "a senha dele é abc",
        "la contraseña es abc",
        "contraseña=abc",
        "the password is hunter",
        "login ana, pwd x1y2",
        "passwords: a and b",
    ],
)
def test_a_text_that_tells_a_password_is_known(text: str) -> None:
    assert tells_password(text)


@pytest.mark.parametrize(
    "text",
    [
        "He forgot his password",
        "A senha e o contrato ficam com ele",
        "no recuerda la contraseña",
        "the key point: price",
        "passport: none",
    ],
)
def test_a_text_may_well_speak_of_passwords(text: str) -> None:
    assert not tells_password(text)
