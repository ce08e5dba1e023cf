"""Django's own mail over one open connection: ``python -m benchmarks.peers.django_mail PORT N DIGEST``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from jinja2 import Environment, Template


def main(port: str, messages: str, digest: str) -> None:
    """Send so many."""
    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(port), DEFAULT_CHARSET="utf-8")
    given = json.loads(Path(digest).read_text())
    plain, escaping = Environment(), Environment(autoescape=True)
    parts = {name: (escaping if name == "html" else plain).from_string(part) for name, part in given.items()}
    with get_connection("django.core.mail.backends.smtp.EmailBackend") as relay:
        for number in range(int(messages)):
            relay.send_messages([_message(parts, number)])


def _message(parts: dict[str, Template], number: int) -> EmailMultiAlternatives:
    leave = f"https://news.example/u/{number:030}"

    places = {
        "name": f"Reader {number}",
        "unsubscribe": leave,
        "preferences": f"https://news.example/p/{number:030}",
        "view": "https://news.example/v/42",
    }
    message = EmailMultiAlternatives(
        parts["subject"].render(),
        parts["text"].render(places),
        "Meridian <ctw@news.example>",
        [f"Reader {number} <r{number}@readers.example>"],
        headers={"Message-ID": f"<{number}@news.example>", "List-Unsubscribe": f"<{leave}>"},
    )
    message.attach_alternative(parts["html"].render(places), "text/html")
    return message


if __name__ == "__main__":
    main(*sys.argv[1:])
