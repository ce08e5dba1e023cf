"""What is odd in one article, and what a check has to be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from newsletter.articles.models import Article
from newsletter.ingest.doctor.known import Known

LONGEST_VALUE = 300  # of what a person settled; longer values are told by their beginning


@dataclass(frozen=True, slots=True)
class Odd:
    """One oddity: which article, which field with which value, why, and what would set it right.

    ``proposal`` is the whole new value of the field, one text a line, where the doctor knows one; None where only a
    person can tell. ``settable`` says whether a person can set the field right at the desk.
    """

    article_id: int
    title: str
    code: str
    field: str
    value: str
    words: str
    suggestion: str
    present: tuple[str, ...] = ()
    proposal: tuple[str, ...] | None = None
    settable: bool = True

    @property
    def key(self) -> str:
        """Return what tells this oddity from the others of its article."""
        return hashlib.sha256(f"{self.code}|{self.field}|{self.value}".encode("utf-8", "replace")).hexdigest()[:10]

    @property
    def lines(self) -> str:
        """Return what a person begins with: the proposal or else the present value, one text a line."""
        return "\n".join(self.present if self.proposal is None else self.proposal)

    @property
    def settled_as(self) -> tuple[int, str, str]:
        """Return what a person's yes to it is remembered by: article, code, value."""
        return self.article_id, self.code, self.value[:LONGEST_VALUE]


@dataclass(frozen=True, slots=True)
class Where:
    """A condition over ``newsletter_article as a``: text of ours, values apart. Never NULL."""

    text: str
    values: tuple[Any, ...] = ()


NOWHERE = Where("false")


class Check(Protocol):
    """One kind of oddity: the database names candidates, ``look`` decides and finds the words."""

    @property
    def code(self) -> str: ...

    @property
    def exact(self) -> bool:
        """Whether every candidate is odd, exactly once, with an empty value."""
        ...

    def candidates(self, known: Known) -> Where:
        """Return which articles may be odd in this way."""
        ...

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        """Return what is odd in an article, candidate or not."""
        ...


def odd(article: Article, code: str, field: str, value: str, words: str, suggestion: str, **more: Any) -> Odd:
    """Return an oddity of ``article`` with the present value of its field."""
    now = article.__dict__.get(field, "")  # what was not read from the database is not asked for here
    present = tuple(now) if isinstance(now, list) else ((str(now),) if now else ())
    return Odd(article.pk, article.title, code, field, value, words, suggestion, present=present, **more)


def replaced(values: Iterable[str], wrong: str, right: str) -> tuple[str, ...]:
    """Return ``values`` with ``right`` in the place of ``wrong``, each once."""
    return tuple(dict.fromkeys(right if value == wrong else value for value in values))
