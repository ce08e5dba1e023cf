"""The frozen value a template receives. A designer can render one from a JSON file; Django is not needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Image:
    """A picture at a public https address; ``width`` and ``height`` in pixels of the file, 0 when unknown.

    ``thumb`` is the same cut to 4:3 for small places, "" when there is none.
    """

    url: str
    alt: str = ""
    credit: str = ""
    width: int = 0
    height: int = 0
    thumb: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """When and where something takes place: ``when`` in words, ``starts`` and ``ends`` as ISO 8601, "" = unknown."""

    when: str
    place: str = ""
    starts: str = ""
    ends: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a byline: words, and the address of the author's page where the words are a name that has one."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One article as readers see it. ``direction`` is "ltr" or "rtl"; ``body`` is for templates that show it whole.

    ``signed`` is the byline in pieces, so that names can lead to their authors' pages; its texts add up to ``byline``.
    """

    article_id: int
    headline: str
    teaser: str = ""
    byline: str = ""
    url: str = ""
    label: str = ""
    link_text: str = ""
    image: Image | None = None
    published_in: str = ""
    also_in: str = ""  # another newsletter that had this article for its readers
    language: str = "en"
    direction: str = "ltr"
    quote: str = ""  # words from the article that stand out, without quotation marks
    quoted: str = ""  # who says them
    event: Event | None = None
    body: tuple[str, ...] = ()  # the first paragraphs
    signed: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the issue with its title; empty sections are left out of a digest."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Brand:
    """How a center looks: colours as #rrggbb for light and dark, an optional logo, its fonts."""

    name: str = ""
    accent: str = "#1f4e79"
    accent_dark: str = "#8ab8e6"
    on_accent: str = "#ffffff"
    paper: str = "#ffffff"
    paper_dark: str = "#16191d"
    ground: str = "#eef1f4"
    ground_dark: str = "#0d0f12"
    ink: str = "#1c2329"
    ink_dark: str = "#e8ebee"
    muted: str = "#56616b"
    muted_dark: str = "#a7b1ba"
    rule: str = "#d8dee4"
    rule_dark: str = "#333a42"
    serif: str = "Georgia, 'Times New Roman', 'Noto Serif', serif"
    sans: str = "'Helvetica Neue', Helvetica, Arial, 'Noto Sans', sans-serif"
    logo: str = ""  # on light ground
    logo_dark: str = ""  # on dark ground, and on the accent colour; "" = the other one
    logo_width: int = 180  # pixels


@dataclass(frozen=True, slots=True)
class Digest:
    """One issue, ready for a template. ``date`` is already in words of the newsletter's language."""

    newsletter: str
    title: str
    language: str
    direction: str
    date: str
    subject: str
    preheader: str
    sections: tuple[Section, ...]
    brand: Brand
    sender: str
    postal_address: str
    note: str = ""
    disclaimers: tuple[str, ...] = field(default=())
    why: str = ""  # why the reader gets this; "" = the standing sentence of the language
    written: tuple[str, ...] = ()  # which of subject, preheader and note an editor wrote: slots are read in those

    @property
    def size(self) -> int:
        """How many items there are; templates grow compact above eight."""
        return sum(len(section.items) for section in self.sections)

    @property
    def photos(self) -> tuple[str, ...]:
        """Whom the pictures are by, each once, in the order of the pictures."""
        names = (item.image.credit for section in self.sections for item in section.items if item.image)
        return tuple(dict.fromkeys(name for name in names if name))

    def as_dict(self) -> dict[str, Any]:
        """Return plain data that ``from_dict`` turns back into the same digest."""
        return asdict(self)


def from_dict(data: Mapping[str, Any]) -> Digest:
    """Return the digest in plain data; raises ``TypeError`` or ``KeyError`` naming what is missing."""
    sections = tuple(Section(part["title"], tuple(_item(item) for item in part["items"])) for part in data["sections"])
    return Digest(
        **{
            **data,
            "sections": sections,
            "brand": Brand(**data["brand"]),
            "disclaimers": tuple(data.get("disclaimers", ())),
            "written": tuple(data.get("written", ())),
        }
    )


def _item(data: Mapping[str, Any]) -> Item:
    return Item(
        **{
            **data,
            "image": Image(**data["image"]) if data.get("image") else None,
            "event": Event(**data["event"]) if data.get("event") else None,
            "body": tuple(data.get("body", ())),
            "signed": tuple(Piece(**piece) for piece in data.get("signed", ())),
        }
    )
