"""What readers are grouped by, in the one form it is kept in: center, plan and tags, folded."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from newsletter.errors import Invalid
from newsletter.expressions.fold import fold
from newsletter.readers.facets.plan import PLANS

LONGEST = 60  # characters of a tag or a center's code
MOST_TAGS = 50


def tags_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return tags folded, sorted, each once; raises ``Invalid`` for one that nobody could write in a group."""
    tags = sorted({folded for value in values if (folded := fold(value))})
    for tag in tags:
        _check(tag, "tag")
    if len(tags) > MOST_TAGS:
        raise Invalid(f"{len(tags)} tags are too many.", where="tags", fix=f"Give at most {MOST_TAGS}.")
    return tuple(tags)


def center_of(value: str) -> str:
    """Return the code of a center as it is kept."""
    code = fold(value)
    _check(code, "center")
    return code


def plan_of(value: str) -> str:
    """Return plain, paid, or "" for nothing said."""
    plan = fold(value)
    if plan not in ("", *PLANS):
        raise Invalid(f"{value[:20]!r} is no plan.", where="plan", fix="Write plain or paid.")
    return plan


def _check(word: str, what: str) -> None:
    if len(word) > LONGEST or any(unicodedata.category(sign).startswith(("C", "Z")) and sign != " " for sign in word):
        raise Invalid(f"{word[:20]!r} is no {what}.", where=what, fix=f"Use at most {LONGEST} readable characters.")
