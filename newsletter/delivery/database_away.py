"""A database that does not answer, as one error: whoever asks it within a sending may try again later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error as DatabaseError

from newsletter.errors import Unavailable


def database_away(words: str) -> Unavailable:
    """Return what is raised when the database says ``words`` or nothing."""
    words = words.strip()
    if "No space left" in words:
        return Unavailable(f"The disk of PostgreSQL is full: {words}", code="disk_full", where="DATABASE_URL")
    return Unavailable(f"The database does not answer: {words}", where="DATABASE_URL")


@contextmanager
def asking_the_database() -> Iterator[None]:
    """Raise ``Unavailable`` where Django's ``DatabaseError`` would come; as a block or around a function."""
    try:
        yield
    except DatabaseError as error:
        raise database_away(str(error)) from error
