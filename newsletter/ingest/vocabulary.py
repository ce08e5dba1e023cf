"""Closed vocabularies: a facet whose values are listed for a source takes no other, so that a slip is heard at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from newsletter.expressions.fold import fold
from newsletter.ingest.source import IncomingArticle, RefusedRecord
from newsletter.ingest.write_object import FORM, write_object

FIELDS: Mapping[str, tuple[str, ...]] = {  # facet -> the fields of a record that hold its values
    "newsletter": ("newsletters",),
    "affiliation": ("center_codes", "program_codes"),
    "center": ("center_codes", "centers", "primary_center"),
    "program": ("program_codes", "programs"),
    "primary-center": ("primary_center",),
    "project": ("projects",),
    "collection": ("collections",),
    "region": ("regions",),
    "topic": ("topics",),
    "type": ("type",),
    "blog": ("blog",),
    "author": ("authors",),
    "language": ("language",),
}


def check(record: IncomingArticle, vocabulary: Mapping[str, Sequence[str]]) -> RefusedRecord | None:
    """Return why a record is refused (``unknown_value``), None when every value of every closed facet is known.

    Values are compared folded. The refusal names all of them, each with the nearest known one.
    """
    wrong = [
        (facet, value)
        for facet, known in vocabulary.items()
        for value in _values(record, facet)
        if fold(value) not in {fold(one) for one in known}
    ]
    if not wrong:
        return None
    words = "; ".join(f"{facet} {value!r} is not known here{_hint(value, vocabulary[facet])}" for facet, value in wrong)
    place = ", ".join(dict.fromkeys(facet for facet, _ in wrong))
    message = f"{words[:1].upper()}{words[1:]}."
    return RefusedRecord(record.key, "unknown_value", message, place, write_object(record), form=FORM, url=record.url)


def _values(record: IncomingArticle, facet: str) -> list[str]:
    found: list[str] = []
    for name in FIELDS.get(facet, ()):
        value = getattr(record, name)
        found += [value] if isinstance(value, str) else list(value)
    return [value for value in dict.fromkeys(found) if fold(value)]


def _hint(value: str, known: Sequence[str]) -> str:
    folded = {fold(one): one for one in known}
    near = difflib.get_close_matches(fold(value), folded, 1, 0.6)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""
