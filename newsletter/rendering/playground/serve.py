"""Serve the playground on 127.0.0.1, to this machine only, under a strict policy."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from newsletter.rendering.playground.page import SCHEMES, SCRIPT, STYLE, page
from newsletter.rendering.playground.picture import drawn
from newsletter.rendering.playground.play import SIZES, Playground, mail, text

ADDRESS = "127.0.0.1"
HOSTS = (ADDRESS, "localhost")
LOOK_SECONDS = 0.25  # between two looks at the files
BEAT_SECONDS = 5.0  # between two signs of life on a waiting connection
PAGE_RULES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILE_RULES = "sandbox; default-src 'none'; frame-ancestors 'none'"


def serve(playground: Playground, *, title: str, port: int) -> ThreadingHTTPServer:
    """Return the server, bound to 127.0.0.1 and ``port`` (0 = a free one); ``serve_forever`` runs it."""

    class Pages(_Pages):
        shown = playground
        heading = title

    server = ThreadingHTTPServer((ADDRESS, port), Pages)
    server.daemon_threads = True
    return server


class _Pages(BaseHTTPRequestHandler):
    shown: Playground
    heading: str
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        """Answer one request."""
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in HOSTS:  # a foreign name that leads here
            self._send("This page is for this machine only.", "text/plain", FILE_RULES, HTTPStatus.FORBIDDEN)
            return
        url = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(url.query).items()}
        place = "/picture" if url.path.startswith("/picture/") else url.path
        try:
            self._answers()[place](asked)
        except (KeyError, ValueError):
            self._send("There is no such page.", "text/plain", FILE_RULES, HTTPStatus.NOT_FOUND)
        except OSError:
            self.close_connection = True  # who asked has gone

    def log_message(self, *_: object) -> None:
        """Say nothing of every request."""

    def _answers(self) -> dict[str, Callable[[dict[str, str]], None]]:
        return {
            "/": self._page,
            "/mail": self._mail,
            "/text": self._text,
            "/events": self._events,
            "/picture": self._picture,
            "/style.css": lambda _: self._send(STYLE, "text/css", FILE_RULES),
            "/live.js": lambda _: self._send(SCRIPT, "text/javascript", FILE_RULES),
        }

    def _page(self, asked: dict[str, str]) -> None:
        scheme = asked.get("scheme", "light")
        html = page(
            self.shown,
            title=self.heading,
            articles=_articles(asked),
            scheme=scheme if scheme in SCHEMES else "light",
            only=asked.get("only", ""),
            stamp=self.shown.stamp(),
        )
        self._send(html, "text/html", PAGE_RULES)

    def _mail(self, asked: dict[str, str]) -> None:
        shown = self.shown.show(asked["name"], articles=_articles(asked))
        pictures = "https: http:" if asked["name"] in self.shown.issues else f"http://{self.headers['Host']}"
        rules = f"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; frame-ancestors 'self'"
        self._send(mail(shown, dark=asked.get("scheme") == "dark"), "text/html", rules)

    def _text(self, asked: dict[str, str]) -> None:
        shown = self.shown.show(asked["name"], articles=_articles(asked))
        self._send(text(shown), "text/plain", FILE_RULES)

    def _picture(self, _: dict[str, str]) -> None:
        number = int(urlsplit(self.path).path.removeprefix("/picture/").removesuffix(".svg"))
        self._send(drawn(number), "image/svg+xml", FILE_RULES)

    def _events(self, asked: dict[str, str]) -> None:
        """Tell once that a file has changed since ``since``; until then keep the connection alive."""
        self._head("text/event-stream", FILE_RULES, HTTPStatus.OK)
        beat = time.monotonic()
        while self.shown.stamp() == asked.get("since", ""):
            if time.monotonic() - beat > BEAT_SECONDS:
                self.wfile.write(b": waiting\n\n")
                beat = time.monotonic()
            time.sleep(LOOK_SECONDS)
        self.wfile.write(b"event: changed\ndata: now\n\n")

    def _send(self, body: str, kind: str, rules: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._head(kind, rules, status)
        self.wfile.write(body.encode())

    def _head(self, kind: str, rules: str, status: HTTPStatus) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Security-Policy", rules),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "cross-origin" if kind.startswith("image") else "same-origin"),
        ):
            self.send_header(name, value)
        self.end_headers()


def _articles(asked: dict[str, str]) -> int:
    wanted = int(asked.get("articles", "10"))
    return wanted if wanted in SIZES else SIZES[1]
