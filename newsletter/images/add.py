"""Take a picture into the library, once."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from newsletter.errors import Invalid
from newsletter.images.apart import take_in
from newsletter.images.files import keep
from newsletter.images.models import Image
from newsletter.images.reencode import File

LONGEST = {"title": 200, "alt": 300, "credit": 300}  # characters


def add(
    octets: bytes, *, title: str, alt: str = "", credit: str = "", came_from: str = "", by: str, now: datetime
) -> Image:
    """Return the image of these octets, taken in unless the library has it already (then nothing of it changes).

    Raises ``Invalid`` for what is no picture or has no proper words, ``Unavailable`` when it cannot be kept.
    """
    sha256 = hashlib.sha256(octets).hexdigest()
    known = Image.objects.filter(sha256=sha256).first()
    if known is not None:
        return known
    words = {"title": line("title", title) or "image", "alt": line("alt", alt), "credit": line("credit", credit)}
    drawn = take_in(octets)
    master = next(file for file in drawn.files if file.place == "master")
    files = [file for file in drawn.files if file.place != "master"]
    renditions = renditions_of(files)
    name = keep(master.octets, master.kind)
    try:
        with transaction.atomic():
            return Image.objects.create(
                sha256=sha256,
                master=name,
                width=master.width,
                height=master.height,
                renditions=renditions,
                names=sorted({name, *names_of(renditions)}),
                came_from=came_from,
                notes=list(drawn.notes),
                by=by,
                created_at=now,
                updated_at=now,
                **words,
            )
    except IntegrityError:  # the same file at the same time
        return Image.objects.get(sha256=sha256)


def line(name: str, text: str) -> str:
    """Return words of an image on one line; raises ``Invalid`` when they are too long."""
    words = " ".join("".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text).split())
    if len(words) > LONGEST[name]:
        told = f"The {name} has {len(words)} characters."
        raise Invalid(told, where=name, fix=f"Use at most {LONGEST[name]} characters.")
    return unicodedata.normalize("NFC", words)


def renditions_of(files: list[File]) -> dict[str, Any]:
    """Keep the files and return them by place and scale."""
    kept: dict[str, Any] = {}
    for file in files:
        entry = {"name": keep(file.octets, file.kind), "width": file.width, "height": file.height}
        kept.setdefault(file.place, {})[str(file.scale)] = entry
    return kept


def names_of(renditions: dict[str, Any]) -> set[str]:
    """Return the names of all files in renditions."""
    return {entry["name"] for scales in renditions.values() for entry in scales.values()}
