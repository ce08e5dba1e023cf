"""Reads of images that need thought."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from newsletter.errors import NotFound
from newsletter.images.files import address
from newsletter.images.models import Image

BIGGEST_ID = 2**63 - 1


def found(image_id: int) -> Image:
    """Return an image; raises ``NotFound``."""
    image = Image.objects.filter(pk=image_id).first() if 0 < image_id <= BIGGEST_ID else None
    if image is None:
        raise NotFound(f"There is no image {image_id}.", where="image", fix="List the images.")
    return image


def newest(*, words: str = "", after: str = "") -> QuerySet[Image]:
    """Return images, the one taken in last first, of which title, alt or credit holds ``words``."""
    images = Image.objects.order_by("-pk")
    if words:
        images = images.filter(Q(title__icontains=words) | Q(alt__icontains=words) | Q(credit__icontains=words))
    return images.filter(pk__lt=int(after)) if after else images


def rendition(image: Image, place: str) -> dict[str, Any]:
    """Return the sharpest file for a place, {name, width, height}: twice the pixels where the picture has them."""
    scales: dict[str, Any] = image.renditions[place]
    return dict(scales["2"])


def describe_image(image: Image) -> dict[str, Any]:
    """Return an image as a row, with the public addresses of its files."""
    files = {
        place: {
            f"{scale}x": {"address": address(entry["name"]), "width": entry["width"], "height": entry["height"]}
            for scale, entry in scales.items()
        }
        for place, scales in image.renditions.items()
    }
    return {
        "image": image.pk,
        "title": image.title,
        "alt": image.alt,
        "credit": image.credit,
        "width": image.width,
        "height": image.height,
        "crop": image.crop,
        "focus": image.focus,
        "came_from": image.came_from,
        "notes": image.notes,
        "by": image.by,
        "created_at": image.created_at,
        "files": files,
    }
