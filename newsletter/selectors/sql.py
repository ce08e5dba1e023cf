"""A condition in SQL: its text with places for values, and the values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sql:
    """``text`` is composed from constants of ours; what people wrote stands in ``values`` only. Never SQL's NULL."""

    text: str
    values: tuple[Any, ...] = ()


def has_all(keys: Iterable[str]) -> Sql:
    """Articles that have every one of ``keys``."""
    return Sql("facet_keys @> %s::text[]", (list(keys),))


def has_one(keys: Iterable[str]) -> Sql:
    """Articles that have one of ``keys``."""
    return Sql("facet_keys && %s::text[]", (list(keys),))


def negated(part: Sql) -> Sql:
    """Articles for which ``part`` is not true."""
    return Sql(f"not ({part.text})", part.values)


def joined(word: str, parts: Iterable[Sql]) -> Sql:
    """``parts`` with "and" or "or" between them."""
    listed = list(parts)
    if len(listed) == 1:
        return listed[0]
    text = f" {word} ".join(f"({part.text})" for part in listed)
    return Sql(text, tuple(value for part in listed for value in part.values))
