"""What a variant of an issue was made of, found again from the issue's material and the variant's digest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.articles.models import Article
from newsletter.issues.compose import compose
from newsletter.issues.material import Material, gather_for
from newsletter.issues.models import IssueRendering, Pick


@dataclass(frozen=True, slots=True)
class MadeOf:
    """The rows of a variant, the groups its readers are of, and the stories told to be elsewhere as well."""

    material: Material
    groups: tuple[str, ...]
    also: Mapping[int, str]


def made_of(material: Material, variant: IssueRendering, shared: Mapping[str, Any]) -> MadeOf | None:
    """Return what ``variant`` was made of; None when the rows make another digest now.

    ``shared`` is what the rules of all variants have in common (``IssueRendering.rule``).
    """
    combination = int(variant.rule.get("combination", 0))
    groups = tuple(group for place, group in enumerate(shared.get("groups", ())) if combination >> place & 1)
    picks = tuple(_picks(material, variant.digest))
    items = [item for part in variant.digest["sections"] for item in part["items"]]
    also = {item["article_id"]: item["also_in"] for item in items if item.get("also_in")}
    its_own = gather_for(material.issue, picks, first=picks[:1])
    digest = json.loads(json.dumps(compose(its_own, groups=groups, also=also).as_dict()))
    return MadeOf(its_own, groups, also) if digest == variant.digest else None


def _picks(material: Material, digest: Mapping[str, Any]) -> Iterator[Pick]:
    """Return the picks a digest shows: those of the issue, and for others places of their own at the same spot."""
    known = {pick.article_id: pick for pick in material.picks}
    shown = [(place, item["article_id"]) for place, part in _sections(material, digest) for item in part["items"]]
    spare = Article.objects.select_related("image").in_bulk([pk for _, pk in shown if pk not in known])
    for position, (section, pk) in enumerate(shown):
        if pk in known:
            yield known[pk]
        elif pk in spare:
            yield Pick(issue=material.issue, article=spare[pk], section=section, position=position)


def _sections(material: Material, digest: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Return the sections of a digest with their numbers; a digest leaves out the empty ones."""
    titles: Sequence[str] = [str(part["title"]) for part in material.issue.sections]
    at = 0
    for part in digest["sections"]:
        at = titles.index(part["title"], at)
        yield at, part
        at += 1
