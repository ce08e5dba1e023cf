"""A type that is another one written wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.ingest.doctor.known import Known
from newsletter.ingest.doctor.odd import NOWHERE, Odd, Where, odd


@dataclass(frozen=True, slots=True)
class TypeSpelling:
    """``comentary`` beside hundreds of ``commentary``, ``press-release`` beside ``pressRelease``."""

    code: str = "type_spelling"
    exact: bool = False

    def candidates(self, known: Known) -> Where:
        keys = sorted({f"type={fold(value)}" for value in known.type_typos})
        return Where("a.facet_keys && %s::text[]", (keys,)) if keys else NOWHERE

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        if right := known.type_typos.get(article.type):
            words = f"The type {article.type!r} is seen hardly anywhere else."
            yield odd(article, self.code, "type", article.type, words, f"Did you mean {right}?", proposal=(right,))
