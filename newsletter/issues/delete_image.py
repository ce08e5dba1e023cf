"""Delete an image nobody shows; one that an issue, an article or a brand shows is refused."""

from __future__ import annotations

import json

from django.db import transaction
from django.db.models import Q

from newsletter.articles.models import Article
from newsletter.catalogue.models import Brand
from newsletter.errors import Refused
from newsletter.images.files import remove
from newsletter.images.models import Image
from newsletter.images.queries import found
from newsletter.issues.models import IssueLock, IssueRendering, Pick
from newsletter.issues.queries import CLOSED


def delete_image(image_id: int) -> None:
    """Delete an image and its files; raises ``NotFound``, and ``Refused`` (in_use) naming who shows it."""
    found(image_id)
    with transaction.atomic():
        image = Image.objects.select_for_update().get(pk=image_id)
        if users := users_of(image):
            raise Refused(
                f"Image {image_id} is shown by {', '.join(users[:5])}{' and others' if len(users) > 5 else ''}.",
                code="in_use",
                where=f"image {image_id}",
                fix="Mail that was sent shows it for ever; elsewhere choose another image first.",
            )
        names = image.names
        image.delete()
    for name in names:
        if not Image.objects.filter(names__contains=[name]).exists():
            remove(name)


def users_of(image: Image) -> list[str]:
    """Return in words who shows an image: issues as rendered or approved, drafts, articles, brands."""
    shows = Q()
    for name in image.names:
        shows |= Q(html__contains=name)
    locked = Q()
    for name in image.names:
        locked |= Q(manifest__images__contains=[name])
    issues = set(IssueRendering.objects.filter(shows).values_list("issue_id", flat=True))
    issues |= set(IssueLock.objects.filter(locked).values_list("issue_id", flat=True))
    fetched = list(image.fetched_from.values_list("address", flat=True))
    articles = Article.objects.filter(Q(image=image) | Q(image=None, image_url__in=fetched))
    picks = Pick.objects.filter(article__in=articles).exclude(placement=Pick.Placement.DROPPED)
    issues |= set(picks.exclude(issue__state__in=CLOSED).values_list("issue_id", flat=True))
    chosen = articles.filter(image=image).order_by("pk").values_list("pk", flat=True)
    brands = [
        brand.code for brand in Brand.objects.all() if any(one in json.dumps(brand.design) for one in image.names)
    ]
    return [
        *(f"issue {one}" for one in sorted(issues)),
        *(f"article {one}" for one in chosen),
        *(f"the brand {one}" for one in brands),
    ]
