"""What every article should have and this one has not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.articles.models import Article
from newsletter.ingest.doctor.known import Known
from newsletter.ingest.doctor.odd import Odd, Where, odd


@dataclass(frozen=True, slots=True)
class Blank:
    """A field that is empty or was made up; ``empty`` is the condition in SQL."""

    code: str
    field: str
    empty: Where
    words: str
    suggestion: str
    settable: bool = True
    exact: bool = True

    def candidates(self, known: Known) -> Where:
        return self.empty

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        if self._is_blank(article):
            yield odd(article, self.code, self.field, "", self.words, self.suggestion, settable=self.settable)

    def _is_blank(self, article: Article) -> bool:
        if self.code == "derived_title":
            return article.title_derived and "title" not in article.overrides
        return not getattr(article, self.field)
