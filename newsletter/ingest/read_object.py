"""One record as an object of named fields into an article: what every form but the page export comes down to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urljoin

from newsletter.articles.identity import clean_address
from newsletter.articles.language import language_of
from newsletter.expressions.fold import fold
from newsletter.ingest.dates import address_date
from newsletter.ingest.metadata import read_metadata
from newsletter.ingest.moment import Moment, moment
from newsletter.ingest.person import person
from newsletter.ingest.plain_text import line_of, paragraphs_of
from newsletter.ingest.source import IncomingArticle, Oddity, RefusedRecord
from newsletter.ingest.tidy import safe, tidy
from newsletter.ingest.url_map import is_web_address

FORM = "jsonl"  # how a refused record is kept: as its object, so that a person can complete it
LONGEST_KEY, LONGEST_TITLE, LONGEST_LINK, LONGEST_CATEGORY = 500, 1000, 2000, 200
MOST_CATEGORIES = 200
NO_LINK = re.compile(r"""[<>"{}|\\^`]""")  # what stands in no address (RFC 3986): markup or a template went astray
SHORT_BODY = 200
LANGUAGE_SAMPLE = 1000
OTHER_SCRIPTS = frozenset(("ar", "fa", "ru", "uk", "zh", "ja", "hi", "ko", "el", "he", "ka"))
_NO_TITLE = "The record has no title. Give it one in the source, or here."


def read_object(value: Mapping[str, Any], *, key: str, url: str) -> IncomingArticle | RefusedRecord:
    """Return the article of an object: the keys of a page export, and texts that may be HTML.

    The texts are ``title``, ``teaser``, ``body``, ``url``, ``urls``, ``published``, ``modified``, ``minor``,
    ``language``, ``image_url``, ``image_alt``, ``image_credit``, ``originally_published_in`` and ``categories``.
    ``url`` is what relative links start from. Without a title it is refused: ``no_title``.
    """
    lines = ("title", "teaser", "image_alt", "image_credit", "originally_published_in")
    plain = {name: line_of(text_in(value.get(name))) for name in lines}
    authors = [line_of(name) for name in _names(value.get("authors"))]
    return read_plain(
        {**value, **plain, "authors": authors, "body": paragraphs_of(text_in(value.get("body")))}, key=key, url=url
    )


def read_plain(
    value: Mapping[str, Any], *, key: str, url: str, position: str = "the object"
) -> IncomingArticle | RefusedRecord:
    """Return the article of an object whose texts are plain already, or why it is refused."""
    key = bounded(key)
    title = tidy(text_in(value.get("title")))[:LONGEST_TITLE]
    if not title:
        kept = safe(json.dumps(dict(value), ensure_ascii=False, default=str))
        return RefusedRecord(key, "no_title", _NO_TITLE, position, kept, form=FORM, url=_link(value, url, []))
    return _article(value, key, url, title)


