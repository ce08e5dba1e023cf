"""In which language an article speaks, as far as its own words tell."""

from __future__ import annotations

from functools import lru_cache

from newsletter.articles.language import language_of, script_of
from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.ingest.source import IncomingArticle


def is_translation(incoming: IncomingArticle, article: Article) -> bool:
    """Return whether two texts under one slug are told in two languages: by script, or by their words."""
    one, other = tongue_of(incoming), tongue_of(article)
    if not one or not other or one == other:
        return False
    in_one_script = script_of(_told(incoming)) == script_of(_told(article))
    unsure = "latin" in (one, other) or fold(incoming.title) == fold(article.title)
    return not (in_one_script and unsure)


def tongue_of(said: IncomingArticle | Article) -> str:
    """Return the language of the words of an article, else "latin" for our letters, "" without any."""
    return _language_of(_told(said))


@lru_cache(maxsize=4096)
def _language_of(told: str) -> str:
    return language_of("", told) or script_of(told)


def _told(said: IncomingArticle | Article) -> str:
    """Return title and teaser; a title made of an address tells nothing."""
    return f"{'' if said.title_derived else said.title} {said.teaser}"
