"""What the words of a source mean here: its categories become facets, and what it never says has a default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from newsletter.expressions.fold import fold
from newsletter.ingest.source import IncomingArticle, Oddity
from newsletter.ingest.vocabulary import FIELDS


def apply(record: IncomingArticle, mapping: Mapping[str, Any]) -> IncomingArticle:
    """Return a record with the facets its categories stand for, then the defaults of facets that are still empty.

    ``mapping`` has ``categories`` {word: {facet: value or values}} and ``defaults`` {facet: value or values}. A
    category without an entry is a warning (``unknown_category``) where any category has one.
    """
    known = {fold(word): facets for word, facets in mapping.get("categories", {}).items()}
    unknown = []
    for category in record.categories:
        facets = known.get(fold(category))
        if facets is None:
            unknown.append(category)
            continue
        for facet, values in facets.items():
            record = _with(record, facet, values)
    for facet, values in mapping.get("defaults", {}).items():
        if not _has(record, facet):
            record = _with(record, facet, values)
    if not known:
        return record
    odd = [Oddity("unknown_category", "categories", f"The mapping has nothing for {word!r}.") for word in unknown]
    return replace(record, warnings=(*record.warnings, *odd))


def _has(record: IncomingArticle, facet: str) -> bool:
    return any(getattr(record, name) for name in FIELDS.get(facet, ()))


def _with(record: IncomingArticle, facet: str, values: Any) -> IncomingArticle:
    """Return the record with further values of a facet; a facet of one value keeps the one it has."""
    if facet not in FIELDS:
        return record
    name, wanted = FIELDS[facet][0], [values] if isinstance(values, str) else list(values)
    present = getattr(record, name)
    changed: dict[str, Any]
    if isinstance(present, str):
        changed = {name: present or next(iter(wanted), "")}
    else:
        had = {fold(value) for value in present}
        changed = {name: (*present, *(value for value in wanted if fold(value) not in had))}
    return replace(record, **changed)
