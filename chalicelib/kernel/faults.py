"""What is wrong with one value: a stable code, and a sentence in the reader's language (B12).

The sentences are in `texts_en`, `texts_es` and `texts_pt_br`, by the name of the fault. Faults that pydantic
finds have its own types for names, and its contexts for facts.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.kernel import texts_en, texts_es, texts_pt_br

TEXTS: Mapping[str, Mapping[str, str]] = {
    "es": texts_es.TEXTS,
    "pt-BR": texts_pt_br.TEXTS,
    "en": texts_en.TEXTS,
}
# What is said of a fault of pydantic's that no schema of ours is known to find.
OTHER = "other"


class Fault(ValueError):
    """One thing wrong with a value, raised or handed on; `facts` fill its sentence.

    The name is the code, or the code, a dot and which of its sentences: `currency.of_payment`.
    """

    def __init__(self, name: str, /, **facts: object) -> None:
        super().__init__(name)
        self.name = name
        self.facts = facts

    def __str__(self) -> str:
        return self.message("en")

    @property
    def code(self) -> str:
        """What programs match."""
        return self.name.partition(".")[0]

    def message(self, locale: str) -> str:
        """The sentence in a language."""
        texts = TEXTS[locale]
        return texts.get(self.name, texts[OTHER]).format(**self.facts)
