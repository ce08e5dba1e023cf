"""Fields and columns under a source's own names, as those an object has here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.ingest.tidy import letters

TEXTS = (
    *("key", "title", "teaser", "body", "url", "published", "modified", "minor", "language", "image_url"),
    *("image_alt", "image_credit", "originally_published_in", "type", "blog"),
)
LISTED = ("authors", "urls", "categories")
FACETS: Mapping[str, str] = {  # facet -> the key of the page export that holds it
    "newsletter": "englishNewsletterAll",
    "center": "centers",
    "center-code": "centerAffiliationAll",
    "primary-center": "primaryCenter",
    "program": "programs",
    "program-code": "programAffiliation",
    "project": "projects",
    "collection": "collections",
    "region": "regions",
    "topic": "topics",
}
FIELDS = (*TEXTS, *LISTED, *FACETS)
OWN = frozenset((*TEXTS, *LISTED, *FACETS.values(), "nonEnglishNewsletterAll", "id"))
_ALIASES = {letters(name): name for name in OWN} | {
    letters(alias): own
    for own, aliases in {
        "authors": "author byline",
        "categories": "category tags tag",
        "url": "link address",
        "published": "date published_at published_on",
        "modified": "updated modified_at updated_at",
        "englishNewsletterAll": "newsletter newsletters",
        "centers": "center",
        "primaryCenter": "primary_center",
        "programs": "program",
        "projects": "project",
        "collections": "collection",
        "regions": "region",
        "topics": "topic",
        "image_url": "image",
    }.items()
    for alias in aliases.split()
}


def own_name(column: str) -> str:
    """Return what a column is called here, "" for one nobody reads: "Image URL" is ``image_url``."""
    return column if column in OWN else _ALIASES.get(letters(column), "")


def renamed(value: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """Return the object under our names; ``columns`` is field -> the source's name, dots go into objects."""
    plain = {name: what for name, what in value.items() if what is not None}
    named = {own: what for name, what in plain.items() if (own := own_name(name))} | {
        name: what for name, what in plain.items() if name in OWN
    }
    for ours, theirs in columns.items():
        found = value.get(theirs, _inside(value, theirs))
        if found is not None:
            named[FACETS.get(ours, ours)] = found
    return named


def _inside(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
