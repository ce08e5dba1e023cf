"""Hosts as network namespaces: each has an address of its own on a bridge, and a link that can be cut.

The machine of the test is the bridge's first address: database, broker and sink listen there and nowhere else.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Host:
    """One namespace. ``link`` is our end of its cable."""

    name: str
    link: str
    address: str

    def command(self, *words: str) -> list[str]:
        """The command line that runs ``words`` on this host."""
        return ["ip", "netns", "exec", self.name, *words]

    def through(self, host: str, port: int) -> tuple[str, int]:
        """Where this host reaches a part on the bridge: there."""
        return host, port

    def cut(self) -> None:
        """Pull the cable: nobody on either side is told."""
        _ip("link", "set", self.link, "down")

    def mend(self) -> None:
        """Put it back."""
        _ip("link", "set", self.link, "up")


class Station(Protocol):
    """A host, however it is made."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...

    def command(self, *words: str) -> list[str]: ...

    def through(self, host: str, port: int) -> tuple[str, int]: ...

    def cut(self) -> None: ...

    def mend(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Net:
    """The bridge and its hosts. ``address`` is where the shared parts listen, ``network`` who may connect."""

    address: str
    network: str
    hosts: tuple[Station, ...]


def missing() -> str:
    """Say what keeps us from making namespaces, "" for nothing."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces need root and iproute2"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this machine makes no network namespaces"


@contextmanager
def net(hosts: int) -> Iterator[Net]:
    """Make a bridge with that many hosts; everything is gone after the block."""
    mark = secrets.token_hex(3)
    third = secrets.randbelow(256)
    address, bridge = f"10.213.{third}.1", f"nb{mark}"
    made = tuple(Host(f"nh{mark}-{n}", f"nv{mark}{n}", f"10.213.{third}.{n + 10}") for n in range(hosts))
    try:
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{address}/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for host in made:
            _wire(host, bridge)
        yield Net(address, f"10.213.{third}.0/24", made)
    finally:
        for host in made:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", host.name)
            with suppress(subprocess.CalledProcessError):
                _ip("link", "del", host.link)  # a namespace goes with its last process only
        with suppress(subprocess.CalledProcessError):
            _ip("link", "del", bridge)


def _wire(host: Host, bridge: str) -> None:
    _ip("netns", "add", host.name)
    _ip("link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.name)
    _ip("link", "set", host.link, "master", bridge)
    _ip("link", "set", host.link, "up")
    _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "eth0")
    _ip("-n", host.name, "link", "set", "lo", "up")
    _ip("-n", host.name, "link", "set", "eth0", "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True)
