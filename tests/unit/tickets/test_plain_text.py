"""What a person wrote in a mail, and what stands around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets.plain_text import clean, from_html, one_line, written


@pytest.mark.parametrize(
    "attribution",
    [
        "On Tue, 1 Dec 2026 at 12:00, Support <s@example.com> wrote:",
        "El mar, 1 dic 2026 a las 12:00, Soporte (<s@example.com>) escribió:",
        "Em ter., 1 de dez. de 2026 às 12:00, Suporte <s@example.com> escreveu:",
        "On Tue, 1 Dec 2026 at 12:00, Support\n<s@example.com> wrote:",
    ],
)
def test_an_answer_is_read_without_the_mail_it_answers(attribution: str) -> None:
    assert written(f"Still broken.\n\n{attribution}\n> Try again\n>\n> Support\n") == "Still broken."


@pytest.mark.parametrize(
    "line", ["-----Original Message-----", "-----Mensaje original-----", "-----Mensagem original-----"]
)
def test_what_outlook_quotes_is_cut(line: str) -> None:
    assert written(f"Hola\n\n{line}\nFrom: x\n\nTexto") == "Hola"


def test_what_is_written_between_quoted_lines_stays() -> None:
    text = "> first question\nyes\n> second question\nno"
    assert written(text) == text


def test_a_mail_of_nothing_but_a_quote_stays_whole() -> None:
    assert written("> what he said") == "> what he said"


def test_a_signature_is_cut_but_not_a_long_text_below_two_hyphens() -> None:
    assert written("Hola\n-- \nAna Souza\nLoja") == "Hola"
    long = "Hola\n--\n" + "\n".join(f"line {number}" for number in range(20))
    assert written(long) == long


def test_a_sentence_that_ends_in_wrote_is_no_quote() -> None:
    assert written("On Monday the program wrote:\nerror 7") == "On Monday the program wrote:\nerror 7"


def test_html_becomes_lines() -> None:
    html = "<div>Hola,</div><p>no   puedo<br>entrar</p><style>p {}</style><!-- x --><ul><li>a<li>b</ul>"
    assert from_html(html) == "Hola,\n\nno puedo\nentrar\n\na\nb"


def test_escaped_html_is_text_again_and_nothing_else() -> None:
    assert from_html("1 &lt; 2 &amp; &lt;b&gt; 3 < 4") == "1 < 2 & <b> 3 < 4"


def test_what_is_hidden_without_an_end_is_hidden_to_the_end() -> None:
    assert from_html("a<script>b") == from_html("a<!-- b") == "a"


def test_a_line_is_one_line_of_limited_length() -> None:
    assert one_line(" a\r\n b\tc\x00 ", 4) == "a b"


@given(st.text())
def test_clean_text_has_no_controls_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not any(ord(char) < 32 and char not in "\n\t" for char in once)
    once.encode()


@given(st.text())
def test_nothing_is_written_that_was_not_there(text: str) -> None:
    assert written(text) in clean(text) or written(text) == clean(text)
    assert bool(written(text)) == bool(clean(text))
