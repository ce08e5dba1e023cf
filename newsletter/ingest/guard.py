"""The way out of the house: only to addresses of the open internet, each checked before it is connected.

Every name is resolved once; every address it has is checked before any is connected, and the checked addresses are
those that are connected, so a resolver that changes its mind (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from newsletter.errors import Refused, Unavailable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = frozenset((80, 443, 8080, 8443))
AT_ONCE = 65_536
PATIENCE_SECONDS = 10.0  # for one address of a host, where it has another
NAT64 = ipaddress.ip_network("64:ff9b::/96")
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


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


def no_port(port: int, where: str) -> Refused:
    return Refused(f"Port {port} is not fetched from.", code="port", where=where, fix="Use 80 or 443.")


class Guarded(httpcore.NetworkBackend):
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
            raise no_port(port, host[:200])
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
