"""Fetch from the open web for somebody else: bounded in octets, time and redirects, and never from a private network.

Every name is resolved once; every address it has is checked before any is connected, and the checked addresses are
those that are connected, so a resolver that changes its mind (DNS rebinding) gains nothing. Redirects are followed by
hand and checked like the first address.
"""

from __future__ import annotations

import base64
import ipaddress
import queue
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import certifi
import httpcore

from newsletter.errors import Invalid, NewsletterError, Refused, Unavailable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = frozenset((80, 443, 8080, 8443))
REDIRECTS = frozenset((301, 302, 303, 307, 308))
AGENT = "newsletter/0.1"
AT_ONCE = 65_536
PATIENCE_SECONDS = 10.0  # for one address of a host, where it has another
NAT64 = ipaddress.ip_network("64:ff9b::/96")
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


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


def networks(words: Iterable[str]) -> tuple[Network, ...]:
    """Return networks such as "10.0.0.0/8"; raises ``ValueError``."""
    return tuple(ipaddress.ip_network(word, strict=False) for word in words)


def may_reach(address: Address, allowed: Sequence[Network]) -> bool:
    """Return whether an address is on the open internet, in whatever form it is written, or is allowed by name."""
    if any(address in network for network in allowed if network.version == address.version):
        return True
    inner = _inside(address)
    if inner is not None:
        return may_reach(inner, allowed)
    if address.version == 6 and address not in GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast


def _inside(address: Address) -> Address | None:
    """Return the IPv4 address that an IPv6 one only wraps: mapped, 6to4, Teredo, NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


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
        raise _no_port(port, _shown(url))
    auth = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        auth = "Basic " + base64.b64encode(pair.encode()).decode()
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    return bare, auth


def _no_port(port: int, where: str) -> Refused:
    return Refused(f"Port {port} is not fetched from.", code="port", where=where, fix="Use 80 or 443.")


def _once(url: str, headers: Mapping[str, str], deadline: float, limits: Limits) -> Fetched:
    asked = {"user-agent": AGENT, "accept": "*/*", "accept-encoding": "gzip", **headers}
    backend = _Guarded(deadline, limits.allowed)
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


class _Guarded(httpcore.NetworkBackend):
    """Connects to checked addresses only, and lets nobody take longer than until the deadline."""

    def __init__(self, deadline: float, allowed: Sequence[Network]) -> None:
        self._deadline, self._allowed = deadline, allowed

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        places = _resolved(host, port, self._allowed, _left(self._deadline))
        for at, place in enumerate(places, start=1):
            left = _left(self._deadline)
            patience = left if at == len(places) else min(left, PATIENCE_SECONDS)
            try:
                inner = httpcore.SyncBackend().connect_tcp(place, port, timeout=patience)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if at == len(places):
                    raise
                continue
            return _Stream(inner, self._deadline)
        raise httpcore.ConnectError("it has no address")

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise Refused("Sockets of this machine are not fetched from.", code="private_address", where="address")


class _Stream(httpcore.NetworkStream):
    """A stream on which every wait counts against one deadline: a trickle is no way to hold us."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(min(max_bytes, AT_ONCE), timeout=_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=_left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, timeout=_left(self._deadline))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _resolved(host: str, port: int, allowed: Sequence[Network], seconds: float) -> list[str]:
    """Return the addresses that may be connected to; one private address among several refuses them all."""
    found = {str(entry[4][0]).partition("%")[0] for entry in _asked(host, port, seconds)}
    addresses = sorted(map(ipaddress.ip_address, found), key=lambda one: (one.version, one))
    for address in addresses:
        if not may_reach(address, allowed):
            raise Refused(
                f"{host[:200]} is in a private network.",
                code="private_address",
                where=host[:200],
                fix="Give a public address, or allow its network with NEWSLETTER_PULL_ALLOW.",
            )
        if port not in PORTS and not any(address in network for network in allowed):
            raise _no_port(port, host[:200])
    return [str(address) for address in addresses]


def _asked(host: str, port: int, seconds: float) -> list[Any]:
    """Return what the resolver knows; it is asked in a thread of its own, because nothing else bounds its time."""
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout("its name is not told in time") from None
    if isinstance(answer, Exception):
        raise Unavailable(
            f"The name {host[:200]!r} does not resolve.", where=host[:200], fix="Is the address still right?"
        )
    return answer


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("it takes too long")
    return left


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
