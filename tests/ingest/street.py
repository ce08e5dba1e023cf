"""A small web server that answers as it is told, for those who fetch."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler


class House:
    """What stands at which path; every request is written down."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def serve(self, path: str, content: bytes = b"", *, status: int = 200, **headers: str) -> str:
        """Answer at ``path``; returns its address."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

        self.answers[path] = answer
        return self.url + path

    def trickle(self, path: str, octets: bytes, *, every: float) -> str:
        """Send one octet now and then, from the status line on."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            for octet in octets:
                try:
                    request.wfile.write(bytes((octet,)))
                    request.wfile.flush()
                except OSError:
                    return
                time.sleep(every)

        self.answers[path] = answer
        return self.url + path

    def last(self, header: str) -> str:
        """Return a header of the last request."""
        return self.asked[-1][1].get(header.lower(), "")


@contextmanager
def house() -> Iterator[House]:
    """Open a server on 127.0.0.1."""
    own = House()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            own.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            if path in own.answers:
                own.answers[path](self)
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        own.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield own
        finally:
            server.shutdown()
