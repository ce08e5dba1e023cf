"""A resolver that knows no name: nobody is asked, whatever the network of the machine is like."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest


def know_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this process finds addresses only; every name is unknown."""
    ask = socket.getaddrinfo

    def look_up(host: str, *given: Any, **named: Any) -> Any:
        try:
            ip_address(host)
        except ValueError:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return ask(host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