def text_in(value: object) -> str:
    """Return the text in a value of JSON: itself, a number, the paragraphs of a list, else ""."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n\n".join(filter(None, (part for part in value if isinstance(part, str))))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15 else ""


def bounded(key: str) -> str:
    """Return a key the database can hold."""
    return safe(key)[:LONGEST_KEY]


def _article(value: Mapping[str, Any], key: str, url: str, title: str) -> IncomingArticle:
    oddities: list[Oddity] = []
    link = _link(value, url, oddities)
    teaser = tidy(text_in(value.get("teaser")))
    body = _without(teaser, safe(text_in(value.get("body"))))
    published, modified = _moment(value, "published", oddities), _moment(value, "modified", oddities)
    by_address, precision = address_date(link)
    day, precision = (published.day, published.precision) if published.day else (by_address, precision)
    language, derived = _language(value, link, f"{title} {teaser} {body[:LANGUAGE_SAMPLE]}")
    minor = value.get("minor")
    return IncomingArticle(
        key=key,
        title=title,
        teaser=teaser,
        body=body,
        **_facets(value, oddities),
        language=language,
        language_derived=derived,
        published_on=day,
        published_precision=precision,
        url=link,
        urls=_links(value, url, link),
        originally_published_in=tidy(text_in(value.get("originally_published_in")))[:500],
        image_url=web_link(text_in(value.get("image_url")), base=url),
        image_alt=tidy(text_in(value.get("image_alt")))[:500],
        image_credit=tidy(text_in(value.get("image_credit")))[:500],
        modified_at=modified.instant,
        minor=minor if isinstance(minor, bool) else None,
        categories=_categories(value.get("categories")),
        warnings=(*oddities, *_doubts(teaser, body)),
    )


def web_link(text: str, *, base: str) -> str:
    """Return an absolute http(s) address, "" where there is none; a relative one starts from ``base``."""
    text = safe(text).strip()
    if not text or len(text) > LONGEST_LINK or any(map(str.isspace, text)):
        return ""
    try:
        link = urljoin(base, text)
    except ValueError:
        return ""
    fits = is_web_address(link) and not NO_LINK.search(link) and len(link.encode()) <= LONGEST_LINK
    return link if fits else ""


def _link(value: Mapping[str, Any], base: str, oddities: list[Oddity]) -> str:
    told = text_in(value.get("url"))
    link = web_link(told, base=base)
    if told.strip() and not link:
        oddities.append(Oddity("bad_link", "url", f"{tidy(told)[:100]!r} is no address of a page and was left out."))
    return clean_address(link) if link else ""


def _links(value: Mapping[str, Any], base: str, link: str) -> tuple[str, ...]:
    told = value.get("urls")
    found = [web_link(text_in(one), base=base) for one in (told if isinstance(told, list) else [told])[:50]]
    return tuple(dict.fromkeys(clean for one in found if one and (clean := clean_address(one)) != link))


def _moment(value: Mapping[str, Any], name: str, oddities: list[Oddity]) -> Moment:
    told = text_in(value.get(name))
    found = moment(told)
    if told.strip() and not found.day:
        oddities.append(Oddity("odd_date", name, f"{tidy(told)[:60]!r} is no date that could be read."))
    return found


def _facets(value: Mapping[str, Any], oddities: list[Oddity]) -> dict[str, Any]:
    """Return the facets; that a record of this form has no type is nothing odd."""
    named = _names(value.get("authors"))
    people = [name for text in named if (name := person(text))]
    metadata = read_metadata({**value, "authors": people})
    oddities += [odd for odd in metadata.oddities if odd.code != "no_type" or "type" in value]
    if len(people) < len(named):
        oddities.append(Oddity("no_author", "authors", "A mail address or link without a name is no author."))
    return {part.name: getattr(metadata, part.name) for part in fields(metadata) if part.name != "oddities"}


def _names(value: object) -> list[str]:
    parts = value if isinstance(value, list) else [value]
    named = [part.get("name") if isinstance(part, dict) else part for part in parts[:MOST_CATEGORIES]]
    return [name for name in named if isinstance(name, str) and name.strip()]


def _categories(value: object) -> tuple[str, ...]:
    """Return the source's own words, each once; two that fold alike are one."""
    parts = value if isinstance(value, list) else [value]
    words = [tidy(part)[:LONGEST_CATEGORY] for part in parts[:MOST_CATEGORIES] if isinstance(part, str)]
    return tuple({fold(word): word for word in reversed(words) if fold(word)}.values())[::-1]


def _language(value: Mapping[str, Any], link: str, text: str) -> tuple[str, bool]:
    """Return the language and whether it was derived; a script that contradicts the word of a source wins."""
    told = text_in(value.get("language")).strip().replace("_", "-").split("-")[0].lower()
    if not (2 <= len(told) <= 3 and told.isascii() and told.isalpha()):
        told = ""
    found = language_of("" if told else link, text)
    if told and not (found in OTHER_SCRIPTS and told not in OTHER_SCRIPTS):
        return told, False
    return found, True


def _without(teaser: str, body: str) -> str:
    """Return the body without a first paragraph that only repeats the teaser."""
    first, _, rest = body.partition("\n\n")
    return rest if teaser and rest and fold(first) == fold(teaser) else body


def _doubts(teaser: str, body: str) -> list[Oddity]:
    doubts = [] if teaser else [Oddity("no_teaser", "teaser", "There is no teaser.")]
    if 0 < len(body) < SHORT_BODY:
        doubts.append(Oddity("short_body", "body", f"The body has {len(body)} characters."))
    return doubts
