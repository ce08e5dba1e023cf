"""A deliverer that kills itself with SIGKILL at a named point: a program for ``test_kill_points``."""

from __future__ import annotations

import os
import signal
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.settings"

import django

django.setup()

from newsletter.delivery.deliver import deliver  # noqa: E402
from newsletter.delivery.transport import Channel, Envelope  # noqa: E402
from newsletter.delivery.transports.smtp import SmtpChannel  # noqa: E402
from tests.delivery.stage import to  # noqa: E402


def die() -> None:
    """End as the out-of-memory killer would."""
    os.kill(os.getpid(), signal.SIGKILL)


class Half(SmtpChannel):
    """Writes half a message and dies."""

    left = 0

    def send(self, content: bytes, then: Envelope | None) -> None:
        Half.left -= 1
        if Half.left < 0:
            self._socket.setblocking(True)
            self._socket.sendall(content[: len(content) // 2])
            die()
        super().send(content, then)


def main() -> None:
    """``dying.py POINT COUNT PORT``: die the COUNT-th time POINT is reached."""
    point, count, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    reached = 0

    def witness(where: str) -> None:
        nonlocal reached
        reached += where == point
        if where == point and reached == count:
            die()

    transport = to(port)
    if point == "half":
        Half.left = count
        plain = transport.open

        def opened() -> Channel:
            channel = plain()
            assert isinstance(channel, SmtpChannel)
            channel.__class__ = Half
            return channel

        transport.open = opened  # type: ignore[method-assign]  # the one place where a fault is planted
    deliver(place="dying", transport=transport, witness=witness)


if __name__ == "__main__":
    main()
