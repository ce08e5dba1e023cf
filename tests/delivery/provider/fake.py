"""A provider on this machine: an HTTP server behind the real backends of django-anymail of several.

Every call is kept before it is answered, as the sink keeps messages: ``calls`` is the only witness. ``answer`` says
what each call gets: a status, with a header behind it or without, ``cut`` (the connection is closed without an answer),
``garbage``, or ``mixed`` (one recipient of the call is refused).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

from django.test import override_settings

from newsletter.delivery.transports import anymail

MAY_HAVE_THEM = ("200", "cut", "garbage", "500", "502", "504", "mixed")


@dataclass(slots=True)
class Call:
    """What one call held: the recipients, by address the values each has of their own, and all fields."""

    to: list[str]
    own: dict[str, dict[str, str]]
    fields: dict[str, Any]
    taken: bool
    at: float = field(default_factory=monotonic)

    def text_for(self, address: str) -> str:
        """Return the plain text as Mailgun would fill it in."""
        text = str(self.fields["text"])
        for name, value in self.own.get(address, {}).items():
            text = text.replace(f"%recipient.{name}%", value)
        return text


@dataclass(slots=True)
class Provider:
    """What the fake was asked, and how it answers: ``answer`` gets the number of the call and its addresses."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[int, list[str]], str] = lambda _number, _to: "200"
    lock: Lock = field(default_factory=Lock)

    def accepted(self) -> list[str]:
        """Return whom it would mail, an address as often as it was taken."""
        return [address for call in self.calls if call.taken for address in call.to]

    def twice(self) -> list[str]:
        """Return who would get two copies."""
        return [address for address, times in Counter(self.accepted()).items() if times > 1]


@contextmanager
def provider(name: str = "mailgun", *, batch: int = 100) -> Iterator[Provider]:
    """Run a provider, and have the settings name it."""
    fake = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}/v3/"
    own = {
        "mailgun": {"MAILGUN_API_KEY": "k", "MAILGUN_API_URL": fake.url, "MAILGUN_SENDER_DOMAIN": "news.example"},
        "brevo": {"BREVO_API_KEY": "k", "BREVO_API_URL": fake.url},
        "sparkpost": {"SPARKPOST_API_KEY": "k", "SPARKPOST_API_URL": fake.url},
        "mailersend": {"MAILERSEND_API_TOKEN": "k", "MAILERSEND_API_URL": fake.url},
    }[name]
    try:
        with override_settings(
            TRANSPORT="anymail",
            EMAIL_BACKEND=f"anymail.backends.{name}.EmailBackend",
            ANYMAIL={**own, "REQUESTS_TIMEOUT": 5},
            ANYMAIL_BATCH=batch,
            SAFE_LIST=["*"],
        ):
            yield fake
    finally:
        anymail._DISPATCHES.clear()  # what one provider said about waiting is no other's
        server.shutdown()
        server.server_close()


def _handler(fake: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            octets = self.rfile.read(int(self.headers["Content-Length"]))
            call = _mailgun(octets) if self.path.endswith("/messages") else _json(octets)
            with fake.lock:
                answer = fake.answer(len(fake.calls), call.to)
                call.taken = answer in MAY_HAVE_THEM
                fake.calls.append(call)
            self._say(answer, call)

        def _say(self, answer: str, call: Call) -> None:
            if answer == "cut":
                self.close_connection = True
                self.connection.close()
                return
            status, _, header = answer.partition(" ")
            body = b"<html>what?</html>" if answer == "garbage" else _answer(call, mixed=answer == "mixed")
            self.send_response(int(status) if status.isdigit() else 200)
            if header:
                self.send_header(*header.split(": "))
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Message-Id", "ms1")  # MailerSend says nothing else, and no JSON
            self.send_header("Content-Type", "application/json" if "recipients" in call.fields else "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class calls it so
            """Say nothing."""

    return Handler


def _mailgun(octets: bytes) -> Call:
    fields = parse_qs(octets.decode(), keep_blank_values=True)
    own = json.loads(fields.get("recipient-variables", ["{}"])[0])
    to = [one.rpartition("<")[2].rstrip(">") for one in fields["to"]]
    return Call(to, own, {name: values[0] for name, values in fields.items()}, taken=False)


def _json(octets: bytes) -> Call:
    """Read a call to SparkPost, Brevo or MailerSend; they call the same things differently."""
    fields = json.loads(octets)
    if "recipients" in fields:
        own = {one["address"]["email"]: one.get("substitution_data", {}) for one in fields["recipients"]}
    elif "messageVersions" in fields:
        own = {one["to"][0]["email"]: {**one["params"], **one["headers"]} for one in fields["messageVersions"]}
    else:
        own = {one["email"]: {} for one in fields["to"]}
    return Call(list(own), own, fields, taken=False)


def _answer(call: Call, *, mixed: bool) -> bytes:
    """Return what all of them would say at once; with ``mixed`` that one recipient was refused."""
    number = len(call.to)
    results = {"id": "1", "total_accepted_recipients": number - mixed, "total_rejected_recipients": int(mixed)}
    ids = [f"<{one}@provider>" for one in range(number)]
    told: dict[str, Any] = {"id": "<1@mg>", "message": "Queued. Thank you.", "results": results}
    return json.dumps(told | ({"messageIds": ids} if number > 1 else {"messageId": ids[0]})).encode()
