"""Codes of centers and programs: unknown, missing, or without the name they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.articles.models import Article
from newsletter.expressions.fold import fold
from newsletter.ingest.doctor.known import Known
from newsletter.ingest.doctor.odd import NOWHERE, Odd, Where, odd, replaced

NAMES = {"center": "centers", "program": "programs"}


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code seen once or twice that is nearly one seen often."""

    code: str
    kind: str
    exact: bool = False

    def candidates(self, known: Known) -> Where:
        keys = sorted({f"{self.kind}={fold(value)}" for value in self._typos(known)})
        return Where("a.facet_keys && %s::text[]", (keys,)) if keys else NOWHERE

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        field = f"{self.kind}_codes"
        values: list[str] = getattr(article, field)
        typos = self._typos(known)
        for value in (value for value in values if value in typos):
            yield odd(
                article,
                self.code,
                field,
                value,
                f"The {self.kind} code {value!r} is seen hardly anywhere else.",
                f"Did you mean {typos[value]}?",
                proposal=replaced(values, value, typos[value]),
            )

    def _typos(self, known: Known) -> Mapping[str, str]:
        return known.center_typos if self.kind == "center" else known.program_typos


@dataclass(frozen=True, slots=True)
class EmptyAffiliation:
    """Neither a center nor a program code: no selector on affiliation finds the article."""

    code: str = "empty_affiliation"
    exact: bool = True

    def candidates(self, known: Known) -> Where:
        return Where("a.facet_keys @> array['affiliation=']")

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        if any(map(fold, (*article.center_codes, *article.program_codes))):
            return
        right = _code_for("center", article, known)
        suggestion = f"{_center(article)} goes with {right}." if right else "Give its center or program code."
        proposal = (right,) if right else None
        words = "It has neither a center nor a program code."
        yield odd(article, self.code, "center_codes", "", words, suggestion, proposal=proposal)


@dataclass(frozen=True, slots=True)
class NameWithoutCode:
    """A center or program that is named, while its code is missing."""

    code: str
    kind: str
    exact: bool = True

    def candidates(self, known: Known) -> Where:
        other = "program_codes" if self.kind == "center" else "center_codes"
        named = "(a.centers <> '{}' or a.primary_center <> '')" if self.kind == "center" else "a.programs <> '{}'"
        return Where(f"{named} and a.{self.kind}_codes = '{{}}' and a.{other} <> '{{}}'")

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        other = article.program_codes if self.kind == "center" else article.center_codes
        name = _center(article) if self.kind == "center" else next(iter(article.programs), "")
        if not name or getattr(article, f"{self.kind}_codes") or not other:
            return
        right = _code_for(self.kind, article, known)
        suggestion = f"Its code is mostly {right}." if right else f"Give the {self.kind} code."
        proposal = (right,) if right else None
        words = f"{name} is named, but there is no {self.kind} code."
        yield odd(article, self.code, f"{self.kind}_codes", "", words, suggestion, proposal=proposal)


@dataclass(frozen=True, slots=True)
class CodeWithoutName:
    """A center or program code, while nobody is named."""

    code: str
    kind: str
    exact: bool = True

    def candidates(self, known: Known) -> Where:
        unnamed = "a.centers = '{}' and a.primary_center = ''" if self.kind == "center" else "a.programs = '{}'"
        return Where(f"a.{self.kind}_codes <> '{{}}' and {unnamed}")

    def look(self, article: Article, known: Known) -> Iterable[Odd]:
        field, codes = NAMES[self.kind], getattr(article, f"{self.kind}_codes")
        if not codes or getattr(article, field) or (self.kind == "center" and article.primary_center):
            return
        names = [name for code in codes if (name := known.name_of.get((self.kind, fold(code)), ""))]
        suggestion = f"Mostly {', '.join(names)}." if names else f"Name the {self.kind}."
        proposal = tuple(dict.fromkeys(names)) or None
        words = f"The code {', '.join(codes)} stands there, but no {self.kind} is named."
        yield odd(article, self.code, field, "", words, suggestion, proposal=proposal)


def _center(article: Article) -> str:
    return article.primary_center or next(iter(article.centers), "")


def _code_for(kind: str, article: Article, known: Known) -> str:
    """Return the code that mostly stands beside what the article names, "" when nobody knows."""
    names = (article.primary_center, *article.centers) if kind == "center" else article.programs
    return next((code for name in names if (code := known.code_of.get((kind, name), ""))), "")
