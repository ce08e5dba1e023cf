"""Fetch from the open web for somebody else: bounded in octets, time and redirects, and never from a private network.

Redirects are followed by hand and checked like the first address (``guard``).
"""

from __future__ import annotations

import base64
import ssl
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import certifi
import httpcore

from newsletter.errors import Invalid, NewsletterError, Refused, Unavailable
from newsletter.ingest.guard import PORTS, Guarded, Network, no_port

REDIRECTS = frozenset((301, 302, 303, 307, 308))
AGENT = "newsletter/0.1"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may take: ``octets`` of the body, on the wire and after decompression, ``seconds`` from the first
    name to the last octet over all redirects, and ``allowed`` networks that may be reached although they are private,
    at every port."""

    octets: int = 20 << 20
    seconds: float = 30.0
    redirects: int = 5
    allowed: Sequence[Network] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: its status, the address it came from in the end, its headers in lower case, its body."""

    status: int
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


def fetch(url: str, *, headers: Mapping[str, str] | None = None, limits: Limits = Limits()) -> Fetched:
    """Return what stands at ``url``: an answer of status 200 or 304.

    Raises ``Invalid`` for an address that cannot be fetched, ``Refused`` (private_address, too_large, redirects, or
    the status of the server) and ``Unavailable`` when nothing answers in time.
    """
    deadline = time.monotonic() + limits.seconds
    own, place = dict(headers or {}), url
    for _ in range(limits.redirects + 1):
        origin, auth = _checked(place, limits)
        if auth and _host(place) == _host(url):
            own["authorization"] = auth
        answer = _once(origin, own, deadline, limits)
        if answer.status not in REDIRECTS:
            return _accepted(answer)
        target = _target(origin, answer.headers.get("location", ""))
        if urlsplit(origin).scheme == "https" and urlsplit(target).scheme == "http":
            raise Refused(f"{_host(origin)} sends us from https to http.", code="redirects", where=_shown(target))
        if _host(target) != _host(origin):
            own.pop("authorization", None)
        place = target
    raise Refused(f"There are more than {limits.redirects} redirects.", code="redirects", where=_shown(url))


def _target(origin: str, location: str) -> str:
    """Return where a redirect leads; its octets are UTF-8 as browsers read them."""
    told = location.encode("latin-1").decode("utf-8", "replace")
    try:
        target = urljoin(origin, told)
        _host(target)
    except ValueError:
        raise Refused(f"{_host(origin)} sends us to no address.", code="redirects", where=_shown(origin)) from None
    return target


def _checked(url: str, limits: Limits) -> tuple[str, str]:
    """Return the address without credentials, and the header they make."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        host = parts.hostname or ""
    except ValueError:
        raise Invalid(f"{url[:200]!r} is no address.", where="address", fix="Give one with https://.") from None
    if parts.scheme not in ("http", "https") or not host or any(not sign.isprintable() or sign == " " for sign in url):
        raise Invalid(f"{_shown(url)!r} cannot be fetched.", where="address", fix="Give an http or https address.")
    if port not in PORTS and not limits.allowed:
        raise no_port(port, _shown(url))
    auth = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        auth = "Basic " + base64.b64encode(pair.encode()).decode()
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    return bare, auth


def _once(url: str, headers: Mapping[str, str], deadline: float, limits: Limits) -> Fetched:
    asked = {"user-agent": AGENT, "accept": "*/*", "accept-encoding": "gzip", **headers}
    backend = Guarded(deadline, limits.allowed)
    try:
        with (
            httpcore.ConnectionPool(network_backend=backend, ssl_context=_trust(), retries=0) as pool,
            pool.stream("GET", _ascii(url), headers=list(asked.items())) as response,
        ):
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            whole = response.status == 200
            content = _body(response.iter_stream(), told.get("content-encoding", ""), limits) if whole else b""
            return Fetched(response.status, url, told, content)
    except NewsletterError:
        raise
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        words = f"{_host(url)} does not answer: {error or type(error).__name__}"
        raise Unavailable(f"{words[:300].rstrip('.')}.", where=_shown(url), fix="It is tried again later.") from None


def _body(chunks: Iterable[bytes], coding: str, limits: Limits) -> bytes:
    """Return the body decompressed; what is longer than allowed is refused before it is all in memory."""
    unzip = zlib.decompressobj(wbits=47) if coding.strip().lower() in ("gzip", "x-gzip", "deflate") else None
    parts, size, wire = [], 0, 0
    for chunk in chunks:
        rest, wire = chunk, wire + len(chunk)
        while rest:
            part, rest = _unpacked(unzip, rest, limits.octets - size + 1) if unzip else (rest, b"")
            size += len(part)
            if max(size, wire) > limits.octets:
                words = f"The answer is larger than {limits.octets >> 20 or 1} MB."
                raise Refused(words, code="too_large", where="body", fix="Ask for less.")
            parts.append(part)
        if unzip and unzip.eof:
            break  # what stands behind the end is not read: it would be kept in memory without a bound
    if unzip and wire and not unzip.eof:
        raise Unavailable("The answer is broken: it was cut off.", where="body", fix="It is tried again later.")
    return b"".join(parts)


def _unpacked(unzip: Any, octets: bytes, most: int) -> tuple[bytes, bytes]:
    """Return at most ``most`` octets decompressed, and what is left to decompress."""
    try:
        part = unzip.decompress(octets, most)
    except zlib.error:
        raise Unavailable(
            "The answer is broken: it cannot be decompressed.", where="body", fix="It is tried again later."
        ) from None
    return part, unzip.unconsumed_tail if part else b""


def _accepted(answer: Fetched) -> Fetched:
    if answer.status in (200, 304):
        return answer
    message = f"{_host(answer.url)} answers with status {answer.status}."
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Unavailable(
            message, code=f"http_{answer.status}", where=_shown(answer.url), fix="It is tried again later."
        )
    raise Refused(message, code=f"http_{answer.status}", where=_shown(answer.url), fix="Is the address still right?")


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def _ascii(url: str) -> str:
    """Return an address as it goes over the wire: the host in IDNA, the rest percent-encoded."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise Invalid(f"{host[:200]!r} is no name of a host.", where="address", fix="Correct it.") from None
    shown = f"[{name}]" if ":" in name else name
    netloc = f"{shown}:{parts.port}" if parts.port else shown
    coded, asked = _percent(parts.path), _percent(parts.query)
    return parts._replace(netloc=netloc, path=coded or "/", query=asked, fragment="").geturl()


def _percent(text: str) -> str:
    return "".join(sign if sign.isascii() else "".join(f"%{byte:02X}" for byte in sign.encode()) for sign in text)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or parts.scheme}"


def _shown(url: str) -> str:
    """Return an address as it may be told: without credentials and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()[:300]
