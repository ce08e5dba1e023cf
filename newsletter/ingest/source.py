"""What every source of articles yields: whole articles or refused records, never half of one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Literal, Protocol

Precision = Literal["day", "month", ""]
UNSAID = frozenset(("key", "url", "urls", "warnings", "minor", "categories"))  # not part of what an article says


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something a person should look at: a stable code, the field, and one sentence."""

    code: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class IncomingArticle:
    """One article as a source gave it. Lists keep their order; an unknown date is None."""

    key: str  # the record's name in its source
    title: str
    title_derived: bool = False
    teaser: str = ""
    body: str = ""
    authors: tuple[str, ...] = ()
    type: str = ""
    blog: str = ""
    newsletters: tuple[str, ...] = ()
    center_codes: tuple[str, ...] = ()
    program_codes: tuple[str, ...] = ()
    centers: tuple[str, ...] = ()
    primary_center: str = ""
    programs: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    language: str = ""
    language_derived: bool = False
    published_on: date | None = None
    published_precision: Precision = ""
    url: str = ""
    originally_published_in: str = ""
    image_url: str = ""
    image_alt: str = ""
    image_credit: str = ""
    warnings: tuple[Oddity, ...] = ()
    modified_at: datetime | None = field(default=None)
    minor: bool | None = None  # the source's own word on whether this version is a small correction; None = silent
    categories: tuple[str, ...] = ()  # the source's own words, before its mapping turns them into facets
    urls: tuple[str, ...] = ()  # further addresses of the same article

    @property
    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of everything said about the article, whatever record or address it came under."""
        said = {part.name: getattr(self, part.name) for part in fields(self) if part.name not in UNSAID}
        return hashlib.sha256(json.dumps(said, default=str, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that cannot be taken in: why, where in it, and what a CMS editor can do."""

    key: str
    reason: str
    message: str
    position: str  # "line 3, column 14"
    text: str = ""
    form: str = ""  # how ``text`` is written, a name of ``SOURCES``; "" = as the content it came in
    url: str = ""  # the address it came with


class Form(Protocol):
    """One plug of the socket: a form in which sources write articles down."""

    name: str

    def read(self, content: bytes, *, key: str, url: str) -> Iterable[IncomingArticle | RefusedRecord]:
        """Return every record in ``content``, at least one; never raises for what is in it.

        ``key`` is the file's or the source's name, ``url`` the address of a single page or the base of a feed's links.
        """
        ...
