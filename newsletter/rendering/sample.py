"""Made-up issues in every language, for people who design templates and for trying a template before it is kept."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date

from newsletter.rendering.byline import Author, Rules, locale, sign, spoken
from newsletter.rendering.digest import Brand, Digest, Event, Image, Item, Section
from newsletter.rendering.words import direction, label

SAMPLES = Path(__file__).parent / "samples"
DAY = date(2026, 11, 26)
SITE = "https://www.meridian-institute.example"
POSTAL_ADDRESS = "1780 Harbor Avenue NW, Washington, DC 20036, USA"
PICTURE = (1200, 675)  # pixels
_PARTS = (0.5, 0.8)  # where the second and the third section begin


def sample(language: str, *, items: int = 10, images: int = 5) -> Digest:
    """Return a weekly in ``language`` with ``items`` articles, the first ``images`` of them with pictures.

    Raises ``KeyError`` for a language there is no sample of.
    """
    told = _told(language)
    articles = tuple(_item(told, number, language, pictured=number < images) for number in range(items))
    first, second = (max(1, round(items * share)) for share in _PARTS)
    parts = (articles[:first], articles[first:second], articles[second:])
    return Digest(
        newsletter="ctw",
        title=told["title"],
        language=language,
        direction=direction(language),
        date=format_date(DAY, "full", locale=locale(language)),
        subject=told["subject"],
        preheader=told["preheader"],
        sections=tuple(Section(title, part) for title, part in zip(told["sections"], parts, strict=True) if part),
        brand=Brand(name=told["sender"], accent=told["accent"], accent_dark=told["accent_dark"]),
        sender=told["sender"],
        postal_address=POSTAL_ADDRESS,
        note=told["note"],
        disclaimers=(told["disclaimer"],),
    )


def _item(told: dict[str, Any], number: int, language: str, *, pictured: bool) -> Item:
    """Return an article; beyond the last one they come again, each with the number of its round."""
    again, place = divmod(number, len(told["item"]))
    one = told["item"][place]
    signed = sign(
        [Author(name, f"{SITE}/people/{place + 1}-{at + 1}") for at, name in enumerate(one["authors"])],
        language=language,
        institution=one.get("institution", told["sender"]),
        rules=Rules(pages=number == 0),
    )
    return Item(
        article_id=number + 1,
        headline=one["headline"] + (f" ({again + 1})" if again else ""),
        teaser=one.get("teaser", ""),
        byline=spoken(signed),
        url=f"{SITE}/articles/{number + 1}?lang={language}&from=ctw",
        label=label(one["kind"], language),
        image=_image(one, number) if pictured else None,
        published_in=one.get("published_in", ""),
        language=language,
        direction=direction(language),
        quote=one.get("quote", ""),
        quoted=one.get("quoted", ""),
        event=Event(**told["event"]) if one.get("event") else None,
        body=tuple(one.get("body", ())),
        signed=signed,
    )


def _image(one: dict[str, Any], number: int) -> Image:
    credit = ("R. Okafor/Harbor Photos", "M. Quintana")[number % 2]
    width, height = PICTURE
    return Image(f"{SITE}/images/{number}.jpg", one.get("alt", one["headline"]), credit, width, height)


@cache
def _told(language: str) -> dict[str, Any]:
    file = SAMPLES / f"{language}.toml"
    if not file.is_file():
        raise KeyError(language)
    return tomllib.loads(file.read_text(encoding="utf-8"))
