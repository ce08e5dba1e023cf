"""Do all hosts see the same folder of images? A file in it and the database hold the same mark, or they do not.

The first host that looks puts both there. A folder that is mounted nowhere, or is a host's own, has another mark or
none, and pictures that one host takes in would be missing on the others.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from newsletter.errors import Refused, Unavailable
from newsletter.images.models import FolderMark

FILE = ".folder"
WHERE = "NEWSLETTER_MEDIA"
WRITTEN_SECONDS = 2.0  # a mark of 32 octets takes no longer from its file's beginning to its end


def check_folder() -> None:
    """Compare the folder's mark with the one that is known; raises ``Refused`` for another folder.

    Raises ``Unavailable`` for a folder that cannot be read or written, Django's ``DatabaseError`` without a database.
    """
    known = FolderMark.objects.first()
    here = _mark(make=known is None)
    if known is None:
        known, _ = FolderMark.objects.get_or_create(pk=1, defaults={"mark": here})
    if known.mark != here:
        raise Refused(
            f"{settings.MEDIA} is not the folder of images that the other hosts use (since {known.since:%Y-%m-%d}).",
            code="another_folder",
            where=WHERE,
            fix="Mount the shared folder there; `newsletter images accept` when this one is to be it from now on.",
        )


def check_folder_if_possible() -> str:
    """The same at the start of a process, as words: pictures that are missing stop no mail. "" = nothing to tell."""
    try:
        check_folder()
    except (Refused, Unavailable) as error:
        return error.message
    except DatabaseError:
        return ""
    finally:
        connection.close()  # whoever starts becomes another program
    return ""


def accept_folder() -> None:
    """Make the folder that this host sees the one of all hosts. Raises ``Unavailable``."""
    FolderMark.objects.update_or_create(pk=1, defaults={"mark": _mark(make=True), "since": Now()})


def _mark(*, make: bool) -> str:
    """Return the mark in the folder, "" where there is none and none is to be made."""
    place = Path(settings.MEDIA) / FILE
    try:
        if make:
            _make(place)
        elif not place.parent.is_dir():
            return ""
        _try_to_write(place.parent)
        return _read(place) if place.exists() else ""
    except OSError as error:
        raise Unavailable(
            f"The folder of images cannot be used: {error.strerror}.",
            where=WHERE,
            fix="Give it to the user of the service, or mount it.",
        ) from None


def _make(place: Path) -> None:
    """Write a mark unless there is one: of two hosts that do it at once the first wins, also on a file share."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), place.open("x") as file:
        file.write(secrets.token_hex(16))
    if not _read(place):  # whoever made it died before it was written
        half = place.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
        half.write_text(secrets.token_hex(16))
        half.replace(place)


def _read(place: Path) -> str:
    """Return the mark; one that another host has made just now is waited for."""
    end = time.monotonic() + WRITTEN_SECONDS
    while not (mark := place.read_text().strip()) and time.monotonic() < end:
        time.sleep(0.05)
    return mark


def _try_to_write(folder: Path) -> None:
    probe = folder / f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}"
    probe.touch()
    probe.unlink()
