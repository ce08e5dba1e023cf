"""The folded ``facet=value`` strings an article is found by: one function for the importer and for selectors.

A facet without a value has the sentinel ``facet=``, so that "none" is a lookup like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from newsletter.articles.models import Article
from newsletter.expressions.fold import fold

READS: Mapping[str, Callable[[Article], Iterable[str]]] = {
    "newsletter": lambda article: article.newsletters,
    "affiliation": lambda article: [*article.center_codes, *article.program_codes],
    "center": lambda article: [*article.center_codes, *article.centers],
    "program": lambda article: [*article.program_codes, *article.programs],
    "primary-center": lambda article: [article.primary_center],
    "project": lambda article: article.projects,
    "collection": lambda article: article.collections,
    "region": lambda article: article.regions,
    "topic": lambda article: article.topics,
    "type": lambda article: [article.type],
    "blog": lambda article: [article.blog],
    "author": lambda article: article.authors,
    "source": lambda article: [article.source],
    "language": lambda article: [article.language],
}


def facet_keys_of(article: Article) -> list[str]:
    """Return the keys of an article, sorted, each once."""
    return sorted({found for facet in READS for found in _keys(facet, values_of(article, facet))})


def values_of(article: Article, facet: str) -> list[str]:
    """Return the values a keyed facet reads from an article, as people wrote them; empty ones are left out."""
    return [value for value in READS[facet](article) if value]


def key(facet: str, value: str) -> str:
    """Return the key of one value."""
    return f"{facet}={fold(value)}"


def _keys(facet: str, values: list[str]) -> list[str]:
    return [key(facet, value) for value in values if fold(value)] or [f"{facet}="]
