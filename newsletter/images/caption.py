"""Say what an image shows and whose it is."""

from __future__ import annotations

from datetime import datetime

from newsletter.images.add import line
from newsletter.images.models import Image
from newsletter.images.queries import found


def caption(
    image_id: int, *, title: str | None = None, alt: str | None = None, credit: str | None = None, now: datetime
) -> Image:
    """Set what is given, leave what is None; raises ``Invalid``, ``NotFound``."""
    image = found(image_id)
    given = {"title": title, "alt": alt, "credit": credit}
    words = {name: line(name, text) for name, text in given.items() if text is not None}
    if not words.get("title", "-"):  # an image has a name
        del words["title"]
    Image.objects.filter(pk=image_id).update(**words, updated_at=now)
    image.refresh_from_db()
    return image
