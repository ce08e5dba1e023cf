"""A title that names one part of the world, and tags that name another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.articles.models import Article
from newsletter.ingest.doctor.known import Known
from newsletter.ingest.doctor.odd import Odd, Where, odd


@dataclass(frozen=True, slots=True)
class RegionContradicts:
    """Only where every tag is a place that is known, and no place of the title touches any of them."""

    code: str = "region_contradicts"
    exact: bool = False

    def candidates(self, known: Known) -> Where:
        return Where("a.regions <> '{}'")

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        if not article.regions:
            return
        named = known.places.named_in(article.title)
        if not named:
            return
        tagged = [known.places.of_tag(tag) for tag in article.regions]
        covered = frozenset().union(*tagged)
        if not all(tagged) or any(mention.territories & covered for mention in named):
            return
        names = ", ".join(dict.fromkeys(mention.words for mention in named))
        tags = [tag for mention in named if (tag := known.region_tags.get(mention.territories))]
        yield odd(
            article,
            self.code,
            "regions",
            ", ".join(article.regions),
            f"The title names {names}, the tags are {', '.join(article.regions)}.",
            f"Is it about {', '.join(dict.fromkeys(tags)) or names}?",
            proposal=tuple(dict.fromkeys(tags)) or None,
        )
