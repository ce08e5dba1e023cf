"""Where the files of images lie, named by their content, and the public address of each."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from pathlib import Path

from django.conf import settings

from newsletter.errors import NotFound, Unavailable

NAME = re.compile(r"[0-9a-f]{32}\.(?:jpg|png)")
PATH = "i"


def keep(octets: bytes, kind: str) -> str:
    """Write a file unless it is there, and return its name: the first half of its SHA-256, and its kind.

    Raises ``Unavailable`` when the folder cannot be written.
    """
    name = f"{hashlib.sha256(octets).hexdigest()[:32]}.{kind}"
    place = place_of(name)
    if place.is_file():
        return name
    half = place.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(octets)
        half.rename(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            half.unlink()
        raise Unavailable(
            f"The folder of images cannot be written: {error.strerror}.",
            where="NEWSLETTER_MEDIA",
            fix="Give it to the user of the service.",
        ) from None
    return name


def read(name: str) -> bytes:
    """Return a file; raises ``NotFound`` for a name we never gave or a file that is gone."""
    try:
        if NAME.fullmatch(name):
            return place_of(name).read_bytes()
    except OSError:
        pass
    raise NotFound("There is no such image.", where="image", fix="List the images.")


def remove(name: str) -> None:
    """Delete a file; one that is gone is no matter."""
    if NAME.fullmatch(name):
        place_of(name).unlink(missing_ok=True)


def address(name: str) -> str:
    """Return the public address of a file, the same for ever."""
    return f"{settings.SITE_URL}/{PATH}/{name}"


def names_in(text: str) -> set[str]:
    """Return the names of our files that a text shows, whatever host they are served from."""
    return set(re.findall(rf"/{PATH}/({NAME.pattern})", text))


def place_of(name: str) -> Path:
    """Return where the file lies."""
    return Path(settings.MEDIA) / name[:2] / name
