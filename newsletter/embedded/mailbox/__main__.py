"""Run the mail catcher: ``python -m newsletter.embedded.mailbox --folder DIR [--smtp-port N] [--http-port N]``."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
from pathlib import Path

from newsletter.embedded.mailbox import HOST
from newsletter.embedded.mailbox.conversation import Conversation
from newsletter.embedded.mailbox.pages import Pages
from newsletter.embedded.mailbox.spool import Spool

WAITING = 512  # connections the kernel keeps for us


def main() -> None:
    """Bind the ports, write them to ``address.json`` and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Catch mail on 127.0.0.1.")
    parser.add_argument("--folder", type=Path, required=True, help="where mail, counts and the ports are kept")
    parser.add_argument("--smtp-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--http-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--detach", action="store_true", help="go on in the background once the ports are open")
    given = parser.parse_args()
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    smtp, http = _bound(given.smtp_port), _bound(given.http_port)
    spool = Spool(folder)
    ready = _detach() if given.detach else -1
    place = folder / "address.json"
    _tell(place, smtp, http)
    if ready >= 0:
        os.close(ready)
    asyncio.run(_serve(spool, smtp, http))
    place.unlink(missing_ok=True)


def _bound(port: int) -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((HOST, port))
    taken.listen(WAITING)
    return taken


def _detach() -> int:
    """Go on in a child with a session of its own; the parent ends once the returned descriptor is closed."""
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        os.read(ready, 1)
        os._exit(0)
    os.close(ready)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    return tell


def _tell(place: Path, smtp: socket.socket, http: socket.socket) -> None:
    fresh = place.with_suffix(".new")
    address = {"pid": os.getpid(), "smtp": smtp.getsockname()[1], "http": http.getsockname()[1]}
    fresh.write_text(json.dumps(address))
    fresh.rename(place)


async def _serve(spool: Spool, smtp: socket.socket, http: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, ended.set)
    await loop.create_server(lambda: Conversation(spool), sock=smtp, backlog=WAITING)
    await asyncio.start_server(Pages(spool).serve, sock=http)
    await ended.wait()


main()
