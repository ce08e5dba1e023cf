"""Cut an image anew. Files that stand in mail already stay where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from newsletter.errors import Invalid
from newsletter.images.add import names_of, renditions_of
from newsletter.images.apart import cut
from newsletter.images.files import read
from newsletter.images.models import Image
from newsletter.images.queries import found

SMALLEST = 0.02  # of a side


def crop(image_id: int, *, box: Sequence[float] = (), focus: Sequence[float] = (), now: datetime) -> Image:
    """Cut to ``box`` (left, top, right, bottom) around ``focus`` (x, y): fractions from the upper left corner.

    Empty means all of the picture and its middle. Raises ``Invalid``, ``NotFound``.
    """
    kept_box, kept_focus = _box(box), _focus(focus)
    image = found(image_id)
    drawn = cut(read(image.master), crop=kept_box, focus=kept_focus)
    renditions = renditions_of(list(drawn.files))
    with transaction.atomic():
        image = Image.objects.select_for_update().get(pk=image_id)
        image.crop, image.focus, image.renditions, image.updated_at = kept_box, kept_focus, renditions, now
        image.names = sorted({*image.names, *names_of(renditions)})
        image.save(update_fields=["crop", "focus", "renditions", "names", "updated_at"])
    return image


def _box(box: Sequence[float]) -> list[float]:
    values = _fractions(box, 4, "crop", "left, top, right and bottom")
    if values and (values[2] - values[0] < SMALLEST or values[3] - values[1] < SMALLEST):
        raise Invalid("Nothing would be left of the image.", where="crop", fix="Choose a larger part.")
    return [] if values == [0.0, 0.0, 1.0, 1.0] else values


def _focus(focus: Sequence[float]) -> list[float]:
    return _fractions(focus, 2, "focus", "x and y")


def _fractions(values: Sequence[float], number: int, where: str, names: str) -> list[float]:
    whole = [round(float(value), 4) for value in values]
    if whole and (len(whole) != number or any(not math.isfinite(value) or not 0 <= value <= 1 for value in whole)):
        raise Invalid(f"This is no {where}.", where=where, fix=f"Give {names} from 0 to 1.")
    return whole
