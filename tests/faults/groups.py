"""Hosts as process groups, for machines that make no network namespaces: each behind proxies of its own.

A host reaches PostgreSQL, Valkey and the relay through its proxies only, which go on from an address of its own
(127.x.y.10, .11, ...), so the witness can tell hosts apart. A cut is a cable pulled: nothing moves, nothing is closed,
nobody is told. After a minute both kernels would have given the connections up (``delivery.cut_off``); here that
happens when the cable is put back.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.faults.net import Net
from tests.faults.proxy import HANGING, PASSING, Proxy, proxy


@dataclass(slots=True)
class Group:
    """One host; ``through`` opens its way to another part."""

    name: str
    address: str
    ways: ExitStack
    proxies: list[Proxy] = field(default_factory=list)

    def command(self, *words: str) -> list[str]:
        """The command line that runs ``words`` on this host."""
        return list(words)

    def through(self, host: str, port: int) -> tuple[str, int]:
        """Return where this host reaches a part that listens at ``host`` and ``port``."""
        way = self.ways.enter_context(proxy((host, port), source=self.address))
        self.proxies.append(way)
        return "127.0.0.1", way.port

    def cut(self) -> None:
        """Pull the cable."""
        for way in self.proxies:
            way.mode = HANGING

    def mend(self) -> None:
        """Put it back, with connections that both sides have given up."""
        for way in self.proxies:
            way.reset()
            way.mode = PASSING


@contextmanager
def groups(hosts: int) -> Iterator[Net]:
    """That many hosts, and a loopback address where the shared parts listen."""
    place = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(256)}"
    with ExitStack() as ways:
        made = tuple(Group(f"group{n}", f"{place}.{n + 10}", ways) for n in range(hosts))
        yield Net(f"{place}.1", "127.0.0.0/8", made)
