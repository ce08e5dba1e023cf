"""RSS 0.9 to 2.0 with its usual extensions, RSS 1.0 and Atom, read by feedparser (https://feedparser.readthedocs.io)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser

from newsletter.ingest.keys import keys_of
from newsletter.ingest.moment import moment
from newsletter.ingest.payload import refuse, refuse_hollow
from newsletter.ingest.plain_text import line_of, paragraphs_of
from newsletter.ingest.read_object import bounded, read_plain, text_in
from newsletter.ingest.source import IncomingArticle, RefusedRecord

MOST_ENTRIES = 2_000
LONGEST_TEASER = 600  # characters of a description that stands alone
NO_FEED = "This is neither RSS nor Atom."
LONGEST_HEAD = 16_000  # octets before the first element: feedparser looks through them in quadratic time
_ELEMENT = re.compile(rb"<\w")
_BLANKS = re.compile(rb"\s{2,}")


class Feed:
    """The socket's plug for RSS and Atom."""

    name = "feed"

    def read(self, content: bytes, *, key: str, url: str) -> list[IncomingArticle | RefusedRecord]:
        """Return every entry; an empty answer, a page of HTML and what is no feed are refused as a whole."""
        if hollow := refuse_hollow(content, key=key, wanted="RSS or Atom"):
            return [*hollow]
        if (tame := _tame(content)) is None:
            words = f"{NO_FEED} More than {LONGEST_HEAD:,} octets stand before its first element."
            return [*refuse(key, "not_a_feed", words, content)]
        try:
            parsed = feedparser.parse(
                io.BytesIO(tame),  # octets alone would be taken for the name of a file of ours
                response_headers={"content-type": "application/xml", **_base(url)},
                sanitize_html=False,  # texts become plain here
                resolve_relative_uris=False,
            )
        except (
            Exception
        ) as error:  # nothing that stands in a feed may end a pull; feedparser promises no errors of its own
            return [*refuse(key, "not_a_feed", f"{NO_FEED} ({type(error).__name__})", content)]
        entries = parsed.get("entries", [])
        if not entries and not parsed.get("version"):
            return [*refuse(key, "not_a_feed", f"{NO_FEED}{_why(parsed)}", content, position=_place(parsed))]
        found = list(_entries(parsed.get("feed", {}), entries, url))
        if len(entries) > MOST_ENTRIES:
            words = f"The feed has {len(entries):,} entries; those behind the first {MOST_ENTRIES:,} were not read."
            found.append(RefusedRecord(bounded(f"{key}#more"), "too_many", words, f"entry {MOST_ENTRIES + 1}"))
        return found or [*refuse(key, "no_records", "The feed has no entries.", content)]


def _tame(content: bytes) -> bytes | None:
    """Return a feed whose head holds no long run of blanks; None when that is longer than a head is."""
    if b"\0" in content[:200]:  # UTF-16 or UTF-32
        place = _ELEMENT.search(content.replace(b"\0", b""))
        return content if (place.start() if place else len(content)) <= LONGEST_HEAD // 2 else None
    place = _ELEMENT.search(content)
    start = place.start() if place else len(content)
    head = _BLANKS.sub(_blank, content[:start])
    return head + content[start:] if len(head) <= LONGEST_HEAD else None


def _blank(run: re.Match[bytes]) -> bytes:
    return b"\n" if b"\n" in run[0] else b" "


def _base(url: str) -> dict[str, str]:
    return {"content-location": url} if url else {}


def _entries(feed: Mapping[str, Any], entries: list[Any], url: str) -> Iterator[IncomingArticle | RefusedRecord]:
    key_of = keys_of()
    for number, entry in enumerate(entries[:MOST_ENTRIES], start=1):
        value = _value(entry, feed)
        key = key_of(text_in(entry.get("id")), value)
        yield read_plain(value, key=key, url=url, position=f"entry {number}")


