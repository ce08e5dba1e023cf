"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from newsletter.ingest.keys import keys_of
from newsletter.ingest.payload import read_json, refuse, refuse_hollow
from newsletter.ingest.plain_text import line_of, paragraphs_of_html, paragraphs_of_text
from newsletter.ingest.read_object import read_plain, text_in
from newsletter.ingest.source import IncomingArticle, RefusedRecord


class JsonFeed:
    """The socket's plug for JSON Feed."""

    name = "json-feed"

    def read(self, content: bytes, *, key: str, url: str) -> list[IncomingArticle | RefusedRecord]:
        """Return every item; what is no JSON Feed is refused as a whole."""
        if hollow := refuse_hollow(content, key=key, wanted="a JSON Feed"):
            return [*hollow]
        feed, refused = read_json(content, key=key)
        if refused:
            return [*refused]
        items = feed.get("items") if isinstance(feed, dict) else None
        if not isinstance(items, list) or "jsonfeed.org" not in text_in(feed.get("version")):
            return [*refuse(key, "not_a_feed", "This JSON is no JSON Feed: version and items are missing.", content)]
        return list(_items(feed, items, url)) or [*refuse(key, "no_records", "The feed has no items.", content)]


def _items(feed: Mapping[str, Any], items: list[Any], url: str) -> Iterator[IncomingArticle | RefusedRecord]:
    key_of = keys_of()
    for number, item in enumerate(items, start=1):
        told = item if isinstance(item, dict) else {}
        value = _value(told, feed)
        key = key_of(text_in(told.get("id")), value)
        yield read_plain(value, key=key, url=url, position=f"item {number}")


def _value(item: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, Any]:
    page, text = text_in(item.get("content_html")), text_in(item.get("content_text"))
    authors = item.get("authors") or item.get("author") or feed.get("authors") or feed.get("author")
    return {
        "title": line_of(text_in(item.get("title"))),
        "teaser": line_of(text_in(item.get("summary"))),
        "body": paragraphs_of_html(page) if page else paragraphs_of_text(text),
        "url": item.get("url") or item.get("external_url"),
        "published": item.get("date_published"),
        "modified": item.get("date_modified"),
        "authors": authors if isinstance(authors, list) else [authors],
        "categories": item.get("tags"),
        "language": item.get("language") or feed.get("language"),
        "image_url": item.get("image") or item.get("banner_image"),
    }
