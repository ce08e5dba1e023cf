"""One author spelled in two ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.ingest.doctor.known import Known
from newsletter.ingest.doctor.odd import NOWHERE, Odd, Where, odd, replaced


@dataclass(frozen=True, slots=True)
class SpelledTwoWays:
    """The name seen less often is the odd one."""

    code: str = "author_spelling"
    exact: bool = False

    def candidates(self, known: Known) -> Where:
        names = list(known.author_spellings)
        keys = sorted({f"author={fold(name)}" for name in names})
        return Where("a.facet_keys && %s::text[] and a.authors && %s::text[]", (keys, names)) if names else NOWHERE

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        for name in article.authors:
            if right := known.author_spellings.get(name):
                yield odd(
                    article,
                    self.code,
                    "authors",
                    name,
                    f"{name} is elsewhere mostly {right.name}; they differ in {right.differs}.",
                    f"Did you mean {right.name}?",
                    proposal=replaced(article.authors, name, right.name),
                )
