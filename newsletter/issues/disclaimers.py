"""What centers want said below an issue that shows their articles, in its language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from newsletter.catalogue.models import Brand
from newsletter.issues.material import Material
from newsletter.issues.models import Pick
from newsletter.rendering.finding import Finding
from newsletter.rendering.words import base

OTHERWISE = "en"  # stands in for every language


def disclaimers(material: Material, picks: Iterable[Pick]) -> tuple[str, ...]:
    """Return the disclaimer of every center that has an article, each once, in the newsletter's language."""
    language = material.issue.newsletter.language
    texts = (_in(row, language) or _texts(row).get(OTHERWISE, "") for row in _of_centers(material, picks))
    return tuple(dict.fromkeys(text for text in texts if text))


def lacking(material: Material, picks: Iterable[Pick]) -> Iterator[Finding]:
    """Tell of every center that has a disclaimer, but none in the newsletter's language."""
    language = base(material.issue.newsletter.language)
    for row in _of_centers(material, picks):
        texts = _texts(row)
        if not texts or _in(row, material.issue.newsletter.language):
            continue
        shown = f"The one in {OTHERWISE} is shown" if OTHERWISE in texts else "None is shown"
        fix = f"{shown}: write {language} below [brand.disclaimers] of the brand {row.code}, and load it."
        yield Finding("disclaimer", "W", f"disclaimer of {row.name} in {language}", fix)


def _of_centers(material: Material, picks: Iterable[Pick]) -> list[Brand]:
    centers = {name for pick in picks for name in (pick.article.primary_center, *pick.article.centers)}
    return [row for row in material.brands if row.name in centers]


def _in(row: Brand, language: str) -> str:
    texts = _texts(row)
    return texts.get(language) or texts.get(language.split("-")[0]) or ""


def _texts(row: Brand) -> dict[str, str]:
    return dict(row.design.get("disclaimers", {}))