def _value(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, Any]:
    summary, whole = text_in(entry.get("summary")), _content(entry)
    body = paragraphs_of(whole or summary)
    teaser = line_of(summary) if whole else _teaser(body)
    return {
        "title": line_of(text_in(entry.get("title"))),
        "teaser": teaser if teaser != body else teaser[:LONGEST_TEASER],
        "body": "" if not whole and teaser == body else body,
        "url": _link(entry),
        "published": _date(entry, "published") or _date(entry, "created"),
        "modified": _date(entry, "updated"),
        "authors": _authors(entry) or _authors(feed),
        "categories": [text_in(tag.get("term")) for tag in entry.get("tags") or () if text_in(tag.get("term")).strip()],
        "language": _language(entry) or text_in(feed.get("language")),
        "image_url": _image(entry),
        "originally_published_in": line_of(text_in((entry.get("source") or {}).get("title"))),
    }


def _content(entry: Mapping[str, Any]) -> str:
    """Return the longest text of an entry that is no picture or sound."""
    parts = [
        text_in(part.get("value")) for part in entry.get("content") or () if "text" in str(part.get("type", "text"))
    ]
    parts += [text_in(part.get("value")) for part in entry.get("content") or () if "html" in str(part.get("type", ""))]
    return max(parts, key=len, default="")


def _teaser(body: str) -> str:
    """Return the teaser in a description that stands alone: the whole where it is short, else its first paragraph."""
    first = body.partition("\n\n")[0]
    return body if len(body) <= LONGEST_TEASER and first == body else (first if len(first) <= LONGEST_TEASER else "")


def _link(entry: Mapping[str, Any]) -> str:
    """Return where readers are sent: the publisher's own address before that of a feed service, a guid last."""
    own = text_in(entry.get("feedburner_origlink")) or text_in(entry.get("link"))
    guid = text_in(entry.get("id"))
    return own or (guid if guid.startswith(("http://", "https://")) else "")


def _date(entry: Mapping[str, Any], name: str) -> str:
    """Return a date in its own words where they can be read, else as feedparser understands it (UTC)."""
    told = text_in(dict.get(entry, name)) if isinstance(entry, dict) else ""
    if moment(told).day:
        return told
    parsed = dict.get(entry, f"{name}_parsed") if isinstance(entry, dict) else None
    try:
        return datetime(*parsed[:6]).replace(tzinfo=UTC).isoformat() if parsed else told
    except (TypeError, ValueError):
        return told


def _authors(part: Mapping[str, Any]) -> list[str]:
    """Return the names in their order; one with a mail address is taken whole, feedparser cuts those apart wrongly."""
    whole, told = text_in(part.get("author")), part.get("authors")
    if "@" in whole:
        return [line_of(whole)]
    people = [person for person in told if isinstance(person, dict)] if isinstance(told, list) else []
    named = [line_of(name) for person in people if (name := text_in(person.get("name")))]
    return named or ([line_of(whole)] if whole.strip() else [])


def _language(entry: Mapping[str, Any]) -> str:
    parts = [*(entry.get("content") or ()), entry.get("summary_detail") or {}, entry.get("title_detail") or {}]
    return next((found for part in parts if (found := text_in(part.get("language")))), "")


def _image(entry: Mapping[str, Any]) -> str:
    """Return the first picture of Media RSS, then one that is enclosed."""
    for media in entry.get("media_content") or ():
        if "image" in (text_in(media.get("medium")) or text_in(media.get("type"))) and media.get("url"):
            return text_in(media.get("url"))
    for thumbnail in entry.get("media_thumbnail") or ():
        if thumbnail.get("url"):
            return text_in(thumbnail.get("url"))
    links = [link for link in entry.get("links") or () if link.get("rel") == "enclosure"]
    return next((text_in(link.get("href")) for link in links if text_in(link.get("type")).startswith("image/")), "")


def _why(parsed: Mapping[str, Any]) -> str:
    trouble = parsed.get("bozo_exception")
    words = line_of(str(trouble))[:200] if trouble else ""
    return f" The parser says: {words}." if words else ""


def _place(parsed: Mapping[str, Any]) -> str:
    trouble = parsed.get("bozo_exception")
    try:
        return f"line {trouble.getLineNumber()}, column {trouble.getColumnNumber() + 1}"  # type: ignore[union-attr]
    except (AttributeError, TypeError):
        return "line 1, column 1"
