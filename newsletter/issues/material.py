"""The rows an issue is made of, gathered once: what is composed from, what is sealed, and what an approval keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import serializers
from django.db import models

from newsletter.articles.models import Article, ArticleBody
from newsletter.catalogue.authors import compared
from newsletter.catalogue.models import Author, Brand, Newsletter, Sender, Template
from newsletter.images.models import Image
from newsletter.ingest.fetch_image import known_images
from newsletter.ingest.models import FetchedImage
from newsletter.issues.blocks import seen
from newsletter.issues.models import Issue, Pick
from newsletter.issues.queries import placed

WHOLE = frozenset(("single",))  # templates that show the first article's text; those of one's own may
_NOT_CONTENT: Mapping[type[models.Model], frozenset[str]] = {
    Issue: frozenset(
        (
            *("state", "version", "hold_reason", "pause_reason", "seal", "send_at", "cool_off_until", "sending_at"),
            *("frozen_at", "sent_at", "expires_at", "assembled_at", "updated_at"),
        )
    ),
    Article: frozenset(("words", "facet_keys", "warnings", "weight", "updated_at")),
    Newsletter: frozenset(("expires", "in_doubt", "updated_at")),
    Pick: frozenset(("reason",)),
    Image: frozenset(("names", "notes", "by", "created_at", "updated_at")),
    FetchedImage: frozenset(("next_at", "leased_until", "tries")),
    Template: frozenset(("kept_by", "kept_at")),
}


@dataclass(frozen=True, slots=True)
class Material:
    """An issue with its newsletter and sender, its picks with their articles, the texts and brands that it shows."""

    issue: Issue
    picks: tuple[Pick, ...]
    bodies: Mapping[int, str]  # article -> text, of those that a template shows whole
    brands: tuple[Brand, ...]
    template: Template | None = None  # one of the newsroom's own
    authors: tuple[Author, ...] = ()  # those of the picks that more is known of than the name
    fetched: Mapping[str, FetchedImage] = field(default_factory=dict)  # by the address an article names


def gather(issue: Issue) -> Material:
    """Return what stands in the issue now."""
    picks = tuple(placed(issue))
    return gather_for(issue, picks, first=seen(issue, picks, ())[:1])


def gather_for(issue: Issue, picks: tuple[Pick, ...], *, first: tuple[Pick, ...]) -> Material:
    """Return what an issue with these picks is made of; the text of ``first`` is brought along for some templates."""
    own = Template.objects.filter(name=issue.newsletter.template).first()
    whole = [pick.article_id for pick in first] if own or issue.newsletter.template in WHOLE else []
    bodies = dict(ArticleBody.objects.filter(article_id__in=whole).values_list("article_id", "text"))
    centers = {name for pick in picks for name in (pick.article.primary_center, *pick.article.centers)}
    shown = models.Q(code=issue.newsletter.brand) | models.Q(name__in=centers - {""})
    names = {compared(name) for pick in picks for name in pick.article.authors}
    authors = tuple(Author.objects.filter(folded__in=names).order_by("folded"))
    fetched = known_images({pick.article.image_url for pick in picks if pick.article.image_id is None})
    brands = tuple(Brand.objects.filter(shown).order_by("code"))
    return Material(issue, picks, bodies, brands, own, authors, fetched)


def pack(material: Material) -> list[str]:
    """Return every row as one canonical JSON text, without what is no content: states, versions, dates of change."""
    issue = material.issue
    bodies = [ArticleBody(article_id=article_id, text=text) for article_id, text in sorted(material.bodies.items())]
    articles = {pick.article_id: pick.article for pick in material.picks}
    rows: list[models.Model] = [issue, issue.newsletter, issue.newsletter.sender, *material.brands, *material.picks]
    rows += [*([material.template] if material.template else []), *material.authors]
    fetched = [row for _, row in sorted(material.fetched.items())]
    images = [*(one.image for one in articles.values()), *(row.image for row in fetched)]
    pictures = {image.pk: image for image in images if image is not None}
    return [_row(row) for row in (*rows, *articles.values(), *bodies, *fetched, *pictures.values())]


def unpack(rows: Iterable[str]) -> Material:
    """Return the material that ``pack`` wrote; nothing of it is read from or stored in the database."""
    found: dict[type[models.Model], list[Any]] = {}
    for kept in serializers.deserialize("json", f"[{','.join(rows)}]", ignorenonexistent=True):
        found.setdefault(type(kept.object), []).append(kept.object)
    [issue], [newsletter], [sender] = found[Issue], found[Newsletter], found[Sender]
    newsletter.sender, issue.newsletter = sender, newsletter
    images = {image.pk: image for image in found.get(Image, [])}
    articles = {article.pk: article for article in found.get(Article, [])}
    fetched = {row.address: row for row in found.get(FetchedImage, [])}
    for row in (*articles.values(), *fetched.values()):
        row.image = images.get(row.image_id)
    for pick in found.get(Pick, []):
        pick.issue, pick.article = issue, articles[pick.article_id]
    bodies = {body.article_id: body.text for body in found.get(ArticleBody, [])}
    brands, authors = tuple(found.get(Brand, [])), tuple(found.get(Author, []))
    own = next(iter(found.get(Template, [])), None)
    return Material(issue, tuple(found.get(Pick, [])), bodies, brands, own, authors, fetched)


def _row(row: models.Model) -> str:
    left_out = _NOT_CONTENT.get(type(row), frozenset())
    fields = [field.name for field in row._meta.concrete_fields if field.name not in left_out]
    [plain] = json.loads(serializers.serialize("json", [row], fields=fields))
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
