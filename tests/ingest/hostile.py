"""Text made to do harm, in every field of every form, and what of it would be live in a page."""

# ruff: noqa: E501 - hostile text is read better in one piece
from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.sax.saxutils import escape

from tests.factories.pages import whole_page

STRINGS = (
    *(
        "",
        " ",
        "null",
        "0",
        "-1",
        "NaN",
        "1e309",
        "\\",
        "a" * 5000,
        "\t\r\n",
        "%s%n%x",
        "$HOME",
        "{0}",
        "%00%0d%0aBcc: x",
    ),
    *(
        "<script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
    ),
    *("<img src=x onerror=alert(1)>", '"><svg/onload=alert(1)>', "' onmouseover='alert(1)", "<b/onclick=alert(1)>x"),
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
    ),
    *("</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>", "--><script>alert(1)</script><!--"),
    *("]]><script>alert(1)</script>", "<![endif]--><script>alert(1)</script>", "<mj-raw><script>1</script></mj-raw>"),
    *(
        "{{ 7 * 7 }}{% include 'x' %}",
        "[[7*7]]",
        "%%unsubscribe%%",
        "<style>*{display:none}</style>",
        "<a href=javascript:1>",
    ),
    *("'; drop table articles; --", "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "=cmd|' /C calc'!A0"),
    *(
        "=?UTF-8?Q?=0ABcc:?= x",
        "x\r\nBcc: y@z.example",
        "\x00\x01\x1b[31m",
        "\u202e\u2066\ufeff\u200b",
        "\ud800",
        "\ufffe",
    ),
    *(
        "👩\u200d👩\u200d👧",
        "🏳️\u200d🌈",
        "Z\u0351\u036b\u0343a\u0321lgo" * 30,
        "ﷺ",
        "田中さん",
        "الكل في المجمو",
        "①②⑦.⓪.⓪.①",
        "ＦＵＬＬ",
    ),
    *(
        'https://m.example/"onmouseover=alert(1)',
        "//evil.example",
        "http://[::1",
        "http://a:99999/",
        "https://m.example/\u2028x",
    ),
)
XML_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
OBJECT = (
    *("key", "id", "title", "teaser", "body", "url", "urls", "published", "modified", "minor", "language", "authors"),
    *("image_url", "image_alt", "image_credit", "originally_published_in", "categories", "type", "blog", "centers"),
    *("englishNewsletterAll", "nonEnglishNewsletterAll", "centerAffiliationAll", "programAffiliation", "programs"),
    *("primaryCenter", "projects", "collections", "regions", "topics"),
)
PUSHED = (*OBJECT, "page", "withdrawn", "withdrawn_reason", "embargo_until")
_PAGE = (
    "authors",
    "type",
    "centers",
    "englishNewsletterAll",
    "programAffiliation",
    "primaryCenter",
    "regions",
    "topics",
)
_RSS = {
    "title": "<title>{}</title>",
    "link": "<link>{}</link>",
    "guid": "<guid>{}</guid>",
    "date": "<pubDate>{}</pubDate>",
    "author": "<author>{}</author>",
    "creator": "<dc:creator>{}</dc:creator>",
    "category": "<category>{}</category>",
    "description": "<description>{}</description>",
    "content": "<content:encoded>{}</content:encoded>",
    "source": '<source url="https://m.example/">{}</source>',
    "image": '<media:content medium="image" url="{}"/>',
    "enclosure": '<enclosure type="image/png" length="1" url="{}"/>',
}
_ATOM = {
    "title": '<title type="html">{}</title>',
    "link": '<link href="{}"/>',
    "id": "<id>{}</id>",
    "date": "<published>{}</published>",
    "updated": "<updated>{}</updated>",
    "author": "<author><name>{}</name><uri>{}</uri></author>",
    "category": '<category term="{}"/>',
    "summary": "<summary>{}</summary>",
    "content": '<content type="html">{}</content>',
}
_SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)
_JSON_FEED = (
    *("id", "title", "summary", "content_html", "content_text", "url", "external_url", "date_published"),
    *("date_modified", "authors", "author", "tags", "language", "image", "banner_image"),
)
_POST = ("id", "status", "link", "date", "date_gmt", "modified_gmt", "lang", "title", "excerpt", "content", "_embedded")


