"""A language that contradicts the section of the site, or the words themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.articles.language import SECTIONS, language_of
from newsletter.articles.models import Article
from newsletter.ingest.doctor.known import Known
from newsletter.ingest.doctor.odd import Odd, Where, odd

LEAST_LETTERS = 25  # fewer tell no language


@dataclass(frozen=True, slots=True)
class LanguageContradicts:
    """``/ru/`` in the address over an English text, or the other way round."""

    code: str = "language_contradicts"
    exact: bool = False

    def candidates(self, known: Known) -> Where:
        section = rf"^[a-z]+://[^/]+/([^/?]+/)?({'|'.join(SECTIONS)})([/?]|$)|[?&]lang="
        return Where("a.url ~* %s", (section,))

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        section = language_of(article.url, "")
        if not section or "language" in article.overrides:
            return
        said = f"{article.title} {article.teaser}" if not article.title_derived else article.teaser
        spoken = language_of("", said) if len(said) >= LEAST_LETTERS else ""
        if not spoken or _same(spoken, section):
            return
        yield odd(
            article,
            self.code,
            "language",
            article.language,
            f"The address lies in the section {section!r}, the words are in {spoken!r}.",
            f"Is the language {spoken}?",
            proposal=(spoken,),
        )


def _same(one: str, other: str) -> bool:
    return one.split("-")[0] == other.split("-")[0]
