"""Posts of the WordPress REST API (``/wp-json/wp/v2/posts``), with their authors, terms and pictures embedded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from newsletter.ingest.keys import keys_of
from newsletter.ingest.payload import read_json, refuse, refuse_hollow
from newsletter.ingest.plain_text import line_of_html, paragraphs_of_html
from newsletter.ingest.read_object import read_plain, text_in
from newsletter.ingest.source import IncomingArticle, RefusedRecord

PAGE_SIZE = 50
_PROTECTED = "The post is protected by a password."
_UNPUBLISHED = "The post is not published."


class WordPress:
    """The socket's plug for WordPress; an answer holds one page of posts, the newest changes first."""

    name = "wordpress"
    pages_header = "x-wp-totalpages"

    def page_address(self, address: str, number: int) -> str:
        """Return the address of one page (from 1) of the collection at ``address``."""
        parts = urlsplit(address)
        asked = {"orderby": "modified", "order": "desc", "per_page": str(PAGE_SIZE)} | dict(parse_qsl(parts.query))
        asked |= {"_embed": "author,wp:term,wp:featuredmedia", "page": str(number)}
        return urlunsplit(parts._replace(query=urlencode(asked)))

    def read(self, content: bytes, *, key: str, url: str) -> list[IncomingArticle | RefusedRecord]:
        """Return every post; an error object or anything else is refused as a whole."""
        if hollow := refuse_hollow(content, key=key, wanted="a list of posts"):
            return [*hollow]
        posts, refused = read_json(content, key=key)
        if refused:
            return [*refused]
        posts = [posts] if isinstance(posts, dict) and "id" in posts and "title" in posts else posts
        if not isinstance(posts, list):
            words = line_of_html(text_in(posts.get("message"))) if isinstance(posts, dict) else ""
            return [*refuse(key, "not_a_feed", words or "This JSON is no list of posts.", content)]
        return list(_posts(posts, url)) or [*refuse(key, "no_records", "There are no posts.", content)]


def _posts(posts: list[Any], url: str) -> Iterator[IncomingArticle | RefusedRecord]:
    key_of = keys_of()
    for number, item in enumerate(posts, start=1):
        post = item if isinstance(item, dict) else {}
        value = _value(post)
        key, place = key_of(text_in(post.get("id")), value), f"post {number}"
        if text_in(post.get("status")) not in ("", "publish"):
            yield RefusedRecord(key, "not_published", _UNPUBLISHED, place)
        elif _part(post, "content").get("protected") is True:
            yield RefusedRecord(key, "protected", _PROTECTED, place)
        else:
            yield read_plain(value, key=key, url=url, position=place)


def _value(post: Mapping[str, Any]) -> dict[str, Any]:
    picture = next(iter(_parts(_part(post, "_embedded"), "wp:featuredmedia")), {})
    return {
        "title": line_of_html(_rendered(post, "title")),
        "teaser": line_of_html(_rendered(post, "excerpt")),
        "body": paragraphs_of_html(_rendered(post, "content")),
        "url": post.get("link"),
        "published": post.get("date") or _utc(post, "date_gmt"),
        "modified": _utc(post, "modified_gmt") or post.get("modified"),
        "authors": [line_of_html(text_in(one.get("name"))) for one in _parts(_part(post, "_embedded"), "author")],
        "categories": _terms(post),
        "language": post.get("lang"),  # what the translation plugins add
        "image_url": picture.get("source_url"),
        "image_alt": line_of_html(text_in(picture.get("alt_text"))),
    }


def _terms(post: Mapping[str, Any]) -> list[str]:
    groups = _part(post, "_embedded").get("wp:term")
    terms = [term for group in groups if isinstance(group, list) for term in group] if isinstance(groups, list) else []
    return [line_of_html(text_in(term.get("name"))) for term in terms if isinstance(term, dict)]


def _rendered(post: Mapping[str, Any], name: str) -> str:
    value = post.get(name)
    return text_in(value.get("rendered")) if isinstance(value, dict) else text_in(value)


def _utc(post: Mapping[str, Any], name: str) -> str:
    told = text_in(post.get(name))
    return f"{told}Z" if told and not told.startswith("0000") and not told.endswith("Z") else told


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _parts(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    parts = value.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