def payloads(text: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield (form, field, content) with ``text`` in one field after the other, and at last ("*") in all at once."""
    for field in (*_RSS, "*"):
        yield "feed", f"rss {field}", _xml(_rss, _RSS, field, text)
        yield "feed", f"rdf {field}", _xml(_rdf, _RSS, field, text)
    for field in (*_ATOM, "*"):
        yield "feed", f"atom {field}", _xml(_atom, _ATOM, field, text)
    for field in (*_JSON_FEED, "*"):
        for version in ("1", "1.1"):
            item = {"id": "1", "title": "Rivers", **_given(_JSON_FEED, field, text)}
            feed = {"version": f"https://jsonfeed.org/version/{version}", "title": text, "items": [item]}
            yield "json-feed", f"{version} {field}", json.dumps(feed).encode()
    for field in (*_POST, "*"):
        yield "wordpress", field, json.dumps([_post(field, text)]).encode()
    for field in (*OBJECT, "*"):
        yield "jsonl", field, json.dumps({"title": "Rivers", **_given(OBJECT, field, text)}).encode()
        yield "csv", field, _table({"title": "Rivers", **_given(OBJECT, field, text)})
    for field in (*_PAGE, "*"):
        yield "page-export", field, _encoded(whole_page, **_given(_PAGE, field, text))
    yield "page-export", "title", whole_page(title=text.encode("utf-8", "replace").decode())
    yield "page-export", "teaser", whole_page(teaser=text.encode("utf-8", "replace").decode())


def pushes(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (field, object) for the push."""
    for field in (*PUSHED, "*"):
        yield field, {"title": "Rivers", **_given(PUSHED if field != "*" else OBJECT, field, text)}


def live(page: str, *, own_scripts: bool = False) -> list[str]:
    """Return what would run in a page: scripts, handlers, addresses that are programs, frames of others."""
    found = _Live(own_scripts)
    found.feed(page)
    found.close()
    return found.found


class _Live(HTMLParser):
    PROGRAMS = re.compile(r"^(?:javascript:|vbscript:|data:text)|\((?:javascript|expression)", re.IGNORECASE)
    LEADING = frozenset(("href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "srcset"))
    FOREIGN = frozenset(("object", "embed", "applet", "base", "math", "frame", "marquee"))

    def __init__(self, own_scripts: bool) -> None:
        super().__init__()
        self.found: list[str] = []
        self._own = own_scripts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_own = self._own and given.get("src", "").startswith("/static/")
        if (tag == "script" and not is_own) or tag in self.FOREIGN or (tag in ("svg", "iframe") and not self._own):
            self.found.append(f"<{tag}>")
        if tag == "meta" and "http-equiv" in given and "refresh" in given["http-equiv"].lower():
            self.found.append("<meta refresh>")
        for name, value in given.items():
            plain = re.sub(r"[\x00-\x20\x7f-\x9f]", "", value)
            leads = name in self.LEADING or ("(" in plain and name == "style")
            if name.startswith("on") or (leads and self.PROGRAMS.search(plain)):
                self.found.append(f"{tag} {name}={value[:60]}")


def _given(fields: tuple[str, ...], field: str, text: str) -> dict[str, Any]:
    return dict.fromkeys(fields, text) if field == "*" else {field: text}


def _xml(shape: Any, parts: dict[str, str], field: str, text: str) -> bytes:
    told = escape(XML_REFUSED.sub("", text), {'"': "&quot;"})
    plain = "" if field in ("title", "*") else parts["title"].replace("{}", "Rivers")
    chosen = parts.values() if field == "*" else [parts[field]]
    return bytes(shape(plain + "".join(part.replace("{}", told) for part in chosen)).encode())


def _rss(item: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0" {_SPACES}><channel><title>M</title><item>{item}</item></channel></rss>'


def _rdf(item: str) -> str:
    space = f'xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {_SPACES}'
    return f'<?xml version="1.0"?><rdf:RDF {space}><channel><title>M</title></channel><item>{item}</item></rdf:RDF>'


def _atom(entry: str) -> str:
    return (
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>M</title><entry>{entry}</entry></feed>'
    )


def _post(field: str, text: str) -> dict[str, Any]:
    post: dict[str, Any] = {"id": 1, "title": {"rendered": "Rivers"}, "link": "https://m.example/2026/11/rivers"}
    embedded = {"author": [{"name": text}], "wp:term": [[{"name": text}]]}
    embedded["wp:featuredmedia"] = [{"source_url": text, "alt_text": text}]
    whole = {name: {"rendered": text} if name in ("title", "excerpt", "content") else text for name in _POST}
    whole["_embedded"] = embedded
    return whole | {"status": "publish"} if field == "*" else {**post, field: whole[field]}


def _table(row: dict[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([row, row.values()])
    return out.getvalue().encode("utf-8", "replace")


def _encoded(make: Any, **given: Any) -> bytes:
    told = {name: value.encode("utf-8", "replace").decode() for name, value in given.items()}
    return bytes(make(**told))
