"""When two records are one article, whatever address, language section or legacy number they came under."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from newsletter.expressions.fold import fold

_NUMBER = re.compile(r"-pub-\d+$", re.IGNORECASE)
_DATED = re.compile(r"/((?:19|20)\d{2})/(0?[1-9]|1[0-2])(?:/\d{1,2})?/")
_TRACKING = re.compile(r"^(utm_.*|fbclid|gclid|mc_cid|mc_eid|lang)$", re.IGNORECASE)


def identity_of(url: str, title: str, authors: Iterable[str]) -> str:
    """Return the key of an article: year/month and slug of its address, else its folded title and authors."""
    return (url and address_identity(url)) or words_identity(title, authors)


def address_identity(url: str) -> str:
    """Return the key in an address: ``2021/12/russia-china-policy``, without section, language or number.

    An address without a date keeps its host, so that two sites do not share a slug.
    """
    parts = urlsplit(url)
    path = unquote(parts.path).rstrip("/") + "/"
    slug = _slug(path.rstrip("/").rsplit("/", 1)[-1])
    dated = _DATED.search(path)
    if not slug:
        return ""
    where = f"{dated[1]}/{int(dated[2]):02d}" if dated else (parts.hostname or "")
    return _bounded(f"{where}/{slug}")


def words_identity(title: str, authors: Iterable[str]) -> str:
    """Return the key of an article without an address."""
    return _bounded("title:" + fold(title) + "|" + "|".join(sorted(fold(name) for name in authors)))


def clean_address(url: str) -> str:
    """Return an address without tracking parameters and fragment; readers are sent to this form."""
    parts = urlsplit(url.strip())
    query = "&".join(
        f"{name}={value}" if value else name
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.match(name) or name.lower() == "lang"
    )
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, query, ""))


def slug_of(url: str) -> str:
    """Return the last part of the path without its legacy number."""
    return _NUMBER.sub("", unquote(urlsplit(url).path).rstrip("/").rsplit("/", 1)[-1])


def _slug(last: str) -> str:
    """Normalise a slug; what an apostrophe left behind ("russia-s", "russias") does not matter."""
    words = re.split(r"[^\w]+", fold(_NUMBER.sub("", last)).replace("'", ""))
    return re.sub(r"-(s|t|re|ve|ll|d)(?=-|$)", r"\1", "-".join(word for word in words if word))


def _bounded(key: str) -> str:
    return key if len(key) <= 500 else key[:400] + ":" + hashlib.sha256(key.encode()).hexdigest()
